/** The services that the plugins give one another. */

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type {
  ConsentForPage,
  EventBodies,
  EventTypeName,
  Prompt,
  StudyForPage
} from './protocol';

/** What the indicator says; the names are public (`data-state`). */
export type RecordingState =
  'recording' | 'unsent' | 'offline' | 'paused' | 'stopped';

/** What the page knows of its own delivery at one moment. */
export interface DeliveryStatus {
  state: RecordingState;
  /** Events made and not acknowledged. */
  unsent: number;
  /** One line for people: why nothing is recorded and what to do; empty when all is well. */
  reason: string;
}

/** Questions about a notebook that were held for the end of the work on it, and wait for an answer. */
export interface WaitingReview {
  /** UUID text. */
  notebookId: string;
  /** Of the notebook's file; empty if the server did not know it. */
  notebookPath: string;
  questions: number;
}

/** What a person works on, as the study divides the notebook. */
export interface CurrentTask {
  name: string;
  /** When its time is over, by the page's clock, µs since the epoch; null if there is no limit, or it is over. */
  endsAt: number | null;
  over: boolean;
}

/** A session that was ended by others than its person. Ids are UUID texts. */
export interface EndedSession {
  sessionId: string;
  notebookId: string;
  by: 'researcher' | 'time limit';
}

/**
 * - free: the study asks for no consent.
 * - unknown: it does, and the server has not told yet whether it was given.
 * - asked: it was not given; the text is to be shown.
 * - given: everything is recorded.
 * - declined: not now, said in this page.
 * - withdrawn: taken back, here or elsewhere.
 */
export type ConsentStage =
  'free' | 'unknown' | 'asked' | 'given' | 'declined' | 'withdrawn';

/** How it stands with the person's consent. */
export interface ConsentStatus {
  stage: ConsentStage;
  /** The text; null where there is none, or before the server told it. */
  text: ConsentForPage | null;
  /** When the person agreed or withdrew, µs since the epoch; null if that is not known. */
  at: number | null;
}

/**
 * Takes events and brings them to the log.
 *
 * The only owner of the socket. Session ids are UUID texts here; on the wire they are 16 bytes.
 */
export interface IDelivery {
  /**
   * Number an event and keep it until it is acknowledged.
   *
   * @param sessionId the session's UUID as text.
   * @param occurredAt µs since the epoch, from `now()`.
   */
  record<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T],
    occurredAt: number
  ): void;

  /** The page's clock: µs since the epoch, never decreasing. */
  now(): number;

  /** A callback that `record` runs first, so that an open burst gets its number before what follows it. */
  beforeRecord: (() => void) | null;

  readonly status: DeliveryStatus;
  /** Emitted when the state, its reason, or what waits while something is wrong changed. */
  readonly statusChanged: ISignal<IDelivery, DeliveryStatus>;
  /** How many events are made and not acknowledged, emitted at each change: far more often than the status. */
  readonly unsentChanged: ISignal<IDelivery, number>;

  /** Whose work is recorded here now (UUID text); null before the server told, during a pause, and once recording stopped. */
  readonly participant: string | null;

  /** What the server said of the study; null before the first welcome. */
  readonly study: StudyForPage | null;
  readonly studyChanged: ISignal<IDelivery, StudyForPage>;

  /** The notebook id (UUID text) of a session, once the server told; undefined before. */
  notebookOf(sessionId: string): string | undefined;
  readonly sessionAccepted: ISignal<
    IDelivery,
    { sessionId: string; notebookId: string }
  >;

  readonly prompted: ISignal<IDelivery, Prompt>;
  /** The id (UUID text) of a prompt that is over. */
  readonly withdrawn: ISignal<IDelivery, string>;

  /** The reviews that this person has not finished, as the server told when it was last greeted. */
  readonly reviews: readonly WaitingReview[];
  readonly reviewsChanged: ISignal<IDelivery, readonly WaitingReview[]>;

  /** Emitted once for each session that others ended. */
  readonly sessionEnded: ISignal<IDelivery, EndedSession>;

  /** The current task; null where the study names none. */
  readonly task: CurrentTask | null;
  readonly taskChanged: ISignal<IDelivery, CurrentTask>;

  /** Stop and resume the recording, by the participant's wish. */
  pause(): void;
  resume(): void;
  /** Whether nothing is recorded now, for a pause or for want of consent. */
  readonly silent: boolean;
  /** Emitted with true before it falls silent and with false once it takes events again. */
  readonly pausedChanged: ISignal<IDelivery, boolean>;

  readonly consent: ConsentStatus;
  readonly consentChanged: ISignal<IDelivery, ConsentStatus>;
  /** Agree to the study's text: from here on everything is recorded. */
  agree(): void;
  /** Not now. */
  decline(): void;
  /** Take the consent back: what was not sent is thrown away, and nothing is recorded any more. */
  withdraw(): void;
}

export const IDelivery = new Token<IDelivery>(
  'jupyterlab-prompter:IDelivery',
  'Brings events to the log and prompts to the page.'
);

/** Which sessions are open in this page, and what happens in them. */
export interface ICapture {
  /** The session (UUID text) of the notebook document in a panel, by the panel's id; undefined if none. */
  sessionOf(panelId: string): string | undefined;
  readonly sessionOpened: ISignal<
    ICapture,
    { sessionId: string; panelId: string }
  >;
  /** Emitted before a session's last event. */
  readonly sessionClosing: ISignal<ICapture, { sessionId: string }>;
  readonly sessionClosed: ISignal<ICapture, { sessionId: string }>;
  /** End the session of the document in a panel: nothing more of it is recorded until it is opened anew. */
  end(panelId: string): void;
  /** Record what is being typed, before others ask how far the events have come. */
  flush(): void;
  /** Whether the session of the document in a panel was ended so. */
  isEnded(panelId: string): boolean;
  /** Emitted at each local edit of a cell: the page's own knowledge of keys not yet sent. */
  readonly edited: ISignal<ICapture, { sessionId: string; cellId: string }>;
  /** Emitted when a run of a cell is scheduled (running true) and when it ended (running false). */
  readonly ran: ISignal<
    ICapture,
    { sessionId: string; cellId: string; running: boolean }
  >;
  /** Run `act`; what it changes in a notebook before it returns is logged with the cause `restore`. */
  restoring(act: () => void): void;
}

export const ICapture = new Token<ICapture>(
  'jupyterlab-prompter:ICapture',
  'Tells what happens in the notebooks of this page.'
);

/** A question that waits for an answer, as the side panel lists it. */
export interface OpenQuestion {
  /** The prompt's UUID as text. */
  promptId: string;
  /** The notebook's file. */
  path: string;
  /** Counted from 1; null if the notebook has the cell no more. */
  place: number | null;
  question: string;
  language: string;
  /** µs since the epoch. */
  askedAt: number;
  putOff: boolean;
  /** Whether an answer was begun. */
  drafted: boolean;
}

/** What an answer consists of. */
export interface AnswerParts {
  choices: readonly string[];
  text: string;
}

/** An answer that was given, of this page or of an earlier one. */
export interface GivenAnswer {
  promptId: string;
  notebookId: string;
  path: string;
  /** Counted from 1; null if the notebook has the cell no more. */
  place: number | null;
  question: string;
  language: string;
  /** What was offered. */
  choices: readonly string[];
  multiple: boolean;
  words: 'optional' | 'required' | 'none';
  answer: AnswerParts;
  /** µs since the epoch. */
  answeredAt: number;
  /** µs since the epoch; null if it stands as it was given. */
  amendedAt: number | null;
}

/** The questions of this page and what became of them. */
export interface IQuestions {
  /** Those that wait, in the notebooks that are open here, oldest first. */
  open(): OpenQuestion[];
  /** The answers in the notebooks that are open here, latest first. */
  answers(): GivenAnswer[];
  /** Emitted when one of these, or the quiet hour, changed. */
  readonly changed: ISignal<IQuestions, void>;
  /** Ask the server for the answers of earlier pages. Never rejects. */
  refresh(): Promise<void>;
  /** Bring the person to an open question. */
  goTo(promptId: string): Promise<void>;
  /** One line: why an answer cannot be changed now; empty if it can. */
  hindrance(promptId: string): string;
  /** Change an answer: the earlier one stays in the log. @returns whether it was taken: it says something, and is recorded. */
  amend(promptId: string, answer: AnswerParts): boolean;
  /** Until when nothing is asked by the person's wish, µs since the epoch; null if questions are welcome. */
  readonly quietUntil: number | null;
  /** No questions for an hour. */
  beQuiet(): void;
  endQuiet(): void;
}

export const IQuestions = new Token<IQuestions>(
  'jupyterlab-prompter:IQuestions',
  'Tells which questions are open in this page and what was answered.'
);

/** The services that the plugins give one another. */

import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type {
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

  /** Stop and resume the recording, by the participant's wish. */
  pause(): void;
  resume(): void;
  /** Emitted with true before a pause begins and with false after it ended. */
  readonly pausedChanged: ISignal<IDelivery, boolean>;
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
  readonly sessionClosed: ISignal<ICapture, { sessionId: string }>;
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

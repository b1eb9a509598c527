/** Joins what is open, the local quiet and the delivery: decides when a prompt is shown and records what becomes of it. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';

import { idBytes, idText } from '../ids';
import type {
  EventBodies,
  EventTypeName,
  Prompt,
  PromptAmended,
  StudyForPage
} from '../protocol';
import type { ICapture, IDelivery } from '../tokens';
import type { Draft } from './kept';
import { lackOf, type OpenPrompts, type Question } from './open-prompts';
import type { QuietHour } from './quiet-hour';
import { LocalActivity, quietInAll } from './quiet';

const MICROSECONDS_PER_MILLISECOND = 1000;

const HOUR_MS = 60 * 60 * 1000;

/** The longest wait that a browser's timer can hold, milliseconds. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** A timer; `set` replaces what was set before. */
export interface Alarm {
  set(afterMs: number, ring: () => void): void;
  clear(): void;
}

export interface AskingOptions {
  delivery: IDelivery;
  capture: ICapture;
  prompts: OpenPrompts;
  alarm: Alarm;
  quietHour: QuietHour;
  /** One line: why nothing that is said in this page would be recorded now; empty if it would be. */
  hindrance: () => string;
  /** The sessions of the notebooks that are open in this page, each once. */
  sessions: () => readonly string[];
}

/**
 * Shows prompts at local quiet, and records.
 *
 * Knows no page elements: those follow `prompts.changed` and call the methods here.
 */
export class Asking implements IDisposable {
  constructor(options: AskingOptions) {
    this.prompts = options.prompts;
    this._delivery = options.delivery;
    this._alarm = options.alarm;
    this._quietHour = options.quietHour;
    this._hindrance = options.hindrance;
    this._sessions = options.sessions;
    this._paused = options.delivery.silent;

    const { delivery, capture } = options;
    delivery.prompted.connect(this._onPrompted, this);
    delivery.withdrawn.connect(this._onWithdrawn, this);
    delivery.studyChanged.connect(this.look, this);
    delivery.sessionAccepted.connect(this.look, this);
    delivery.pausedChanged.connect(this._onPausedChanged, this);
    this.quietChangedElsewhere.connect(this.look, this);
    capture.edited.connect(this._onEdited, this);
    capture.ran.connect(this._onRan, this);
    capture.sessionOpened.connect(this.look, this);
    capture.sessionClosed.connect(this._onSessionClosed, this);
  }

  readonly prompts: OpenPrompts;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._alarm.clear();
      Signal.clearData(this);
    }
  }

  /** Show what may be shown now, and set the alarm for what may be shown next. */
  readonly look = (): void => {
    this._alarm.clear();
    const study = this._delivery.study;
    if (this._isDisposed || !study) {
      return;
    }
    const now = this._delivery.now();
    const quietUntil = this._paused ? null : this._quietHour.until(now);
    const asked = this.prompts.of().filter(prompt => {
      const mayShow = !this._paused && this._mayShow(prompt, study, now);
      if (!mayShow) {
        this.prompts.hold(prompt.promptId);
      }
      return mayShow;
    });
    if (asked.length > 0) {
      this.prompts.wake(now);
    }
    let next = quietUntil ?? Infinity;
    for (const { promptId } of asked) {
      const prompt = this.prompts.get(promptId);
      if (prompt === undefined) {
        continue;
      }
      if (prompt.stage === 'snoozed') {
        next = Math.min(next, prompt.until ?? now);
      }
      if (prompt.stage !== 'waiting') {
        continue;
      }
      const quietFrom = quietInAll(
        this._activity,
        this._sessionsOf(prompt.notebookId),
        prompt.cellId,
        study.quiet
      );
      if (quietFrom === null) {
        continue;
      }
      if (quietFrom <= now) {
        this.prompts.show(prompt.promptId);
      } else {
        next = Math.min(next, quietFrom);
      }
    }
    if (next < Infinity) {
      this._ring(next, now);
    }
  };

  /** Whether a question may be shown at all now, be it quiet or not. */
  private _mayShow(
    { byHand = false, issuedAt }: Question,
    { asking }: StudyForPage,
    now: number
  ): boolean {
    const quietSince = this._quietHour.since(now);
    return byHand
      ? quietSince === null || issuedAt >= quietSince
      : asking === 'now' && quietSince === null;
  }

  /** Until when nothing is asked by the person's wish, µs since the epoch; null if it may be asked. */
  get quietUntil(): number | null {
    return this._quietHour.until(this._delivery.now());
  }

  /** Emitted when another page of this browser began or ended the quiet hour. */
  get quietChangedElsewhere(): ISignal<QuietHour, void> {
    return this._quietHour.changedElsewhere;
  }

  /** No questions for an hour: what is open is put off, what comes waits. */
  beQuiet(sessionOf: (notebookId: string) => string | undefined): void {
    const until = this._quietHour.begin(this._delivery.now());
    for (const { promptId, notebookId, stage, answer } of this.prompts.of()) {
      const sessionId = sessionOf(notebookId);
      if (stage === 'open' && answer === null && sessionId !== undefined) {
        this._putOff(promptId, sessionId, until);
      }
    }
    this._tellQuiet(HOUR_MS);
    this.look();
  }

  /** Questions are welcome again. */
  endQuiet(): void {
    this._quietHour.end();
    this._tellQuiet(0);
    this.look();
  }

  /** The server is to choose nothing meanwhile. It is about the person: any session will do. */
  private _tellQuiet(forMs: number): void {
    const sessionId = this._sessions().at(0);
    if (sessionId !== undefined) {
      this._record(sessionId, 'prompt.quiet', { for_ms: forMs });
    }
  }

  /** Half of it was visible for a second. */
  seen(promptId: string, sessionId: string): void {
    if (this.prompts.see(promptId)) {
      this._record(sessionId, 'prompt.shown', { prompt_id: idBytes(promptId) });
    }
  }

  focused(promptId: string, sessionId: string): void {
    if (this.prompts.focus(promptId, this._delivery.now())) {
      this._record(sessionId, 'prompt.focused', {
        prompt_id: idBytes(promptId)
      });
    }
  }

  blurred(promptId: string): void {
    this.prompts.blur(promptId, this._delivery.now());
  }

  /** Keep a draft; typing in a prompt is typing, so no other one comes up meanwhile. */
  drafted(promptId: string, sessionId: string, draft: Draft): void {
    this._activity.edited(sessionId, this._delivery.now());
    this.prompts.draft(promptId, draft);
  }

  /** One line: why no answer and no dismissal is taken now; empty if they are. */
  get hindrance(): string {
    return this._hindrance();
  }

  /** Send what is drafted. @returns whether it was taken: there was something to send, and it can be recorded. */
  send(promptId: string, sessionId: string): boolean {
    if (this.hindrance !== '') {
      return false;
    }
    const answer = this.prompts.send(promptId, this._delivery.now());
    if (!answer) {
      return false;
    }
    const said = spokenAs(promptId, answer, this.prompts.get(promptId));
    if (answer.amends) {
      this._record(sessionId, 'prompt.amended', said);
    } else {
      this._record(sessionId, 'prompt.answered', {
        ...said,
        drafting_ms: answer.draftingMs
      });
    }
    return true;
  }

  /**
   * Change an answer, of an earlier page too: a new event, which leaves the first one as it was.
   *
   * @returns whether it was taken.
   */
  amend(
    question: Pick<Question, 'promptId' | 'multiple' | 'words' | 'choices'>,
    sessionId: string,
    draft: Draft
  ): boolean {
    if (this.hindrance !== '' || lackOf(draft, question) !== null) {
      return false;
    }
    const answer = { choices: draft.choices, text: draft.text.trim() };
    this._record(
      sessionId,
      'prompt.amended',
      spokenAs(question.promptId, answer, question)
    );
    this.prompts.amend(question.promptId, answer, this._delivery.now());
    return true;
  }

  /** Skip it, or never ask about the cell: for the study to know, so it is not taken while nothing can be recorded. */
  dismiss(promptId: string, sessionId: string, reason: 'skip' | 'never'): void {
    if (this.hindrance === '' && this.prompts.dismiss(promptId)) {
      this._record(sessionId, 'prompt.dismissed', {
        prompt_id: idBytes(promptId),
        reason
      });
    }
  }

  /**
   * Put it off, or leave a sent answer as it was. It is the way out of a prompt, and this page alone keeps to it: it works
   * during a pause as well, of which nothing is recorded.
   */
  later(promptId: string, sessionId: string): void {
    const prompt = this.prompts.get(promptId);
    if (prompt?.answer) {
      this.prompts.keepAnswer(promptId);
      return;
    }
    const snoozeMs = this._delivery.study?.snooze_ms ?? 0;
    const now = this._delivery.now();
    const until = now + snoozeMs * MICROSECONDS_PER_MILLISECOND;
    this._putOff(promptId, sessionId, until);
    this.look();
  }

  private _putOff(promptId: string, sessionId: string, until: number): void {
    if (this.prompts.snooze(promptId, until, this._delivery.now())) {
      this._record(sessionId, 'prompt.snoozed', {
        prompt_id: idBytes(promptId),
        until
      });
    }
  }

  private _ring(at: number, now: number): void {
    const waitMs = Math.ceil((at - now) / MICROSECONDS_PER_MILLISECOND);
    this._alarm.set(Math.min(waitMs, LONGEST_WAIT_MS), () => this.look());
  }

  private _record<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T]
  ): void {
    this._delivery.record(sessionId, type, body, this._delivery.now());
  }

  private _sessionsOf(notebookId: string): string[] {
    return this._sessions().filter(
      sessionId => this._delivery.notebookOf(sessionId) === notebookId
    );
  }

  private readonly _onPrompted = (_: IDelivery, prompt: Prompt): void => {
    this.prompts.arrive(
      {
        promptId: idText(prompt.prompt_id),
        notebookId: idText(prompt.notebook_id),
        cellId: prompt.cell_id,
        question: prompt.question,
        choices: prompt.choices,
        language: prompt.language,
        multiple: prompt.multiple ?? false,
        words: prompt.text ?? 'optional',
        byHand: prompt.by_hand ?? false,
        issuedAt: prompt.issued_at
      },
      this._delivery.now()
    );
    this.look();
  };

  private readonly _onWithdrawn = (_: IDelivery, promptId: string): void => {
    this.prompts.withdraw(promptId);
  };

  private readonly _onPausedChanged = (_: IDelivery, paused: boolean): void => {
    this._paused = paused;
    this.look();
  };

  private readonly _onEdited = (
    _: ICapture,
    { sessionId }: { sessionId: string }
  ): void => {
    // This runs at each key: the alarm, when it rings too early, looks again.
    this._activity.edited(sessionId, this._delivery.now());
  };

  private readonly _onRan = (
    _: ICapture,
    run: { sessionId: string; cellId: string; running: boolean }
  ): void => {
    const now = this._delivery.now();
    this._activity.ran(run.sessionId, run.cellId, run.running, now);
    if (!run.running) {
      this.look();
    }
  };

  private readonly _onSessionClosed = (
    _: ICapture,
    { sessionId }: { sessionId: string }
  ): void => {
    this._activity.closed(sessionId);
    this.look();
  };

  private readonly _delivery: IDelivery;
  private readonly _alarm: Alarm;
  private readonly _quietHour: QuietHour;
  private readonly _hindrance: () => string;
  private readonly _sessions: () => readonly string[];
  private readonly _activity = new LocalActivity();
  private _paused: boolean;
  private _isDisposed = false;
}

/** An answer as the log has it: all choices only where several may be taken. */
function spokenAs(
  promptId: string,
  answer: Draft,
  question: Pick<Question, 'multiple'> | undefined
): PromptAmended {
  return {
    prompt_id: idBytes(promptId),
    text: answer.text,
    choice: answer.choices[0] ?? null,
    ...(question?.multiple === true && { choices: [...answer.choices] })
  };
}

/** What the server tells a page of its study, its sessions and its questions. */

import { Signal } from '@lumino/signaling';

import { idText } from '../ids';
import type {
  Ended,
  Prompt,
  ServerMessage,
  State,
  StudyForPage,
  Task
} from '../protocol';
import type {
  CurrentTask,
  EndedSession,
  IDelivery,
  WaitingReview
} from '../tokens';

interface Accepted {
  sessionId: string;
  notebookId: string;
}

export class News {
  /** The signals are those of `sender`. */
  constructor(sender: IDelivery) {
    this.studyChanged = new Signal(sender);
    this.sessionAccepted = new Signal(sender);
    this.prompted = new Signal(sender);
    this.withdrawn = new Signal(sender);
    this.reviewsChanged = new Signal(sender);
    this.sessionEnded = new Signal(sender);
    this.taskChanged = new Signal(sender);
  }

  readonly studyChanged: Signal<IDelivery, StudyForPage>;
  readonly sessionAccepted: Signal<IDelivery, Accepted>;
  readonly prompted: Signal<IDelivery, Prompt>;
  readonly withdrawn: Signal<IDelivery, string>;
  readonly reviewsChanged: Signal<IDelivery, readonly WaitingReview[]>;
  readonly sessionEnded: Signal<IDelivery, EndedSession>;
  readonly taskChanged: Signal<IDelivery, CurrentTask>;

  get study(): StudyForPage | null {
    return this._study;
  }

  get reviews(): readonly WaitingReview[] {
    return this._reviews;
  }

  get task(): CurrentTask | null {
    return this._task;
  }

  notebookOf(sessionId: string): string | undefined {
    return this._notebooks.get(sessionId);
  }

  /** A message came. What is not news of this kind is for others. */
  heard(message: ServerMessage): void {
    switch (message.type) {
      case 'state':
        this._told(message);
        break;
      case 'prompt':
        this.prompted.emit(message);
        break;
      case 'withdraw':
        this.withdrawn.emit(idText(message.prompt_id));
        break;
      case 'ended':
        this._toldEnd(message);
        break;
      case 'task':
        this._toldTask(message);
    }
  }

  /** The study as each greeting tells it. */
  toldStudy(study: StudyForPage): void {
    if (JSON.stringify(study) !== JSON.stringify(this._study)) {
      this._study = study;
      this.studyChanged.emit(study);
    }
  }

  private _told({ sessions = [], reviews = null }: State): void {
    for (const { session_id, notebook_id } of sessions) {
      const sessionId = idText(session_id);
      const notebookId = idText(notebook_id);
      if (this._notebooks.get(sessionId) !== notebookId) {
        this._notebooks.set(sessionId, notebookId);
        this.sessionAccepted.emit({ sessionId, notebookId });
      }
    }
    if (reviews !== null) {
      this._reviews = reviews.map(waiting => ({
        notebookId: idText(waiting.notebook_id),
        notebookPath: waiting.notebook_path,
        questions: waiting.questions
      }));
      this.reviewsChanged.emit(this._reviews);
    }
  }

  /** It is told at each greeting; those who follow it act once. */
  private _toldEnd({ session_id, notebook_id, by }: Ended): void {
    const sessionId = idText(session_id);
    if (!this._ended.has(sessionId)) {
      this._ended.add(sessionId);
      this.sessionEnded.emit({
        sessionId,
        notebookId: idText(notebook_id),
        by
      });
    }
  }

  private _toldTask({ name, ends_at = null, over = false }: Task): void {
    this._task = { name, endsAt: ends_at, over };
    this.taskChanged.emit(this._task);
  }

  /** Notebook ids by session. */
  private readonly _notebooks = new Map<string, string>();
  private _study: StudyForPage | null = null;
  private _reviews: readonly WaitingReview[] = [];
  private _task: CurrentTask | null = null;
  /** Sessions whose end was told. */
  private readonly _ended = new Set<string>();
}

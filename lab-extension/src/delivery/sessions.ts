/** The sessions of this page, as far as the delivery must know them. */

import { NIL_ID } from '../ids';
import type {
  EventBodies,
  EventTypeName,
  RecordingResumed,
  SessionOpened
} from '../protocol';

export class Sessions {
  /** The sessions that are open (UUID texts). */
  get open(): string[] {
    return [...this._open];
  }

  /** A session that a fact about the producer itself can be told under. */
  get latest(): string {
    return this._latest;
  }

  /** An event was recorded. */
  recorded(sessionId: string, type: EventTypeName): void {
    this._latest = sessionId;
    if (type === 'session.opened') {
      this._open.add(sessionId);
      this._unopened.delete(sessionId);
    } else if (type === 'session.closed') {
      this._open.delete(sessionId);
    }
  }

  /** An event came during a pause and is dropped; only that a notebook was opened must be said later. */
  dropped<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T]
  ): void {
    if (type === 'session.opened') {
      this._unopened.set(sessionId, body as SessionOpened);
    } else if (type === 'session.closed') {
      this._unopened.delete(sessionId);
      this._open.delete(sessionId);
    }
  }

  /** What `session.opened` must say now for a session that was opened during the pause; null for any other. */
  opening(sessionId: string, resumed: RecordingResumed): SessionOpened | null {
    const opened = this._unopened.get(sessionId);
    return opened ? { ...opened, cells: resumed.cells } : null;
  }

  private readonly _open = new Set<string>();
  private readonly _unopened = new Map<string, SessionOpened>();
  private _latest = NIL_ID;
}

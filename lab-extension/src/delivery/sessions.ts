/** The sessions of this page, as far as the delivery must know them. */

import { NIL_ID } from '../ids';
import type { EventTypeName } from '../protocol';

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
    } else if (type === 'session.closed') {
      this._open.delete(sessionId);
    }
  }

  /** Nothing of them is recorded any more. */
  forget(): void {
    this._open.clear();
  }

  private readonly _open = new Set<string>();
  private _latest = NIL_ID;
}

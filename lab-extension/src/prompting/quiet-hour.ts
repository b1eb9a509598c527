/** "No questions for an hour": the person's wish, remembered over reloads and by every page of this browser. */

import type { TextStore } from './kept';

const HOUR_US = 60 * 60 * 1_000_000;

export class QuietHour {
  /** @param store the browser's storage, or null where there is none. */
  constructor(
    private readonly _store: Pick<
      TextStore,
      'getItem' | 'setItem' | 'removeItem'
    > | null,
    private readonly _key: string
  ) {}

  /** Until when nothing is asked, µs since the epoch; null if it may be asked now. */
  until(now: number): number | null {
    try {
      this._until = Number(this._store?.getItem(this._key) ?? this._until);
    } catch {
      // Forbidden: the hour lives as long as the page.
    }
    // A clock that was set back must not make it longer.
    return this._until > now && this._until <= now + HOUR_US
      ? this._until
      : null;
  }

  /** When the hour began, µs since the epoch; null if it may be asked now. */
  since(now: number): number | null {
    const until = this.until(now);
    return until === null ? null : until - HOUR_US;
  }

  /** @returns until when, µs since the epoch. */
  begin(now: number): number {
    this._until = now + HOUR_US;
    try {
      this._store?.setItem(this._key, String(this._until));
    } catch {
      // As above.
    }
    return this._until;
  }

  end(): void {
    this._until = 0;
    try {
      this._store?.removeItem(this._key);
    } catch {
      // As above.
    }
  }

  private _until = 0;
}

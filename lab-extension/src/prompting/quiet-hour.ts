/** "No questions for an hour": the person's wish, remembered over reloads and by every page of this browser. */

import { Signal } from '@lumino/signaling';

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

  /** Emitted when another page of this browser began or ended the hour. */
  readonly changedElsewhere: Signal<this, void> = new Signal<this, void>(this);

  /** Another page wrote to the storage. @param key what it wrote; null if it cleared everything. */
  heard(key: string | null): void {
    if (key === null || key === this._key) {
      this.changedElsewhere.emit();
    }
  }

  /** Until when nothing is asked, µs since the epoch; null if it may be asked now. */
  until(now: number): number | null {
    try {
      // Another page may have begun or ended it.
      const kept = Number(this._store?.getItem(this._key) ?? 0);
      this._until = this._unkept ? Math.max(kept, this._until) : kept;
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
    this._unkept = this._store === null;
    try {
      this._store?.setItem(this._key, String(this._until));
    } catch {
      // Full or forbidden: as above.
      this._unkept = true;
    }
    return this._until;
  }

  end(): void {
    this._until = 0;
    this._unkept = false;
    try {
      this._store?.removeItem(this._key);
    } catch {
      // Forbidden: as above.
    }
  }

  private _until = 0;
  /** Whether the storage did not take the hour, and this page alone knows it. */
  private _unkept = false;
}

/** Which outboxes belong to pages that live, so that no page empties another one's. */

import type { EventStore } from './store';
import type { Timers } from './timers';

export interface Presence {
  /** So long, in ms, a dead page may be taken for one that lives; null if never. */
  readonly doubtMs: number | null;
  /** Say that this page lives and owns the producer. Resolves once every other page can tell; never rejects. */
  hold(producerId: string): Promise<void>;
  /** The producer is this page's no more. */
  release(producerId: string): void;
  /** Do something with the outbox of a dead page. Resolves with false, and nothing done, if its page lives. */
  take(producerId: string, work: () => Promise<void>): Promise<boolean>;
  /** Say again that this page lives. */
  beat(): void;
}

/** Web Locks: the browser lets go of them when the page dies, however it dies. */
export class LockPresence implements Presence {
  constructor(
    private readonly _locks: LockManager,
    private readonly _baseUrl: string
  ) {}

  readonly doubtMs = null;

  hold(producerId: string): Promise<void> {
    return new Promise(resolve => {
      this._locks
        .request(this._name(producerId), () => {
          resolve();
          // Held as long as the page lives, if it is not released before.
          return new Promise<void>(release => {
            this._held.set(producerId, release);
          });
        })
        .catch(() => resolve());
    });
  }

  release(producerId: string): void {
    this._held.get(producerId)?.();
    this._held.delete(producerId);
  }

  async take(producerId: string, work: () => Promise<void>): Promise<boolean> {
    return this._locks.request(
      this._name(producerId),
      { ifAvailable: true },
      async lock => {
        if (lock !== null) {
          await work();
        }
        return lock !== null;
      }
    );
  }

  beat(): void {
    // The lock itself is the sign of life.
  }

  private _name(producerId: string): string {
    return `prompter:${this._baseUrl}:${producerId}`;
  }

  /** What lets go of each lock. */
  private readonly _held = new Map<string, () => void>();
}

/** How often a page writes down that it lives, in ms. */
const BEAT_MS = 20_000;

/** A page that has not been seen for so long is dead, in ms. Hidden pages run their timers only once a minute. */
const STALE_MS = 180_000;

/** Where Web Locks are missing (a plain http address that is not localhost): a time in the store. */
export class BeatPresence implements Presence {
  constructor(
    private readonly _store: EventStore,
    private readonly _timers: Timers
  ) {}

  readonly doubtMs = STALE_MS;

  async hold(producerId: string): Promise<void> {
    this._held.add(producerId);
    this._beaten = this._timers.wall();
    await this._store.enter(producerId, { now: this._beaten });
    if (!this._beating) {
      this._beating = true;
      this._again();
    }
  }

  release(producerId: string): void {
    this._held.delete(producerId);
  }

  async take(producerId: string, work: () => Promise<void>): Promise<boolean> {
    const rows = await this._store.producers();
    const row = rows.find(({ producer_id }) => producer_id === producerId);
    const now = this._timers.wall();
    if (now - (row?.seen ?? this._missedSince(producerId, now)) < STALE_MS) {
      return false;
    }
    // Seen by us from now on, so that a second page does not begin the same work.
    await this._store.enter(producerId, { now });
    await work();
    return true;
  }

  beat(): void {
    const now = this._timers.wall();
    if (this._held.size > 0 && now - this._beaten >= BEAT_MS) {
      this._beaten = now;
      for (const producerId of this._held) {
        void this._store.enter(producerId, { now });
      }
    }
  }

  /**
   * A page whose browser stores nothing cannot write down that it lives. What it has in memory alone it has sent in a moment,
   * if it can; who asks for its outbox twice, with so long between, finds that it could not.
   */
  private _missedSince(producerId: string, now: number): number {
    const since = this._missed.get(producerId) ?? now;
    this._missed.set(producerId, since);
    return since;
  }

  private _again(): void {
    this._timers.after(BEAT_MS, () => {
      this.beat();
      this._again();
    });
  }

  private readonly _held = new Set<string>();
  /** When a producer without an entry was first asked for, ms since the epoch. */
  private readonly _missed = new Map<string, number>();
  private _beaten = 0;
  private _beating = false;
}

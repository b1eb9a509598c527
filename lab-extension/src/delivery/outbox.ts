/**
 * One producer's events until they are durable, without I/O.
 *
 * It numbers them, says what to send next within the window, and learns from acknowledgements and welcomes. Times are ms of
 * any clock that only runs forward.
 */

import { NIL_ID, idBytes } from '../ids';
import type { Events, WireEvent } from '../protocol';
import { packEvent, wireBytes } from './packing';

/** A frame holds no more than this, in bytes, unless a single event does: far below what servers and proxies refuse. */
const FRAME_BYTES = 512 * 1024;

/** A frame holds no more events than one commit of the server takes. */
const FRAME_EVENTS = 500;

/** Acknowledged events are kept this long, in ms: a database restored from the last minutes asks for them again. */
export const RETENTION_MS = 10 * 60_000;

/** Acknowledgements are remembered by slices of this length, in ms. */
const SLICE_MS = 10_000;

/** An event with its number. */
export interface Numbered {
  seq: number;
  event: WireEvent;
  /** When it was numbered, ms. */
  madeAt: number;
}

/** A producer gave way to a new one; `events` are what it holds, renumbered from 1. */
export interface Renewal {
  from: string;
  to: string;
  events: Numbered[];
}

/** What an acknowledgement means. `lost` asks for a new connection, whose welcome settles it. */
export type Answer = 'progress' | 'nothing' | 'resend' | 'lost';

export interface OutboxOptions {
  producerId: string;
  /** Makes the id of the producer that follows when events are lost. */
  newId: () => string;
  /** What a dead page left, in the order of their numbers without holes. */
  held?: Numbered[];
  /** If nothing is held: the last number that was given. */
  last?: number;
  /** Why events are held no more, should the server ask for them. */
  lost?: string;
}

/** Renumber what is left of a producer after a hole, the hole said by its first event. */
export function renewed(
  from: string,
  to: string,
  hole: { first: number; last: number; reason: string },
  held: Numbered[],
  sessionId: string,
  now: { ms: number; micros: number }
): Renewal {
  const lost = packEvent(
    sessionId,
    'capture.lost',
    {
      count: hole.last - hole.first + 1,
      reason: hole.reason,
      producer_id: idBytes(from),
      first_seq: hole.first,
      last_seq: hole.last
    },
    // Times never decrease within a producer.
    held.length > 0 ? held[0].event.occurred_at : now.micros
  );
  const events = [{ seq: 1, event: lost, madeAt: now.ms }];
  held.forEach((item, i) => events.push({ ...item, seq: i + 2 }));
  return { from, to, events };
}

export class Outbox {
  constructor(options: OutboxOptions) {
    this._producerId = options.producerId;
    this._newId = options.newId;
    this._held = [...(options.held ?? [])];
    this._first = this._held[0]?.seq ?? (options.last ?? 0) + 1;
    this._lost =
      options.lost ??
      'the log was restored from a copy older than what the page held';
    this._acked = this._sent = this._first - 1;
  }

  get producerId(): string {
    return this._producerId;
  }

  /** The last number given. */
  get last(): number {
    return this._first + this._held.length - 1;
  }

  /** How many events are made and not acknowledged. */
  get unsent(): number {
    return this.last - this._acked;
  }

  /** When the oldest event that is not acknowledged was made, ms; null if there is none. */
  get oldest(): number | null {
    return this.unsent > 0 ? this._at(this._acked + 1).madeAt : null;
  }

  /** Whether something was sent on this connection and is not acknowledged. */
  get waiting(): boolean {
    return this._sent > this._acked;
  }

  /** Number an event. */
  add(event: WireEvent, now: number): Numbered {
    const numbered = { seq: this.last + 1, event, madeAt: now };
    this._held.push(numbered);
    return numbered;
  }

  /**
   * The server greets: everything up to `durable` is in the log, `windowBytes` may be under way.
   *
   * @param sessionId whose hole it is, should one have to be said.
   * @param now ms, and µs since the epoch.
   * @returns the new producer if what comes after `durable` is held no more; connect again under its name.
   */
  welcome(
    durable: number,
    windowBytes: number,
    sessionId: string,
    now: { ms: number; micros: number }
  ): Renewal | null {
    this._outstanding = this._surplus = this._flight = 0;
    this._window = windowBytes;
    if (durable + 1 < this._first) {
      return this._renew(durable, sessionId, now);
    }
    if (durable > this.last) {
      // The log knows more of this producer than we do: its page died before it could write down the last ones.
      this._held = [];
      this._first = durable + 1;
    }
    this._settle(durable, now.ms);
    this._sent = durable;
    this._open = true;
    return null;
  }

  /** The connection is gone; nothing is sent until the next welcome. */
  disconnected(): void {
    this._open = false;
    this._sent = this._acked;
    this._flight = 0;
  }

  /** The next frame to send now; null if the window is full or nothing is left. */
  next(): Events | null {
    const room = this._window - this._flight;
    const most = this._cautiousUntil > this._acked ? 1 : FRAME_EVENTS;
    if (!this._open || (most === 1 && this._flight > 0)) {
      return null;
    }
    const events: WireEvent[] = [];
    let bytes = 0;
    for (let seq = this._sent + 1; seq <= this.last; seq++) {
      const { event } = this._at(seq);
      const total = bytes + wireBytes(event);
      // One event always may be under way, however large it is.
      const first = events.length === 0;
      const fits = first
        ? this._flight === 0 || total <= room
        : total <= Math.min(room, FRAME_BYTES) && events.length < most;
      if (!fits) {
        break;
      }
      events.push(event);
      bytes = total;
    }
    if (events.length === 0) {
      return null;
    }
    const frame: Events = { type: 'events', first_seq: this._sent + 1, events };
    this._sent += events.length;
    this._flight += bytes;
    this._outstanding++;
    return frame;
  }

  /**
   * The server answered a frame: everything up to `durable` is in the log.
   *
   * An answer without progress tells of a hole, and what comes after `durable` is sent again. The frames that were under
   * way then will be answered without progress too; those answers mean nothing more.
   */
  acknowledged(durable: number, now: number): Answer {
    this._outstanding = Math.max(0, this._outstanding - 1);
    const seq = Math.min(durable, this.last);
    if (seq > this._acked) {
      this._settle(seq, now);
      this._sent = Math.max(this._sent, seq);
      if (this._sent === seq) {
        this._surplus = 0;
      }
      this._recount();
      return 'progress';
    }
    if (seq === this._acked) {
      if (this._sent === seq) {
        return 'nothing';
      }
      if (this._surplus > 0) {
        this._surplus--;
        return 'nothing';
      }
    }
    if (seq + 1 < this._first) {
      return 'lost';
    }
    this._settle(seq, now);
    this._sent = seq;
    this._surplus = this._outstanding;
    this._recount();
    return 'resend';
  }

  /**
   * The server closed because a frame was too big. From now on one event at a time is sent; if it was that already, the
   * culprit is known: it gives its number to a `capture.lost`.
   *
   * @returns the replacement, to be kept in the store too; null if the culprit is not known yet.
   */
  refusedAsTooBig(): Numbered | null {
    if (!this.waiting) {
      return null;
    }
    if (this._cautiousUntil <= this._acked) {
      this._cautiousUntil = Math.max(this._sent, this._acked + 1);
      return null;
    }
    const culprit = this._at(this._acked + 1);
    const replacement: Numbered = {
      ...culprit,
      event: {
        ...packEvent(
          NIL_ID,
          'capture.lost',
          { count: 1, reason: `too big for the server: ${culprit.event.type}` },
          culprit.event.occurred_at
        ),
        session_id: culprit.event.session_id
      }
    };
    this._held[culprit.seq - this._first] = replacement;
    return replacement;
  }

  /**
   * Let go of what was acknowledged ten minutes ago.
   *
   * @returns the last number that is held no more; null if nothing was let go.
   */
  expire(now: number): number | null {
    let upTo: number | null = null;
    while (this._slices.length > 0 && now >= this._slices[0].until) {
      upTo = this._slices.shift()!.upTo;
    }
    if (upTo !== null && upTo >= this._first) {
      this._held.splice(0, upTo - this._first + 1);
      this._first = upTo + 1;
    }
    return upTo;
  }

  /** Forget everything that waits; the numbering goes on. */
  clear(): void {
    this._first = this.last + 1;
    this._acked = this._sent = this._first - 1;
    this._held = [];
    this._flight = 0;
  }

  private _at(seq: number): Numbered {
    return this._held[seq - this._first];
  }

  private _settle(seq: number, now: number): void {
    if (seq < this._acked) {
      this._slices = this._slices
        .map(slice => ({ ...slice, upTo: Math.min(slice.upTo, seq) }))
        .filter(slice => slice.upTo >= this._first);
    } else if (seq > this._acked) {
      const until = (Math.floor(now / SLICE_MS) + 1) * SLICE_MS + RETENTION_MS;
      const newest = this._slices.at(-1);
      if (newest?.until === until) {
        newest.upTo = seq;
      } else {
        this._slices.push({ upTo: seq, until });
      }
    }
    this._acked = seq;
  }

  private _recount(): void {
    this._flight = 0;
    for (let seq = this._acked + 1; seq <= this._sent; seq++) {
      this._flight += wireBytes(this._at(seq).event);
    }
  }

  private _renew(
    durable: number,
    sessionId: string,
    now: { ms: number; micros: number }
  ): Renewal {
    const renewal = renewed(
      this._producerId,
      this._newId(),
      {
        first: durable + 1,
        last: this._first - 1,
        reason: this._lost
      },
      this._held,
      sessionId,
      now
    );
    this._producerId = renewal.to;
    this._held = [...renewal.events];
    this._first = 1;
    this._acked = this._sent = 0;
    this._slices = [];
    this._cautiousUntil = 0;
    this._open = false;
    return renewal;
  }

  private readonly _newId: () => string;
  private readonly _lost: string;
  private _producerId: string;
  /** Events numbered from `_first` on without holes, the acknowledged ones among them. */
  private _held: Numbered[];
  private _first: number;
  private _acked: number;
  /** The last one sent on this connection. */
  private _sent: number;
  private _open = false;
  private _window = 0;
  /** Bytes sent on this connection and not acknowledged. */
  private _flight = 0;
  /** Frames sent on this connection and not answered. */
  private _outstanding = 0;
  /** Answers without progress still to come after something was sent again. */
  private _surplus = 0;
  /** While acknowledgements are below this, one event at a time is sent. */
  private _cautiousUntil = 0;
  /** Up to which number was acknowledged, and until when it is kept. */
  private _slices: { upTo: number; until: number }[] = [];
}

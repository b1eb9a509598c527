/** Carries this page's outbox to the server: outbox, store and stream, put together. */

import { idBytes, idText } from '../ids';
import {
  CLOSE_CODES,
  PROTOCOL,
  type Hello,
  type ServerMessage,
  type State,
  type WireEvent,
  type Welcome
} from '../protocol';
import { Outbox, type Renewal } from './outbox';
import type { Presence } from './presence';
import type { Sessions } from './sessions';
import type { OpenSocket } from './socket/socket';
import { Stream, type Closing } from './socket/stream';
import type { EventStore } from './store';
import type { Timers } from './timers';

/** How often old events are let go of and a silent server is noticed, in ms. */
const TICK_MS = 60_000;

/** A server that acknowledges nothing for so long is asked anew, in ms. */
const STALL_MS = 60_000;

/**
 * Somebody who types is at it still when a burst closes, and nobody waits for the burst: it is packed, sent, and its
 * acknowledgement read, or it is written down, with so many ms between, so that these fall between different keys.
 */
const APART_MS = 60;

/** What the server has is written down when nobody has typed for so many ms: only a log restored from a copy needs it. */
const REST_MS = 2000;

/** So many events are written down although somebody types on. */
const UNWRITTEN_EVENTS = 30;

/** A server may ask for silence no longer than this, in ms. */
const LONGEST_BUSY_MS = 60_000;

export interface CarrierOptions {
  open: OpenSocket;
  store: EventStore;
  presence: Presence;
  timers: Timers;
  /** A number in [0, 1). */
  random: () => number;
  newId: () => string;
  /** The page's own token, where one is needed. */
  token: () => string | null;
  /** The page's clock, µs since the epoch. */
  now: () => number;
  /** Whose page this is, as far as is known (UUID text). */
  owner: () => string | null;
  sessions: Sessions;
  /** Whether what waits may be sent to a server that greets so; else it is thrown away. */
  admits: (welcome: Welcome) => boolean;
  /** Told of every message of the server, after it was heeded here. */
  heard: (message: ServerMessage) => void;
  /** Something changed that the status may have to say. */
  changed: () => void;
  warn: (error: unknown) => void;
}

export class Carrier {
  constructor(options: CarrierOptions) {
    const { open, timers, random, newId } = options;
    this._options = options;
    this._outbox = new Outbox({ producerId: newId(), newId });
    this._own.add(this._outbox.producerId);
    this._stream = new Stream({
      open,
      timers,
      random,
      ackMs: APART_MS,
      hello: () => this._hello(),
      heard: message => this._guarded(() => this._heard(message)),
      lost: closing => this._guarded(() => this._lost(closing))
    });
  }

  /** How many events are made and not acknowledged. */
  get unsent(): number {
    return this._outbox.unsent;
  }

  /** The producer that numbers this page's events, and the last number that it gave. */
  get numbering(): { producerId: string; last: number } {
    const { producerId, last } = this._outbox;
    return { producerId, last };
  }

  /** When the oldest event that is not acknowledged was made, ms; null if there is none. */
  get oldest(): number | null {
    return this._outbox.oldest;
  }

  /** Whether the server has welcomed this connection. */
  get connected(): boolean {
    return this._connected;
  }

  /** How the last connection ended; null if it lives or none was made. */
  get closed(): number | null {
    return this._closed;
  }

  /** The close code after which nothing more is tried; null while it goes on. */
  get final(): number | null {
    return this._final;
  }

  /** Why the server does not record; null while it does. */
  get refusal(): string | null {
    return this._refusal;
  }

  /** Whether a producer is this page's own. */
  owns(producerId: string): boolean {
    return this._own.has(producerId);
  }

  /** Tell the other pages that this one lives. Only then is anything written down: without an entry no page finds it. */
  async enter(): Promise<void> {
    const { presence, store, timers, owner } = this._options;
    const { producerId } = this._outbox;
    // Other pages take an entry without its holder for a dead page's.
    await presence.hold(producerId);
    if (this._outbox.producerId === producerId) {
      const participant = owner();
      await store.enter(producerId, { now: timers.wall(), participant });
      this._entered.add(producerId);
      this._write();
    }
  }

  /** Connect. */
  start(): void {
    this._tickLater();
    this._started = true;
    this._stream.start();
  }

  /** There is nobody to carry to: forget what waits. */
  async abandon(): Promise<void> {
    this._outbox.clear();
    await this._drop(this._outbox.producerId);
  }

  /** Throw away what the server has not got, and go on as a new producer: nobody will ask for what is missing. */
  beginAnew(): void {
    const { newId } = this._options;
    const old = this._outbox.producerId;
    const producerId = newId();
    this._outbox = new Outbox({ producerId, newId });
    this._own.add(producerId);
    void this._drop(old);
    void this.enter();
    if (this._started) {
      // What the server still says is about the old one.
      this._reconnect();
    }
  }

  /** Number an event, and send it, typing soon, all else at once with what waits; or write it down if it can't be sent. */
  carry(event: WireEvent): void {
    const { store, timers } = this._options;
    const now = timers.elapsed();
    const numbered = this._outbox.add(event, now);
    store.keep(this._outbox.producerId, [numbered]);
    if (!this._connected) {
      // Nobody else has it.
      queueMicrotask(() => this._write());
    } else if (event.type === 'cell.edited') {
      this._sendSoon();
    } else {
      this._pump(now);
      this._writeSoon();
    }
  }

  /** The page may go away: begin to write what this tick brought. */
  flush(): void {
    this._write();
    this._pump();
  }

  /** The page is seen again, or the network is back. */
  wake(): void {
    if (this._started) {
      this._guarded(() => this._stream.wake());
    }
  }

  private _sendSoon(): void {
    this._sending ??= this._options.timers.after(APART_MS, () => {
      this._sending = null;
      this._guarded(() => this._pump());
      this._writeSoon();
    });
  }

  private _writeSoon(): void {
    this._writing ??= this._options.timers.after(APART_MS, () => {
      this._writing = null;
      this._guarded(() => this._writeDown());
    });
  }

  /** Write what the server did not take; the rest can wait until the hands rest. */
  private _writeDown(): void {
    const { store, timers } = this._options;
    this._resting?.();
    this._resting = null;
    this._stream.readAcks();
    if (this._outbox.unsent > 0 || store.unwritten >= UNWRITTEN_EVENTS) {
      this._write();
    } else {
      this._resting = timers.after(REST_MS, () => this._write());
    }
  }

  /** Begin to write what is kept, as soon as this producer is entered. */
  private _write(): void {
    if (this._entered.has(this._outbox.producerId)) {
      this._options.store.flush();
    }
  }

  /** Let go of a producer and of all that is stored of it. */
  private async _drop(producerId: string): Promise<void> {
    const { presence, store } = this._options;
    await store.remove(producerId);
    presence.release(producerId);
  }

  private _hello(): Hello {
    const { now, sessions, token } = this._options;
    return {
      type: 'hello',
      protocol: PROTOCOL,
      producer_id: idBytes(this._outbox.producerId),
      sent_at: now(),
      sessions: sessions.open.map(idBytes),
      token: token()
    };
  }

  private _heard(message: ServerMessage): void {
    const { presence, now, heard, changed } = this._options;
    switch (message.type) {
      case 'welcome':
        this._welcomed(message);
        break;
      case 'ack':
        this._acknowledged(message.producer_seq);
        break;
      case 'state':
        this._told(message);
        break;
      case 'ping':
        presence.beat();
        this._stream.send({
          type: 'pong',
          t: message.t,
          sent_at: now(),
          unsent: this._outbox.unsent
        });
        break;
      case 'busy':
        this._quieten(Math.min(message.retry_ms, LONGEST_BUSY_MS));
    }
    heard(message);
    changed();
  }

  private _welcomed(message: Welcome): void {
    const { store, timers, sessions, now, admits } = this._options;
    const outbox = this._outbox;
    if (!admits(message) && this._outbox.unsent > 0) {
      this.beginAnew();
    }
    if (this._outbox !== outbox) {
      return; // the greeting was meant for the producer before
    }
    this._connected = true;
    this._refusal = null;
    this._closed = null;
    this._progressed = timers.elapsed();
    void store.enter(this._outbox.producerId, {
      now: timers.wall(),
      participant: idText(message.participant)
    });
    const renewal = this._outbox.welcome(
      message.producer_seq,
      message.window_bytes,
      sessions.latest,
      { ms: timers.elapsed(), micros: now() }
    );
    if (renewal === null) {
      this._pump();
    } else {
      void this._renew(renewal);
    }
  }

  private _acknowledged(durable: number): void {
    const now = this._options.timers.elapsed();
    const answer = this._outbox.acknowledged(durable, now);
    if (answer === 'lost') {
      this._reconnect();
      return;
    }
    if (answer === 'progress') {
      this._progressed = now;
    }
    this._pump(now);
  }

  private _told(state: State): void {
    // Whoever has not agreed is not refused by the server: it waits for their word.
    this._refusal =
      state.recording || state.consent === false ? null : (state.reason ?? '');
    this._pump();
  }

  private _quieten(ms: number): void {
    this._quiet?.();
    this._quiet = this._options.timers.after(ms, () => {
      this._quiet = null;
      this._pump();
    });
  }

  private _lost({ code, final }: Closing): void {
    const { store, changed } = this._options;
    if (code === CLOSE_CODES['too big']) {
      const replacement = this._outbox.refusedAsTooBig();
      if (replacement !== null) {
        store.keep(this._outbox.producerId, [replacement]);
      }
    }
    this._write();
    this._outbox.disconnected();
    this._connected = false;
    this._closed = code;
    this._final = final ? code : null;
    changed();
  }

  /** Go on under the new producer, once other pages can tell that it is ours. */
  private async _renew(renewal: Renewal): Promise<void> {
    const { presence, store, timers } = this._options;
    this._own.add(renewal.to);
    await presence.hold(renewal.to);
    await store.renumber(renewal, timers.wall());
    this._entered.add(renewal.to);
    presence.release(renewal.from);
    this._reconnect();
  }

  private _reconnect(): void {
    this._write();
    this._outbox.disconnected();
    this._connected = false;
    this._stream.reconnect();
    this._options.changed();
  }

  private _pump(now = this._options.timers.elapsed()): void {
    if (this._quiet !== null || this._refusal !== null) {
      return;
    }
    if (!this._outbox.waiting) {
      this._progressed = now;
    }
    let frame = this._outbox.next();
    while (frame !== null && this._stream.send(frame)) {
      frame = this._outbox.next();
    }
  }

  private _tickLater(): void {
    this._options.timers.after(TICK_MS, () => {
      this._guarded(() => this._tick());
      this._tickLater();
    });
  }

  private _tick(): void {
    const { store, timers } = this._options;
    const now = timers.elapsed();
    const last = this._outbox.expire(now);
    if (last !== null) {
      void store.forget(this._outbox.producerId, last);
    }
    const stalled = this._outbox.waiting && this._quiet === null;
    if (this._connected && stalled && now - this._progressed >= STALL_MS) {
      this._reconnect();
    }
  }

  private _guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this._options.warn(error);
    }
  }

  private readonly _options: CarrierOptions;
  private _outbox: Outbox;
  private readonly _stream: Stream;
  /** Every producer of this page: a renewal adds one. */
  private readonly _own = new Set<string>();
  /** Those of them whose entry is in the store. */
  private readonly _entered = new Set<string>();
  private _started = false;
  /** Call off what will be sent and written soon; null if nothing will. */
  private _sending: (() => void) | null = null;
  private _writing: (() => void) | null = null;
  /** Calls off the writing of what the server has; null if nothing waits for that. */
  private _resting: (() => void) | null = null;
  private _connected = false;
  private _closed: number | null = null;
  private _final: number | null = null;
  private _refusal: string | null = null;
  /** When the server last acknowledged something new, or had nothing to acknowledge, ms. */
  private _progressed = 0;
  /** Calls the silence off that the server asked for; null while it asks for none. */
  private _quiet: (() => void) | null = null;
}

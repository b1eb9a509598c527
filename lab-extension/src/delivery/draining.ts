/** Sends one dead page's outbox over a short connection of its own, or asks what became of one that is gone. */

import { idBytes, idText } from '../ids';
import {
  CLOSE_CODES,
  PROTOCOL,
  type Hello,
  type ServerMessage,
  type Welcome
} from '../protocol';
import { Outbox, type Numbered, type Renewal } from './outbox';
import type { OpenSocket } from './socket/socket';
import { Stream, type Closing } from './socket/stream';
import type { Timers } from './timers';

/** A connection that has brought nothing forward for so long is given up, in ms; a later page tries again. */
const PATIENCE_MS = 60_000;

export interface DrainingOptions {
  producerId: string;
  /** Whose events they are (UUID text). */
  participant: string;
  /** In the order of their numbers, without holes. */
  events: Numbered[];
  /** The session that a loss is told under (UUID text). */
  sessionId: string;
  /** If there are no events: the last number that was given, and why they are lost. */
  gone?: { last: number; reason: string };
  open: OpenSocket;
  timers: Timers;
  /** A number in [0, 1). */
  random: () => number;
  newId: () => string;
  /** The page's clock, µs since the epoch. */
  now: () => number;
  /** The page's own token, where one is needed. */
  token: () => string | null;
}

/** `done`: everything is durable. A renewal: the log has lost some of it, and the rest needs new numbers. */
export type Drained = 'done' | 'given up' | Renewal;

export class Draining {
  constructor(options: DrainingOptions) {
    this._options = options;
    const { producerId, newId, events, gone, open, timers, random } = options;
    this._outbox = new Outbox({
      producerId,
      newId,
      held: events,
      last: gone?.last,
      lost: gone?.reason
    });
    this._stream = new Stream({
      open,
      timers,
      random,
      hello: () => this._hello(),
      heard: message => this._heard(message),
      lost: closing => this._lost(closing)
    });
  }

  /** Connect and send. Never rejects. */
  run(): Promise<Drained> {
    return new Promise(resolve => {
      this._resolve = resolve;
      this._hope();
      this._stream.start();
    });
  }

  private _hello(): Hello {
    return {
      type: 'hello',
      protocol: PROTOCOL,
      producer_id: idBytes(this._options.producerId),
      sent_at: this._options.now(),
      token: this._options.token()
    };
  }

  private _heard(message: ServerMessage): void {
    const { now, timers } = this._options;
    switch (message.type) {
      case 'welcome':
        this._hope();
        this._welcomed(message);
        break;
      case 'ping':
        this._stream.send({
          type: 'pong',
          t: message.t,
          sent_at: now(),
          unsent: this._outbox.unsent
        });
        break;
      case 'ack': {
        const answer = this._outbox.acknowledged(
          message.producer_seq,
          timers.elapsed()
        );
        if (answer === 'lost') {
          this._stream.reconnect();
          return;
        }
        if (answer === 'progress') {
          this._hope();
        }
        this._pump();
      }
    }
  }

  private _welcomed(message: Welcome): void {
    const { participant, sessionId, timers, now } = this._options;
    if (idText(message.participant) !== participant) {
      this._end('given up');
      return;
    }
    const renewal = this._outbox.welcome(
      message.producer_seq,
      message.window_bytes,
      sessionId,
      { ms: timers.elapsed(), micros: now() }
    );
    if (renewal === null) {
      this._pump();
    } else {
      this._end(renewal);
    }
  }

  private _pump(): void {
    let frame = this._outbox.next();
    while (frame !== null && this._stream.send(frame)) {
      frame = this._outbox.next();
    }
    if (this._outbox.unsent === 0) {
      this._end('done');
    }
  }

  private _lost({ code, final }: Closing): void {
    if (code === CLOSE_CODES['too big']) {
      this._outbox.refusedAsTooBig();
    }
    this._outbox.disconnected();
    if (final) {
      this._end('given up');
    }
  }

  /** Something went forward: wait as long again. */
  private _hope(): void {
    this._giveUp?.();
    this._giveUp = this._options.timers.after(PATIENCE_MS, () =>
      this._end('given up')
    );
  }

  private _end(drained: Drained): void {
    this._giveUp?.();
    this._stream.dispose();
    this._resolve?.(drained);
    this._resolve = null;
  }

  private readonly _options: DrainingOptions;
  private readonly _outbox: Outbox;
  private readonly _stream: Stream;
  private _resolve: ((drained: Drained) => void) | null = null;
  private _giveUp: (() => void) | null = null;
}

/** The connection to the server: greets first, watches that it lives, and comes back when it is lost. */

import type { IDisposable } from '@lumino/disposable';

import {
  CLOSE_CODES,
  type Hello,
  type PageMessage,
  type ServerMessage
} from '../../protocol';
import type { Timers } from '../timers';
import { backoffMs } from './backoff';
import { isAck, readMessage, writeMessage } from './messages';
import type { OpenSocket, Socket } from './socket';

/** What the browser reports when a connection broke without a word. */
const ABNORMAL = 1006;

/** After these the page does not try again by itself. */
const FINAL: ReadonlySet<number> = new Set([
  CLOSE_CODES['bad frame'],
  CLOSE_CODES['not yours'],
  CLOSE_CODES['taken over by a newer socket'],
  CLOSE_CODES['too old']
]);

/** The heartbeat until the server told its own, in ms. */
const HEARTBEAT_MS = 15_000;

/** A heartbeat below this would make the page drop good connections, in ms. */
const SHORTEST_HEARTBEAT_MS = 1000;

/** So many heartbeats without a sign of life mean that the connection is dead. */
const SILENCE = 2.5;

/** A connection that lasted this long, in ms, proves that the server is well: the next wait is short again. */
const PROVEN_MS = 10_000;

/** How a connection ended. */
export interface Closing {
  code: number;
  /** Nothing more will be tried. */
  final: boolean;
}

export interface StreamOptions {
  open: OpenSocket;
  /** The first frame, made anew at each connection. */
  hello: () => Hello;
  heard: (message: ServerMessage) => void;
  /** A connection ended, or could not be made. */
  lost: (closing: Closing) => void;
  timers: Timers;
  /** A number in [0, 1). */
  random: () => number;
  /** Acknowledgements may wait so long to be read, in ms; not at all if that is left out. */
  ackMs?: number;
}

/** The only owner of a socket. */
export class Stream implements IDisposable {
  constructor(options: StreamOptions) {
    this._options = options;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Connect, unless that is under way, done, or forbidden by a final close code. */
  start(): void {
    if (this._disposed || this._final || this._socket !== null) {
      return;
    }
    this._cancelRetry();
    this._connect();
  }

  /** The network or the page came back: try at once, and see whether the connection still lives. */
  wake(): void {
    if (this._socket === null) {
      this.start();
    } else {
      this._watch();
    }
  }

  /** Give the connection up and make a new one at once. */
  reconnect(): void {
    if (this._disposed || this._final) {
      return;
    }
    this._abandon();
    this.start();
  }

  /** Send a message. Returns false if it could not be given to the socket. */
  send(message: PageMessage): boolean {
    if (this._socket === null || !this._greeted) {
      return false;
    }
    try {
      this._socket.send(writeMessage(message));
      return true;
    } catch {
      return false;
    }
  }

  /** Read the acknowledgements that came. */
  readAcks(): void {
    const { _acks: acks, _socket: socket } = this;
    if (acks.length > 0) {
      this._forgetAcks();
      for (const data of acks) {
        // One of them may ask for a new connection, of which the others say nothing.
        if (this._socket === socket) {
          this._read(data);
        }
      }
    }
  }

  dispose(): void {
    this._disposed = true;
    this._cancelRetry();
    this._abandon();
  }

  private _connect(): void {
    const { open, hello, timers } = this._options;
    this._heartbeat = HEARTBEAT_MS;
    this._greeted = false;
    this._alive = this._began = timers.elapsed();
    try {
      // An older socket may still speak after it was given up; it is not listened to.
      const ours = (): boolean => this._socket === socket;
      const socket: Socket = open({
        opened: () => {
          if (ours()) {
            this._alive = timers.elapsed();
            this._greeted = true;
            this.send(hello());
          }
        },
        received: data => {
          if (ours()) {
            this._received(data);
          }
        },
        closed: code => {
          if (ours()) {
            this._closed(code);
          }
        }
      });
      this._socket = socket;
      this._watch();
    } catch {
      this._closed(ABNORMAL);
    }
  }

  private _received(data: unknown): void {
    const { timers, ackMs } = this._options;
    this._alive = timers.elapsed();
    if (ackMs !== undefined && isAck(data)) {
      this._acks.push(data);
      this._stopReading ??= timers.after(ackMs, () => this.readAcks());
    } else {
      this.readAcks();
      this._read(data);
    }
  }

  private _read(data: unknown): void {
    const message = readMessage(data);
    if (message === null) {
      return;
    }
    if (message.type === 'welcome') {
      this._heartbeat = Math.max(message.heartbeat_ms, SHORTEST_HEARTBEAT_MS);
      this._watch();
    }
    this._options.heard(message);
  }

  private _closed(code: number): void {
    const { timers, random, lost } = this._options;
    const socket = this._socket;
    this.readAcks();
    if (this._socket !== socket) {
      return; // a new connection is on its way already
    }
    this._forget();
    if (timers.elapsed() - this._began >= PROVEN_MS) {
      this._attempt = 0;
    }
    this._final = FINAL.has(code);
    if (!this._final) {
      const wait = backoffMs(this._attempt++, random());
      this._retry = timers.after(wait, () => this.start());
    }
    lost({ code, final: this._final });
  }

  /** Look whether the connection still lives, now and when the next sign of life is overdue. */
  private _watch(): void {
    const { timers } = this._options;
    this._cancelWatch();
    const limit = SILENCE * this._heartbeat;
    const silent = timers.elapsed() - this._alive;
    if (silent >= limit) {
      // A dead network would keep the closing handshake waiting, so its end is not waited for.
      this._abandon();
      this._closed(ABNORMAL);
    } else {
      this._stopWatching = timers.after(limit - silent, () => this._watch());
    }
  }

  private _abandon(): void {
    const socket = this._socket;
    this._forget();
    try {
      socket?.close();
    } catch {
      // It was closed already.
    }
  }

  private _forget(): void {
    this._socket = null;
    this._greeted = false;
    this._cancelWatch();
    this._forgetAcks();
  }

  private _forgetAcks(): void {
    this._acks = [];
    this._stopReading?.();
    this._stopReading = null;
  }

  private _cancelRetry(): void {
    this._retry?.();
    this._retry = null;
  }

  private _cancelWatch(): void {
    this._stopWatching?.();
    this._stopWatching = null;
  }

  private readonly _options: StreamOptions;
  private _socket: Socket | null = null;
  private _greeted = false;
  private _final = false;
  private _disposed = false;
  private _attempt = 0;
  private _heartbeat = HEARTBEAT_MS;
  /** When the connection was begun, ms. */
  private _began = 0;
  /** When something last arrived, ms. */
  private _alive = 0;
  private _retry: (() => void) | null = null;
  /** Acknowledgements that came and were not read. */
  private _acks: unknown[] = [];
  private _stopReading: (() => void) | null = null;
  private _stopWatching: (() => void) | null = null;
}

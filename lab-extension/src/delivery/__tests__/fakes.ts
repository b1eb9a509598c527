/** Time, sockets and a server that tests drive by hand. */

import { decode } from '@msgpack/msgpack';
import type { TranslationBundle } from '@jupyterlab/translation';

import { idBytes } from '../../ids';
import type {
  Events,
  Hello,
  PageMessage,
  ServerMessage,
  StudyForPage,
  Welcome,
  WireEvent
} from '../../protocol';
import { pack, packEvent } from '../packing';
import type { OpenSocket, SocketEvents } from '../socket/socket';
import type { Timers } from '../timers';
import type { NoteStore } from '../unkept';

export const SESSION = '018f0000-0000-7000-8000-000000000001';
export const PARTICIPANT = '018f0000-0000-4000-8000-00000000000a';
export const START_MS = 1_790_000_000_000;

export const STUDY: StudyForPage = {
  name: '',
  asking: 'now',
  quiet: { typing_ms: 2000, run_ms: 1000 },
  output_bytes: 2048,
  snooze_ms: 600_000,
  title: '',
  keystrokes: true,
  focus: true,
  consent: null,
  then: null
};

/** Ids in the order of their making: ...01, ...02, and so on. */
export function countedIds(): () => string {
  let n = 0;
  return () => `00000000-0000-4000-8000-${String(++n).padStart(12, '0')}`;
}

/** An event that carries a number of its own, by which a test knows it again. */
export function marked(mark: number, padding = 0): WireEvent {
  return packEvent(
    SESSION,
    'note.added',
    { text: 'x'.repeat(padding), at: mark, by: 'test' },
    START_MS * 1000 + mark
  );
}

/** The number that `marked` put into an event; -1 for any other event. */
export function markOf(event: WireEvent): number {
  const body = decode(event.payload) as { at?: number };
  return event.type === 'note.added' ? (body.at ?? -1) : -1;
}

/** The browser's small storage. */
export class FakeNotes implements NoteStore {
  get length(): number {
    return this._texts.size;
  }

  key(index: number): string | null {
    return [...this._texts.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this._texts.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this._texts.set(key, value);
  }

  removeItem(key: string): void {
    this._texts.delete(key);
  }

  private readonly _texts = new Map<string, string>();
}

/** Time that stands still until it is moved. */
export class FakeTimers implements Timers {
  after(ms: number, run: () => void): () => void {
    const entry = { at: this._now + ms, run };
    this._entries.push(entry);
    return () => {
      this._entries = this._entries.filter(other => other !== entry);
    };
  }

  elapsed(): number {
    return this._now;
  }

  wall(): number {
    return START_MS + this._now;
  }

  /** How long until the next timer, ms; undefined if there is none. */
  get next(): number | undefined {
    const times = this._entries.map(({ at }) => at - this._now);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Move time, running what falls due in its order. */
  advance(ms: number): void {
    const end = this._now + ms;
    for (;;) {
      const due = this._entries
        .filter(({ at }) => at <= end)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) {
        break;
      }
      this._entries = this._entries.filter(other => other !== due);
      this._now = Math.max(this._now, due.at);
      due.run();
    }
    this._now = end;
  }

  private _now = 0;
  private _entries: { at: number; run: () => void }[] = [];
}

/** The server's end of one socket. */
export class FakeSocket {
  constructor(private readonly _events: SocketEvents) {}

  readonly sent: PageMessage[] = [];
  closedByPage = false;

  send(bytes: Uint8Array): void {
    this.sent.push(decode(bytes) as PageMessage);
  }

  close(): void {
    this.closedByPage = true;
  }

  get hello(): Hello {
    return this.sent[0] as Hello;
  }

  get frames(): Events[] {
    return this.sent.filter(message => message.type === 'events');
  }

  accept(): this {
    this._events.opened();
    return this;
  }

  say(message: ServerMessage | Record<string, unknown>): this {
    this.raw(pack(message).slice().buffer);
    return this;
  }

  raw(data: unknown): void {
    this._events.received(data);
  }

  drop(code: number): void {
    this._events.closed(code);
  }

  welcome(facts: Partial<Welcome> = {}): this {
    return this.accept().say({
      type: 'welcome',
      producer_seq: 0,
      participant: idBytes(PARTICIPANT),
      study: STUDY,
      window_bytes: 1_000_000,
      heartbeat_ms: 15_000,
      epoch: idBytes(SESSION),
      ...facts
    });
  }

  ack(producer_seq: number): this {
    return this.say({ type: 'ack', producer_seq, position: producer_seq });
  }
}

/** Hands out sockets and remembers them. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  /** Told of each new socket. */
  opened: (socket: FakeSocket) => void = () => undefined;

  readonly open: OpenSocket = events => {
    const socket = new FakeSocket(events);
    this.sockets.push(socket);
    this.opened(socket);
    return socket;
  };

  get latest(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) {
      throw new Error('no socket was opened');
    }
    return socket;
  }
}

/** English as it stands in the sources. */
export const english = {
  __: (text: string, ...args: unknown[]) =>
    text.replace(/%(\d)/g, (_, n: string) => String(args[Number(n) - 1])),
  _n: (one: string, many: string, n: number, ...args: unknown[]) =>
    english.__(n === 1 ? one : many, n, ...args)
} as TranslationBundle;

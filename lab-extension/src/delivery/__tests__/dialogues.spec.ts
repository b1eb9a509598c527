/**
 * The table of dialogues, spoken to the page's side of the protocol: everything from the recording of an event to the socket.
 * The server's side is spoken to by the same table in tests/wire/test_dialogues.py.
 */

import { readFileSync } from 'node:fs';

import { decode } from '@msgpack/msgpack';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';

import { idBytes, idText } from '../../ids';
import { KeptPrompts } from '../../prompting/kept';
import { OpenPrompts } from '../../prompting/open-prompts';
import type { PageMessage } from '../../protocol';
import { StoredConsents } from '../consent';
import { Delivery } from '../delivery';
import { EventStore } from '../store';
import { UnkeptNotes } from '../unkept';
import { Welcomed } from '../welcomed';
import {
  countedIds,
  english,
  FakeNetwork,
  FakeNotes,
  FakeTimers,
  PARTICIPANT,
  SESSION,
  STUDY,
  type FakeSocket
} from './fakes';

type Step = [string, ...unknown[]];

interface Told {
  name: string;
  for?: 'page' | 'server';
  steps: Step[];
}

const TABLE = JSON.parse(
  readFileSync(
    new URL('../../../../tests/wire/dialogues.json', import.meta.url),
    'utf8'
  )
) as Told[];

/** When an acknowledgement that came is read, ms. */
const READ_MS = 60;

/** What the server is told of, or does where nobody sees it. */
const OF_THE_SERVER = new Set([
  'study asks for consent',
  'another page agrees',
  'another page withdraws',
  'log holds',
  'log asks',
  'log withdraws',
  'log asks by hand',
  'session is known',
  'log ends the session',
  'log begins a task',
  'log ends the task',
  'log is restored to',
  'another socket takes the producer over',
  'another person owns the producer',
  'another person owns the session',
  'server says, unheard',
  'server closes, unheard'
]);

const CONSENT = { version: 'v1', text: { en: 'Do you agree?' } };

class Dialogue {
  /** @param consentNeeded the version of the text that the page is told of at its loading; empty for none. */
  constructor(consentNeeded = '') {
    globalThis.indexedDB = new IDBFactory();
    const newId = countedIds();
    this.store = new EventStore({
      name: 'test',
      failed: error => {
        throw error;
      }
    });
    this.delivery = new Delivery({
      open: this.network.open,
      store: this.store,
      unkept: new UnkeptNotes(null, ''),
      welcomed: new Welcomed(null, null, ''),
      presence: {
        doubtMs: null,
        hold: () => Promise.resolve(),
        release: () => undefined,
        take: async (_, work) => {
          await work();
          return true;
        },
        beat: () => undefined
      },
      timers: this.timers,
      random: () => 0.5,
      newId,
      token: () => null,
      absent: () => Promise.resolve(false),
      paused: { get: () => false, set: () => undefined },
      consentNeeded,
      consents: new StoredConsents(new FakeNotes(), ''),
      trans: english,
      warn: error => {
        throw error;
      }
    });
    this.delivery.prompted.connect((_, prompt) =>
      this.prompts.arrive(
        {
          promptId: idText(prompt.prompt_id),
          notebookId: idText(prompt.notebook_id),
          cellId: prompt.cell_id,
          question: prompt.question,
          choices: prompt.choices,
          language: prompt.language,
          multiple: false,
          words: 'optional',
          issuedAt: prompt.issued_at
        },
        0
      )
    );
    this.delivery.withdrawn.connect((_, id) => this.prompts.withdraw(id));
    this.delivery.sessionEnded.connect((_, { by }) => this.ends.push(by));
  }

  async take([kind, ...given]: Step): Promise<void> {
    const [first, second] = given;
    switch (kind) {
      case 'page makes':
        for (let i = 0; i < (first as number); i++) {
          this.record();
        }
        break;
      case 'page opens a session':
        this.record();
        break;
      case 'page connects':
      case 'page connects, renumbered':
        await this.connect(kind !== 'page connects');
        break;
      case 'page says':
      case 'page says, unheard':
        this.says(first as Record<string, unknown>, second !== undefined);
        break;
      case 'server says':
        this.hear(first as Record<string, unknown>);
        break;
      case 'server says raw':
        this.socket.raw(
          Uint8Array.from(Buffer.from(first as string, 'hex')).buffer
        );
        break;
      case 'server closes':
        this.socket.drop(first as number);
        break;
      case 'server closes the older socket':
        this.sockets.at(-2)!.drop(first as number);
        break;
      case 'connection breaks':
        this.socket.drop(1006);
        break;
      case 'page gives the connection up':
        this.timers.advance(37_500);
        break;
      case 'page lets go of what is old':
        this.grow();
        break;
      case 'time passes':
      case 'commit takes':
        this.timers.advance(first as number);
        break;
      case 'page agrees':
        this.delivery.agree();
        break;
      case 'page declines':
        this.delivery.decline();
        break;
      case 'page withdraws':
        this.delivery.withdraw();
        break;
      case 'page holds':
        expect(this.delivery.status.unsent).toBe(first);
        break;
      case 'page shows':
        expect(this.delivery.status.state).toBe(first);
        break;
      case 'page asks':
        expect(
          this.prompts
            .of()
            .filter(({ stage }) => stage !== 'gone')
            .map(({ question }) => question)
        ).toEqual(first);
        break;
      case 'page was told of ends':
        expect(this.ends).toEqual(first);
        break;
      case 'page works on':
        expect(this.delivery.task).toEqual(first);
        break;
      case 'page is not connected':
        expect(this.network.sockets).toHaveLength(this.sockets.length);
        break;
      default:
        expect(OF_THE_SERVER).toContain(kind);
    }
    await this.settled();
  }

  /** Nothing was said that the table does not tell. */
  end(): void {
    expect(
      this.sockets.map(socket => socket.sent.slice(this.read(socket)))
    ).toEqual(this.sockets.map(() => []));
  }

  private record(): void {
    const body = { after_ms: ++this.marks };
    this.delivery.record(SESSION, 'idle.began', body, this.delivery.now());
  }

  private async connect(renumbered: boolean): Promise<void> {
    if (!this.started) {
      this.started = true;
      await this.delivery.start();
    }
    // The page comes back by itself, after a pause of its own choice.
    for (let ms = 0; this.network.sockets.length === this.sockets.length;) {
      expect((ms += 10)).toBeLessThan(60_000);
      this.timers.advance(10);
    }
    expect(this.network.sockets).toHaveLength(this.sockets.length + 1);
    this.sockets.push(this.network.latest.accept());
    const { producer_id } = this.socket.hello;
    const producer = idText(producer_id);
    if (this.producer !== null) {
      expect(producer !== this.producer).toBe(renumbered);
    }
    this.producer = producer;
  }

  private says(expected: Record<string, unknown>, changed: boolean): void {
    const { socket } = this;
    const at = this.read(socket);
    expect(
      socket.sent.length,
      `the page says ${JSON.stringify(expected)}`
    ).toBeGreaterThan(at);
    const said = marksFor(socket.sent[at]);
    this.heard.set(socket, at + 1);
    if (!changed) {
      expect(said).toMatchObject(expected);
    }
  }

  private hear(told: Record<string, unknown>): void {
    this.socket.say(this.whole(told));
    if (told.type === 'ack') {
      this.timers.advance(READ_MS);
    }
  }

  private whole(told: Record<string, unknown>): Record<string, unknown> {
    switch (told.type) {
      case 'welcome':
        return {
          participant: idBytes(PARTICIPANT),
          study:
            told.given === undefined
              ? STUDY
              : { ...STUDY, consent: { ...CONSENT, given: told.given } },
          window_bytes: 1_000_000,
          heartbeat_ms: 15_000,
          epoch: idBytes(SESSION),
          ...told
        };
      case 'ack':
        return { position: 1, ...told };
      case 'ping':
        return { t: 1, ...told };
      case 'ended':
        return {
          session_id: idBytes(SESSION),
          notebook_id: idBytes(SESSION),
          ...told
        };
      case 'prompt':
      case 'withdraw':
        return {
          type: told.type,
          prompt_id: this.promptId(told.prompt as string),
          notebook_id: idBytes(SESSION),
          cell_id: 'c',
          question: told.prompt,
          choices: [],
          language: 'en',
          issued_at: 1
        } satisfies Record<string, unknown>;
      default:
        return told;
    }
  }

  private promptId(name: string): Uint8Array {
    let id = this.promptIds.get(name);
    if (id === undefined) {
      id = idBytes(`018f0000-0000-4000-8000-00000000f00${this.promptIds.size}`);
      this.promptIds.set(name, id);
    }
    return id;
  }

  /** Eleven minutes pass in which the server lives. */
  private grow(): void {
    for (let ms = 0; ms < 11 * 60_000; ms += 10_000) {
      this.timers.advance(10_000);
      this.hear({ type: 'ping' });
      this.says({ type: 'pong' }, false);
    }
  }

  private read(socket: FakeSocket): number {
    return this.heard.get(socket) ?? 0;
  }

  /** Let what the page has begun come to its end. */
  private async settled(): Promise<void> {
    for (let i = 0; i < 5; i++) {
      await this.store.producers();
    }
  }

  private get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  private readonly timers = new FakeTimers();
  private readonly network = new FakeNetwork();
  private readonly prompts = new OpenPrompts(new KeptPrompts(null, 0));
  private readonly store: EventStore;
  private readonly delivery: Delivery;
  /** The sockets that the table has told of. */
  private readonly sockets: FakeSocket[] = [];
  /** How much of what was said on each the table has told. */
  private readonly heard = new Map<FakeSocket, number>();
  private readonly promptIds = new Map<string, Uint8Array>();
  private readonly ends: string[] = [];
  private producer: string | null = null;
  private started = false;
  private marks = 0;
}

/** A message as the table writes it: events by their marks. */
function marksFor(message: PageMessage): Record<string, unknown> {
  if (message.type !== 'events') {
    return { ...message };
  }
  const events = message.events.map(({ type, payload }) => {
    const { after_ms } = decode(payload) as { after_ms?: number };
    return after_ms ?? type;
  });
  return { ...message, events };
}

describe('the page speaks as the table says', () => {
  it.each(
    TABLE.filter(told => told.for !== 'server').map(
      told => [told.name, told.steps] as const
    )
  )('%s', async (_, steps) => {
    const asked = steps[0][0] === 'study asks for consent';
    const dialogue = new Dialogue(asked ? CONSENT.version : '');
    for (const step of steps) {
      await dialogue.take(step);
    }
    dialogue.end();
  });

  it('and a page that says something else is found', async () => {
    const dialogue = new Dialogue();
    await dialogue.take(['page makes', 1]);
    await dialogue.take(['page connects']);
    await expect(
      dialogue.take(['page says', { type: 'hello', protocol: 2 }])
    ).rejects.toThrow();
    await dialogue.take(['server says', { type: 'welcome', producer_seq: 0 }]);
    expect(() => dialogue.end()).toThrow();
  });
});

import { decode } from '@msgpack/msgpack';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';

import { idBytes, idText } from '../../ids';
import { MAX_EVENT_BYTES, type SessionOpened } from '../../protocol';
import type { DeliveryStatus } from '../../tokens';
import { StoredConsents } from '../consent';
import { Delivery, type Flag } from '../delivery';
import type { Presence } from '../presence';
import { EventStore } from '../store';
import { UnkeptNotes } from '../unkept';
import { Welcomed } from '../welcomed';
import {
  countedIds,
  english,
  FakeNetwork,
  FakeNotes,
  FakeTimers,
  marked,
  PARTICIPANT,
  SESSION,
  STUDY
} from './fakes';

const SOMEBODY = '018f0000-0000-4000-8000-00000000000c';
const NOTEBOOK = '018f0000-0000-4000-8000-00000000000b';

const OPENED: SessionOpened = {
  notebook_path: 'a.ipynb',
  kernel_name: 'python3',
  client: { lab: '4', extension: '0', browser: 'x' },
  cells: [{ cell_id: 'c', cell_type: 'code', source: 'before' }]
};

class OnlyPage implements Presence {
  doubtMs: number | null = null;
  readonly held: string[] = [];
  readonly released: string[] = [];
  /** What every hold waits for. */
  granted: Promise<void> = Promise.resolve();

  hold(producerId: string): Promise<void> {
    this.held.push(producerId);
    return this.granted;
  }

  release(producerId: string): void {
    this.released.push(producerId);
  }

  async take(_: string, work: () => Promise<void>): Promise<boolean> {
    await work();
    return true;
  }

  beat(): void {}
}

/** Let what the page has begun come to its end. */
async function settled(store: EventStore): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await store.producers();
  }
}

describe('the delivery', () => {
  let timers: FakeTimers;
  let network: FakeNetwork;
  let store: EventStore;
  let unkept: UnkeptNotes;
  let notes: FakeNotes;
  let tab: FakeNotes;
  let presence: OnlyPage;
  let paused: boolean;
  let absent: boolean;
  /** Whether the server never says whether it has a Prompter. */
  let stalled: boolean;
  let warnings: unknown[];
  let delivery: Delivery;

  const flag: Flag = {
    get: () => paused,
    set: value => {
      paused = value;
    }
  };

  function make(): Delivery {
    return new Delivery({
      open: network.open,
      store,
      unkept,
      welcomed: new Welcomed(notes, tab, 'welcomed'),
      presence,
      timers,
      random: () => 0.5,
      newId,
      token: () => null,
      absent: () => (stalled ? new Promise(() => {}) : Promise.resolve(absent)),
      paused: flag,
      consentNeeded: '',
      consents: new StoredConsents(new FakeNotes(), ''),
      trans: english,
      warn: error => warnings.push(error)
    });
  }

  let newId: () => string;

  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    timers = new FakeTimers();
    network = new FakeNetwork();
    presence = new OnlyPage();
    notes = new FakeNotes();
    tab = new FakeNotes();
    unkept = new UnkeptNotes(notes, 'unkept:');
    paused = absent = stalled = false;
    warnings = [];
    newId = countedIds();
    store = new EventStore({
      name: 'test',
      failed: error => delivery.storeFailed(error)
    });
    delivery = make();
  });

  function record(name: string): void {
    delivery.record(SESSION, 'task.began', { name }, delivery.now());
  }

  function open(): void {
    delivery.record(SESSION, 'session.opened', OPENED, delivery.now());
  }

  /** The types, with the names of tasks, of what the server got on a socket. */
  function arrived(socket = network.latest): string[] {
    return socket.frames.flatMap(({ events }) =>
      events.map(({ type, payload }) => {
        const { name } = decode(payload) as { name?: string };
        return name ?? type;
      })
    );
  }

  it('sends what was recorded before the server was there, in order', async () => {
    open();
    record('a');
    await delivery.start();
    record('b');
    network.latest.welcome();
    record('c');
    expect(arrived()).toEqual(['session.opened', 'a', 'b', 'c']);
    expect(network.latest.hello.sessions?.map(idText)).toEqual([SESSION]);
    expect(delivery.status).toEqual({
      state: 'recording',
      unsent: 4,
      reason: ''
    });
    network.latest.ack(4);
    timers.advance(60);
    expect(delivery.status.unsent).toBe(0);
  });

  function edited(): void {
    const changes: [number, (string | number)[]][] = [[0, ['x']]];
    const body = { cell_id: 'c', changes, cause: 'user' as const };
    delivery.record(SESSION, 'cell.edited', body, delivery.now());
  }

  /** How many events lie in the store. */
  async function stored(): Promise<number> {
    const [row] = await store.producers();
    return (await store.load(row.producer_id, 0)).length;
  }

  it('sends what is typed a moment later, or with what follows it', async () => {
    await delivery.start();
    network.latest.welcome();
    edited();
    expect(arrived()).toEqual([]);
    timers.advance(60);
    expect(arrived()).toEqual(['cell.edited']);
    edited();
    record('run');
    expect(arrived()).toEqual(['cell.edited', 'cell.edited', 'run']);
    timers.advance(60);
    expect(arrived()).toHaveLength(3);
  });

  it('writes down what the server does not take, soon', async () => {
    await delivery.start();
    network.latest.welcome();
    edited();
    timers.advance(119);
    expect(await stored()).toBe(0);
    timers.advance(1);
    expect(await stored()).toBe(1);
    record('run');
    timers.advance(60);
    expect(await stored()).toBe(2);
  });

  it('writes down at once what is made without a connection, or is under way as it breaks', async () => {
    await delivery.start();
    edited();
    await Promise.resolve();
    expect(await stored()).toBe(1);
    network.latest.welcome();
    edited();
    network.latest.drop(1006);
    expect(await stored()).toBe(2);
  });

  it('writes down what the server has once the hands rest, or when it has become much', async () => {
    await delivery.start();
    network.latest.welcome();
    for (let seq = 1; seq <= 29; seq++) {
      edited();
      timers.advance(60);
      network.latest.ack(seq);
      timers.advance(440);
      expect(delivery.status.unsent).toBe(0);
    }
    expect(await stored()).toBe(0);
    edited();
    timers.advance(60);
    network.latest.ack(30);
    timers.advance(60);
    expect(await stored()).toBe(30);
    edited();
    timers.advance(60);
    network.latest.ack(31);
    timers.advance(2059);
    expect(await stored()).toBe(30);
    timers.advance(1);
    expect(await stored()).toBe(31);
  });

  it('keeps events in the store until the next page', async () => {
    await delivery.start();
    record('a');
    delivery.leave();
    const [row] = await store.producers();
    expect(await store.load(row.producer_id, 0)).toHaveLength(1);
  });

  it('keeps them where a later page finds them although the server has not told whether it has a Prompter', async () => {
    stalled = true;
    void delivery.start();
    await settled(store);
    record('a');
    await settled(store);
    expect(network.sockets).toEqual([]);
    const [row] = await store.producers();
    expect(presence.held).toEqual([row.producer_id]);
    expect(await store.load(row.producer_id, 0)).toHaveLength(1);
  });

  it('writes nothing down that no later page would find', async () => {
    let grant = (): void => undefined;
    presence.granted = new Promise(resolve => {
      grant = resolve;
    });
    const starting = delivery.start();
    record('a');
    delivery.leave();
    await settled(store);
    const [producer] = presence.held;
    expect(await store.load(producer, 0)).toEqual([]);
    grant();
    await starting;
    expect(await stored()).toBe(1);
  });

  it('writes nothing down under a new producer either before others know that its page lives', async () => {
    await delivery.start();
    record('a');
    let grant = (): void => undefined;
    presence.granted = new Promise(resolve => {
      grant = resolve;
    });
    const consent = { version: 'v1', text: { en: 'Do you agree?' } };
    network.latest.welcome({
      study: { ...STUDY, consent: { ...consent, given: false } }
    });
    delivery.agree();
    delivery.leave();
    await settled(store);
    const [old, producer] = presence.held;
    expect(await store.producers()).toEqual([]);
    expect(presence.released).toEqual([old]);
    expect(await store.load(producer, 0)).toEqual([]);
    grant();
    await settled(store);
    expect(await stored()).toBe(1);
    expect(await store.load(producer, 0)).toHaveLength(1);
  });

  it('lets an open burst have its number first, and once', async () => {
    await delivery.start();
    network.latest.welcome();
    let burst = true;
    delivery.beforeRecord = () => {
      if (burst) {
        burst = false;
        record('burst');
      }
    };
    record('run');
    expect(arrived()).toEqual(['burst', 'run']);
    burst = true;
    delivery.leave();
    expect(arrived()).toEqual(['burst', 'run', 'burst']);
  });

  it('resends after a lost connection what was not acknowledged', async () => {
    await delivery.start();
    network.latest.welcome();
    record('a');
    record('b');
    network.latest.ack(1).drop(1006);
    timers.advance(50);
    network.latest.welcome({ producer_seq: 1 });
    expect(arrived()).toEqual(['b']);
    expect(network.latest.frames[0].first_seq).toBe(2);
  });

  it('answers pings, heeds busy and hears prompts', async () => {
    const prompts: string[] = [];
    const gone: string[] = [];
    delivery.prompted.connect((_, prompt) => prompts.push(prompt.question));
    delivery.withdrawn.connect((_, id) => gone.push(id));
    await delivery.start();
    const socket = network.latest.welcome();
    socket.say({ type: 'ping', t: 42 });
    expect(socket.sent.at(-1)).toMatchObject({ type: 'pong', t: 42 });
    socket.say({ type: 'busy', retry_ms: 500 });
    record('a');
    expect(arrived()).toEqual([]);
    timers.advance(500);
    expect(arrived()).toEqual(['a']);
    socket.say({
      type: 'prompt',
      prompt_id: idBytes(SESSION),
      notebook_id: idBytes(NOTEBOOK),
      cell_id: 'c',
      question: 'What for?',
      choices: [],
      language: 'en',
      issued_at: 1
    });
    socket.say({ type: 'withdraw', prompt_id: idBytes(SESSION) });
    expect(prompts).toEqual(['What for?']);
    expect(gone).toEqual([SESSION]);
  });

  it('tells the study and the notebooks of sessions once', async () => {
    const studies: number[] = [];
    const accepted: string[] = [];
    delivery.studyChanged.connect((_, { snooze_ms }) =>
      studies.push(snooze_ms)
    );
    delivery.sessionAccepted.connect((_, { notebookId }) =>
      accepted.push(notebookId)
    );
    await delivery.start();
    const state = {
      type: 'state',
      recording: true,
      sessions: [
        { session_id: idBytes(SESSION), notebook_id: idBytes(NOTEBOOK) }
      ]
    };
    network.latest.welcome().say(state).say(state).drop(1001);
    timers.advance(50);
    network.latest.welcome().say(state);
    expect(studies).toEqual([STUDY.snooze_ms]);
    expect(accepted).toEqual([NOTEBOOK]);
    expect(delivery.notebookOf(SESSION)).toBe(NOTEBOOK);
    expect(delivery.notebookOf(NOTEBOOK)).toBeUndefined();
  });

  it('says that events wait only once the oldest is two seconds old', async () => {
    const said: DeliveryStatus[] = [];
    delivery.statusChanged.connect((_, status) => said.push(status));
    await delivery.start();
    network.latest.welcome();
    record('a');
    await settled(store);
    timers.advance(2000);
    expect(delivery.status).toMatchObject({ state: 'recording', unsent: 1 });
    timers.advance(10);
    await settled(store);
    expect(said.at(-1)).toMatchObject({ state: 'unsent', unsent: 1 });
    network.latest.ack(1);
    timers.advance(60);
    await settled(store);
    expect(said.at(-1)).toMatchObject({ state: 'recording', unsent: 0 });
  });

  it('tells of what comes and goes while all is well by the count alone', async () => {
    await delivery.start();
    network.latest.welcome();
    record('a');
    await settled(store);
    network.latest.ack(1);
    timers.advance(60);
    await settled(store);
    const said: DeliveryStatus[] = [];
    const counts: number[] = [];
    delivery.statusChanged.connect((_, status) => said.push(status));
    delivery.unsentChanged.connect((_, unsent) => counts.push(unsent));
    record('b');
    record('c');
    await settled(store);
    network.latest.ack(2);
    network.latest.ack(3);
    timers.advance(60);
    expect(counts).toEqual([1, 2, 1, 0]);
    // The look that waited finds nothing late, and the next one waits with the next event.
    timers.advance(5000);
    await settled(store);
    expect(said).toEqual([]);
    record('d');
    await settled(store);
    timers.advance(2010);
    await settled(store);
    expect(said).toEqual([{ state: 'unsent', unsent: 1, reason: '' }]);
  });

  it('is offline when the connection is lost or never comes', async () => {
    await delivery.start();
    expect(delivery.status.state).toBe('recording');
    timers.advance(2001);
    expect(delivery.status.state).toBe('offline');
    network.latest.welcome();
    expect(delivery.status.state).toBe('recording');
    network.latest.drop(1006);
    record('a');
    expect(delivery.status).toEqual({
      state: 'offline',
      unsent: 1,
      reason: 'Offline, 1 kept here'
    });
  });

  it('stops for the server’s reason until it is welcome again, and keeps what is made', async () => {
    await delivery.start();
    network.latest
      .accept()
      .say({ type: 'state', recording: false, reason: 'The log is full.' })
      .drop(1013);
    record('a');
    expect(delivery.status).toEqual({
      state: 'stopped',
      unsent: 1,
      reason: 'The log is full.'
    });
    timers.advance(50);
    network.latest.welcome();
    expect(delivery.status.state).toBe('recording');
    expect(arrived()).toEqual(['a']);
  });

  it.each([4400, 4403, 4409, 4426])(
    'stops for good after %i and says what to do',
    async code => {
      await delivery.start();
      record('a');
      network.latest.welcome().drop(code);
      expect(delivery.status).toMatchObject({ state: 'stopped', unsent: 1 });
      expect(delivery.status.reason).toContain('Reload');
      const [row] = await store.producers();
      expect(await store.load(row.producer_id, 0)).toHaveLength(1);
    }
  );

  it('does nothing where the server has no Prompter', async () => {
    absent = true;
    record('a');
    await delivery.start();
    record('b');
    expect(network.sockets).toEqual([]);
    expect(delivery.status).toMatchObject({ state: 'stopped', unsent: 0 });
    expect(delivery.status.reason).toContain('no Prompter');
    expect(await store.producers()).toEqual([]);
    expect(await store.load(presence.held[0], 0)).toEqual([]);
    expect(presence.released).toEqual(presence.held);
  });

  it('records nothing during a pause but its beginning', async () => {
    const changes: boolean[] = [];
    await delivery.start();
    network.latest.welcome();
    open();
    delivery.pausedChanged.connect((_, value) => {
      changes.push(value);
      record(value ? 'last' : 'first');
    });
    delivery.pause();
    delivery.pause();
    record('secret');
    expect(delivery.status.state).toBe('paused');
    expect(paused).toBe(true);
    delivery.resume();
    delivery.resume();
    expect(arrived()).toEqual([
      'session.opened',
      'last',
      'recording.paused',
      'first'
    ]);
    expect(changes).toEqual([true, false]);
    expect(paused).toBe(false);
  });

  it('stays paused over a reload', async () => {
    paused = true;
    delivery = make();
    await delivery.start();
    network.latest.welcome();
    open();
    expect(delivery.status.state).toBe('paused');
    expect(arrived()).toEqual([]);
    delivery.resume();
    open();
    expect(arrived()).toEqual(['session.opened']);
  });

  it('says that an event is lost which is too big or cannot be packed', async () => {
    await delivery.start();
    network.latest.welcome({ window_bytes: 10_000_000 });
    record('x'.repeat(MAX_EVENT_BYTES));
    delivery.record(
      SESSION,
      'task.began',
      { name: (() => undefined) as unknown as string },
      1
    );
    record('after');
    expect(arrived()).toEqual(['capture.lost', 'capture.lost', 'after']);
    expect(warnings).toHaveLength(2);
  });

  it('throws nothing at those who record', () => {
    delivery.beforeRecord = () => {
      throw new Error('a fault in a burst');
    };
    record('a');
    delivery.record('no id', 'task.began', { name: 'b' }, 1);
    expect(delivery.status.unsent).toBe(1);
    expect(warnings).not.toHaveLength(0);
  });

  it('asks a server anew that acknowledges nothing for a minute', async () => {
    await delivery.start();
    const socket = network.latest.welcome();
    record('a');
    for (let i = 0; i < 6; i++) {
      timers.advance(10_000);
      socket.say({ type: 'ping', t: i });
    }
    expect(network.sockets).toHaveLength(2);
    network.latest.welcome();
    expect(arrived()).toEqual(['a']);
  });

  it('tells when the machine slept', async () => {
    let wall = 1e12;
    timers.wall = () => (wall += 1);
    delivery = make();
    await delivery.start();
    network.latest.welcome();
    open();
    wall += 100_000;
    delivery.now();
    await settled(store);
    expect(arrived()).toEqual(['session.opened', 'clock.jumped']);
  });

  it('goes on under a new producer when the log lost what the page holds no more', async () => {
    await delivery.start();
    network.latest.welcome();
    record('a');
    record('b');
    network.latest.ack(2);
    timers.advance(60_000);
    const [{ producer_id: old }] = await store.producers();
    for (let minute = 0; minute < 11; minute++) {
      network.latest.say({ type: 'ping', t: 1 });
      timers.advance(30_000);
      network.latest.say({ type: 'ping', t: 1 });
      timers.advance(30_000);
    }
    expect(await store.load(old, 0)).toEqual([]);
    record('c');
    network.latest.drop(1006);
    timers.advance(50);
    network.latest.welcome({ producer_seq: 1 });
    expect(arrived()).toEqual([]);
    await settled(store);
    expect(presence.held).toHaveLength(2);
    network.latest.welcome();
    expect(idText(network.latest.hello.producer_id)).toBe(presence.held[1]);
    expect(arrived()).toEqual(['capture.lost', 'c']);
    expect((await store.producers()).map(row => row.producer_id)).toEqual([
      presence.held[1]
    ]);
  });

  it('replaces an event that is too big for the server and nothing else', async () => {
    await delivery.start();
    network.latest.welcome();
    record('a');
    record('b');
    network.latest.drop(1009);
    timers.advance(50);
    network.latest.welcome();
    expect(arrived()).toEqual(['a']);
    network.latest.drop(1009);
    timers.advance(100);
    network.latest.welcome();
    expect(arrived()).toEqual(['capture.lost']);
    network.latest.ack(1);
    timers.advance(60);
    expect(arrived()).toEqual(['capture.lost', 'b']);
  });

  it('says that events are in memory only where the browser stores nothing', async () => {
    // @ts-expect-error some browsers have none
    delete globalThis.indexedDB;
    store = new EventStore({ name: 'test', failed: () => undefined });
    delivery = make();
    await delivery.start();
    network.latest.welcome();
    record('a');
    expect(arrived()).toEqual(['a']);
    expect(delivery.status).toMatchObject({ state: 'recording', unsent: 1 });
    expect(delivery.status.reason).toContain('in memory only');
    network.latest.drop(1006);
    timers.advance(2100);
    expect(delivery.status.state).toBe('offline');
    expect(delivery.status.reason).toContain(
      'a reload loses what was not sent'
    );
  });

  it('notes for a later page what is in memory alone, for as long as it is', async () => {
    // @ts-expect-error some browsers have none
    delete globalThis.indexedDB;
    store = new EventStore({ name: 'test', failed: () => undefined });
    delivery = make();
    await delivery.start();
    network.latest.welcome();
    record('a');
    record('b');
    await settled(store);
    expect(unkept.all()).toMatchObject([
      { participant: PARTICIPANT, sessionId: SESSION, last: 2 }
    ]);
    network.latest.ack(2);
    await settled(store);
    timers.advance(60);
    await settled(store);
    expect(unkept.all()).toEqual([]);
  });

  it('notes nothing while the browser stores what is made', async () => {
    await delivery.start();
    network.latest.welcome();
    record('a');
    delivery.leave();
    await settled(store);
    expect(unkept.all()).toEqual([]);
  });

  it('remembers whose events they are', async () => {
    await delivery.start();
    network.latest.welcome();
    expect((await store.producers())[0].participant).toBe(PARTICIPANT);
  });

  it('takes them for those of who was welcomed in its tab, or alone in its browser, until the server says whose they are', async () => {
    const owner = async (): Promise<string | null> =>
      (await store.producers()).at(-1)!.participant;
    const again = async (): Promise<void> => {
      delivery = make();
      await delivery.start();
      record('a');
      network.latest.accept().drop(1013);
    };
    await delivery.start();
    expect(await owner()).toBeNull();
    network.latest.welcome();
    tab.removeItem('welcomed');
    await again();
    expect(await owner()).toBe(PARTICIPANT); // nobody else was ever here
    timers.advance(50);
    network.latest.welcome({ participant: idBytes(SOMEBODY) });
    expect(await owner()).toBe(SOMEBODY);
    await again();
    expect(await owner()).toBe(SOMEBODY); // in this very tab
    tab.removeItem('welcomed');
    await again();
    expect(await owner()).toBeNull(); // one of two
  });

  it('sends what another page left once that page is surely dead, though it seemed to live at first', async () => {
    const asked: string[] = [];
    let dead = false;
    presence.doubtMs = 180_000;
    presence.take = async (id, work) => {
      asked.push(id);
      await (dead ? work() : undefined);
      return dead;
    };
    const gone = SESSION;
    await store.enter(gone, { now: 0, participant: PARTICIPANT });
    store.keep(gone, [{ seq: 1, event: marked(1), madeAt: 0 }]);
    await delivery.start();
    store.flush();
    let own = network.latest.welcome();
    await settled(store);
    for (let s = 0; s < 180; s += 20) {
      expect(asked).toEqual([gone]);
      own.say({ type: 'ping', t: 1 });
      timers.advance(20_000);
    }
    await settled(store);
    expect(asked).toEqual([gone, gone]);
    // A page without a connection asks when it has one again.
    own.drop(1006);
    timers.advance(180_000);
    await settled(store);
    expect(asked).toHaveLength(2);
    dead = true;
    own = network.latest.welcome();
    while (network.latest === own) {
      await settled(store);
    }
    network.latest.welcome();
    expect(arrived()).toEqual(['note.added']);
    network.latest.ack(1);
    await settled(store);
    expect(asked).toHaveLength(3);
    // And now nothing is left to ask for.
    timers.advance(180_000);
    await settled(store);
    expect(asked).toHaveLength(3);
  });

  it('does not send as one person’s what another made before the server knew them', async () => {
    presence.take = (id, work) =>
      id === presence.held[1] ? work().then(() => true) : Promise.resolve(true);
    await delivery.start();
    network.latest.welcome();
    delivery = make();
    await delivery.start();
    record('a');
    network.latest.accept().drop(1013);
    await settled(store);
    // Its page is closed; another person works on in the same browser.
    delivery = make();
    await delivery.start();
    network.latest.welcome({ participant: idBytes(SOMEBODY) });
    const before = network.sockets.length;
    await settled(store);
    expect(network.sockets).toHaveLength(before);
    expect(await store.load(presence.held[1], 0)).toHaveLength(1);
    // And its own person comes back.
    delivery = make();
    await delivery.start();
    const own = network.latest.welcome();
    while (network.latest === own) {
      await settled(store);
    }
    network.latest.welcome();
    expect(arrived()).toEqual(['a']);
  });
});

import { decode } from '@msgpack/msgpack';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';

import { idBytes, idText } from '../../ids';
import type { CaptureLost, WireEvent } from '../../protocol';
import { Leftovers } from '../leftovers';
import type { Numbered } from '../outbox';
import { BeatPresence, LockPresence, type Presence } from '../presence';
import { EventStore } from '../store';
import { UnkeptNotes, type Unkept } from '../unkept';
import { Welcomed } from '../welcomed';
import {
  countedIds,
  FakeNetwork,
  FakeNotes,
  FakeTimers,
  marked,
  PARTICIPANT,
  SESSION,
  type FakeSocket
} from './fakes';
import { ModelLog } from './model-log';

const SOMEBODY = '018f0000-0000-4000-8000-00000000000c';

/** Locks as a browser gives them to all pages of an origin. */
class FakeLocks {
  readonly held = new Set<string>();

  async request(
    name: string,
    options: unknown,
    work?: (lock: object | null) => Promise<unknown>
  ): Promise<unknown> {
    const grant = work ?? (options as () => Promise<unknown>);
    if (this.held.has(name)) {
      return grant(null);
    }
    this.held.add(name);
    try {
      return await grant({ name });
    } finally {
      this.held.delete(name);
    }
  }
}

function numbered(...seqs: number[]): Numbered[] {
  return seqs.map(seq => ({ seq, event: marked(seq), madeAt: 0 }));
}

describe('what dead pages left', () => {
  const newId = countedIds();
  let timers: FakeTimers;
  let network: FakeNetwork;
  let store: EventStore;
  let notes: FakeNotes;
  let unkept: UnkeptNotes;
  let welcomed: Welcomed;
  let carried: WireEvent[];
  let locks: FakeLocks;
  let presence: Presence;
  let log: ModelLog;
  /** Whether the server answers. */
  let answering: boolean;
  let participant: string;

  /** Greet and acknowledge as a server does, in a later turn. */
  function serve(socket: FakeSocket): void {
    let served = 0;
    queueMicrotask(() => {
      if (!answering) {
        return;
      }
      socket.accept();
      const producer = idText(socket.hello.producer_id);
      const send = socket.send.bind(socket);
      socket.send = bytes => {
        send(bytes);
        queueMicrotask(() => {
          for (; served < socket.frames.length; served++) {
            socket.ack(log.append(producer, socket.frames[served]));
          }
        });
      };
      socket.welcome({
        producer_seq: log.durable(producer),
        participant: idBytes(participant)
      });
    });
  }

  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    timers = new FakeTimers();
    network = new FakeNetwork();
    network.opened = serve;
    locks = new FakeLocks();
    presence = new LockPresence(locks as unknown as LockManager, '/');
    log = new ModelLog();
    answering = true;
    participant = PARTICIPANT;
    notes = new FakeNotes();
    unkept = new UnkeptNotes(notes, 'unkept:');
    // As the page that drains has noted it.
    welcomed = new Welcomed(notes, null, 'welcomed');
    welcomed.note(PARTICIPANT);
    carried = [];
    store = new EventStore({
      name: 'test',
      failed: error => {
        throw error;
      }
    });
  });

  function drain(own = 'none'): Promise<boolean> {
    return new Leftovers({
      store,
      unkept,
      welcomed,
      carry: event => carried.push(event),
      presence,
      open: network.open,
      timers,
      random: () => 0,
      now: () => 1,
      newId,
      token: () => null
    }).drain(PARTICIPANT, id => id === own);
  }

  async function leave(
    owner: string | null,
    ...seqs: number[]
  ): Promise<string> {
    const producerId = newId();
    await store.enter(producerId, {
      now: timers.wall(),
      ...(owner === null ? {} : { participant: owner })
    });
    store.keep(producerId, numbered(...seqs));
    store.flush();
    return producerId;
  }

  async function left(): Promise<string[]> {
    return (await store.producers()).map(row => row.producer_id);
  }

  it('is sent by the next page of the same person and then deleted', async () => {
    const producer = await leave(PARTICIPANT, 1, 2);
    await leave(null, 3);
    await drain();
    expect(log.marks().sort()).toEqual([1, 2]);
    expect(await left()).not.toContain(producer);
  });

  /** What was said to be lost. */
  function mourned(): CaptureLost[] {
    return carried.map(({ payload }) => decode(payload) as CaptureLost);
  }

  it('is this person’s if its page did not know whose, and nobody else was ever welcomed here', async () => {
    await leave(null, 1);
    await drain();
    expect(log.marks()).toEqual([1]);
    expect(carried).toEqual([]);
    expect(await left()).toEqual([]);
  });

  it('is nobody’s if its page did not know whose, and several people were welcomed here: it is said to be lost', async () => {
    welcomed.note(SOMEBODY);
    const producerId = await leave(null, 1, 2);
    await leave(null);
    await drain();
    expect(network.sockets).toEqual([]);
    expect(await left()).toEqual([]);
    expect(mourned()).toMatchObject([{ count: 2, first_seq: 1, last_seq: 2 }]);
    expect(idText(mourned()[0].producer_id!)).toBe(producerId);
    expect(idText(carried[0].session_id)).not.toBe(SESSION);
    // Whoever comes back later is not alone here any more, either.
    welcomed.note(PARTICIPANT);
    await leave(null, 1);
    await drain();
    expect(log.marks()).toEqual([]);
    expect(mourned()).toHaveLength(2);
  });

  it('is nobody’s where the browser does not remember who was welcomed', async () => {
    welcomed = new Welcomed(null, null, '');
    welcomed.note(PARTICIPANT);
    await leave(null, 1);
    await drain();
    expect(log.marks()).toEqual([]);
    expect(mourned()).toMatchObject([{ count: 1 }]);
  });

  it('waits although it is nobody’s while its page lives', async () => {
    welcomed.note(SOMEBODY);
    const living = await leave(null, 1);
    await presence.hold(living);
    await drain();
    expect(await left()).toEqual([living]);
    expect(carried).toEqual([]);
  });

  it('stays if it is somebody else’s', async () => {
    const theirs = await leave(SOMEBODY, 1);
    expect(await drain()).toBe(false);
    expect(network.sockets).toEqual([]);
    expect(await left()).toEqual([theirs]);
  });

  it('stays if its page lives or is this one', async () => {
    const living = await leave(PARTICIPANT, 1);
    const own = await leave(PARTICIPANT, 1);
    await presence.hold(living);
    expect(await drain(own)).toBe(true);
    expect(network.sockets).toEqual([]);
    expect((await left()).sort()).toEqual([living, own].sort());
  });

  it('is sent once its page has let go of it', async () => {
    const producer = await leave(PARTICIPANT, 1);
    await presence.hold(producer);
    await drain();
    expect(log.marks()).toEqual([]);
    presence.release(producer);
    await drain();
    expect(log.marks()).toEqual([1]);
  });

  it('is not said to live by a page that has let go of it', async () => {
    presence = new BeatPresence(store, timers);
    const producer = await leave(PARTICIPANT, 1);
    await presence.hold(producer);
    presence.release(producer);
    timers.advance(180_000);
    await drain();
    expect(log.marks()).toEqual([1]);
    timers.advance(60_000);
    expect(await left()).toEqual([]);
  });

  it('is not sent twice where the log has it already', async () => {
    const producer = await leave(PARTICIPANT, 1, 2, 3);
    log.append(producer, {
      type: 'events',
      first_seq: 1,
      events: [marked(1), marked(2)]
    });
    await drain();
    expect(log.marks()).toEqual([1, 2, 3]);
  });

  it('needs no connection when nothing is left of it', async () => {
    await leave(PARTICIPANT);
    await drain();
    expect(network.sockets).toEqual([]);
    expect(await left()).toEqual([]);
  });

  it('stays when the server turns out to take the page for somebody else', async () => {
    const producer = await leave(PARTICIPANT, 1);
    participant = SOMEBODY;
    await drain();
    expect(log.marks()).toEqual([]);
    expect(await left()).toEqual([producer]);
  });

  it('stays when the server refuses it or does not answer', async () => {
    const producer = await leave(PARTICIPANT, 1);
    answering = false;
    const opened = new Promise<FakeSocket>(resolve => {
      network.opened = resolve;
    });
    const draining = drain();
    (await opened).accept().drop(4403);
    await draining;
    const again = new Promise<FakeSocket>(resolve => {
      network.opened = resolve;
    });
    const hanging = drain();
    await again;
    timers.advance(60_000);
    await hanging;
    expect(await left()).toEqual([producer]);
  });

  it('is said to have a hole where the browser lost some of it', async () => {
    await leave(PARTICIPANT, 1, 2, 5, 6);
    await drain();
    expect(log.marks()).toEqual([1, 2]);
    await drain();
    expect(log.marks()).toEqual([1, 2, 5, 6]);
    expect(log.said()).toBe(2);
    expect(await left()).toEqual([]);
  });

  it('gets a new producer when the log has lost what came before', async () => {
    const producer = await leave(PARTICIPANT, 4, 5);
    await drain();
    expect(log.marks()).toEqual([]);
    expect(await left()).not.toContain(producer);
    await drain();
    expect(log.marks()).toEqual([4, 5]);
    expect(log.said()).toBe(3);
    expect(await left()).toEqual([]);
  });

  it('is known by its last sign of life where the browser has no locks', async () => {
    presence = new BeatPresence(store, timers);
    await leave(PARTICIPANT, 1);
    timers.advance(60_000);
    const living = newId();
    await presence.hold(living);
    timers.advance(100_000);
    expect(await drain()).toBe(true);
    expect(log.marks()).toEqual([]);
    timers.advance(100_000);
    expect(await drain()).toBe(true);
    expect(log.marks()).toEqual([1]);
    expect(await left()).toEqual([living]);
  });

  describe('in memory alone', () => {
    function die(last: number, owner: string | null = PARTICIPANT): Unkept {
      const producerId = newId();
      const note = { producerId, participant: owner, sessionId: SESSION, last };
      unkept.put(note);
      return note;
    }

    it('is said to be lost, as much of it as the log has not got', async () => {
      const { producerId } = die(5);
      log.append(producerId, {
        type: 'events',
        first_seq: 1,
        events: [marked(1), marked(2)]
      });
      await drain();
      expect(carried.map(({ type }) => type)).toEqual(['capture.lost']);
      expect(idText(carried[0].session_id)).toBe(SESSION);
      const lost = decode(carried[0].payload) as CaptureLost;
      expect(lost).toMatchObject({ count: 3, first_seq: 3, last_seq: 5 });
      expect(lost.reason).toContain('in memory only');
      expect(idText(lost.producer_id!)).toBe(producerId);
      expect(log.marks()).toEqual([1, 2]);
      await drain();
      expect(carried).toHaveLength(1);
    });

    it('is not lost where the log has all of it', async () => {
      const { producerId } = die(1);
      log.append(producerId, {
        type: 'events',
        first_seq: 1,
        events: [marked(1)]
      });
      await drain();
      expect(carried).toEqual([]);
      expect(unkept.all()).toEqual([]);
    });

    it('is said to be lost where the browser has neither locks nor a store', async () => {
      // @ts-expect-error some browsers have none
      delete globalThis.indexedDB;
      store = new EventStore({ name: 'test', failed: () => undefined });
      const beats = new BeatPresence(store, timers);
      presence = beats;
      die(2);
      // Its page may only be about to send it.
      expect(await drain()).toBe(true);
      timers.advance(beats.doubtMs - 1);
      expect(await drain()).toBe(true);
      expect(carried).toEqual([]);
      timers.advance(1);
      expect(await drain()).toBe(false);
      expect(mourned()).toMatchObject([{ count: 2 }]);
      expect(unkept.all()).toEqual([]);
    });

    it('is told by nobody else, and not while its page lives', async () => {
      const theirs = die(1, SOMEBODY);
      const living = die(2);
      await presence.hold(living.producerId);
      const own = die(3);
      await drain(own.producerId);
      expect(carried).toEqual([]);
      expect(unkept.all()).toEqual([theirs, living, own]);
    });

    it('is said once of what is nobody’s, with what was stored before', async () => {
      welcomed.note(SOMEBODY);
      const producerId = await leave(null, 1, 2);
      const note = { producerId, participant: null, sessionId: SESSION };
      unkept.put({ ...note, last: 4 });
      die(1, null);
      await drain();
      expect(network.sockets).toEqual([]);
      expect(mourned()).toMatchObject([{ count: 4 }, { count: 1 }]);
      expect(await left()).toEqual([]);
      expect(unkept.all()).toEqual([]);
    });

    it('tells whose the rest is', async () => {
      welcomed.note(SOMEBODY);
      const producerId = await leave(null, 1);
      const note = { producerId, sessionId: SESSION, last: 2 };
      unkept.put({ ...note, participant: SOMEBODY });
      await drain();
      expect(carried).toEqual([]);
      expect(await left()).toEqual([producerId]);
    });

    it('is asked for again later if the server does not say', async () => {
      die(1);
      participant = SOMEBODY;
      await drain();
      expect(carried).toEqual([]);
      expect(unkept.all()).toHaveLength(1);
    });

    it('is told of what was stored before the browser refused no more', async () => {
      const producerId = await leave(PARTICIPANT, 1, 2);
      unkept.put({
        producerId,
        participant: PARTICIPANT,
        sessionId: SESSION,
        last: 4
      });
      await drain();
      expect(log.marks()).toEqual([1, 2]);
      const lost = decode(carried[0].payload) as CaptureLost;
      expect(lost).toMatchObject({ count: 2, first_seq: 3, last_seq: 4 });
    });

    it('is passed over where the note is damaged', async () => {
      notes.setItem('unkept:x', '{"producerId": 5}');
      notes.setItem('another', '{');
      const { last } = die(1);
      expect(unkept.all().map(note => note.last)).toEqual([last]);
      notes.setItem('unkept:y', '{');
      await drain();
      expect(carried).toHaveLength(1);
    });
  });
});

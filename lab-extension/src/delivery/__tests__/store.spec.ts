import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Outbox, renewed, type Numbered } from '../outbox';
import { databaseName, EventStore } from '../store';
import { countedIds, marked, markOf, SESSION } from './fakes';

const NAME = databaseName('http://localhost/');

function numbered(...seqs: number[]): Numbered[] {
  return seqs.map(seq => ({ seq, event: marked(seq), madeAt: 0 }));
}

function seqs(events: Numbered[]): number[] {
  return events.map(({ seq }) => seq);
}

describe('the store', () => {
  let store: EventStore;
  let errors: unknown[];

  function open(): EventStore {
    return new EventStore({ name: NAME, failed: error => errors.push(error) });
  }

  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    errors = [];
    store = open();
  });

  it('gives another page what was kept, in the order of the numbers', async () => {
    store.keep('a', numbered(2, 10, 1));
    store.keep('b', numbered(1));
    await store.close();
    const events = await open().load('a', 7);
    expect(seqs(events)).toEqual([1, 2, 10]);
    expect(events.map(({ event }) => markOf(event))).toEqual([1, 2, 10]);
    expect(events[0].event.payload).toBeInstanceOf(Uint8Array);
    expect(events[0].event).toEqual(marked(1));
    expect(events[0].madeAt).toBe(7);
  });

  it('lets go of a range and of nothing else', async () => {
    store.keep('a', numbered(1, 2, 3, 4));
    store.keep('b', numbered(1, 2));
    store.flush();
    await store.forget('a', 3);
    expect(seqs(await store.load('a', 0))).toEqual([4]);
    expect(seqs(await store.load('b', 0))).toEqual([1, 2]);
  });

  it('writes what is kept when it is told to, together', async () => {
    store.keep('a', numbered(1));
    expect(await store.load('a', 0)).toEqual([]);
    expect(store.unwritten).toBe(1);
    store.flush();
    expect(store.unwritten).toBe(0);
    expect(seqs(await store.load('a', 0))).toEqual([1]);
  });

  it('remembers whose a producer is', async () => {
    await store.enter('a', { now: 5 });
    await store.enter('a', { now: 6, participant: 'p' });
    await store.enter('a', { now: 7 });
    expect(await store.producers()).toEqual([
      { producer_id: 'a', participant: 'p', created: 5, seen: 7 }
    ]);
  });

  it('removes a producer whole, the events of this tick among them', async () => {
    await store.enter('a', { now: 5 });
    store.keep('a', numbered(1));
    await store.remove('a');
    expect(await store.producers()).toEqual([]);
    expect(await store.load('a', 0)).toEqual([]);
  });

  it('puts renumbered events in the place of the old ones', async () => {
    const newId = countedIds();
    const [from, to] = [newId(), newId()];
    await store.enter(from, { now: 5, participant: 'p' });
    store.keep(from, numbered(5, 6));
    const hole = { first: 2, last: 4, reason: 'gone' };
    const renewal = renewed(from, to, hole, numbered(5, 6), SESSION, {
      ms: 0,
      micros: 1
    });
    await store.renumber(renewal, 9);
    expect(await store.load(from, 0)).toEqual([]);
    const events = await store.load(to, 0);
    expect(events.map(({ event }) => markOf(event))).toEqual([-1, 5, 6]);
    expect(await store.producers()).toEqual([
      { producer_id: to, participant: 'p', created: 5, seen: 9 }
    ]);
  });

  it('lets what comes before a hole stay under its old numbers', async () => {
    const newId = countedIds();
    const [from, to] = [newId(), newId()];
    await store.enter(from, { now: 5 });
    store.keep(from, numbered(1, 2, 5));
    const hole = { first: 3, last: 4, reason: 'gone' };
    const renewal = renewed(from, to, hole, numbered(5), SESSION, {
      ms: 0,
      micros: 1
    });
    await store.renumber(renewal, 9, 2);
    expect(seqs(await store.load(from, 0))).toEqual([1, 2]);
    expect((await store.producers()).map(row => row.producer_id)).toEqual([
      from,
      to
    ]);
  });

  it('gives a dead page’s events to an outbox that sends them', async () => {
    store.keep('a', numbered(3, 4));
    await store.close();
    const held = await open().load('a', 0);
    const newId = countedIds();
    const outbox = new Outbox({ producerId: 'a', newId, held });
    outbox.welcome(3, 1000, SESSION, { ms: 0, micros: 0 });
    expect(outbox.next()).toMatchObject({ first_seq: 4 });
  });

  it('goes on in memory and says so once where the browser has no database', async () => {
    // @ts-expect-error some browsers have none
    delete globalThis.indexedDB;
    store = open();
    store.keep('a', numbered(1));
    await store.enter('a', { now: 1 });
    await store.forget('a', 1);
    expect(await store.load('a', 0)).toEqual([]);
    expect(await store.producers()).toEqual([]);
    expect(store.broken).toBe(true);
    expect(errors).toHaveLength(1);
  });

  it('goes on in memory when a write is refused', async () => {
    await store.producers();
    const full = new DOMException('full', 'QuotaExceededError');
    const refused = vi
      .spyOn(IDBObjectStore.prototype, 'put')
      .mockImplementation(() => {
        throw full;
      });
    store.keep('a', numbered(1));
    store.flush();
    await store.close();
    refused.mockRestore();
    expect(store.broken).toBe(true);
    expect(errors).toEqual([full]);
  });
});

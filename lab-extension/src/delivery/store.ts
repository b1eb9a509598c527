/** The outboxes of this address in IndexedDB, so that a reload or a crash loses nothing. */

import { openDB, unwrap, type DBSchema, type IDBPDatabase } from 'idb';

import type { WireEvent } from '../protocol';
import type { Numbered, Renewal } from './outbox';

const VERSION = 1;

/** A loss of power may take the last moments; waiting for the disk at each burst would cost more than it gives. */
const RELAXED: IDBTransactionOptions = { durability: 'relaxed' };

/** A producer that left something in the store. */
export interface ProducerRow {
  producer_id: string;
  /** Whose it is (UUID text): what the server said, before that what tab and browser remember; null if they do not. */
  participant: string | null;
  /** When its page was loaded, ms since the epoch. */
  created: number;
  /** When its page was last known to live, ms since the epoch. */
  seen: number;
}

interface EventRow {
  producer_id: string;
  seq: number;
  event: WireEvent;
}

interface Tables extends DBSchema {
  events: { key: [string, number]; value: EventRow };
  producers: { key: string; value: ProducerRow };
}

type Database = IDBPDatabase<Tables>;

/** The name of the database that holds the outboxes for one server. */
export function databaseName(baseUrl: string): string {
  return `prompter:${baseUrl}`;
}

/** Every number of a producer up to `last`. */
function upTo(producerId: string, last: number): IDBKeyRange {
  return IDBKeyRange.bound([producerId, 0], [producerId, last]);
}

export interface EventStoreOptions {
  /** The database's name. */
  name: string;
  /** Told once, when the browser refuses: from then on nothing is stored and nothing is found. */
  failed: (error: unknown) => void;
}

/**
 * Writes are started in the order of the calls, and IndexedDB carries them out in that order. No method throws or rejects:
 * a store that fails says so once and then does nothing.
 */
export class EventStore {
  constructor(options: EventStoreOptions) {
    this._failed = options.failed;
    this._opening = this._open(options.name);
    void this._opening.then(database => {
      this._opened = database;
    });
  }

  /** Whether the browser refused; events are then in memory only. */
  get broken(): boolean {
    return this._broken;
  }

  /** How many events are kept and not written. */
  get unwritten(): number {
    return this._pending.length;
  }

  /** Keep events of a producer: they are written at the next `flush`, together. */
  keep(producerId: string, events: Numbered[]): void {
    if (this._broken) {
      return;
    }
    for (const { seq, event } of events) {
      this._pending.push({ producer_id: producerId, seq, event });
    }
  }

  /** Begin to write what is kept. */
  flush(): void {
    const rows = this._pending;
    this._pending = [];
    if (rows.length > 0) {
      void this._attempt(undefined, database => {
        // At each burst: without the wrappers and listeners that only a success would call.
        const work = unwrap(database).transaction(
          'events',
          'readwrite',
          RELAXED
        );
        const table = work.objectStore('events');
        rows.forEach(row => table.put(row));
        work.onabort = () =>
          this._fail(work.error ?? new Error('a write was broken off'));
        // Without that the writing waits for a turn of the loop, which a page that goes away does not get.
        work.commit();
        return Promise.resolve();
      });
    }
  }

  /** Enter a producer, say whose it is, or that its page lives. What is left out stays as it was. */
  async enter(
    producerId: string,
    facts: { now: number; participant?: string | null }
  ): Promise<void> {
    await this._attempt(undefined, async database => {
      const work = database.transaction('producers', 'readwrite', RELAXED);
      const write = async (): Promise<void> => {
        const known = await work.store.get(producerId);
        await work.store.put({
          producer_id: producerId,
          participant: facts.participant ?? known?.participant ?? null,
          created: known?.created ?? facts.now,
          seen: facts.now
        });
      };
      await Promise.all([write(), work.done]);
    });
  }

  /** Let go of a producer's events up to `last`. */
  async forget(producerId: string, last: number): Promise<void> {
    await this._attempt(undefined, async database => {
      await database.delete('events', upTo(producerId, last));
    });
  }

  /** Let go of a producer and all its events. */
  async remove(producerId: string): Promise<void> {
    this._pending = this._pending.filter(row => row.producer_id !== producerId);
    await this._attempt(undefined, async database => {
      const work = database.transaction(
        ['events', 'producers'],
        'readwrite',
        RELAXED
      );
      await Promise.all([
        work
          .objectStore('events')
          .delete(upTo(producerId, Number.MAX_SAFE_INTEGER)),
        work.objectStore('producers').delete(producerId),
        work.done
      ]);
    });
  }

  /**
   * Put the renumbered events in the place of the old ones, whole or not at all.
   *
   * @param after old events up to this number stay, and so does their producer; without it both go.
   */
  async renumber(renewal: Renewal, now: number, after = 0): Promise<void> {
    this.flush();
    await this._attempt(undefined, async database => {
      const work = database.transaction(
        ['events', 'producers'],
        'readwrite',
        RELAXED
      );
      const producers = work.objectStore('producers');
      const events = work.objectStore('events');
      const range = IDBKeyRange.bound(
        [renewal.from, after + 1],
        [renewal.from, Number.MAX_SAFE_INTEGER]
      );
      const enter = async (): Promise<void> => {
        const old = await producers.get(renewal.from);
        await producers.put({
          producer_id: renewal.to,
          participant: old?.participant ?? null,
          created: old?.created ?? now,
          seen: now
        });
        if (after === 0) {
          await producers.delete(renewal.from);
        }
      };
      await Promise.all([
        enter(),
        events.delete(range),
        ...renewal.events.map(({ seq, event }) =>
          events.put({ producer_id: renewal.to, seq, event })
        ),
        work.done
      ]);
    });
  }

  /** Every producer that left something. */
  async producers(): Promise<ProducerRow[]> {
    return this._attempt([], database => database.getAll('producers'));
  }

  /** A producer's events in the order of their numbers. */
  async load(producerId: string, now: number): Promise<Numbered[]> {
    return this._attempt([], async database => {
      const rows = await database.getAll(
        'events',
        upTo(producerId, Number.MAX_SAFE_INTEGER)
      );
      return rows.map(({ seq, event }) => ({ seq, event, madeAt: now }));
    });
  }

  /** Close the database once what was begun is done. */
  async close(): Promise<void> {
    this.flush();
    await this._attempt(undefined, database => {
      database.close();
      return Promise.resolve();
    });
  }

  private async _open(name: string): Promise<Database | null> {
    try {
      return await openDB<Tables>(name, VERSION, {
        upgrade: database => {
          database.createObjectStore('events', {
            keyPath: ['producer_id', 'seq']
          });
          database.createObjectStore('producers', { keyPath: 'producer_id' });
        },
        // A page with a newer layout wants in; this one goes on in memory.
        blocking: (_current, _blocked, event) => {
          (event.target as IDBDatabase).close();
          this._fail(new Error('a newer page took the store over'));
        },
        terminated: () => this._fail(new Error('the browser closed the store'))
      });
    } catch (error) {
      this._fail(error);
      return null;
    }
  }

  private async _attempt<T>(
    otherwise: T,
    work: (database: Database) => Promise<T>
  ): Promise<T> {
    try {
      // Once it is there it is not waited for: writes begin in the order of the calls.
      const database =
        this._opened === undefined ? await this._opening : this._opened;
      return database === null || this._broken
        ? otherwise
        : await work(database);
    } catch (error) {
      this._fail(error);
      return otherwise;
    }
  }

  private _fail(error: unknown): void {
    if (!this._broken) {
      this._broken = true;
      this._pending = [];
      this._failed(error);
    }
  }

  private readonly _failed: (error: unknown) => void;
  private readonly _opening: Promise<Database | null>;
  /** What `_opening` came to; undefined before. */
  private _opened: Database | null | undefined = undefined;
  private _pending: EventRow[] = [];
  private _broken = false;
}

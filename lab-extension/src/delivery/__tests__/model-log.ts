/** The plain reference of what the server does with the events of producers. */

import { decode } from '@msgpack/msgpack';

import type { CaptureLost, Events, WireEvent } from '../../protocol';
import { markOf } from './fakes';

export class ModelLog {
  /** The last durable number of a producer. */
  durable(producerId: string): number {
    return this._entries.filter(entry => entry.producerId === producerId)
      .length;
  }

  /** Take what is new; leave out what is known and what lies behind a hole. */
  append(producerId: string, { first_seq, events }: Events): number {
    events.forEach((event, i) => {
      if (first_seq + i === this.durable(producerId) + 1) {
        this._entries.push({ producerId, event });
      }
    });
    return this.durable(producerId);
  }

  /** Go back to a copy that holds this share of the events. */
  restore(keep: number): void {
    this._entries.length = Math.floor(this._entries.length * keep);
  }

  /** The marks of the events, in the log's order. */
  marks(): number[] {
    return this._entries
      .map(({ event }) => markOf(event))
      .filter(mark => mark > 0);
  }

  /** How many events are said to be lost. */
  said(): number {
    return this._entries
      .filter(({ event }) => event.type === 'capture.lost')
      .map(({ event }) => (decode(event.payload) as CaptureLost).count)
      .reduce((sum, count) => sum + count, 0);
  }

  private readonly _entries: { producerId: string; event: WireEvent }[] = [];
}

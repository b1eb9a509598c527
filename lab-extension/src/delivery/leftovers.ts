/** What dead pages left: the same person's next page sends their outboxes, and tells what they had in memory alone. */

import { idBytes, idText } from '../ids';
import type { WireEvent } from '../protocol';
import { Draining } from './draining';
import { renewed, type Numbered } from './outbox';
import { packEvent } from './packing';
import type { Presence } from './presence';
import type { OpenSocket } from './socket/socket';
import type { EventStore } from './store';
import type { Timers } from './timers';
import type { Unkept, UnkeptNotes } from './unkept';
import type { Welcomed } from './welcomed';

export interface LeftoversOptions {
  store: EventStore;
  unkept: UnkeptNotes;
  /** Who was welcomed in this browser, whoever drains among them. */
  welcomed: Welcomed;
  /** Have this page's own outbox carry an event. */
  carry: (event: WireEvent) => void;
  presence: Presence;
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

/** Where the numbers of a dead page's events break off; their count if they do not. */
function holeIn(events: Numbered[]): number {
  const hole = events.findIndex((item, i) => item.seq !== events[0].seq + i);
  return hole === -1 ? events.length : hole;
}

export class Leftovers {
  constructor(options: LeftoversOptions) {
    this._options = options;
  }

  /**
   * Send what dead pages of this participant left, one page after the other, and delete it. What nobody can claim is deleted
   * too, and said to be lost.
   *
   * @param participant whose page this is (UUID text).
   * @param own whether a producer is this page's own.
   * @returns whether something was passed over because its page lives, or seems to.
   */
  async drain(
    participant: string,
    own: (producerId: string) => boolean
  ): Promise<boolean> {
    const { store, presence, unkept } = this._options;
    let passedOver = false;
    const take = async (
      id: string,
      owner: string | null,
      work: () => Promise<void>
    ): Promise<void> => {
      const whose = this._whose(id, owner, participant);
      if (!own(id) && (whose === null || whose === participant)) {
        const deal = whose === null ? () => this._giveUp(id) : work;
        passedOver = !(await presence.take(id, deal)) || passedOver;
      }
    };
    for (const row of await store.producers()) {
      const id = row.producer_id;
      await take(id, row.participant, () => this._empty(id, participant));
    }
    // What was stored of them, if anything was, is sent by now.
    for (const note of unkept.all()) {
      await take(note.producerId, note.participant, () =>
        this._mourn(note, participant)
      );
    }
    return passedOver;
  }

  /** Throw away what dead pages of this participant left: they withdrew. */
  async forget(
    participant: string,
    own: (producerId: string) => boolean
  ): Promise<void> {
    const { store, presence, unkept } = this._options;
    const isTheirs = (producerId: string, owner: string | null): boolean =>
      !own(producerId) &&
      this._whose(producerId, owner, participant) === participant;
    for (const row of await store.producers()) {
      if (isTheirs(row.producer_id, row.participant)) {
        await presence.take(row.producer_id, () =>
          store.remove(row.producer_id)
        );
      }
    }
    for (const { producerId, participant: owner } of unkept.all()) {
      if (isTheirs(producerId, owner)) {
        unkept.remove(producerId);
      }
    }
  }

  /**
   * Whose it is what a page left. One that was loaded before anybody was welcomed here did not know: then it is this
   * participant's if nobody else ever was; else it may be anybody's, and is nobody's (null).
   */
  private _whose(
    producerId: string,
    owner: string | null,
    participant: string
  ): string | null {
    const { unkept, welcomed } = this._options;
    return (
      owner ??
      unkept.all().find(each => each.producerId === producerId)?.participant ??
      (welcomed.isAlone(participant) ? participant : null)
    );
  }

  /** Delete what nobody can claim, and say how much it was. No server has greeted its page, so the log has none of it. */
  private async _giveUp(producerId: string): Promise<void> {
    const { store, unkept, timers, carry, newId, now } = this._options;
    const events = await store.load(producerId, timers.elapsed());
    const note = unkept.all().find(each => each.producerId === producerId);
    const last = Math.max(events.at(-1)?.seq ?? 0, note?.last ?? 0);
    if (last > 0) {
      const lost = {
        count: last,
        reason:
          'no server had greeted their page, and the browser cannot tell whose it was',
        producer_id: idBytes(producerId),
        first_seq: 1,
        last_seq: last
      };
      // Not in its own session: that would then be this person's.
      carry(packEvent(newId(), 'capture.lost', lost, now()));
    }
    await store.remove(producerId);
    unkept.remove(producerId);
  }

  /** Tell how much of a producer is lost: the server knows how far it has come. */
  private async _mourn(note: Unkept, participant: string): Promise<void> {
    const { unkept, carry } = this._options;
    const { producerId, sessionId, last } = note;
    const drained = await new Draining({
      ...this._options,
      producerId,
      participant,
      events: [],
      sessionId,
      gone: { last, reason: 'the page had them in memory only, and is gone' }
    }).run();
    if (drained === 'given up') {
      return;
    }
    if (drained !== 'done') {
      drained.events.forEach(({ event }) => carry(event));
    }
    unkept.remove(producerId);
  }

  private async _empty(producerId: string, participant: string): Promise<void> {
    const { store, timers } = this._options;
    const events = await this._upToHole(producerId);
    if (events.length === 0) {
      await store.remove(producerId);
      return;
    }
    const drained = await new Draining({
      ...this._options,
      producerId,
      participant,
      events,
      sessionId: idText(events[0].event.session_id)
    }).run();
    if (drained === 'done') {
      await store.remove(producerId);
    } else if (drained !== 'given up') {
      // A later page finds them under their new producer.
      await store.renumber(drained, timers.wall());
    }
  }

  /**
   * The events up to the first hole in their numbers. What lies behind a hole can never be sent under its old numbers: it
   * becomes a producer of its own, which a later page finds.
   */
  private async _upToHole(producerId: string): Promise<Numbered[]> {
    const { store, timers, newId, now } = this._options;
    const events = await store.load(producerId, timers.elapsed());
    const hole = holeIn(events);
    if (hole < events.length) {
      const before = events[hole - 1].seq;
      const behind = events.slice(hole);
      const renewal = renewed(
        producerId,
        newId(),
        {
          first: before + 1,
          last: behind[0].seq - 1,
          reason: 'the browser lost what it had stored'
        },
        behind,
        idText(behind[0].event.session_id),
        { ms: timers.elapsed(), micros: now() }
      );
      await store.renumber(renewal, timers.wall(), before);
    }
    return events.slice(0, hole);
  }

  private readonly _options: LeftoversOptions;
}

/** One change of the list of cells made into steps that replay it one by one. */

import { freeName } from '../cell-ids';
import { wellFormed } from '../well-formed';
import type { Cause } from './bursts';
import { enter, mark } from './entries';
import {
  lay,
  mergedFrom,
  splitFrom,
  type Entry,
  type Inserted,
  type ListDelta,
  type Origin,
  type Place
} from './lineage';
import type { Step } from './opening';
import { applyOps, replaceOps, type Ops } from './ops';
import { withheldOps } from './withheld';

/** What else is known of a change. */
export interface Circumstances<K> {
  /** Why, if it is known already. */
  cause: Cause | null;
  /** Texts of kept cells that changed together with the list. */
  edited: ReadonlyMap<K, Ops>;
  /** False if text that it brings is to be withheld. */
  agreed: boolean;
}

/** What is known of the cells that were here before. */
export interface Past {
  /** Whether a cell that was recorded by this id is gone. */
  had(cellId: string): boolean;
  /** What is to be recorded of a new cell's text. */
  recordedOf(cellId: string, source: string, agreed: boolean): string;
}

/** What a change of the list came to. */
export interface Restructured<K> {
  entries: Entry<K>[];
  /** In an order in which they can be replayed. */
  steps: Step[];
  removed: Entry<K>[];
  /** The cells that gave a part of their text to new cells above them. */
  split: Set<K>;
}

/** The steps, replayed one by one on `old`, give exactly the new list, except for texts in `edited`. */
export function restructure<K>(
  old: readonly Entry<K>[],
  delta: readonly ListDelta<K>[],
  circumstances: Circumstances<K>,
  past: Past
): Restructured<K> {
  const { places, deleted } = lay(old, delta);
  const survivors = new Set(places.map(place => place.survivor));
  const removed = deleted.filter(entry => !survivors.has(entry));
  const added = places.filter(place => place.fresh && !place.survivor);
  const merged = mergedFrom(removed, added);
  const origins = splitFrom(places, circumstances.edited);

  const list = new ChangingList(old, circumstances, past);
  // The pieces of a merged cell go when the whole is there.
  if (!merged) {
    removed.forEach(entry => list.remove(entry, null));
  }
  // Each cell goes right behind the one before it in the new list; `at` is that one's index now.
  let at = -1;
  for (const place of places) {
    if (place.kept) {
      at = list.entries.indexOf(place.kept, at + 1);
    } else if (place.fresh && place.survivor) {
      at = list.settle(place.survivor, place.fresh, at);
    } else if (place.fresh) {
      at += 1;
      const known = merged ? 'merge' : origins.has(place) ? 'split' : null;
      // Where all cells are deleted JupyterLab puts a blank one.
      const blank = isBlank(places, place.fresh) ? 'tool' : null;
      const origin = merged ?? origins.get(place) ?? null;
      list.add(place.fresh, origin, at, known ?? blank);
    }
  }
  if (merged) {
    removed.forEach(entry => list.remove(entry, 'merge'));
  }
  const parents = [...origins.values()].flatMap(origin => origin.parents);
  return {
    entries: list.entries,
    steps: list.steps,
    removed,
    split: new Set(parents.map(({ key }) => key))
  };
}

/** A list of cells between two states, and the steps so far. */
class ChangingList<K> {
  constructor(
    old: readonly Entry<K>[],
    private readonly circumstances: Circumstances<K>,
    private readonly past: Past
  ) {
    this.entries = [...old];
  }

  readonly entries: Entry<K>[];
  readonly steps: Step[] = [];

  remove(entry: Entry<K>, known: Cause | null): void {
    const index = this.entries.indexOf(entry);
    this.entries.splice(index, 1);
    this.steps.push({
      type: 'cell.removed',
      body: { cell_id: entry.cell_id, index },
      cause: this.circumstances.cause ?? known
    });
  }

  add(
    fresh: Inserted<K>,
    origin: Origin<K> | null,
    index: number,
    known: Cause | null
  ): void {
    const { cause, agreed } = this.circumstances;
    const cell_id = freeName(fresh.cell_id, name =>
      this.entries.some(each => each.cell_id === name)
    );
    const recorded =
      origin?.recorded ?? this.past.recordedOf(cell_id, fresh.source, agreed);
    const entry = enter({ ...fresh, recorded }, cell_id);
    const { cell_type } = entry;
    this.entries.splice(index, 0, entry);
    this.steps.push({
      type: 'cell.added',
      body: {
        cell_id,
        index,
        cell_type,
        source: recorded,
        ...(origin && { parents: origin.parents.map(each => each.cell_id) }),
        ...mark(entry)
      },
      cause: cause ?? known,
      returns: this.past.had(cell_id)
    });
  }

  /** Bring a cell that was deleted and inserted again to its place. Returns its index. */
  settle(entry: Entry<K>, fresh: Inserted<K>, before: number): number {
    const { cause, agreed } = this.circumstances;
    const { entries, steps } = this;
    const { cell_id } = entry;
    const from = entries.indexOf(entry);
    entries.splice(from, 1);
    const to = from <= before ? before : before + 1;
    entries.splice(to, 0, entry);
    if (from !== to) {
      steps.push({ type: 'cell.moved', body: { cell_id, from, to }, cause });
    }
    if (entry.cell_type !== fresh.cell_type) {
      entry.cell_type = fresh.cell_type;
      steps.push({
        type: 'cell.type_changed',
        body: { cell_id, cell_type: fresh.cell_type },
        cause
      });
    }
    const text = wellFormed(fresh.source);
    if (entry.text !== text) {
      const ops = replaceOps(entry.text, text);
      const hidden = !agreed || entry.mixed;
      const recorded = hidden ? withheldOps(ops) : ops;
      entry.text = text;
      entry.recorded = applyOps(entry.recorded, recorded);
      entry.mixed = hidden;
      steps.push({
        type: 'cell.edited',
        body: {
          cell_id,
          changes: [[0, recorded]],
          ...(hidden && { withheld: true })
        },
        cause
      });
    }
    entry.key = fresh.key;
    return to;
  }
}

function isBlank<K>(
  places: readonly Place<K>[],
  { source }: Inserted<K>
): boolean {
  return places.length === 1 && source === '';
}

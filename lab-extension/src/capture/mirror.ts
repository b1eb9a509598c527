/** An ordered mirror of a notebook's cells: it makes of each change of the list the steps that replay it. */

import { freeName } from '../cell-ids';
import type { CellSnapshot } from '../protocol';
import { wellFormed } from '../well-formed';
import type { Cause } from './bursts';
import { byOwn, enter, enterAll, mark } from './entries';
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
import { repeats, withheld, withheldOps } from './withheld';

export type { Inserted, ListDelta } from './lineage';

/** What else is known of a change. */
export interface Circumstances<K> {
  /** Why, if it is known already. */
  cause: Cause | null;
  /** Texts of kept cells that changed together with the list. */
  edited: ReadonlyMap<K, Ops>;
  /** False if text that it brings is to be withheld. */
  agreed: boolean;
}

/** What a change of the list came to. */
export interface Applied<K> {
  /** In an order in which they can be replayed. */
  steps: Step[];
  /** The cells that gave a part of their text to new cells above them. */
  split: Set<K>;
}

/** A change of the list at work. */
interface Work<K> extends Circumstances<K> {
  entries: Entry<K>[];
  steps: Step[];
}

export class Mirror<K> {
  constructor(cells: readonly Inserted<K>[]) {
    this.entries = enterAll(cells);
    this.relist();
  }

  /** The cells as they stand, in order. */
  get cells(): readonly Readonly<Entry<K>>[] {
    return this.entries;
  }

  /** What is recorded of the cells. */
  snapshot(): CellSnapshot[] {
    return this.entries.map(entry => ({
      cell_id: entry.cell_id,
      cell_type: entry.cell_type,
      source: entry.recorded,
      ...mark(entry)
    }));
  }

  /** The cell that is recorded with this id. */
  find(cellId: string): Readonly<Entry<K>> | undefined {
    return this.byName.get(cellId);
  }

  /** The cell that the caller knows by this key. */
  at(key: K): Readonly<Entry<K>> | undefined {
    return this.byKey.get(key);
  }

  /** Put all cells in place of those that are here. Text that is withheld stays so; texts that changed in such a cell are. */
  reset(cells: readonly Inserted<K>[]): void {
    const before = byOwn(this.entries);
    const gone = byOwn([...this.gone.values()]);
    const veiled = cells.map(cell => {
      const known = before.get(cell.cell_id) ?? gone.get(cell.cell_id) ?? [];
      const mixed = known.filter(entry => entry.mixed);
      if (mixed.length === 0) {
        return cell;
      }
      const text = wellFormed(cell.source);
      const same = mixed.find(entry => entry.text === text);
      return { ...cell, recorded: same?.recorded ?? withheld(text) };
    });
    // Who stays keeps its name.
    const names = new Map(this.entries.map(each => [each.key, each.cell_id]));
    this.entries = enterAll(veiled, names);
    this.relist();
  }

  /** Apply recorded operations to one cell. */
  edit(cellId: string, ops: Ops): void {
    const entry = this.byName.get(cellId);
    if (entry) {
      entry.recorded = applyOps(entry.recorded, ops);
      if (!entry.mixed) {
        entry.text = entry.recorded;
      }
    }
  }

  /** Apply operations to the text of a cell that holds withheld text: from now on the two are kept apart. */
  write(cellId: string, ops: Ops): void {
    const entry = this.byName.get(cellId);
    if (entry) {
      entry.mixed = this.mixing = true;
      entry.text = applyOps(entry.text, ops);
    }
  }

  /** Whether a text repeats what is withheld here. */
  repeats(text: string): boolean {
    return repeats(text, this.mixed());
  }

  /** Whether withheld text was ever here. */
  get mixes(): boolean {
    return this.mixing;
  }

  /** The cells that hold or held withheld text, those that are gone too. */
  *mixed(): Iterable<Readonly<Entry<K>>> {
    for (const cells of [this.entries, this.gone.values()]) {
      for (const entry of cells) {
        if (entry.mixed) {
          yield entry;
        }
      }
    }
  }

  /**
   * Apply one change of the list.
   *
   * The steps, replayed one by one on the old list, give exactly the new one, except for texts in `edited`:
   * those are the caller's to log.
   */
  apply(
    delta: readonly ListDelta<K>[],
    circumstances: Circumstances<K>
  ): Applied<K> {
    const { cause, edited } = circumstances;
    const { places, deleted } = lay(this.entries, delta);
    const survivors = new Set(places.map(place => place.survivor));
    const removed = deleted.filter(entry => !survivors.has(entry));
    const added = places.filter(place => place.fresh && !place.survivor);
    const merged = mergedFrom(removed, added);
    const origins = splitFrom(places, edited);

    const work: Work<K> = {
      ...circumstances,
      entries: [...this.entries],
      steps: []
    };
    const remove = (entry: Entry<K>): void => {
      const index = work.entries.indexOf(entry);
      work.entries.splice(index, 1);
      work.steps.push({
        type: 'cell.removed',
        body: { cell_id: entry.cell_id, index },
        cause: cause ?? (merged ? 'merge' : null)
      });
    };
    // The pieces of a merged cell go when the whole is there.
    if (!merged) {
      removed.forEach(remove);
    }
    // Each cell goes right behind the one before it in the new list; `at` is that one's index now.
    let at = -1;
    for (const place of places) {
      if (place.kept) {
        at = work.entries.indexOf(place.kept, at + 1);
      } else if (place.fresh && place.survivor) {
        at = settle(place.survivor, place.fresh, at, work);
      } else if (place.fresh) {
        at += 1;
        const known = merged ? 'merge' : origins.has(place) ? 'split' : null;
        // Where all cells are deleted JupyterLab puts a blank one.
        const blank = isBlank(places, place.fresh) ? 'tool' : null;
        const origin = merged ?? origins.get(place) ?? null;
        this.add(place.fresh, origin, at, work, known ?? blank);
      }
    }
    if (merged) {
      removed.forEach(remove);
    }
    removed.forEach(entry => this.gone.set(entry.cell_id, entry));
    this.entries = work.entries;
    this.relist();
    const split = new Set(
      [...origins.values()].flatMap(({ parents }) =>
        parents.map(({ key }) => key)
      )
    );
    return { steps: work.steps, split };
  }

  /** A cell has another id now: one with that id takes the place of the one that was here. */
  rename(key: K, own: string, cause: Cause | null): Step[] {
    const index = this.entries.findIndex(each => each.key === key);
    const before = this.entries[index];
    if (!before || before.own === own) {
      return [];
    }
    const cell_id = freeName(own, name => this.find(name) !== undefined);
    const entry = { ...before, own, cell_id };
    this.entries.splice(index, 1, entry);
    this.relist();
    this.gone.set(before.cell_id, before);
    const { cell_type, recorded: source } = entry;
    const parents = [before.cell_id];
    const added = {
      cell_id,
      index,
      cell_type,
      source,
      parents,
      ...mark(entry)
    };
    const removed = { cell_id: before.cell_id, index: index + 1 };
    return [
      { type: 'cell.added', body: added, cause },
      { type: 'cell.removed', body: removed, cause }
    ];
  }

  private add(
    fresh: Inserted<K>,
    origin: Origin<K> | null,
    index: number,
    work: Work<K>,
    known: Cause | null
  ): void {
    const cell_id = freeName(fresh.cell_id, name =>
      work.entries.some(each => each.cell_id === name)
    );
    const recorded =
      origin?.recorded ?? this.recordedOf(cell_id, fresh.source, work.agreed);
    const entry = enter({ ...fresh, recorded }, cell_id);
    const { cell_type } = entry;
    work.entries.splice(index, 0, entry);
    work.steps.push({
      type: 'cell.added',
      body: {
        cell_id,
        index,
        cell_type,
        source: recorded,
        ...(origin && { parents: origin.parents.map(each => each.cell_id) }),
        ...mark(entry)
      },
      cause: work.cause ?? known,
      returns: this.gone.has(cell_id)
    });
  }

  /** What is to be recorded of a new cell's text. */
  private recordedOf(cellId: string, source: string, agreed: boolean): string {
    const text = wellFormed(source);
    const before = this.gone.get(cellId);
    if (before?.text === text) {
      return before.recorded;
    }
    const copied = [...this.mixed()].find(each => each.text === text);
    if (copied) {
      return copied.recorded;
    }
    return agreed && !this.repeats(text) ? text : withheld(text);
  }

  /** The list of cells is another one: what is looked up at each key is made anew. */
  private relist(): void {
    this.byKey = new Map(this.entries.map(entry => [entry.key, entry]));
    this.byName = new Map(this.entries.map(entry => [entry.cell_id, entry]));
    this.mixing ||= this.entries.some(({ mixed }) => mixed);
  }

  private entries: Entry<K>[];
  private mixing = false;
  private byKey = new Map<K, Entry<K>>();
  private byName = new Map<string, Entry<K>>();
  private readonly gone = new Map<string, Entry<K>>();
}

/** Bring a cell that was deleted and inserted again to its place. Returns its index. */
function settle<K>(
  entry: Entry<K>,
  fresh: Inserted<K>,
  before: number,
  { entries, steps, cause, agreed }: Work<K>
): number {
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

function isBlank<K>(
  places: readonly Place<K>[],
  { source }: Inserted<K>
): boolean {
  return places.length === 1 && source === '';
}

/** An ordered mirror of a notebook's cells, and what a change of the list means. */

import type { CellSnapshot } from '../protocol';
import type { Cause } from './bursts';
import type { Step } from './opening';
import { applyOps, replaceOps, type Ops } from './ops';
import { wellFormed } from './text';

/** A cell that a delta inserts; `key` is whatever the caller knows it by. */
export interface Inserted<K> extends CellSnapshot {
  key: K;
}

/** One part of a change of the list of cells. */
export type ListDelta<K> =
  { retain: number } | { delete: number } | { insert: Inserted<K>[] };

/** What else is known of a change. */
export interface Circumstances<K> {
  /** Why, if it is known already. */
  cause: Cause | null;
  /** Texts of kept cells that changed together with the list. */
  edited: ReadonlyMap<K, Ops>;
}

/** What a change of the list came to. */
export interface Applied<K> {
  /** In an order in which they can be replayed. */
  steps: Step[];
  /** The cells that gave a part of their text to new cells above them. */
  split: Set<K>;
}

type Entry<K> = Inserted<K>;

/** A place in the new list: a cell that stayed, or one that the delta inserts. */
interface Place<K> {
  kept?: Entry<K>;
  fresh?: Inserted<K>;
  /** The deleted cell that `fresh` carries on. */
  survivor?: Entry<K>;
}

export class Mirror<K> {
  constructor(cells: readonly Inserted<K>[]) {
    this.reset(cells);
  }

  /** The cells as they stand, in order. Texts are well formed. */
  get cells(): readonly Readonly<Entry<K>>[] {
    return this.entries;
  }

  /** Plain copies of the cells. */
  snapshot(): CellSnapshot[] {
    return this.entries.map(({ cell_id, cell_type, source }) => ({
      cell_id,
      cell_type,
      source
    }));
  }

  /** The first cell with this id. */
  find(cellId: string): Readonly<Entry<K>> | undefined {
    return this.entries.find(each => each.cell_id === cellId);
  }

  /** Put all cells in place of those that are here. */
  reset(cells: readonly Inserted<K>[]): void {
    this.entries = cells.map(copy);
  }

  /** Apply operations to one cell's text. */
  edit(cellId: string, ops: Ops): void {
    const entry = this.entries.find(each => each.cell_id === cellId);
    if (entry) {
      entry.source = applyOps(entry.source, ops);
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
    { cause, edited }: Circumstances<K>
  ): Applied<K> {
    const old = this.entries;
    const { places, deleted } = lay(old, delta);
    match(old, places, deleted);
    const survivors = new Set(places.map(place => place.survivor));
    const removed = deleted.filter(entry => !survivors.has(entry));
    const added = places.filter(place => place.fresh && !place.survivor);
    const merged = mergedFrom(removed, added);
    const parents = splitFrom(places, edited);

    const work = [...old];
    const steps: Step[] = [];
    const remove = (entry: Entry<K>): void => {
      const index = work.indexOf(entry);
      work.splice(index, 1);
      steps.push({
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
        at = work.indexOf(place.kept, at + 1);
      } else if (place.fresh && place.survivor) {
        at = this.settle(place.survivor, place.fresh, at, work, steps, cause);
      } else if (place.fresh) {
        at += 1;
        const entry = copy(place.fresh);
        const origin = merged ?? parents.get(place);
        const known = merged ? 'merge' : origin ? 'split' : null;
        const { cell_id, cell_type, source } = entry;
        work.splice(at, 0, entry);
        steps.push({
          type: 'cell.added',
          body: {
            cell_id,
            index: at,
            cell_type,
            source,
            ...(origin && { parents: origin.map(each => each.cell_id) })
          },
          // Where all cells are deleted JupyterLab puts a blank one.
          cause: cause ?? known ?? (isBlank(places, entry) ? 'tool' : null),
          returns: this.gone.has(cell_id)
        });
      }
    }
    if (merged) {
      removed.forEach(remove);
    }
    removed.forEach(entry => this.gone.add(entry.cell_id));
    this.entries = work;
    const split = new Set(
      [...parents.values()].flatMap(each => each.map(({ key }) => key))
    );
    return { steps, split };
  }

  /** Bring a cell that was deleted and inserted again to its place. Returns its index. */
  private settle(
    entry: Entry<K>,
    fresh: Inserted<K>,
    before: number,
    work: Entry<K>[],
    steps: Step[],
    cause: Cause | null
  ): number {
    const { cell_id } = entry;
    const from = work.indexOf(entry);
    work.splice(from, 1);
    const to = from <= before ? before : before + 1;
    work.splice(to, 0, entry);
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
    const source = wellFormed(fresh.source);
    if (entry.source !== source) {
      const ops = replaceOps(entry.source, source);
      entry.source = source;
      steps.push({
        type: 'cell.edited',
        body: { cell_id, changes: [[0, ops]] },
        cause
      });
    }
    entry.key = fresh.key;
    return to;
  }

  private entries: Entry<K>[] = [];
  private readonly gone = new Set<string>();
}

function copy<K>(cell: Inserted<K>): Entry<K> {
  return { ...cell, source: wellFormed(cell.source) };
}

/** Lay the delta out: the new list, and what the delta deletes. */
function lay<K>(
  old: readonly Entry<K>[],
  delta: readonly ListDelta<K>[]
): { places: Place<K>[]; deleted: Entry<K>[] } {
  const places: Place<K>[] = [];
  const deleted: Entry<K>[] = [];
  let at = 0;
  for (const part of delta) {
    if ('insert' in part) {
      part.insert.forEach(fresh => places.push({ fresh }));
    } else if ('delete' in part) {
      deleted.push(...old.slice(at, at + part.delete));
      at += part.delete;
    } else {
      old.slice(at, at + part.retain).forEach(kept => places.push({ kept }));
      at += part.retain;
    }
  }
  old.slice(at).forEach(kept => places.push({ kept }));
  return { places, deleted };
}

/** Find the deleted cells that come back in the same change. Ids that occur twice say nothing. */
function match<K>(
  old: readonly Entry<K>[],
  places: Place<K>[],
  deleted: readonly Entry<K>[]
): void {
  const fresh = places.filter(place => place.fresh);
  if (deleted.length === 0 || fresh.length === 0) {
    return;
  }
  const before = counts(old);
  const after = counts(
    places.flatMap(({ kept, fresh }) => kept ?? fresh ?? [])
  );
  const byId = new Map(deleted.map(entry => [entry.cell_id, entry]));
  for (const place of fresh) {
    const id = place.fresh?.cell_id ?? '';
    if (before.get(id) === 1 && after.get(id) === 1) {
      place.survivor = byId.get(id);
    }
  }
}

function counts(cells: readonly CellSnapshot[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { cell_id } of cells) {
    found.set(cell_id, (found.get(cell_id) ?? 0) + 1);
  }
  return found;
}

/** The removed cells, if the one added cell joins their texts. */
function mergedFrom<K>(
  removed: Entry<K>[],
  added: readonly Place<K>[]
): Entry<K>[] | null {
  const whole = added[0]?.fresh;
  if (removed.length < 2 || added.length !== 1 || !whole) {
    return null;
  }
  const source = wellFormed(whole.source);
  const joins = ['\n\n', '\n'].some(
    line => removed.map(each => each.source).join(line) === source
  );
  return joins ? removed : null;
}

/** The new cells that hold what the cell below them lost in the same change: that cell keeps its id. */
function splitFrom<K>(
  places: readonly Place<K>[],
  edited: ReadonlyMap<K, Ops>
): Map<Place<K>, Entry<K>[]> {
  const found = new Map<Place<K>, Entry<K>[]>();
  let run: Place<K>[] = [];
  for (const place of places) {
    if (place.fresh && !place.survivor) {
      run.push(place);
      continue;
    }
    const ops = place.kept && edited.get(place.kept.key);
    if (place.kept && ops && run.length > 0) {
      const texts = run.map(each => each.fresh?.source ?? '');
      texts.push(applyOps(place.kept.source, ops));
      // JupyterLab strips the line ends around a cut.
      if (bare(texts.join('')) === bare(place.kept.source)) {
        const parent = place.kept;
        run.forEach(each => found.set(each, [parent]));
      }
    }
    run = [];
  }
  return found;
}

function bare(text: string): string {
  return wellFormed(text.replaceAll('\n', ''));
}

function isBlank<K>(places: readonly Place<K>[], entry: Entry<K>): boolean {
  return places.length === 1 && entry.source === '';
}

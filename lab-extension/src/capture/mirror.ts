/** An ordered mirror of a notebook's cells: it makes of each change of the list the steps that replay it. */

import { freeName } from '../cell-ids';
import type { CellSnapshot } from '../protocol';
import { wellFormed } from '../well-formed';
import type { Cause } from './bursts';
import { byOwn, enterAll, mark } from './entries';
import type { Entry, Inserted, ListDelta } from './lineage';
import type { Step } from './opening';
import { applyOps, type Ops } from './ops';
import {
  restructure,
  type Circumstances,
  type Restructured
} from './restructure';
import { repeats, withheld } from './withheld';

export type { Inserted, ListDelta } from './lineage';

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
   * @returns steps that, replayed one by one on the old list, give exactly the new one, except for texts in `edited`:
   * those are the caller's to log. And the cells that gave a part of their text to new cells above them.
   */
  apply(
    delta: readonly ListDelta<K>[],
    circumstances: Circumstances<K>
  ): Pick<Restructured<K>, 'steps' | 'split'> {
    const { entries, steps, removed, split } = restructure(
      this.entries,
      delta,
      circumstances,
      {
        had: cellId => this.gone.has(cellId),
        recordedOf: (...cell) => this.recordedOf(...cell)
      }
    );
    removed.forEach(entry => this.gone.set(entry.cell_id, entry));
    this.entries = entries;
    this.relist();
    return { steps, split };
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

/** Cells on their way into the mirror: each gets an id that no other one has. */

import { freeName } from '../cell-ids';
import { wellFormed } from '../well-formed';
import type { Entry, Inserted } from './lineage';

/** Cells as entries, each with a name of its own: the one that it has in `names`, or a free one. */
export function enterAll<K>(
  cells: readonly Inserted<K>[],
  names: ReadonlyMap<K, string> = new Map()
): Entry<K>[] {
  const taken = new Set(cells.flatMap(({ key }) => names.get(key) ?? []));
  return cells.map(cell => {
    const name =
      names.get(cell.key) ?? freeName(cell.cell_id, each => taken.has(each));
    taken.add(name);
    return enter(cell, name);
  });
}

/** By JupyterLab's ids. */
export function byOwn<K>(
  entries: readonly Entry<K>[]
): Map<string, Entry<K>[]> {
  const found = new Map<string, Entry<K>[]>();
  for (const entry of entries) {
    found.set(entry.own, [...(found.get(entry.own) ?? []), entry]);
  }
  return found;
}

/** A cell as an entry that is recorded by this id. */
export function enter<K>(
  { key, cell_id: own, cell_type, source, recorded }: Inserted<K>,
  cell_id: string
): Entry<K> {
  const text = wellFormed(source);
  const shown = recorded ?? text;
  return {
    key,
    own,
    cell_id,
    cell_type,
    text,
    recorded: shown,
    mixed: shown !== text
  };
}

/** The field that says so where a part of a cell's text is withheld. */
export function mark({ text, recorded, mixed }: Entry<unknown>): {
  withheld?: true;
} {
  return mixed && text !== recorded ? { withheld: true } : {};
}

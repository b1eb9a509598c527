/** What a change of the list of cells means: which cells came back, which were merged, which were split. */

import type { CellSnapshot } from '../protocol';
import { wellFormed } from '../well-formed';
import { applyOps, type Ops } from './ops';

/** A cell that a delta inserts, with JupyterLab's id; `key` is whatever the caller knows it by. */
export interface Inserted<K> extends CellSnapshot {
  key: K;
  /** What is recorded of its source, where that is another text. */
  recorded?: string;
}

/** A cell as it stands; its `cell_id` is that of no other one. */
export interface Entry<K> extends Pick<CellSnapshot, 'cell_id' | 'cell_type'> {
  key: K;
  /** JupyterLab's id, which another cell may have too. */
  own: string;
  /** As it stands in the document, well formed; behind by what is in an open burst, unless a part is withheld. */
  text: string;
  /** What is recorded of it. */
  recorded: string;
  /** Withheld text was typed here at some time, so the two texts are kept apart. */
  mixed: boolean;
}

/** One part of a change of the list of cells. */
export type ListDelta<K> =
  { retain: number } | { delete: number } | { insert: Inserted<K>[] };

/** A place in the new list: a cell that stayed, or one that the delta inserts. */
export interface Place<K> {
  kept?: Entry<K>;
  fresh?: Inserted<K>;
  /** The deleted cell that `fresh` carries on. */
  survivor?: Entry<K>;
}

/** Where a new cell's text came from. */
export interface Origin<K> {
  parents: Entry<K>[];
  /** What is recorded of the text. */
  recorded: string;
}

/** Lay the delta out: the new list, and what the delta deletes. */
export function lay<K>(
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
  match(old, places, deleted);
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
  const before = counts(old.map(({ own }) => own));
  const after = counts(
    places.flatMap(({ kept, fresh }) => kept?.own ?? fresh?.cell_id ?? [])
  );
  const byId = new Map(deleted.map(entry => [entry.own, entry]));
  for (const place of fresh) {
    const id = place.fresh?.cell_id ?? '';
    if (before.get(id) === 1 && after.get(id) === 1) {
      place.survivor = byId.get(id);
    }
  }
}

function counts(ids: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const id of ids) {
    found.set(id, (found.get(id) ?? 0) + 1);
  }
  return found;
}

/** The removed cells, if the one added cell joins their texts. */
export function mergedFrom<K>(
  removed: Entry<K>[],
  added: readonly Place<K>[]
): Origin<K> | null {
  const whole = added[0]?.fresh;
  if (removed.length < 2 || added.length !== 1 || !whole) {
    return null;
  }
  const source = wellFormed(whole.source);
  const line = ['\n\n', '\n'].find(
    each => removed.map(({ text }) => text).join(each) === source
  );
  return line === undefined
    ? null
    : {
        parents: removed,
        recorded: removed.map(({ recorded }) => recorded).join(line)
      };
}

/** The new cells that hold what the cell below them lost in the same change: that cell keeps its id. */
export function splitFrom<K>(
  places: readonly Place<K>[],
  edited: ReadonlyMap<K, Ops>
): Map<Place<K>, Origin<K>> {
  const found = new Map<Place<K>, Origin<K>>();
  let run: Place<K>[] = [];
  for (const place of places) {
    if (place.fresh && !place.survivor) {
      run.push(place);
      continue;
    }
    const ops = place.kept && edited.get(place.kept.key);
    if (place.kept && ops && run.length > 0) {
      const parent = place.kept;
      const pieces = run.map(({ fresh }) => wellFormed(fresh?.source ?? ''));
      // JupyterLab strips the line ends around a cut.
      const joined = [...pieces, applyOps(parent.text, ops)].join('');
      if (bare(joined) === bare(parent.text)) {
        let at = 0;
        run.forEach((each, i) => {
          at = Math.max(at, parent.text.indexOf(pieces[i], at));
          const recorded = parent.recorded.slice(at, at + pieces[i].length);
          at += pieces[i].length;
          found.set(each, { parents: [parent], recorded });
        });
      }
    }
    run = [];
  }
  return found;
}

function bare(text: string): string {
  return wellFormed(text.replaceAll('\n', ''));
}

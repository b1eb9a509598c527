/** What became of cells and of their lines from one state of a notebook to another. */

import { diffArrays } from 'diff';

import type { CellText } from './data';

/** What became of a cell: `gone` and `new` are in one of the two states alone. */
export type Fate = 'same' | 'changed' | 'gone' | 'new';

export interface Compared {
  fate: Fate;
  from: CellText | null;
  to: CellText | null;
  /** Their places, counted from 1; 0 where it was not there. */
  placeFrom: number;
  placeTo: number;
}

/** All cells of both states, in the order of the earlier one; a new cell follows the one that it stands behind. */
export function compareCells(
  from: readonly CellText[],
  to: readonly CellText[]
): Compared[] {
  const later = new Map(to.map((cell, i) => [cell.id, i] as const));
  const found = from.map((cell, i): Compared => {
    const at = later.get(cell.id);
    const now = at === undefined ? null : to[at];
    return {
      fate: now === null ? 'gone' : isSame(cell, now) ? 'same' : 'changed',
      from: cell,
      to: now,
      placeFrom: i + 1,
      placeTo: at === undefined ? 0 : at + 1
    };
  });
  const earlier = new Set(from.map(cell => cell.id));
  // New cells by the cell that they stand behind; none: at the top.
  const behind = new Map<string | null, Compared[]>();
  let before: string | null = null;
  to.forEach((cell, i) => {
    if (earlier.has(cell.id)) {
      before = cell.id;
      return;
    }
    const fresh = behind.get(before) ?? [];
    behind.set(before, fresh);
    fresh.push({
      fate: 'new',
      from: null,
      to: cell,
      placeFrom: 0,
      placeTo: i + 1
    });
  });
  return [
    ...(behind.get(null) ?? []),
    ...found.flatMap(each => [
      each,
      ...(each.from && each.to ? (behind.get(each.from.id) ?? []) : [])
    ])
  ];
}

/** Whether two states of a cell do not differ. */
export function isSame(one: CellText, other: CellText): boolean {
  return one.source === other.source && one.type === other.type;
}

/** One line of a comparison; `row` is its number in its own text, counted from 0. */
export interface Line {
  sign: '+' | '-' | ' ';
  text: string;
  row: number;
}

/** A cell that differs in more lines than this was written anew. Finding the fewest lines costs the square of it. */
const MOST_EDITS = 2000;

/** The lines of two texts; what is in the later one alone follows what it replaces. */
export function compareLines(from: string, to: string): Line[] {
  const [before, after] = [from.split('\n'), to.split('\n')];
  const parts = diffArrays(before, after, { maxEditLength: MOST_EDITS });
  if (parts === undefined) {
    return [...lines(before, '-', 0), ...lines(after, '+', 0)];
  }
  const found: Line[] = [];
  let [rowBefore, rowAfter] = [0, 0];
  for (const { value, added, removed } of parts) {
    const sign = added ? '+' : removed ? '-' : ' ';
    found.push(...lines(value, sign, removed ? rowBefore : rowAfter));
    rowBefore += added ? 0 : value.length;
    rowAfter += removed ? 0 : value.length;
  }
  return found;
}

/** The lines of one text, all with the same sign. */
export function allLines(text: string, sign: Line['sign']): Line[] {
  return lines(text.split('\n'), sign, 0);
}

function lines(texts: string[], sign: Line['sign'], first: number): Line[] {
  return texts.map((text, i) => ({ sign, text, row: first + i }));
}

/** A stretch that is shown, or one that is folded away. */
export interface Stretch<T> {
  folded: boolean;
  items: T[];
}

/**
 * Fold away what is of no interest and far from what is.
 *
 * @param around how many neighbours of something interesting stay.
 * @param least shorter stretches are not worth a fold.
 */
export function fold<T>(
  items: readonly T[],
  interesting: (item: T) => boolean,
  around: number,
  least: number
): Stretch<T>[] {
  const near = new Set<number>();
  items.forEach((item, i) => {
    if (interesting(item)) {
      for (let at = i - around; at <= i + around; at++) {
        near.add(at);
      }
    }
  });
  const found: Stretch<T>[] = [];
  items.forEach((item, i) => {
    // Where there is nothing to stand out, nothing hides.
    const folded = near.size > 0 && !near.has(i);
    const last = found.at(-1);
    if (last && last.folded === folded) {
      last.items.push(item);
    } else {
      found.push({ folded, items: [item] });
    }
  });
  return found.map(({ folded, items: some }) => ({
    folded: folded && some.length >= least,
    items: some
  }));
}

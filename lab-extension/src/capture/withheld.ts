/**
 * Text that is not recorded, because a collaborator typed it who agreed to nothing.
 *
 * For each of its units a mark is recorded, so that lengths and offsets hold. What is recorded of a cell then differs
 * from its text; the two always have the same length.
 */

import { WITHHELD } from '../protocol';
import type { Ops } from './ops';

/** A cell's text, and what is recorded of it. */
export interface Veiled {
  /** As it stands in the document, well formed. */
  readonly text: string;
  readonly recorded: string;
}

/** Shorter pieces occur anywhere: to hide them would hide what others typed. */
export const TELLING_UNITS = 4;

const MARKS = new RegExp(`${WITHHELD}{${TELLING_UNITS},}`, 'g');

/** As many marks as the text has units. */
export function withheld(text: string): string {
  return WITHHELD.repeat(text.length);
}

/** The same edit with marks in place of what it inserts. */
export function withheldOps(ops: Ops): Ops {
  return ops.map(op => (typeof op === 'string' ? withheld(op) : op));
}

/** What an edit inserts. */
export function insertedBy(ops: Ops): string {
  return ops.filter(op => typeof op === 'string').join('');
}

/** Whether a text repeats what is withheld in one of these cells: copied, or brought back by an undo. */
export function repeats(text: string, cells: Iterable<Veiled>): boolean {
  if (text.length < TELLING_UNITS) {
    return false;
  }
  for (const cell of cells) {
    if (cell.text === cell.recorded) {
      continue;
    }
    for (
      let at = cell.text.indexOf(text);
      at >= 0;
      at = cell.text.indexOf(text, at + 1)
    ) {
      if (cell.recorded.slice(at, at + text.length) !== text) {
        return true;
      }
    }
    for (const { index, 0: marks } of cell.recorded.matchAll(MARKS)) {
      if (text.includes(cell.text.slice(index, index + marks.length))) {
        return true;
      }
    }
  }
  return false;
}

/** Structural events before their cause is known, and how they are cut to size. */

import type { CellSnapshot, EventBodies } from '../protocol';
import { PIECE_BYTES, type Cause } from './bursts';
import { splitOps } from './ops';
import { utf8Length, utf8Prefix } from './text';

type Bare<T extends keyof EventBodies> = Omit<EventBodies[T], 'cause'>;

interface StepOf<T extends keyof EventBodies> {
  type: T;
  body: Bare<T>;
  /** Null while nobody knows. */
  cause: Cause | null;
  /** The cell was here before and comes back. */
  returns?: boolean;
}

/** One event that changes the list of cells, or a cell. */
export type Step =
  | StepOf<'cell.added'>
  | StepOf<'cell.removed'>
  | StepOf<'cell.moved'>
  | StepOf<'cell.type_changed'>
  | StepOf<'cell.edited'>;

/** The same step as one or more that each fit into an event. `maxBytes` is for the text, at least 64. */
export function fit(step: Step, maxBytes: number = PIECE_BYTES): Step[] {
  if (step.type === 'cell.edited') {
    return step.body.changes.flatMap(([dt, ops]) =>
      splitOps(ops, maxBytes).map(part => ({
        ...step,
        body: { ...step.body, changes: [[dt, part]] }
      }))
    );
  }
  if (step.type !== 'cell.added' || utf8Length(step.body.source) <= maxBytes) {
    return [step];
  }
  const head = utf8Prefix(step.body.source, maxBytes);
  const rest = step.body.source.slice(head.length);
  return [
    { ...step, body: { ...step.body, source: head } },
    ...splitOps([head.length, rest], maxBytes).map((ops): Step => ({
      type: 'cell.edited',
      body: {
        cell_id: step.body.cell_id,
        changes: [[0, ops]],
        ...(step.body.withheld && { withheld: true })
      },
      cause: step.cause
    }))
  ];
}

/** A list of cells for one event, and the steps that add what had no room in it. */
export interface Opening {
  cells: CellSnapshot[];
  rest: Step[];
}

// Type, keys and heads of one cell when packed, generously.
const CELL_BYTES = 80;

// The head of one tag.
const TAG_BYTES = 3;

/**
 * Cut a notebook so that each packed event stays below `maxBytes`.
 *
 * The cells at the beginning that fit go into the event; all others follow as added cells and edits.
 */
export function opening(
  cells: readonly CellSnapshot[],
  maxBytes: number = PIECE_BYTES
): Opening {
  let room = maxBytes;
  let count = 0;
  for (const cell of cells) {
    room -= CELL_BYTES + utf8Length(cell.cell_id) + utf8Length(cell.source);
    (cell.tags ?? []).forEach(tag => {
      room -= TAG_BYTES + utf8Length(tag);
    });
    if (room < 0) {
      break;
    }
    count++;
  }
  const added = cells.slice(count).map((cell, i): Step => {
    const body = { ...cell, index: count + i };
    delete body.tags; // only a snapshot has them
    return { type: 'cell.added', body, cause: 'tool' };
  });
  return {
    cells: cells.slice(0, count).map(cell => ({ ...cell })),
    rest: added.flatMap(step => fit(step, maxBytes))
  };
}

/** What the review says: cells, runs, data frames and answers in words. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { lasting, type Clock } from '../history/words';
import type { EndedSession } from '../tokens';
import type { FrameChange, ReviewItem, StoodCell } from './data';
import type { Review, Standing } from './review';

/** "Cell 6" */
export function cellName(
  { place }: ReviewItem,
  trans: TranslationBundle
): string {
  return place > 0 ? trans.__('Cell %1', place) : trans.__('A cell');
}

/** "as it stood at 14:32", behind the cell's name. */
export function stoodAt(
  { cell, gone }: ReviewItem,
  clock: Clock,
  trans: TranslationBundle
): string {
  if (cell === null) {
    return gone ? trans.__('removed since') : '';
  }
  const [day, time] = [clock.day(cell.at), clock.minute(cell.at)];
  const stood =
    day === ''
      ? trans.__('as it stood at %1', time)
      : trans.__('as it stood on %1 at %2', day, time);
  return gone ? trans.__('%1, removed since', stood) : stood;
}

/** "2nd of 3, 0.4 s"; empty where the question is about no run. */
export function run(cell: StoodCell, trans: TranslationBundle): string {
  if (cell.number === 0) {
    return '';
  }
  const which = trans.__('%1 of %2', ordinal(cell.number, trans), cell.of);
  const time = cell.duration_ms === null ? '' : took(cell.duration_ms, trans);
  switch (cell.status) {
    case 'ok':
      return time === '' ? which : trans.__('%1, %2', which, time);
    case 'error':
      return time === ''
        ? trans.__('%1, failed', which)
        : trans.__('%1, failed after %2', which, time);
    case 'aborted':
      return trans.__('%1, not run', which);
    default:
      return trans.__('%1, how it ended is unknown', which);
  }
}

/** Times from a tenth of a second on in seconds: "0.4 s". */
function took(ms: number, trans: TranslationBundle): string {
  return ms >= 100 && ms < 1000
    ? trans.__('%1 s', Math.round(ms / 100) / 10)
    : lasting(ms, trans);
}

function ordinal(number: number, trans: TranslationBundle): string {
  const [tens, ones] = [number % 100, number % 10];
  if (tens < 11 || tens > 13) {
    switch (ones) {
      case 1:
        return trans.__('%1st', number);
      case 2:
        return trans.__('%1nd', number);
      case 3:
        return trans.__('%1rd', number);
    }
  }
  return trans.__('%1th', number);
}

/** "9,578 → 9,458 rows", "1,000 × 8 → 880 × 6", "new, 880 × 6". */
export function frame(
  { before, after }: FrameChange,
  trans: TranslationBundle
): string {
  const shape = ({
    rows,
    columns
  }: {
    rows: number;
    columns: number;
  }): string => trans.__('%1 × %2', figure(rows), figure(columns));
  if (after === null) {
    return trans.__('removed');
  }
  if (before === null) {
    return trans.__('new, %1', shape(after));
  }
  if (before.columns !== after.columns) {
    return trans.__('%1 → %2', shape(before), shape(after));
  }
  return before.rows === after.rows
    ? trans._n('%2 row', '%2 rows', after.rows, figure(after.rows))
    : trans._n(
        '%2 → %3 row',
        '%2 → %3 rows',
        after.rows,
        figure(before.rows),
        figure(after.rows)
      );
}

function figure(number: number): string {
  return number.toLocaleString();
}

/** A step of the progress: "4, now". */
export function step(
  standing: Standing,
  index: number,
  now: boolean,
  trans: TranslationBundle
): string {
  const number = index + 1;
  if (now) {
    return trans.__('%1, now', number);
  }
  switch (standing.fate) {
    case 'answered':
      return trans.__('%1, answered', number);
    case 'skipped':
      return trans.__('%1, skipped', number);
    default:
      return trans.__('%1, open', number);
  }
}

/** At the end: how many were answered and skipped. */
export function summary(
  { answered, skipped }: Review,
  trans: TranslationBundle
): string {
  if (answered + skipped === 0) {
    return trans.__('There is nothing to ask about this notebook.');
  }
  const said = trans._n(
    'You answered 1 question',
    'You answered %1 questions',
    answered
  );
  return skipped === 0
    ? trans.__('%1. Thank you.', said)
    : trans.__('%1 and skipped %2. Thank you.', said, skipped);
}

/** Who ended the session, where its person did not. */
export function endedBy(
  by: EndedSession['by'],
  trans: TranslationBundle
): string {
  return by === 'time limit'
    ? trans.__('Time is up.')
    : trans.__("The session was ended by the study's team.");
}

/** How many questions wait. */
export function waiting(
  questions: number,
  file: string,
  trans: TranslationBundle
): string {
  return trans._n(
    '1 question about %2 still waits for an answer.',
    '%1 questions about %2 still wait for an answer.',
    questions,
    file
  );
}

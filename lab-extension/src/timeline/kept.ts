/** What of one drawing stays in the next one of the same session, as the monitor's page has it, too. */

// @ts-expect-error It is a script of the Python package, without declarations.
import * as script from '../../../projections/prompter_projections/timeline/kept.js';
import type { DrawnData } from './drawn';

interface Kept {
  /** The part of the session that is shown. Who sees the end goes on to see it, as far back as before. */
  domainAfter: (
    domain: readonly [number, number],
    before: number,
    after: number
  ) => [number, number];

  /** Which gaps are folded: all but those that were unfolded before. */
  foldedAfter: (
    before: DrawnData['folds'],
    folded: readonly boolean[],
    after: DrawnData['folds']
  ) => boolean[];

  /**
   * The key of the mark that another drawing has by another key: lanes move, and their marks become more.
   *
   * Null if there is no such mark any more.
   */
  keyAfter: (key: string, before: DrawnData, after: DrawnData) => string | null;
}

export const { domainAfter, foldedAfter, keyAfter } = script as Kept;

/** A cell's tags, by which a study names its sections. */

import type { CellSnapshot } from '../protocol';
import { wellFormed } from '../well-formed';

// Of each cell; a tag is a word or two.
const MOST_TAGS = 20;
const TAG_UNITS = 100;

/** The field that holds the tags which a cell's metadata names, if there are any. */
export function tagged(tags: unknown): Pick<CellSnapshot, 'tags'> {
  const told = (Array.isArray(tags) ? (tags as unknown[]) : [])
    .filter(tag => typeof tag === 'string')
    .slice(0, MOST_TAGS)
    .map(tag => wellFormed(tag.slice(0, TAG_UNITS)));
  return told.length > 0 ? { tags: told } : {};
}

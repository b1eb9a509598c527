/** Questions for the tests of the review. */

import type { ReviewItem } from '../data';

export const CHOICES = ['Look at the data', 'Clean up', 'Just trying'];

/** A question about the cell `cell-<place>`. */
export function item(
  place: number,
  facts: Partial<ReviewItem> = {}
): ReviewItem {
  return {
    prompt_id: `prompt-${place}`,
    cell_id: `cell-${place}`,
    question: 'What were you after?',
    choices: CHOICES,
    multiple: false,
    text: 'optional',
    language: 'en',
    fate: 'open',
    answer: null,
    place,
    gone: false,
    cell: null,
    ...facts
  };
}

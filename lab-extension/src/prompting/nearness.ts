/** Which prompt "the nearest one" is. */

import type { OpenPrompt } from './open-prompts';

/**
 * The prompts that a person can be brought to: open ones, then those put off, each nearest to the active cell first.
 *
 * @param cellIds the notebook's cells in their order; a prompt without its cell cannot be reached.
 * @param active the active cell's index.
 */
export function byNearness(
  prompts: readonly OpenPrompt[],
  cellIds: readonly string[],
  active: number
): OpenPrompt[] {
  const order = new Map(cellIds.map((cellId, index) => [cellId, index]));
  const far = (prompt: OpenPrompt): number =>
    (prompt.stage === 'snoozed' ? cellIds.length : 0) +
    Math.abs((order.get(prompt.cellId) ?? 0) - active);
  return prompts
    .filter(
      ({ cellId, stage }) =>
        order.has(cellId) && (stage === 'open' || stage === 'snoozed')
    )
    .sort((one, other) => far(one) - far(other));
}

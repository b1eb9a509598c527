/** How long to wait before the next attempt to connect. */

/** The first wait, at most, in ms. */
const BASE_MS = 100;

/** The longest wait, in ms. */
const CAP_MS = 30_000;

/**
 * Full jitter: anything between nothing and a bound that doubles with each failure, so that a thousand pages do not come
 * back in step after a restart.
 *
 * @param attempt failures so far, counted from 0.
 * @param random a number in [0, 1).
 * @returns milliseconds.
 */
export function backoffMs(attempt: number, random: number): number {
  // Beyond 2^20 the bound has long reached its cap; without the limit 2^attempt would become Infinity.
  const bound = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 20));
  return Math.floor(random * bound);
}

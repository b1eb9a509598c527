/** Where moments stand on the slider: by time, with pauses folded, so that no moment is out of reach. */

import type { Moment } from './data';

/** The slider's length. Steps are so fine that no two of thousands of moments share one. */
export const END = 1_000_000;

const SECOND = 1_000_000;

/** Two moments stand at least so far apart, in µs of work. */
const LEAST = 4 * SECOND;
/** And at most so far: who thinks for longer than that left no trace to look at. */
const MOST = 120 * SECOND;
/** The room of a pause. */
const AWAY = 90 * SECOND;

/** The place of each moment from 0 to `END`, in order; the last place is that of now. */
export function places(moments: readonly Moment[]): number[] {
  let sum = 0;
  const ends = [0];
  moments.forEach(({ kind, at }, i) => {
    const next = moments.at(i + 1)?.at ?? at;
    sum += kind === 'away' ? AWAY : Math.min(MOST, Math.max(LEAST, next - at));
    ends.push(sum);
  });
  return ends.map(end => (sum === 0 ? END : Math.round((end / sum) * END)));
}

/**
 * The place that a value of the slider means: the nearest that can be chosen.
 *
 * Whoever moves by a single step of the slider, as assistive programs do, means the next one.
 *
 * @param all all places, ascending.
 * @param chosen which of them can be chosen.
 * @param current the index of the one that is chosen now.
 * @returns the index of the one that is meant.
 */
export function meant(
  all: readonly number[],
  chosen: (index: number) => boolean,
  current: number,
  value: number
): number {
  const step = value - all[current];
  if (Math.abs(step) === 1) {
    return next(all.length, chosen, current, step);
  }
  let best = current;
  all.forEach((place, i) => {
    if (chosen(i) && Math.abs(place - value) < Math.abs(all[best] - value)) {
      best = i;
    }
  });
  return best;
}

/** The index so many choosable places further on, or the last one on the way. */
export function next(
  count: number,
  chosen: (index: number) => boolean,
  current: number,
  by: number
): number {
  const direction = Math.sign(by);
  let found = current;
  let left = Math.abs(by);
  for (
    let at = current + direction;
    left > 0 && at >= 0 && at < count;
    at += direction
  ) {
    if (chosen(at)) {
      found = at;
      left--;
    }
  }
  return found;
}

/**
 * How far a key moves; null for keys that mean something else.
 *
 * @param up where the upward keys lead: back in a list, on in a slider.
 */
export function keyStep(key: string, count: number, up: 1 | -1): number | null {
  const steps: Record<string, number> = {
    ArrowUp: up,
    ArrowDown: -up,
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: 10 * up,
    PageDown: -10 * up,
    Home: -count,
    End: count
  };
  return Object.hasOwn(steps, key) ? steps[key] : null;
}

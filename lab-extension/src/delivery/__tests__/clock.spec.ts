import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Clock } from '../clock';

interface ByHand {
  at: { wall: number; monotonic: number };
  jumps: number[];
  clock: Clock;
}

/** A clock whose two sources are set by hand, in ms. */
function clockAt(wall: number, monotonic: number): ByHand {
  const at = { wall, monotonic };
  const jumps: number[] = [];
  const clock = new Clock({
    wall: () => at.wall,
    monotonic: () => at.monotonic,
    jumped: by => jumps.push(by)
  });
  return { at, jumps, clock };
}

describe('the clock', () => {
  it('tells µs since the epoch, finer than the wall clock', () => {
    const { at, clock } = clockAt(1_790_000_000_000, 5);
    at.monotonic = 5.25;
    expect(clock.now()).toBe(1_790_000_000_000_250);
  });

  it('follows a wall clock that ran ahead during sleep, and says so once', () => {
    const { at, clock, jumps } = clockAt(1000, 0);
    at.wall += 3_600_000;
    at.monotonic += 10;
    expect(clock.now()).toBe((1000 + 3_600_000) * 1000);
    clock.now();
    expect(jumps).toEqual([3_599_990]);
  });

  it('goes on when the wall clock is set back, and says so once', () => {
    const { at, clock, jumps } = clockAt(10_000_000, 0);
    at.wall -= 5_000_000;
    at.monotonic += 20;
    expect(clock.now()).toBe(10_000_020_000);
    at.wall += 10;
    at.monotonic += 10;
    expect(clock.now()).toBe(10_000_030_000);
    expect(jumps).toEqual([-5_000_020]);
  });

  it('does not take small corrections for jumps', () => {
    const { at, clock, jumps } = clockAt(1000, 0);
    at.wall += 900;
    expect(clock.now()).toBe(1_000_000);
    expect(jumps).toEqual([]);
  });

  it('never decreases, whatever the clocks do', () => {
    const step = fc.record({
      wall: fc.integer({ min: -10_000_000, max: 10_000_000 }),
      monotonic: fc.double({ min: 0, max: 100_000, noNaN: true })
    });
    fc.assert(
      fc.property(fc.array(step), steps => {
        const { at, clock } = clockAt(1e12, 0);
        let last = clock.now();
        for (const { wall, monotonic } of steps) {
          at.wall += wall;
          at.monotonic += monotonic;
          const now = clock.now();
          expect(now).toBeGreaterThanOrEqual(last);
          expect(Number.isInteger(now)).toBe(true);
          last = now;
        }
      })
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Moment, MomentKind } from '../data';
import { END, keyStep, meant, next, places } from '../scale';

const moment = (seconds: number, kind: MomentKind = 'ran'): Moment => ({
  session_id: 's',
  position: seconds,
  at: seconds * 1e6,
  kind
});

const some = fc.array(
  fc.record({
    gap: fc.nat(100_000),
    kind: fc.constantFrom<MomentKind>('ran', 'away', 'saved')
  }),
  { minLength: 1, maxLength: 1500 }
);

describe('the places of moments', () => {
  it('go from one end to the other, by time', () => {
    const found = places([moment(0), moment(10), moment(40), moment(41)]);
    expect(found[0]).toBe(0);
    expect(found.at(-1)).toBe(END);
    const [a, b, c] = found.slice(1);
    expect((b - a) / a).toBeCloseTo(3, 2);
    expect(c).toBeGreaterThan(b);
  });

  it('fold a night away', () => {
    const [, end, morning] = places([
      moment(0),
      moment(100, 'away'),
      moment(50_000),
      moment(50_100)
    ]);
    expect((morning - end) / END).toBeLessThan(0.35);
  });

  it('are all different, so that each can be reached', () => {
    fc.assert(
      fc.property(some, steps => {
        let at = 0;
        const found = places(
          steps.map(({ gap, kind }) => moment((at += gap), kind))
        );
        expect(new Set(found).size).toBe(steps.length + 1);
        expect(found).toEqual([...found].sort((a, b) => a - b));
        expect([found[0], found.at(-1)]).toEqual([0, END]);
      })
    );
  });

  it('are now alone where there is no moment', () => {
    expect(places([])).toEqual([END]);
  });
});

describe('what is meant on the slider', () => {
  const all = [0, 100, 200, 900, END];
  const any = (index: number): boolean => index !== 2;

  it('is the nearest place that can be chosen', () => {
    expect(meant(all, any, 0, 140)).toBe(1);
    expect(meant(all, any, 4, 210)).toBe(1);
    expect(meant(all, any, 0, 800)).toBe(3);
    expect(meant(all, any, 0, END - 3)).toBe(4);
  });

  it('is the next one after the slider’s own smallest step', () => {
    expect(meant(all, any, 1, 101)).toBe(3);
    expect(meant(all, any, 3, 899)).toBe(1);
    expect(meant(all, any, 0, -1)).toBe(0);
  });

  it('is walked by keys, over what cannot be chosen and never beyond the ends', () => {
    expect(next(5, any, 1, 1)).toBe(3);
    expect(next(5, any, 3, -1)).toBe(1);
    expect(next(5, any, 0, 10)).toBe(4);
    expect(next(5, any, 4, -5)).toBe(0);
    expect(next(5, any, 4, 1)).toBe(4);
    expect(next(3, index => index !== 2, 1, 1)).toBe(1);
  });

  it('knows the keys of lists and of sliders', () => {
    const of = (up: 1 | -1): (number | null)[] =>
      ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'PageUp', 'Home', 'End', 'a'].map(
        key => keyStep(key, 7, up)
      );
    expect(of(-1)).toEqual([-1, 1, -1, -10, -7, 7, null]);
    expect(of(1)).toEqual([1, -1, -1, 10, -7, 7, null]);
    expect(keyStep('toString', 7, 1)).toBeNull();
  });
});

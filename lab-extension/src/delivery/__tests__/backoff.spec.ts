import { describe, expect, it } from 'vitest';

import { backoffMs } from '../socket/backoff';

const HIGHEST = 1 - 2 ** -53;

describe('backoff', () => {
  it('doubles its bound from 100 ms up to 30 s', () => {
    const bounds = [0, 1, 2, 3, 8, 9, 10].map(n => backoffMs(n, HIGHEST));
    expect(bounds).toEqual([99, 199, 399, 799, 25_599, 29_999, 29_999]);
  });

  it('spreads over the whole range, nothing included', () => {
    expect(backoffMs(5, 0)).toBe(0);
    expect(backoffMs(5, 0.5)).toBe(1600);
  });

  it('stays finite after any number of failures', () => {
    expect(backoffMs(100_000, HIGHEST)).toBe(29_999);
  });
});

import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { pauseOf } from '../pause';

const edited = new Signal<object, number>({});

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Whether it is over, after so many ms with a key at each of these moments. */
async function over(ms: number, keys: readonly number[]): Promise<boolean> {
  let ended = false;
  void pauseOf(edited, { quietMs: 2000, mostMs: 10_000 }).then(() => {
    ended = true;
  });
  for (let now = 0; now < ms; now += 100) {
    if (keys.includes(now)) {
      edited.emit(now);
    }
    await vi.advanceTimersByTimeAsync(100);
  }
  return ended;
}

describe('the pause before a review that nobody asked for', () => {
  it('comes when nothing was typed for a while', async () => {
    expect(await over(1900, [])).toBe(false);
    expect(await over(2000, [])).toBe(true);
  });

  it('begins anew with each key', async () => {
    expect(await over(3900, [500, 2000])).toBe(false);
    expect(await over(4000, [500, 2000])).toBe(true);
  });

  it('does not wait for ever', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => index * 100);
    expect(await over(9900, keys)).toBe(false);
    expect(await over(10_000, keys)).toBe(true);
  });
});

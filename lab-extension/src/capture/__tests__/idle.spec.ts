import { beforeEach, describe, expect, it } from 'vitest';

import { Idle, IDLE_MS } from '../idle';

let now: number;
let timers: { at: number; act: () => void }[];
let told: (number | 'ended')[];
let idle: Idle;

beforeEach(() => {
  now = 1000;
  timers = [];
  told = [];
  idle = new Idle({
    elapsed: () => now,
    later: (act, ms) => timers.push({ at: now + ms, act }),
    began: afterMs => told.push(afterMs),
    ended: () => told.push('ended')
  });
});

/** Time goes by; timers ring unless the page sleeps. */
function pass(ms: number, { asleep = false } = {}): void {
  const until = now + ms;
  if (!asleep) {
    for (;;) {
      const next = Math.min(...timers.map(({ at }) => at));
      if (next > until) {
        break;
      }
      now = next;
      const due = timers.findIndex(({ at }) => at === next);
      timers.splice(due, 1)[0].act();
    }
  }
  now = until;
}

describe('a person', () => {
  it('is idle after a minute without input, until the next', () => {
    pass(IDLE_MS - 1);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toEqual([IDLE_MS]);
    pass(10 * IDLE_MS);
    idle.input(now);
    expect(told).toEqual([IDLE_MS, 'ended']);
  });

  it('is not idle while there is input', () => {
    for (let i = 0; i < 10; i++) {
      pass(IDLE_MS / 2);
      idle.input(now);
    }
    expect(told).toEqual([]);
    pass(IDLE_MS);
    expect(told).toEqual([IDLE_MS]);
  });

  it('was idle while the machine slept, and that is said on waking', () => {
    pass(3 * IDLE_MS, { asleep: true });
    idle.input(now);
    expect(told).toEqual([3 * IDLE_MS, 'ended']);
    expect(timers).toHaveLength(1);
  });
});

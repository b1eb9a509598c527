import { describe, expect, it } from 'vitest';

import { Freshness } from '../freshness';

/** A page whose time passes when the test says so. */
class Page {
  visible = true;
  now = 0;
  loads = 0;
  takes = 0;
  notBefore = 0;
  readonly timers: { at: number; act: () => void }[] = [];
  readonly freshness = new Freshness({
    visible: () => this.visible,
    load: () => {
      this.loads++;
      this.now += this.takes;
      return Promise.resolve();
    },
    clock: () => this.now,
    notBefore: () => this.notBefore,
    after: (ms, act) => {
      this.timers.push({ at: this.now + ms, act });
    }
  });

  async pass(ms: number): Promise<void> {
    this.now += ms;
    const due = this.timers.filter(({ at }) => at <= this.now);
    due.forEach(timer => {
      this.timers.splice(this.timers.indexOf(timer), 1);
      timer.act();
    });
    for (let i = 0; i < 10; i++) {
      await Promise.resolve();
    }
  }
}

describe('asking for the history again', () => {
  it('happens at once after a quiet time, then once a second at most', async () => {
    const page = new Page();
    page.freshness.stale();
    await page.pass(0);
    expect(page.loads).toBe(1);
    page.freshness.stale();
    page.freshness.stale();
    await page.pass(999);
    expect(page.loads).toBe(1);
    await page.pass(1);
    expect(page.loads).toBe(2);
    await page.pass(10_000);
    expect(page.loads).toBe(2);
  });

  it('waits ten times as long as an answer took', async () => {
    const page = new Page();
    page.takes = 2000;
    page.freshness.stale();
    await page.pass(0);
    page.freshness.stale();
    await page.pass(19_999);
    expect(page.loads).toBe(1);
    await page.pass(1);
    expect(page.loads).toBe(2);
  });

  it('waits until somebody looks', async () => {
    const page = new Page();
    page.visible = false;
    page.freshness.stale();
    await page.pass(5000);
    expect(page.loads).toBe(0);
    page.visible = true;
    page.freshness.look();
    page.freshness.look();
    await page.pass(0);
    expect(page.loads).toBe(1);
  });

  it('waits as long as somebody goes on with what it would disturb', async () => {
    const page = new Page();
    page.notBefore = 500;
    page.freshness.stale();
    page.notBefore = 900;
    await page.pass(500);
    expect(page.loads).toBe(0);
    await page.pass(399);
    expect(page.loads).toBe(0);
    await page.pass(1);
    expect(page.loads).toBe(1);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';

import type { TextStore } from '../kept';
import { QuietHour } from '../quiet-hour';
import { MemoryStore, RefusingStore } from './memory-store';

const HOUR = 3600 * 1_000_000;
const NOW = 100 * HOUR;

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

const inPage = (over: TextStore | null = store): QuietHour =>
  new QuietHour(over, 'quiet');

describe('a quiet hour', () => {
  it('is an hour, in every page and after a reload', () => {
    const [one, other] = [inPage(), inPage()];
    expect(one.begin(NOW)).toBe(NOW + HOUR);
    for (const page of [one, other, inPage()]) {
      expect(page.until(NOW + 1)).toBe(NOW + HOUR);
      expect(page.since(NOW + 1)).toBe(NOW);
      expect(page.until(NOW + HOUR)).toBeNull();
    }
  });

  it('ends in the pages that knew of it, too', () => {
    const [one, other] = [inPage(), inPage()];
    one.begin(NOW);
    expect(other.until(NOW)).toBe(NOW + HOUR);
    one.end();
    expect(other.until(NOW)).toBeNull();
    other.begin(NOW);
    one.end();
    expect(other.until(NOW)).toBeNull();
  });

  it('tells when another page wrote it, or cleared everything', () => {
    const page = inPage();
    let told = 0;
    page.changedElsewhere.connect(() => told++);
    page.heard('another');
    expect(told).toBe(0);
    page.heard('quiet');
    page.heard(null);
    expect(told).toBe(2);
  });

  it('is not made longer by a clock that was set back', () => {
    const page = inPage();
    page.begin(NOW);
    expect(page.until(NOW - 1)).toBeNull();
  });
});

/** It reads, and takes nothing. */
class FullStore extends MemoryStore {
  override setItem(): void {
    throw new Error('full');
  }
}

describe('a quiet hour that the storage does not take', () => {
  it.each([
    ['is missing', null],
    ['refuses everything', new RefusingStore()],
    ['is full', new FullStore()]
  ])('lives as long as the page where the storage %s', (_, over) => {
    const page = inPage(over);
    page.begin(NOW);
    expect(page.until(NOW + 1)).toBe(NOW + HOUR);
    page.end();
    expect(page.until(NOW + 1)).toBeNull();
  });

  it('outlasts an older one that still stands there', () => {
    const full = new FullStore();
    full.texts.set('quiet', String(NOW));
    const page = inPage(full);
    page.begin(NOW);
    expect(page.until(NOW + 1)).toBe(NOW + HOUR);
  });
});

import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, test } from 'vitest';

import type { StoodCell } from '../data';
import { webAddress } from '../end-screen';
import { frame, run } from '../words';

const trans = nullTranslator.load('');

function cell(facts: Partial<StoodCell>): StoodCell {
  return {
    at: 0,
    type: 'code',
    source: '',
    withheld: false,
    status: 'ok',
    number: 1,
    of: 1,
    duration_ms: null,
    outputs: [],
    more_outputs: 0,
    error: null,
    frames: [],
    ...facts
  };
}

function shape(
  rows: number,
  columns: number
): { rows: number; columns: number } {
  return { rows, columns };
}

describe('a run in words', () => {
  test.each([
    [{ number: 2, of: 3, duration_ms: 412 }, '2nd of 3, 0.4 s'],
    [{ number: 1, of: 1, duration_ms: 8 }, '1st of 1, 8 ms'],
    [
      { number: 1, of: 4, duration_ms: 100, status: 'error' },
      '1st of 4, failed after 0.1 s'
    ],
    [{ number: 3, of: 3, status: 'error' }, '3rd of 3, failed'],
    [{ number: 11, of: 11, status: 'aborted' }, '11th of 11, not run'],
    [
      { number: 22, of: 22, status: null },
      '22nd of 22, how it ended is unknown'
    ],
    [{ number: 0, of: 0 }, '']
  ])('%j', (facts, words) => {
    expect(run(cell(facts), trans)).toBe(words);
  });
});

describe('a data frame in words', () => {
  const named = { name: 'loans', kind: 'pandas.DataFrame' };
  test.each([
    [shape(9578, 8), shape(9458, 8), '9,578 → 9,458 rows'],
    [shape(1000, 8), shape(880, 6), '1,000 × 8 → 880 × 6'],
    [shape(2, 8), shape(1, 8), '2 → 1 row'],
    [shape(7, 8), shape(7, 8), '7 rows'],
    [null, shape(880, 8), 'new, 880 × 8'],
    [shape(1, 1), null, 'removed']
  ])('from %j to %j', (before, after, words) => {
    expect(frame({ ...named, before, after }, trans)).toBe(words);
  });
});

describe('the address after the end', () => {
  test.each([
    ['https://example.org/x?p=1', 'https://example.org/x?p=1'],
    ['http://example.org', 'http://example.org/'],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['file:///etc/passwd', undefined],
    ['/lab', undefined],
    [null, undefined]
  ])('%s', (text, address) => {
    expect(webAddress(text)?.href).toBe(address);
  });
});

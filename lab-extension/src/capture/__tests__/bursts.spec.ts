import { describe, expect, it } from 'vitest';

import { Bursts, type Edit } from '../bursts';

const edit = (ms: number, more: Partial<Edit> = {}): Edit => ({
  sessionId: 's',
  cellId: 'a',
  cause: 'user',
  ops: ['x'],
  at: 1_000_000 + ms * 1000,
  author: null,
  withheld: false,
  ...more
});

describe('a burst', () => {
  it('keeps each change with its own moment', () => {
    const bursts = new Bursts();
    expect(bursts.add(edit(0))).toEqual([]);
    expect(bursts.add(edit(120.9, { ops: [1, -1] }))).toEqual([]);
    expect(bursts.add(edit(499))).toEqual([]);
    expect(bursts.close()).toEqual({
      sessionId: 's',
      cellId: 'a',
      cause: 'user',
      author: null,
      withheld: false,
      at: 1_000_000,
      changes: [
        [0, ['x']],
        [120, [1, -1]],
        [499, ['x']]
      ]
    });
    expect(bursts.close()).toBeNull();
  });

  it.each([
    ['another cell', edit(10, { cellId: 'b' })],
    ['another session', edit(10, { sessionId: 't' })],
    ['another cause', edit(10, { cause: 'paste' })],
    ['500 ms', edit(500)]
  ])('is closed by %s', (_, next) => {
    const bursts = new Bursts();
    bursts.add(edit(0));
    expect(bursts.add(next)).toMatchObject([{ changes: [[0, ['x']]] }]);
    expect(bursts.open).toMatchObject({ at: next.at, changes: [[0, ['x']]] });
  });

  it('never outgrows an event', () => {
    const bursts = new Bursts(100);
    const closed = bursts.add(edit(0, { ops: [3, 'y'.repeat(250), -2] }));
    expect(closed.map(({ changes }) => changes.length)).toEqual([1, 1, 1]);
    expect(
      [...closed, bursts.close()]
        .flatMap(burst => burst?.changes ?? [])
        .flatMap(([, ops]) => ops)
        .filter(op => typeof op === 'string')
        .join('')
    ).toBe('y'.repeat(250));
  });

  it('bears a clock that stands still or steps back', () => {
    const bursts = new Bursts();
    bursts.add(edit(10));
    bursts.add(edit(5));
    expect(bursts.close()?.changes.map(([dt]) => dt)).toEqual([0, 0]);
  });
});

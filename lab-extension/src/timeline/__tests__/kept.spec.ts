import { describe, expect, it } from 'vitest';

import type { DrawnData, DrawnLane } from '../drawn';
import { domainAfter, foldedAfter, keyAfter } from '../kept';

function lane(
  name: string,
  runs: number[] = [],
  prompts: number[] = [],
  stretches: number[] = []
): DrawnLane {
  return {
    name,
    runs: runs.map((position, i) => ({
      number: i + 1,
      at: position,
      outcome: 'ok',
      position
    })),
    prompts: prompts.map(position => ({ at: position, position })),
    stretches: stretches.map(first => [first, first, 1, 0, first, first + 1])
  };
}

function session(lanes: DrawnLane[], more: Partial<DrawnData> = {}): DrawnData {
  return { begin: 0, length: 100, folds: [], strip: [], lanes, ...more };
}

describe('the part of a session that is shown', () => {
  it('is the whole session, if it was the whole session', () => {
    expect(domainAfter([0, 100], 100, 130)).toEqual([0, 130]);
  });

  it('goes on with the end, as long as before, if the end was seen', () => {
    expect(domainAfter([60, 100], 100, 130)).toEqual([90, 130]);
  });

  it('stays where it was, if it ended earlier', () => {
    expect(domainAfter([10, 40], 100, 130)).toEqual([10, 40]);
    expect(domainAfter([0, 40], 100, 130)).toEqual([0, 40]);
  });

  it('forgives what rounding leaves', () => {
    expect(domainAfter([0, 99.9995], 100, 130)).toEqual([0, 130]);
  });
});

describe('folded gaps', () => {
  it('are those that nobody unfolded, new ones among them', () => {
    const before: [number, number][] = [
      [10, 200],
      [300, 500]
    ];
    const after: [number, number][] = [
      [10, 200],
      [300, 500],
      [600, 900]
    ];
    expect(foldedAfter(before, [false, true], after)).toEqual([
      false,
      true,
      true
    ]);
  });

  it('are told by their begin: the last one may have gone on, or another be folded no more', () => {
    expect(
      foldedAfter(
        [
          [10, 200],
          [300, 500]
        ],
        [true, false],
        [[300, 700]]
      )
    ).toEqual([false]);
  });
});

describe('a mark in the next drawing', () => {
  const before = session([lane('a', [5, 9], [7], [3]), lane('b', [12])], {
    folds: [[10, 200]],
    strip: [
      { at: 1, position: 4, text: 'Saved' },
      { at: 2, position: 4, text: 'No connection' }
    ]
  });
  const after = session(
    [lane('new'), lane('b', [12, 15]), lane('a', [5, 9], [7, 8], [3, 6])],
    {
      folds: [
        [2, 9],
        [10, 200]
      ],
      strip: [
        { at: 0, position: 2, text: 'Saved' },
        { at: 1, position: 4, text: 'Saved' },
        { at: 2, position: 4, text: 'No connection' }
      ]
    }
  );

  it.each([
    ['r:0:1', 'r:2:1'],
    ['r:1:0', 'r:1:0'],
    ['p:0:0', 'p:2:0'],
    ['e:0:0', 'e:2:0'],
    ['g:0', 'g:1'],
    ['s:0', 's:1'],
    ['s:1', 's:2']
  ])('%s is found as %s, wherever its lane went', (key, found) => {
    expect(keyAfter(key, before, after)).toBe(found);
  });

  it('is not found where it is gone', () => {
    const gone = session([lane('a', [], [], [])]);
    for (const key of ['r:0:1', 'p:0:0', 'e:0:0', 'g:0', 's:0']) {
      expect(keyAfter(key, before, gone)).toBeNull();
    }
  });
});

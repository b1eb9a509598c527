import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { utf8Length } from '../text';
import { factsOf } from '../facts';

const shape = (rows: number): object => ({
  rows,
  columns: 2,
  names: ['grade', 'dti'],
  dtypes: ['str', 'float64'],
  missing: null
});

const FACTS = {
  read: ['pd'],
  bound: ['loans'],
  frames: [
    {
      name: 'loans',
      kind: 'pandas.DataFrame',
      before: shape(1000),
      after: shape(880)
    }
  ],
  estimators: [
    {
      name: 'model',
      kind: 'Ridge',
      did: 'scored',
      parameters: { alpha: '2' },
      metric: 'score',
      value: 0.5
    }
  ],
  figures: 1,
  took_us: 800,
  truncated: false
};

describe('facts', () => {
  it('of the kernel come through as they are', () => {
    expect(factsOf(FACTS)).toEqual(FACTS);
  });

  it('lose what is of the wrong type, and nothing else', () => {
    const [frame] = FACTS.frames;
    const [estimator] = FACTS.estimators;
    const odd = {
      ...FACTS,
      run_id: 'somebody’s',
      read: ['pd', 1, null, { toString: () => 'x' }],
      bound: 'loans',
      frames: [
        null,
        7,
        { ...frame, name: 7 },
        { ...frame, before: 'x', after: { ...shape(1), rows: -1 } },
        { ...frame, before: null, after: { ...shape(5), missing: 0.5 } }
      ],
      estimators: [
        { ...estimator, did: 'eaten' },
        { ...estimator, value: '1', parameters: { alpha: 2, beta: 'b' } }
      ],
      figures: 1.5,
      took_us: Infinity,
      truncated: 'yes'
    };
    expect(factsOf(odd)).toEqual({
      read: ['pd'],
      bound: [],
      frames: [{ ...frame, before: null, after: shape(5) }],
      estimators: [{ ...estimator, value: null, parameters: { beta: 'b' } }],
      figures: 0,
      took_us: 0,
      truncated: false
    });
  });

  it.each([null, undefined, 1, 'x', [FACTS]])('are none in %s', content => {
    expect(factsOf(content)).toBeNull();
  });

  it('are cut where there are too many, and say so', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `${i}`.repeat(300));
    const frame = { ...FACTS.frames[0], after: { ...shape(1), names: many } };
    const flood = {
      ...FACTS,
      read: many,
      frames: Array.from({ length: 1000 }, () => frame)
    };
    const facts = factsOf(flood);
    expect(facts?.truncated).toBe(true);
    expect(facts?.read).toHaveLength(500);
    expect(facts?.read.every(name => name.length <= 200)).toBe(true);
    expect(utf8Length(JSON.stringify(facts))).toBeLessThan(900 * 1024);
  });

  it('are read from anything without a fault', () => {
    fc.assert(
      fc.property(
        fc.record({
          read: fc.anything(),
          frames: fc.array(fc.anything()),
          estimators: fc.array(
            fc.record({ did: fc.constant('fitted'), parameters: fc.anything() })
          )
        }),
        content => {
          expect(factsOf(content)).not.toBeNull();
        }
      )
    );
  });
});

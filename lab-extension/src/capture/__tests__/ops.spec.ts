import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { wellFormed } from '../../well-formed';
import {
  applyOps,
  composeOps,
  opsBytes,
  opsOf,
  replaceOps,
  splitOps
} from '../ops';
import { utf8Length, utf8Prefix } from '../text';

const text = fc.string({ unit: 'binary', maxLength: 60 });
const units = (value: string): string => JSON.stringify(value);

describe('operations on text', () => {
  it('come from a delta without zeros and trailing retains', () => {
    expect(
      opsOf([{ retain: 2 }, { delete: 3 }, { insert: 'x' }, { retain: 9 }])
    ).toEqual([2, -3, 'x']);
    expect(opsOf([{ retain: 4 }])).toEqual([]);
    expect(opsOf([{ insert: '' }])).toEqual([]);
    expect(opsOf([{ insert: '\ud83d' }])).toEqual(['\ufffd']);
  });

  it('count in UTF-16 units', () => {
    expect(applyOps('a😀b', [1, -2, 'é'])).toBe('aéb');
  });

  it('of several edits come to one that does the same', () => {
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1 }), (start, texts) => {
        const [before, ...after] = [start, ...texts].map(wellFormed);
        const edits = after.map((each, i) =>
          replaceOps(i === 0 ? before : after[i - 1], each)
        );
        const whole = edits.reduce(composeOps);
        expect(units(applyOps(before, whole))).toBe(units(after.at(-1) ?? ''));
      })
    );
    expect(composeOps([3, 'abc'], [4, -1, 'x'])).toEqual([3, 'axc']);
    expect(composeOps([3, 'abc'], [3, -3])).toEqual([]);
    expect(composeOps([-2], [1, -2])).toEqual([-2, 1, -2]);
  });

  it('replace one text by another', () => {
    fc.assert(
      fc.property(text, text, text, text, (head, a, b, tail) => {
        const before = wellFormed(head + a + tail);
        const after = wellFormed(head + b + tail);
        const ops = replaceOps(before, after);
        expect(units(applyOps(before, ops))).toBe(units(after));
        for (const op of ops) {
          expect(typeof op === 'string' ? wellFormed(op) : op).toBe(op);
        }
      })
    );
    expect(replaceOps('a😀', 'a😁')).toEqual([1, -2, '😁']);
    expect(replaceOps('same', 'same')).toEqual([]);
  });

  it('do the same when they are split to fit', () => {
    const op = fc.oneof(fc.integer({ min: -9, max: 9 }), text);
    fc.assert(
      fc.property(
        fc.string({ minLength: 400, maxLength: 400 }),
        fc.array(op, { maxLength: 30 }),
        fc.integer({ min: 41, max: 120 }),
        (before, raw, most) => {
          const ops = raw
            .filter(each => each !== 0 && each !== '')
            .map(each => (typeof each === 'string' ? wellFormed(each) : each));
          const parts = splitOps(ops, most);
          const after = parts.reduce(applyOps, before);
          expect(units(after)).toBe(units(applyOps(before, ops)));
          parts.forEach(part =>
            expect(opsBytes(part)).toBeLessThanOrEqual(most)
          );
        }
      )
    );
  });
});

describe('text', () => {
  it('is measured and cut in UTF-8 bytes, whole characters only', () => {
    fc.assert(
      fc.property(text, fc.nat(80), (raw, most) => {
        const value = wellFormed(raw);
        const bytes = (part: string): number =>
          new TextEncoder().encode(part).length;
        expect(utf8Length(value)).toBe(bytes(value));
        const prefix = utf8Prefix(value, most);
        expect(value.startsWith(prefix)).toBe(true);
        expect(bytes(prefix)).toBeLessThanOrEqual(most);
        const next = [...value.slice(prefix.length)][0];
        expect(next === undefined || bytes(prefix + next) > most).toBe(true);
      })
    );
    expect(utf8Length('\ud800')).toBe(3);
  });
});

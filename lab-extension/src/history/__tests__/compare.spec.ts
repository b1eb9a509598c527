import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { allLines, compareCells, compareLines, fold, isSame } from '../compare';
import type { CellText } from '../data';

const cell = (id: string, source = id, type = 'code'): CellText => ({
  id,
  type,
  source
});

const told = (from: CellText[], to: CellText[]): [string, string][] =>
  compareCells(from, to).map(({ from, to, fate }) => [
    (from ?? to)?.id ?? '',
    fate
  ]);

describe('comparing the cells of two states', () => {
  it('tells what stayed, changed, went and came, in the earlier order', () => {
    const from = [cell('a'), cell('b'), cell('c'), cell('d')];
    const to = [
      cell('x'),
      cell('a'),
      cell('y'),
      cell('c', 'other'),
      cell('d', 'd', 'markdown'),
      cell('z')
    ];
    expect(told(from, to)).toEqual([
      ['x', 'new'],
      ['a', 'same'],
      ['y', 'new'],
      ['b', 'gone'],
      ['c', 'changed'],
      ['d', 'changed'],
      ['z', 'new']
    ]);
  });

  it('tells places from 1, and 0 where a cell is not', () => {
    const [a, b, c] = compareCells(
      [cell('a'), cell('b')],
      [cell('b'), cell('c')]
    );
    expect([a.placeFrom, a.placeTo]).toEqual([1, 0]);
    expect([b.placeFrom, b.placeTo]).toEqual([2, 1]);
    expect([c.placeFrom, c.placeTo]).toEqual([0, 2]);
  });

  it('leaves out no cell of either state and tells none twice', () => {
    const state = fc
      .uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 })
      .map(ids => ids.map(id => cell(id)));
    fc.assert(
      fc.property(state, state, (from, to) => {
        const all = compareCells(from, to);
        expect(all.flatMap(each => each.from ?? [])).toEqual(from);
        expect(
          new Set(all.flatMap(each => (each.to ? [each.to.id] : [])))
        ).toEqual(new Set(to.map(({ id }) => id)));
        expect(new Set(all.map(each => (each.from ?? each.to)?.id)).size).toBe(
          all.length
        );
      })
    );
  });

  it('takes a type for a difference', () => {
    expect(isSame(cell('a'), cell('a'))).toBe(true);
    expect(isSame(cell('a'), cell('a', 'a', 'raw'))).toBe(false);
  });
});

describe('comparing the lines of two texts', () => {
  it('puts what came behind what it replaces', () => {
    expect(compareLines('a\nb\nc', 'a\nx\nc')).toEqual([
      { sign: ' ', text: 'a', row: 0 },
      { sign: '-', text: 'b', row: 1 },
      { sign: '+', text: 'x', row: 1 },
      { sign: ' ', text: 'c', row: 2 }
    ]);
  });

  it('gives both texts back, line by line', () => {
    const text = fc
      .array(fc.constantFrom('', 'a', 'b', '<b>', '😀\r'), { maxLength: 12 })
      .map(lines => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (from, to) => {
        const lines = compareLines(from, to);
        const side = (sign: string): string =>
          lines
            .filter(line => line.sign !== sign)
            .map(({ text }) => text)
            .join('\n');
        expect([side('+'), side('-')]).toEqual([from, to]);
        for (const { sign, text, row } of lines) {
          expect((sign === '-' ? from : to).split('\n')[row]).toBe(text);
        }
      })
    );
  });

  it('does not take long over texts that have nothing in common', () => {
    const from = Array.from({ length: 20_000 }, (_, i) => `a${i}`).join('\n');
    const to = Array.from({ length: 20_000 }, (_, i) => `b${i}`).join('\n');
    const lines = compareLines(from, to);
    expect(lines.length).toBe(40_000);
    expect(lines.slice(0, 20_000).every(({ sign }) => sign === '-')).toBe(true);
  });

  it('tells a text alone with one sign', () => {
    expect(allLines('a\n', '-')).toEqual([
      { sign: '-', text: 'a', row: 0 },
      { sign: '-', text: '', row: 1 }
    ]);
  });
});

describe('folding away', () => {
  const folds = (marks: string, around = 1, least = 2): string =>
    fold([...marks], mark => mark === 'x', around, least)
      .map(({ folded, items }) =>
        folded ? `(${items.length})` : items.join('')
      )
      .join('');

  it('keeps what is of interest and its neighbours', () => {
    expect(folds('....x.....x..')).toBe('(3).x.(3).x.(1)'.replace('(1)', '.'));
  });

  it('folds nothing where nothing stands out', () => {
    expect(folds('.....')).toBe('.....');
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.nat(3), (items, around) => {
        const stretches = fold(items, each => each, around, 2);
        expect(stretches.flatMap(each => each.items)).toEqual(items);
        expect(
          stretches.every(each => !each.folded || !each.items.includes(true))
        ).toBe(true);
      })
    );
  });
});

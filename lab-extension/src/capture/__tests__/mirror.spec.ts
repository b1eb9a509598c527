import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { CellSnapshot } from '../../protocol';
import type { Cause } from '../bursts';
import { Mirror, type Inserted, type ListDelta } from '../mirror';
import type { Ops } from '../ops';
import { replay } from './replay';

type Cell = Inserted<number>;

let keys = 0;
const cell = (
  cell_id: string,
  source = cell_id,
  cell_type: CellSnapshot['cell_type'] = 'code'
): Cell => ({ cell_id, cell_type, source, key: keys++ });

const plain = (cells: readonly Cell[]): CellSnapshot[] =>
  cells.map(({ cell_id, cell_type, source }) => ({
    cell_id,
    cell_type,
    source
  }));

function applied(
  before: Cell[],
  delta: ListDelta<number>[],
  edited: [number, Ops][] = [],
  cause: Cause | null = null
): [string, Cause | null, object][] {
  const mirror = new Mirror(before);
  const { steps } = mirror.apply(delta, {
    cause,
    edited: new Map(edited),
    agreed: true
  });
  expect(replay(steps, plain(before))).toEqual(mirror.snapshot());
  return steps.map(({ type, body, cause: why }) => [type, why, body]);
}

describe('a change of the list of cells', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(id => cell(id));

  it('that deletes and inserts an id is a move', () => {
    // As JupyterLab moves down: delete, then insert.
    expect(
      applied(
        [a, b, c],
        [{ delete: 1 }, { retain: 2 }, { insert: [cell('a')] }]
      )
    ).toEqual([['cell.moved', null, { cell_id: 'a', from: 0, to: 2 }]]);
    // And up: insert, then delete.
    expect(
      applied(
        [a, b, c],
        [{ retain: 1 }, { insert: [cell('c')] }, { retain: 1 }, { delete: 1 }]
      )
    ).toEqual([['cell.moved', null, { cell_id: 'c', from: 2, to: 1 }]]);
  });

  it('that moves several cells moves each once', () => {
    expect(
      applied(
        [a, b, c, d],
        [{ delete: 2 }, { retain: 2 }, { insert: [cell('a'), cell('b')] }]
      )
    ).toEqual([
      ['cell.moved', null, { cell_id: 'a', from: 0, to: 3 }],
      ['cell.moved', null, { cell_id: 'b', from: 0, to: 3 }]
    ]);
  });

  it('that inserts an id anew with another type changes its type, and its text', () => {
    expect(
      applied(
        [a, b],
        [{ insert: [cell('a', '# a', 'markdown')] }, { delete: 1 }]
      )
    ).toEqual([
      ['cell.type_changed', null, { cell_id: 'a', cell_type: 'markdown' }],
      ['cell.edited', null, { cell_id: 'a', changes: [[0, ['# ']]] }]
    ]);
  });

  it('that joins deleted texts is a merge', () => {
    expect(
      applied(
        [a, b, c],
        [{ retain: 1 }, { insert: [cell('n', 'b\n\nc')] }, { delete: 2 }]
      )
    ).toEqual([
      [
        'cell.added',
        'merge',
        {
          cell_id: 'n',
          index: 1,
          cell_type: 'code',
          source: 'b\n\nc',
          parents: ['b', 'c']
        }
      ],
      ['cell.removed', 'merge', { cell_id: 'b', index: 2 }],
      ['cell.removed', 'merge', { cell_id: 'c', index: 2 }]
    ]);
  });

  it('that puts text above the cell that loses it is a split', () => {
    const whole = cell('w', 'one\n\ntwo');
    expect(
      applied(
        [whole],
        [{ insert: [cell('n', 'one')] }],
        [[whole.key, [-8, 'two']]]
      )
    ).toEqual([
      [
        'cell.added',
        'split',
        {
          cell_id: 'n',
          index: 0,
          cell_type: 'code',
          source: 'one',
          parents: ['w']
        }
      ]
    ]);
  });

  it('that only happens with an edit is no split', () => {
    const whole = cell('w', 'one two');
    expect(
      applied(
        [whole],
        [{ insert: [cell('n', 'three')] }],
        [[whole.key, [-4]]]
      )[0].slice(0, 2)
    ).toEqual(['cell.added', null]);
  });

  it('that deletes everything leaves a blank cell of the tool', () => {
    expect(
      applied([a, b], [{ delete: 2 }, { insert: [cell('n', '')] }]).map(step =>
        step.slice(0, 2)
      )
    ).toEqual([
      ['cell.removed', null],
      ['cell.removed', null],
      ['cell.added', 'tool']
    ]);
  });

  it('that is an undo says so, whatever it looks like, and knows a returning cell', () => {
    const mirror = new Mirror([a, b]);
    mirror.apply([{ delete: 1 }], {
      cause: null,
      edited: new Map(),
      agreed: true
    });
    const { steps } = mirror.apply([{ insert: [cell('a')] }], {
      cause: 'undo',
      edited: new Map(),
      agreed: true
    });
    expect(steps).toMatchObject([{ cause: 'undo', returns: true }]);
  });

  it('that brings an id a second time gives that cell a name of its own, which it keeps', () => {
    const twin = cell('a', 'twin');
    const mirror = new Mirror([a, b]);
    const circumstances = { cause: null, edited: new Map(), agreed: true };
    const { steps } = mirror.apply([{ insert: [twin] }], circumstances);
    expect(steps).toMatchObject([{ body: { cell_id: 'a_2', index: 0 } }]);
    expect(mirror.at(twin.key)?.cell_id).toBe('a_2');
    // The one that had the id goes, and an undo brings it back.
    mirror.apply([{ retain: 1 }, { delete: 1 }], circumstances);
    expect(mirror.at(twin.key)?.cell_id).toBe('a_2');
    const again = mirror.apply([{ insert: [cell('a')] }], circumstances);
    expect(again.steps).toMatchObject([
      { body: { cell_id: 'a', index: 0 }, returns: true }
    ]);
    mirror.reset([twin, cell('a')]);
    expect(mirror.snapshot().map(each => each.cell_id)).toEqual(['a_2', 'a']);
  });

  it('gives names that a notebook file may hold', () => {
    const long = 'x'.repeat(64);
    const mirror = new Mirror([cell(long), cell(long), cell('y'), cell('y_2')]);
    mirror.apply([{ insert: [cell('y')] }], {
      cause: null,
      edited: new Map(),
      agreed: true
    });
    expect(mirror.snapshot().map(each => each.cell_id)).toEqual([
      'y_3',
      long,
      `${'x'.repeat(62)}_2`,
      'y',
      'y_2'
    ]);
  });

  const ids = fc.constantFrom(...'abcdefghij');
  const types = fc.constantFrom('code', 'markdown', 'raw');
  const sources = fc.constantFrom('', 'x', 'y\n\nx', 'long text', '😀');
  const snapshot = fc.record({
    cell_id: ids,
    cell_type: types,
    source: sources
  }) as fc.Arbitrary<CellSnapshot>;
  const part = fc.oneof(
    fc.record({ retain: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ delete: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ insert: fc.array(snapshot, { minLength: 1, maxLength: 4 }) })
  );

  const check = (
    start: CellSnapshot[],
    parts: (
      { retain: number } | { delete: number } | { insert: CellSnapshot[] }
    )[]
  ): void => {
    const keyed = (cells: CellSnapshot[]): Cell[] =>
      cells.map(each => ({ ...each, key: keys++ }));
    const before = keyed(start);
    const expected: CellSnapshot[] = [];
    const rest = [...start];
    const delta = parts.map((each): ListDelta<number> => {
      if ('insert' in each) {
        expected.push(...each.insert);
        return { insert: keyed(each.insert) };
      }
      if ('delete' in each) {
        rest.splice(0, each.delete);
      } else {
        expected.push(...rest.splice(0, each.retain));
      }
      return each;
    });
    const mirror = new Mirror(before);
    const named = mirror.snapshot();
    const kept = new Map(mirror.cells.map(each => [each.key, each.cell_id]));
    const { steps } = mirror.apply(delta, {
      cause: null,
      edited: new Map(),
      agreed: true
    });
    const after = mirror.snapshot();
    expect(replay(steps, named)).toEqual(after);
    expect(after.map(own)).toEqual([...expected, ...rest]);
    expect(new Set(after.map(each => each.cell_id)).size).toBe(after.length);
    mirror.cells.forEach(({ key, cell_id }) =>
      expect(kept.get(key) ?? cell_id).toBe(cell_id)
    );
    mirror.reset(before);
    expect(mirror.snapshot().map(own)).toEqual(start);
  };

  const own = (each: CellSnapshot): CellSnapshot => ({
    ...each,
    cell_id: each.cell_id.replace(/_\d+$/, '')
  });

  it('replays to exactly the new list, even where ids occur twice', () => {
    fc.assert(
      fc.property(
        fc.array(snapshot, { maxLength: 8 }),
        fc.array(part, { maxLength: 8 }),
        check
      ),
      { numRuns: 500 }
    );
  });

  it('replays to exactly the new list when cells change places and types', () => {
    const shuffled = fc
      .uniqueArray(snapshot, { selector: each => each.cell_id, maxLength: 8 })
      .chain(start =>
        fc.tuple(
          fc.constant(start),
          fc.shuffledSubarray(start, { minLength: 0 }),
          fc.array(types, { minLength: 8, maxLength: 8 })
        )
      );
    fc.assert(
      fc.property(shuffled, ([start, order, kinds]) => {
        check(start, [
          { delete: 8 },
          {
            insert: order.map((each, i) => ({
              ...each,
              cell_type: kinds[i]
            }))
          }
        ]);
      }),
      { numRuns: 300 }
    );
  });
});

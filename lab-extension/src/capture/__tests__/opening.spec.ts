import fc from 'fast-check';
import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';

import type { CellSnapshot } from '../../protocol';
import { PIECE_BYTES } from '../bursts';
import { fit, opening, type Step } from '../opening';
import { replay, type Logged } from './replay';

const cell = (cell_id: string, source: string): CellSnapshot => ({
  cell_id,
  cell_type: 'code',
  source
});

const opened = (cells: CellSnapshot[], most?: number): Logged[] => {
  const { cells: first, rest } = opening(cells, most);
  return [{ type: 'session.opened', body: { cells: first } }, ...rest];
};

describe('the opening of a notebook', () => {
  it('is one event where it fits', () => {
    const cells = [cell('a', 'x'), cell('b', '')];
    expect(opening(cells)).toEqual({ cells, rest: [] });
  });

  it('has the tags of the cells that fit, and room for them', () => {
    const tagged = { ...cell('a', 'x'), tags: ['section-clean'] };
    expect(opening([tagged]).cells).toEqual([tagged]);
    const { cells, rest } = opening([tagged], 90);
    expect(cells).toEqual([]);
    expect(rest[0].body).toEqual({ ...cell('a', 'x'), index: 0 });
  });

  it('goes on in further events, none larger than one may be', () => {
    const cells = [
      cell('a', 'x'.repeat(500_000)),
      cell('b', '😀ü'.repeat(500_000)),
      cell('c', 'end')
    ];
    const events = opened(cells);
    expect(events.length).toBeGreaterThan(3);
    expect(replay(events)).toEqual(cells);
    for (const { body } of events) {
      expect(encode(body).length).toBeLessThan(PIECE_BYTES + 1024);
    }
  });

  it('replays exactly, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 400 })),
          { selector: ([id]) => id, maxLength: 6 }
        ),
        fc.integer({ min: 64, max: 600 }),
        (pairs, most) => {
          const cells = pairs.map(([id, source]) => cell(id, source));
          expect(replay(opened(cells, most))).toEqual(cells);
        }
      )
    );
  });
});

describe('a step', () => {
  it('with a large text becomes several, for the same cause', () => {
    const step: Step = {
      type: 'cell.added',
      body: { ...cell('a', 'z'.repeat(200)), index: 0 },
      cause: 'paste'
    };
    const parts = fit(step, 64);
    expect(parts.length).toBeGreaterThan(3);
    expect(new Set(parts.map(part => part.cause))).toEqual(new Set(['paste']));
    expect(replay(parts)).toEqual([cell('a', 'z'.repeat(200))]);
  });
});

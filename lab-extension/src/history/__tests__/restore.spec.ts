import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Book, Page, settled } from '../../capture/__tests__/page';
import type { CellText } from '../data';
import { restoreCell } from '../restore';

const cell = (id: string, source = id, type = 'code'): CellText => ({
  id,
  type,
  source
});

const CELLS = ['a', 'b', 'c'].map(id => ({
  id,
  cell_type: 'code',
  source: id
}));

describe.each([{ wholeUndo: false }, { wholeUndo: true }])(
  'restoring a cell, with undo %o',
  ({ wholeUndo }) => {
    let page: Page;
    let book: Book;

    beforeEach(async () => {
      vi.spyOn(console, 'warn').mockImplementation(() => undefined);
      page = new Page();
      book = new Book('a.ipynb', { wholeUndo });
      await page.open(book, 'panel', CELLS);
      page.since();
    });

    afterEach(() => {
      vi.restoreAllMocks();
    });

    const sources = (): string[] =>
      book.cells().map(({ cell_id, source }) => `${cell_id}: ${source}`);

    /** As the panel does it. */
    const restore = async (past: CellText[], id: string): Promise<boolean> => {
      let changed = false;
      page.capture.restoring(() => {
        changed = restoreCell(book.shared, past, id);
      });
      await settled();
      return changed;
    };

    /** What was recorded: type and cause of each. Whatever it is, it replays to the notebook. */
    const told = (): [string, unknown][] => {
      const found = page
        .since()
        .map(({ type, body }): [string, unknown] => [
          type,
          (body as { cause?: string }).cause
        ]);
      expect(page.replayed()).toEqual(book.cells());
      return found;
    };

    it('puts a changed text back and says why it changed', async () => {
      book.shared.getCell(1).setSource('now');
      await settled();
      page.since();
      expect(await restore([cell('a'), cell('b', 'then 😀')], 'b')).toBe(true);
      expect(sources()).toEqual(['a: a', 'b: then 😀', 'c: c']);
      expect(told()).toEqual([['cell.edited', 'restore']]);
    });

    it('brings a removed cell back, under its id, behind what it stood behind', async () => {
      book.shared.deleteCell(1);
      await settled();
      page.since();
      expect(
        await restore(
          ['a', 'b', 'c'].map(id => cell(id)),
          'b'
        )
      ).toBe(true);
      expect(sources()).toEqual(['a: a', 'b: b', 'c: c']);
      expect(told()).toEqual([['cell.added', 'restore']]);
    });

    it.each([
      [['x', 'b', 'a'], 0],
      [['c', 'y', 'z', 'b'], 2],
      [['b'], 0]
    ])('finds a place where neighbours %o are gone', async (ids, index) => {
      book.shared.deleteCell(1);
      await settled();
      await restore(
        ids.map(id => cell(id)),
        'b'
      );
      expect(book.cells().findIndex(({ cell_id }) => cell_id === 'b')).toBe(
        index
      );
    });

    it('gives a cell its type back, in its place', async () => {
      expect(await restore([cell('b', '# b', 'markdown')], 'b')).toBe(true);
      expect(book.cells()[1]).toEqual({
        cell_id: 'b',
        cell_type: 'markdown',
        source: '# b'
      });
      expect(told()).toEqual([
        ['cell.type_changed', 'restore'],
        ['cell.edited', 'restore']
      ]);
    });

    it('changes nothing where nothing differs, nor for a cell that was not there', async () => {
      expect(await restore([cell('b')], 'b')).toBe(false);
      expect(await restore([cell('b')], 'nowhere')).toBe(false);
      expect(told()).toEqual([]);
    });

    it('is taken back by one undo of the notebook, and nothing else is', async () => {
      // All within the half second in which Yjs takes changes for one.
      book.shared.deleteCell(2);
      const before = book.cells();
      await restore([cell('b', 'then')], 'b');
      const between = book.cells();
      await restore([cell('a', 'then')], 'a');
      book.shared.undo();
      await settled();
      expect(book.cells()).toEqual(between);
      book.shared.undo();
      await settled();
      expect(book.cells()).toEqual(before);
      expect(told()).toEqual([
        ['cell.removed', 'tool'],
        ['cell.edited', 'restore'],
        ['cell.edited', 'restore'],
        ['cell.edited', 'undo'],
        ['cell.edited', 'undo']
      ]);
    });

    it('counts no other change as restored, before or after', async () => {
      book.shared.getCell(0).setSource('before');
      await restore([cell('b', 'then')], 'b');
      book.shared.getCell(0).setSource('after');
      await settled();
      expect(told()).toEqual([
        ['cell.edited', 'tool'],
        ['cell.edited', 'restore'],
        ['cell.edited', 'tool']
      ]);
    });

    it('is over when the act fails', async () => {
      expect(() =>
        page.capture.restoring(() => {
          throw new Error('no');
        })
      ).toThrow('no');
      book.shared.getCell(0).setSource('after');
      await settled();
      expect(told()).toEqual([['cell.edited', 'tool']]);
    });
  }
);

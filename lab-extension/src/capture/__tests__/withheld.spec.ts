import { YNotebook } from '@jupyter/ydoc';
import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';

import { repeats, withheld, withheldOps } from '../withheld';
import { WithheldMemory } from '../withheld-memory';
import { Book, Page, settled } from './page';
import { bodiesOf, bodyOf } from './replay';

// No five of its characters can be part of an id, or of a time.
const SECRET = 'Zaunkönig~Völ';

/** A second page on the same notebook, whose person is not recorded. */
class Other {
  constructor(book: Book) {
    const { ydoc, awareness } = book.shared;
    Object.assign(book.model, { collaborative: true });
    Y.applyUpdate(this.shared.ydoc, Y.encodeStateAsUpdate(ydoc));
    awareness.states.set(this.shared.ydoc.clientID, { user: {} });
    awareness.emit('change', []);
    this.shared.ydoc.on('update', update =>
      Y.applyUpdate(book.shared.ydoc, update, this)
    );
    ydoc.on('update', (update, origin) => {
      if (origin !== this) {
        Y.applyUpdate(this.shared.ydoc, update);
      }
    });
  }

  type(index: number, at: number, text: string): void {
    this.shared.cells[index].updateSource(at, at, text);
  }

  readonly shared = new YNotebook();
}

async function shared(...sources: string[]): Promise<[Page, Book, Other]> {
  const page = new Page();
  const book = new Book('shared.ipynb', { wholeUndo: true });
  book.load(
    sources.map((source, i) => ({
      id: `cell-${i}`,
      cell_type: 'code',
      source
    }))
  );
  const other = new Other(book);
  await page.open(book);
  await settled();
  return [page, book, other];
}

/** Everything recorded, as text; what must not be in it is looked for there. */
function everything(page: Page): string {
  page.capture.flush();
  return JSON.stringify(page.log.events);
}

const lengths = (cells: { cell_id: string; source: string }[]): unknown =>
  cells.map(({ cell_id, source }) => [cell_id, source.length]);

describe('text of somebody who agreed to nothing', () => {
  it('is recorded as lengths, and offsets behind it hold', async () => {
    const [page, book, other] = await shared('one two');
    other.type(0, 3, SECRET);
    await settled();
    book.shared.cells[0].updateSource(
      3 + SECRET.length,
      3 + SECRET.length,
      '!'
    );
    await settled();
    expect(page.replayed()).toEqual([
      {
        cell_id: 'cell-0',
        cell_type: 'code',
        source: `one${withheld(SECRET)}! two`
      }
    ]);
    const [first, second] = bodiesOf(page.log.events, 'cell.edited');
    expect(first).toMatchObject({ cause: 'remote', withheld: true });
    expect(second.withheld).toBeUndefined();
  });

  it.each([
    [
      'split',
      (book: Book) => {
        const { shared } = book;
        shared.transact(() => {
          const [cell] = shared.cells;
          const source = cell.getSource();
          shared.insertCell(0, {
            cell_type: 'code',
            source: source.slice(0, 8)
          });
          cell.setSource(source.slice(8));
        });
      }
    ],
    [
      'merged',
      (book: Book) => {
        const { shared } = book;
        shared.transact(() => {
          const source = shared.cells.map(c => c.getSource()).join('\n\n');
          shared.deleteCellRange(0, 2);
          shared.insertCell(0, { cell_type: 'code', source });
        });
      }
    ],
    [
      'copied',
      (book: Book) => {
        const source = book.shared.cells[0].getSource();
        book.shared.insertCell(1, { cell_type: 'code', source });
      }
    ],
    ['moved', (book: Book) => book.shared.moveCell(0, 1)],
    [
      'deleted and brought back',
      (book: Book) => {
        book.shared.deleteCell(0);
        book.shared.undo();
      }
    ],
    [
      'partly deleted and brought back',
      (book: Book) => {
        book.shared.cells[0].updateSource(2, 12, '');
        book.shared.undo();
      }
    ],
    [
      'copied in part by hand',
      (book: Book) =>
        book.shared.cells[1].updateSource(0, 0, SECRET.slice(2, 9))
    ],
    [
      'written anew by a tool',
      (book: Book) =>
        book.shared.cells[0].setSource(
          `# formatted\n${book.shared.cells[0].getSource()}`
        )
    ]
  ])('stays so when its cell is %s', async (_, act) => {
    const [page, book, other] = await shared('one', 'two');
    other.type(0, 1, SECRET);
    await settled();
    act(book);
    await settled();
    const told = everything(page);
    for (let at = 0; at + 5 <= SECRET.length; at++) {
      expect(told).not.toContain(SECRET.slice(at, at + 5));
    }
    expect(lengths(page.replayed())).toEqual(lengths(book.cells()));
  });

  it('stays so in what is run, and in what the kernel says of it', async () => {
    const [page, book, other] = await shared('one');
    other.type(0, 1, SECRET);
    await settled();
    page.scheduled.emit({
      notebook: { model: book.model },
      cell: { model: runnable(book) }
    });
    const run = bodyOf(page.since().at(-1), 'run.scheduled');
    expect(run).toMatchObject({ withheld: true });
    expect(run.source).toBe(`o${withheld(SECRET)}ne`);
  });

  it('stays so when the page is opened again', async () => {
    const [page, book, other] = await shared('one', 'two');
    other.type(0, 1, SECRET);
    await settled();
    page.capture.unload();
    const again = new Page();
    page.lasting.forEach((value, key) => again.lasting.set(key, value));
    await again.open(book);
    const opened = bodyOf(again.since()[0], 'session.opened');
    expect(opened.cells).toEqual([
      {
        cell_id: 'cell-0',
        cell_type: 'code',
        source: `o${withheld(SECRET)}ne`,
        withheld: true
      },
      { cell_id: 'cell-1', cell_type: 'code', source: 'two' }
    ]);
  });
});

function runnable(book: Book): object {
  return { id: 'cell-0', type: 'code', sharedModel: book.shared.cells[0] };
}

describe('marks', () => {
  it('stand for each unit of what an edit inserts', () => {
    expect(withheldOps([3, 'a😀', -2])).toEqual([3, '▒▒▒', -2]);
  });

  it('tell what repeats a withheld text', () => {
    const cells = [{ text: 'one secret two', recorded: 'one ▒▒▒▒▒▒ two' }];
    expect(repeats('secret', cells)).toBe(true);
    expect(repeats('a secret of mine', cells)).toBe(true);
    expect(repeats('ecre', cells)).toBe(true);
    expect(repeats('ecr', cells)).toBe(false);
    expect(repeats('one ', cells)).toBe(false);
    expect(repeats('another', cells)).toBe(false);
  });

  it('are for the whole cell where its text changed while nobody looked', () => {
    const stored = new Map<string, string>();
    const memory = new WithheldMemory({
      getItem: key => stored.get(key) ?? null,
      setItem: (key, value) => stored.set(key, value)
    });
    memory.keep('a.ipynb', [
      { own: 'a', text: 'my secret', recorded: 'my ▒▒▒▒▒▒' }
    ]);
    expect([...stored.values()].join()).not.toContain('secret');
    const [cell] = memory.recall('a.ipynb', [
      { cell_id: 'a', cell_type: 'code', source: 'my secret!' }
    ]);
    expect(cell.recorded).toBe('▒'.repeat(10));
  });

  it('are found again in two cells with one id, whichever comes first', () => {
    const stored = new Map<string, string>();
    const memory = new WithheldMemory({
      getItem: key => stored.get(key) ?? null,
      setItem: (key, value) => stored.set(key, value)
    });
    memory.keep('a.ipynb', [
      { own: 'a', text: 'mine', recorded: 'mine' },
      { own: 'a', text: 'my secret', recorded: 'my ▒▒▒▒▒▒' },
      { own: 'a', text: 'another', recorded: '▒▒▒▒▒▒▒' }
    ]);
    const cells = ['another', 'my secret', 'new'].map(source => ({
      cell_id: 'a',
      cell_type: 'code' as const,
      source
    }));
    const recalled = memory.recall('a.ipynb', cells);
    expect(recalled.map(({ recorded }) => recorded)).toEqual([
      '▒▒▒▒▒▒▒',
      'my ▒▒▒▒▒▒',
      '▒▒▒'
    ]);
  });
});

import type { YNotebook } from '@jupyter/ydoc';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';

import { recordedId } from '../../cell-ids';
import { idText } from '../../ids';
import type { CellSnapshot } from '../../protocol';
import type { IDelivery } from '../../tokens';
import { wellFormed } from '../../well-formed';
import { notebookDigest } from '../digest';
import { Book, Page, settled } from './page';
import { bodiesOf, bodyOf } from './replay';

const CELLS = ['one', 'two', 'three'].map((source, i) => ({
  id: 'abc'[i],
  cell_type: 'code',
  source
}));

let page: Page;
let book: Book;
let warnings: string[];
let shared: YNotebook;
const editor = { conf: 'an editor names an object of its own' };

/** Typing, as an editor does it. */
function type(index: number, at: number, text: string, cut = 0): void {
  const { ysource } = shared.getCell(index);
  shared.ydoc.transact(() => {
    ysource.delete(at, cut);
    ysource.insert(at, text);
  }, editor);
}

const told = (): [string, unknown][] =>
  page
    .since()
    .map(({ type, body }) => [type, (body as { cause?: string }).cause]);

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  // Yjs grumbles at each cell that is made; of ours nothing may be caught unseen.
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((...args: unknown[]) => {
    if (String(args[0]).startsWith('Prompter')) {
      warnings.push(args.map(String).join(' '));
    }
  });
  page = new Page();
  book = new Book('dir/a.ipynb');
  shared = book.shared;
  await page.open(book, 'panel', CELLS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  expect(warnings).toEqual([]);
});

/** Whatever a test did: the log gives the notebook, exactly; of a character that was cut in two, U+FFFD for each half. */
function expectReplay(): void {
  expect(whole(page.replayed())).toEqual(whole(book.cells()));
}

function whole(cells: readonly CellSnapshot[]): CellSnapshot[] {
  return cells.map(cell => ({ ...cell, source: wellFormed(cell.source) }));
}

describe('a session', () => {
  it('opens with the file’s cells, never with the blank one', () => {
    expect(page.types()).toEqual(['session.opened']);
    expect(page.log.events[0].body).toMatchObject({
      notebook_path: 'dir/a.ipynb',
      kernel_name: 'python3',
      shared: false,
      continues: null
    });
    expectReplay();
  });

  it('is one for two views, and each keystroke is logged once', async () => {
    const opened: object[] = [];
    page.capture.sessionOpened.connect((_, args) => opened.push(args));
    page.widgetAdded.emit(book.panel('second'));
    type(0, 0, 'x');
    await settled();
    const id = page.capture.sessionOf('panel');
    expect(page.capture.sessionOf('second')).toBe(id);
    expect(opened).toEqual([{ sessionId: id, panelId: 'second' }]);
    expect(told()).toEqual([
      ['session.opened', undefined],
      ['cell.edited', 'user']
    ]);
  });

  it('is closed with its document, and the next one continues it', async () => {
    const closed: object[] = [];
    page.capture.sessionClosed.connect((_, args) => closed.push(args));
    const first = page.capture.sessionOf('panel');
    type(0, 0, 'x');
    book.close();
    expect(page.types().slice(1)).toEqual(['cell.edited', 'session.closed']);
    expect(closed).toEqual([{ sessionId: first }]);
    const again = new Book('dir/a.ipynb');
    await page.open(again, 'panel', CELLS);
    const opened = bodyOf(page.log.events.at(-1), 'session.opened');
    expect(opened.continues && idText(opened.continues)).toBe(first);
  });

  it('is not continued by a duplicated tab while its own page lives', async () => {
    const twin = new Page(page);
    await twin.open(new Book('dir/a.ipynb'), 'panel', CELLS);
    expect(bodyOf(twin.log.events[0], 'session.opened').continues).toBeNull();
    // Once it is over, a tab that was duplicated before goes on with its own.
    const own = twin.capture.sessionOf('panel');
    twin.capture.unload();
    await settled();
    const reloaded = new Page(twin);
    await reloaded.open(new Book('dir/a.ipynb'), 'panel', CELLS);
    const { continues } = bodyOf(reloaded.log.events[0], 'session.opened');
    expect(continues && idText(continues)).toBe(own);
    // And so does the original.
    const first = page.capture.sessionOf('panel');
    page.capture.unload();
    await settled();
    const again = new Page(page);
    await again.open(new Book('dir/a.ipynb'), 'panel', CELLS);
    const opened = bodyOf(again.log.events[0], 'session.opened');
    expect(opened.continues && idText(opened.continues)).toBe(first);
  });

  it('is closed when the page goes away, once', () => {
    type(0, 0, 'x');
    page.capture.unload();
    book.close();
    expect(page.types().slice(1)).toEqual(['cell.edited', 'session.closed']);
    expect(page.log.events.at(-1)?.body).toEqual({ reason: 'unload' });
  });

  it('follows its file to another path', () => {
    book.pathChanged.emit('b.ipynb');
    expect(page.log.events.at(-1)).toMatchObject({
      type: 'notebook.renamed',
      body: { path: 'b.ipynb' }
    });
    expect(page.stored.get('prompter:session:b.ipynb')).toBe(
      page.capture.sessionOf('panel')
    );
  });
});

describe('typing', () => {
  it('makes bursts that a timer, another cell, or any other event closes', async () => {
    const edited: object[] = [];
    page.capture.edited.connect((_, { cellId }) => edited.push({ cellId }));
    type(0, 3, '!');
    page.log.time += 100_000;
    type(0, 4, '😀');
    expect(page.types()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    type(1, 0, 'x');
    type(0, 0, 'y');
    page.log.record('another', 'idle.began', {}, 0);
    expect(page.types().slice(1)).toEqual([
      'cell.edited',
      'cell.edited',
      'cell.edited',
      'idle.began'
    ]);
    expect(page.log.events[1]).toMatchObject({
      at: 1_000_000,
      body: {
        cell_id: 'a',
        cause: 'user',
        changes: [
          [0, [3, '!']],
          [100, [4, '😀']]
        ]
      }
    });
    expect(edited).toEqual(['a', 'a', 'b', 'a'].map(cellId => ({ cellId })));
    expectReplay();
  });

  it('knows undo, redo, paste, cut, tools and completions', async () => {
    const cell = shared.getCell(0);
    const manager = cell.undoManager;
    manager?.addTrackedOrigin(editor);
    type(0, 0, 'x');
    cell.undo();
    cell.redo();
    expect(told().slice(1)).toEqual([
      ['cell.edited', 'user'],
      ['cell.edited', 'undo'],
      ['cell.edited', 'redo']
    ]);
    await page.gesture('paste', () => type(0, 0, 'pasted'));
    await page.gesture('cut', () => type(0, 0, '', 6));
    await page.gesture('keydown', () => type(0, 0, 'z'));
    shared.getCell(1).setSource('formatted');
    await page.command('formatter:format', () =>
      shared.getCell(1).setSource('again')
    );
    await page.command('completer:select-notebook', () =>
      shared.getCell(2).updateSource(5, 5, '_words')
    );
    expect(told()).toEqual([
      ['cell.edited', 'paste'],
      ['cell.edited', 'cut'],
      ['cell.edited', 'user'],
      ['cell.edited', 'tool'],
      ['cell.edited', 'user']
    ]);
    expectReplay();
  });

  it('elsewhere is remote', async () => {
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(shared.ydoc));
    const edited: object[] = [];
    page.capture.edited.connect((_, args) => edited.push(args));
    const cells = other.getArray<Y.Map<Y.Text>>('cells');
    cells.get(0).get('source')?.insert(0, 'from afar ');
    cells.delete(2);
    Y.applyUpdate(shared.ydoc, Y.encodeStateAsUpdate(other));
    await settled();
    expect(told().slice(1)).toEqual([
      ['cell.removed', 'remote'],
      ['cell.edited', 'remote']
    ]);
    expect(edited).toEqual([]);
    expectReplay();
  });

  it('that was missed is corrected soon after the burst’s end', async () => {
    // Changes with this origin are told to nobody.
    shared.ydoc.transact(
      () => shared.getCell(0).ysource.insert(0, 'unheard '),
      'silent-change'
    );
    type(0, 0, 'x');
    page.capture.flush();
    vi.advanceTimersByTime(200);
    await settled();
    expect(told().slice(1)).toEqual([
      ['cell.edited', 'user'],
      ['cell.edited', 'tool']
    ]);
    expectReplay();
  });

  it('of half characters is logged as it will be packed', async () => {
    type(0, 0, '\ud83d');
    type(0, 1, '\ude00');
    page.capture.flush();
    vi.advanceTimersByTime(200);
    await settled();
    expectReplay();
  });
});

describe('the list of cells', () => {
  it('changes by the person’s commands', async () => {
    await page.command('notebook:insert-cell-below', () =>
      shared.insertCell(1, { cell_type: 'code' })
    );
    await page.command('notebook:move-cell-down', () => shared.moveCells(0, 3));
    await page.command('notebook:cut-cell', () => shared.deleteCell(0));
    await page.command('notebook:paste-cell-below', () =>
      shared.insertCell(1, { cell_type: 'markdown', source: '# p' })
    );
    await page.command('notebook:delete-cell', () => shared.deleteCell(0));
    expect(told().slice(1)).toEqual([
      ['cell.added', 'user'],
      ['cell.moved', 'user'],
      ['cell.removed', 'cut'],
      ['cell.added', 'paste'],
      ['cell.removed', 'user']
    ]);
    expectReplay();
  });

  it('takes what was typed with it', async () => {
    type(0, 0, 'x');
    await page.command('notebook:move-cell-down', () => shared.moveCells(0, 1));
    type(1, 0, 'y');
    expect(told().slice(1)).toEqual([
      ['cell.edited', 'user'],
      ['cell.moved', 'user'],
      ['cell.edited', 'user']
    ]);
    expectReplay();
  });

  it('changes by drag, by tools, and by what waits for the clipboard', async () => {
    await page.gesture('lm-drop', () => shared.moveCells(0, 2));
    shared.insertCell(0, { cell_type: 'code', source: 'loaded' });
    await settled();
    let release: () => void = () => undefined;
    const clipboard = new Promise<void>(resolve => {
      release = resolve;
    });
    const cut = page.command('notebook:cut-cell', () => undefined, clipboard);
    await cut;
    shared.deleteCell(0);
    await settled();
    release();
    await settled();
    shared.deleteCell(0);
    await settled();
    expect(told().slice(1)).toEqual([
      ['cell.moved', 'drag'],
      ['cell.added', 'tool'],
      ['cell.removed', 'cut'],
      ['cell.removed', 'tool']
    ]);
    expectReplay();
  });

  it('splits as JupyterLab splits', async () => {
    shared.getCell(1).setSource('first\n\nsecond');
    page.capture.flush();
    await page.command('notebook:split-cell-at-cursor', () =>
      shared.transact(() => {
        shared.insertCells(1, [{ cell_type: 'code', source: 'first' }]);
        shared.getCell(1).setSource('second');
      })
    );
    const events = page.since().slice(2);
    expect(events.map(({ type }) => type)).toEqual([
      'cell.added',
      'cell.edited'
    ]);
    expect(bodiesOf(events, 'cell.added')[0]).toMatchObject({
      parents: ['b'],
      cause: 'split'
    });
    expect(bodiesOf(events, 'cell.edited')[0]).toMatchObject({
      cell_id: 'b',
      cause: 'split'
    });
    expectReplay();
  });

  it('merges as JupyterLab merges, and both can be undone', async () => {
    await page.command('notebook:merge-cells', () =>
      shared.transact(() => {
        shared.deleteCell(0);
        shared.insertCell(0, { cell_type: 'code', source: 'one\n\ntwo' });
        shared.deleteCell(1);
      })
    );
    expect(
      bodiesOf(page.log.events, 'cell.added').map(each => each.parents)
    ).toEqual([['a', 'b']]);
    await page.command('notebook:undo-cell-action', () => shared.undo());
    await page.command('notebook:redo-cell-action', () => shared.redo());
    const causes = told()
      .slice(1)
      .map(([, cause]) => cause);
    expect([...new Set(causes)]).toEqual(['merge', 'undo', 'redo']);
    expectReplay();
  });

  it('changes a cell’s type and keeps its id', async () => {
    await page.command('notebook:change-cell-to-markdown', () =>
      shared.transact(() => {
        const { id, source } = shared.getCell(1).toJSON();
        shared.deleteCell(1);
        shared.insertCell(1, { id, source, cell_type: 'markdown' });
      })
    );
    expect(told().slice(1)).toEqual([['cell.type_changed', 'user']]);
    expectReplay();
  });

  it('left without cells gets a blank one from the tool', async () => {
    await page.command('notebook:delete-cell', () =>
      shared.transact(() => {
        [2, 1, 0].forEach(index => shared.deleteCell(index));
        shared.insertCell(0, { cell_type: 'code' });
      })
    );
    expect(told().slice(1)).toEqual([
      ['cell.removed', 'user'],
      ['cell.removed', 'user'],
      ['cell.removed', 'user'],
      ['cell.added', 'tool']
    ]);
    expectReplay();
  });

  it('may hold an id twice, until a server parts the two', async () => {
    shared.insertCell(0, { id: 'a', cell_type: 'code', source: 'twin' });
    await settled();
    shared.cells[0].setSource('twin, edited');
    await settled();
    expect(recordedId(shared.cells[0])).toBe('a_2');
    // The one that was there first is the second from above.
    shared.getCell(1).ymodel.set('id', 'new');
    await settled();
    expect(page.types().slice(-2)).toEqual(['cell.added', 'cell.removed']);
    expect(page.log.events.at(-2)).toMatchObject({
      body: { cell_id: 'new', index: 1, source: 'one', parents: ['a'] }
    });
    expect(recordedId(shared.cells[1])).toBe('new');
    shared.cells[1].setSource('one, edited');
    await settled();
    page.capture.flush();
    expect(page.replayed()).toMatchObject([
      { cell_id: 'a_2', source: 'twin, edited' },
      { cell_id: 'new', source: 'one, edited' },
      ...CELLS.slice(1).map(({ id }) => ({ cell_id: id }))
    ]);
  });

  it('read again from the file is one event', async () => {
    type(0, 0, 'x');
    book.load(CELLS);
    await settled();
    type(2, 0, 'y');
    expect(told().slice(1)).toEqual([
      ['cell.edited', 'user'],
      ['notebook.reloaded', undefined],
      ['cell.edited', 'user']
    ]);
    expectReplay();
  });

  it('replays exactly after anything that notebooks do', async () => {
    const place = fc.nat(20);
    const act = fc.oneof(
      fc.record({ act: fc.constant('type'), a: place, b: place }),
      fc.record({ act: fc.constant('insert'), a: place, b: place }),
      fc.record({ act: fc.constant('delete'), a: place, b: place }),
      fc.record({ act: fc.constant('move'), a: place, b: place }),
      fc.record({ act: fc.constant('set'), a: place, b: place }),
      fc.record({ act: fc.constant('name'), a: place, b: place }),
      fc.record({ act: fc.constantFrom('undo', 'redo'), a: place, b: place })
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 25 }),
        fc.boolean(),
        async (acts, wholeUndo) => {
          page = new Page();
          book = new Book('p', { wholeUndo });
          shared = book.shared;
          await page.open(book, 'panel', CELLS);
          for (const { act, a, b } of acts) {
            const n = shared.cells.length;
            const i = n > 0 ? a % n : 0;
            if (act === 'undo') {
              shared.undo();
            } else if (act === 'redo') {
              shared.redo();
            } else if (act === 'insert' || n === 0) {
              shared.insertCell(b % (n + 1), {
                // At times one that another cell has, too.
                ...(a % 4 === 0 && n > 0 && { id: shared.getCell(i).getId() }),
                cell_type: 'code',
                source: `${a}`
              });
            } else if (act === 'delete') {
              shared.deleteCellRange(i, Math.min(n, i + 1 + (b % 3)));
            } else if (act === 'move') {
              shared.moveCells(i, b % n);
            } else if (act === 'set') {
              shared.getCell(i).setSource(`set ${b}`);
            } else if (act === 'name') {
              shared.getCell(i).ymodel.set('id', `id${b}`);
            } else {
              const { length } = shared.getCell(i).ysource;
              type(i, Math.min(b, length), 'é😀', b % 2 && length > b ? 1 : 0);
            }
            if (a % 3 === 0) {
              await settled();
            }
          }
          page.capture.flush();
          vi.advanceTimersByTime(200);
          await settled();
          expectReplay();
        }
      ),
      { numRuns: 60 }
    );
  });
});

describe('saving', () => {
  it('corrects what was missed before it tells of the file', async () => {
    shared.ydoc.transact(
      () => shared.getCell(0).ysource.insert(0, 'unheard '),
      'silent-change'
    );
    type(0, 0, 'x');
    book.saveState.emit('started');
    await settled();
    book.saveState.emit('completed');
    expect(told().slice(1)).toEqual([
      ['cell.edited', 'user'],
      ['cell.edited', 'tool'],
      ['notebook.saved', undefined]
    ]);
    expectReplay();
  });

  it('is told with the digest of what was written', async () => {
    type(0, 0, 'x');
    book.saveState.emit('started');
    await settled();
    const written = notebookDigest(book.cells());
    type(0, 0, 'later');
    book.saveState.emit('completed');
    expect(page.types().slice(-3)).toEqual([
      'cell.edited',
      'cell.edited',
      'notebook.saved'
    ]);
    expect(page.log.events.at(-1)?.body).toEqual({
      digest: written,
      // Typed while it was written.
      behind: 1
    });
  });

  it('that fails is not told', async () => {
    book.saveState.emit('started');
    await settled();
    book.saveState.emit('failed');
    book.saveState.emit('completed');
    expect(page.types()).toEqual(['session.opened']);
  });
});

describe('a pause', () => {
  it('is followed and not told; then the notebook is told as it stands', async () => {
    type(0, 0, 'before ');
    page.log.pausedChanged.emit(true);
    type(0, 0, 'secret ');
    shared.deleteCell(2);
    await settled();
    expect(page.types()).toEqual(['session.opened', 'cell.edited']);
    page.log.pausedChanged.emit(false);
    type(0, 0, 'after ');
    await settled();
    expect(told().slice(2)).toEqual([
      ['recording.resumed', undefined],
      ['cell.edited', 'user']
    ]);
    expectReplay();
  });

  it('hides a session that opens in it until it ends, and tells of one that closed', async () => {
    page.log.pausedChanged.emit(true);
    const first = page.capture.sessionOf('panel');
    book.close();
    book = new Book('dir/b.ipynb');
    shared = book.shared;
    await page.open(book, 'second', CELLS);
    expect(page.types()).toEqual(['session.opened']);
    page.log.pausedChanged.emit(false);
    expect(page.log.events.slice(1)).toMatchObject([
      { type: 'session.closed', sessionId: first },
      { type: 'session.opened', body: { notebook_path: 'dir/b.ipynb' } }
    ]);
  });
});

describe('without consent', () => {
  const fall = (stage: 'withdrawn' | 'given'): void => {
    const shut = stage === 'withdrawn';
    page.log.silent = shut;
    if (shut) {
      page.log.pausedChanged.emit(true);
    }
    page.log.consent = { stage, text: null, at: null };
    page.log.consentChanged.emit(page.log.consent);
    if (!shut) {
      page.log.pausedChanged.emit(false);
    }
  };

  it('nothing is told; who agrees again begins a session with the notebook as it stands', async () => {
    const first = page.capture.sessionOf('panel');
    fall('withdrawn');
    type(0, 0, 'secret ');
    await settled();
    expect(page.types()).toEqual(['session.opened']);
    expect(page.capture.sessionOf('panel')).not.toBe(first);
    fall('given');
    expect(page.types()).toEqual(['session.opened', 'session.opened']);
    expect(page.log.events[1].sessionId).not.toBe(first);
    expect(page.log.events[1].body).toMatchObject({
      cells: book.cells()
    });
  });

  it('where people are is not told if the study does not want it', () => {
    page.log.study = { focus: false } as IDelivery['study'];
    const sessionId = page.capture.sessionOf('panel') ?? '';
    page.capture.focused(sessionId, { cell_id: null, visible: true });
    page.capture.idle(60_000);
    expect(page.types()).toEqual(['session.opened']);
  });
});

describe('runs', () => {
  const cell = {
    model: {
      type: 'code',
      sharedModel: { getId: () => 'a', getSource: () => 'one' }
    }
  };

  it('are known by their notebook, and end as lost when it closes', () => {
    const ran: object[] = [];
    page.capture.ran.connect((_, { cellId, running }) =>
      ran.push([cellId, running])
    );
    page.scheduled.emit({ notebook: { model: {} }, cell });
    page.scheduled.emit({ notebook: { model: book.model }, cell });
    book.close();
    expect(page.types().slice(1)).toEqual([
      'run.scheduled',
      'run.finished',
      'session.closed'
    ]);
    expect(ran).toEqual([
      ['a', true],
      ['a', false]
    ]);
  });

  it('end as lost with their kernel, or their cell', async () => {
    const notebook = { model: book.model };
    page.scheduled.emit({ notebook, cell });
    book.kernelStatus.emit('restarting');
    page.scheduled.emit({ notebook, cell });
    shared.deleteCell(0);
    await settled();
    expect(
      bodiesOf(page.log.events, 'run.finished').map(({ status }) => status)
    ).toEqual(['lost', 'lost']);
  });
});

describe('an error of ours', () => {
  it('is told once, stays here, and the log goes on from what is true', async () => {
    page.log.failures = 2;
    shared.deleteCell(0);
    shared.deleteCell(0);
    await settled();
    type(0, 0, 'x');
    page.capture.flush();
    await settled();
    expect(warnings).toHaveLength(1);
    warnings = [];
    expect(page.types()).toEqual([
      'session.opened',
      'notebook.reloaded',
      'cell.edited'
    ]);
    expectReplay();
  });
});

describe('a notebook', () => {
  it('is not changed by being watched', async () => {
    const before = JSON.stringify(shared.toJSON());
    const updates: unknown[] = [];
    shared.ydoc.on('update', update => updates.push(update));
    book.saveState.emit('started');
    await settled();
    book.saveState.emit('completed');
    page.log.pausedChanged.emit(true);
    page.log.pausedChanged.emit(false);
    page.capture.unload();
    expect(updates).toEqual([]);
    expect(JSON.stringify(shared.toJSON())).toBe(before);
  });
});

describe('tags', () => {
  const tag = (index: number, tags: unknown): void =>
    shared.getCell(index).setMetadata('tags', tags as string[]);
  const cells = (): { tags?: string[] }[] => {
    const body = page.log.events.at(-1)?.body as { cells: [] };
    return body.cells;
  };

  it('are in each picture of the notebook', async () => {
    tag(0, ['section-clean', 7, 'x'.repeat(1000)]);
    page.capture.flush();
    page.log.pausedChanged.emit(true);
    page.log.pausedChanged.emit(false);
    expect(page.types().at(-1)).toBe('recording.resumed');
    const tags = ['section-clean', 'x'.repeat(100)];
    expect(cells().map(each => each.tags)).toEqual([
      tags,
      undefined,
      undefined
    ]);
    const again = new Book('b.ipynb');
    again.load(CELLS);
    again.shared.getCell(1).setMetadata('tags', ['section-model']);
    await page.open(again, 'second');
    expect(cells().map(each => each.tags)).toEqual([
      undefined,
      ['section-model'],
      undefined
    ]);
  });
});

describe('a study that wants less', () => {
  const study = (wants: object): void => {
    page.log.study = page.log.study && { ...page.log.study, ...wants };
  };

  it('gets of a burst what came of it, without its pace', () => {
    study({ keystrokes: false });
    type(0, 3, 'abc');
    page.log.time += 100_000;
    type(0, 4, '😀', 1);
    page.log.time += 100_000;
    type(0, 0, '', 1);
    const [{ body }] = page.since().slice(1);
    expect(body).toMatchObject({ changes: [[0, [-1, 2, 'a😀c']]] });
    expectReplay();
  });

  it('gets nothing of what was undone at once', () => {
    study({ keystrokes: false });
    type(0, 3, 'abc');
    type(0, 3, '', 3);
    expect(told()).toEqual([['session.opened', undefined]]);
    expectReplay();
  });

  it('is honoured before it is known', () => {
    page.log.study = null;
    type(0, 3, 'a');
    type(0, 4, 'b');
    const [{ body }] = page.since().slice(1);
    expect(body).toMatchObject({ changes: [[0, [3, 'ab']]] });
    expect(page.capture.attends).toBe(false);
  });

  it('is not told of idle times', () => {
    study({ focus: false });
    page.capture.idle(60_000);
    page.capture.idle(null);
    expect(page.types()).toEqual(['session.opened']);
    study({ focus: true });
    page.capture.idle(null);
    page.capture.idle(60_000);
    page.capture.idle(null);
    expect(page.types().slice(1)).toEqual(['idle.began', 'idle.ended']);
  });
});

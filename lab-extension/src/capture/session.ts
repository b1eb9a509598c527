/** One notebook open in one page, from open to close: its document's signals made into events. */

import type { ISharedCell, ISharedNotebook } from '@jupyter/ydoc';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { nameCell } from '../cell-ids';
import type { CellSnapshot, Client, SessionOpened } from '../protocol';
import { Authors, awarenessOf, OWN, type Authorship } from './authors';
import type { Cause } from './bursts';
import {
  causeOfTransaction,
  isProgrammatic,
  type Causes,
  type TransactionLike
} from './causes';
import { guarded } from './guard';
import { Mirror, type ListDelta } from './mirror';
import { opening, type Step } from './opening';
import type { Ops } from './ops';
import type { Recorder } from './recorder';
import { Saves } from './saves';
import { tagged } from './tags';
import { Texts } from './texts';
import {
  isDisposed,
  snapshot,
  Transactions,
  type Gathered
} from './transactions';
import type { WithheldMemory } from './withheld-memory';

export type NotebookContext = DocumentRegistry.IContext<INotebookModel>;

export interface SessionOptions {
  /** UUIDv7 as text. */
  id: string;
  /** Its `ready` has resolved. */
  context: NotebookContext;
  recorder: Recorder;
  causes: Pick<Causes, 'gesture' | 'running'>;
  client: Client;
  /** The session that this page had on the notebook before: 16 bytes. */
  continues: Uint8Array | null;
  /** Told of each change of a cell's text that was made in this page. */
  edited: (cellId: string) => void;
  /** Told that a cell is gone. */
  removed: (cellId: string) => void;
  renamed: (path: string) => void;
  /** What earlier sessions of this browser withheld. */
  memory: WithheldMemory;
}

const NAME_UNITS = 512;

export class Session {
  constructor(private readonly options: SessionOptions) {
    const { context } = options;
    this.id = options.id;
    this.shared = context.model.sharedModel;
    const cells = this.shared.cells.map(snapshot);
    const { collaborative } = context.model;
    this.authors = new Authors(collaborative ? awarenessOf(this.shared) : null);
    this.mirror = new Mirror(
      collaborative ? options.memory.recall(context.path, cells) : cells
    );
    this.texts = new Texts({
      ...options,
      sessionId: this.id,
      mirror: this.mirror,
      closed: () => this.closed
    });
    this.nameCells();
    this.open();
    this.transactions = new Transactions(this.shared, (change, transaction) =>
      this.commit(change, transaction)
    );
    this.saves = new Saves({
      review: () => this.texts.review(),
      saveState: context.saveState,
      recorder: options.recorder,
      sessionId: this.id,
      cells: () => this.mirror.snapshot()
    });
    context.pathChanged.connect(this.onPath, this);
  }

  readonly id: string;
  /** Who changes the notebook in other pages. */
  readonly authors: Authors;
  readonly texts: Texts;

  /** Whether the log knows of this session: one that is opened in a pause is told of when it ends. */
  get told(): boolean {
    return this.opened;
  }

  /** Close for good. Nothing is recorded after it. */
  close(reason: string): void {
    if (this.closed) {
      return;
    }
    this.options.recorder.flush();
    this.closed = true;
    this.transactions.stop();
    this.authors.stop();
    this.saves.stop();
    this.options.memory.keep(this.options.context.path, this.mirror.mixed());
    Signal.disconnectReceiver(this);
    if (this.opened) {
      this.options.recorder.record(this.id, 'session.closed', { reason });
    }
  }

  /** The recording goes on after a pause: say how the notebook stands. */
  resume(): void {
    if (!this.opened) {
      this.open();
      return;
    }
    const { cells, rest } = opening(this.snapshot());
    this.options.recorder.record(this.id, 'recording.resumed', { cells });
    this.options.recorder.hold(this.id, rest);
  }

  /** Something was not recorded: say anew how the notebook stands. */
  missed(): void {
    if (this.saying || this.closed) {
      return;
    }
    this.saying = true;
    queueMicrotask(() => {
      guarded('missed', () => this.reload());
      this.saying = false;
    });
  }

  private open(): void {
    const { context, recorder, client, continues } = this.options;
    this.opened = !recorder.paused;
    const { cells, rest } = opening(this.snapshot());
    const kernel =
      context.sessionContext.session?.kernel?.name ||
      context.model.defaultKernelName ||
      context.sessionContext.kernelPreference.name ||
      '';
    const body: SessionOpened = {
      notebook_path: context.path,
      kernel_name: kernel.slice(0, NAME_UNITS),
      client,
      cells,
      shared: context.model.collaborative ?? false,
      continues
    };
    recorder.record(this.id, 'session.opened', body);
    recorder.hold(this.id, rest);
  }

  /** The cells as they are recorded, with their tags; not those of a cell that holds withheld text. */
  private snapshot(): CellSnapshot[] {
    const { cells } = this.mirror;
    return this.mirror.snapshot().map((cell, i) => ({
      ...cell,
      ...(!cells[i].mixed && tagged(cells[i].key.getMetadata('tags')))
    }));
  }

  /** One transaction is over: tell what it did. */
  private commit(
    { delta, edits, renamed, format }: Gathered,
    transaction: TransactionLike
  ): void {
    const by = transaction.local ? OWN : this.authors.of(transaction);
    try {
      let split: ReadonlySet<ISharedCell> = new Set();
      if (delta !== null) {
        this.options.recorder.flush();
        const cause = causeOfTransaction(
          transaction,
          this.transactions.undoManagers()
        );
        if (format && this.replacesAll(delta)) {
          this.reload();
          return;
        }
        split = this.restructure(delta, cause, edits, by);
      }
      for (const [cell, ops] of edits) {
        const entry = this.mirror.at(cell);
        if (!entry) {
          queueMicrotask(() => guarded('list', () => this.checkList()));
          continue;
        }
        const managers = this.transactions.undoManagers(cell);
        const cause =
          causeOfTransaction(transaction, managers) ??
          (split.has(cell)
            ? 'split'
            : this.causeOfEdit(transaction.origin, cell));
        this.texts.edit(entry, cause, ops, by);
      }
      if (renamed.size > 0) {
        const cause = transaction.local ? 'tool' : 'remote';
        this.rename(renamed, cause, by);
      }
    } catch (error) {
      // Whatever was missed, from here on the mirror is true again.
      this.reload();
      throw error;
    }
  }

  private restructure(
    delta: readonly ListDelta<ISharedCell>[],
    cause: Cause | null,
    edited: ReadonlyMap<ISharedCell, Ops>,
    { author, agreed }: Authorship
  ): ReadonlySet<ISharedCell> {
    const told = { cause, edited, agreed };
    const { steps, split } = this.mirror.apply(delta, told);
    this.tell(steps, author);
    return split;
  }

  private rename(
    cells: ReadonlySet<ISharedCell>,
    cause: Cause,
    { author }: Authorship
  ): void {
    this.options.recorder.flush();
    const steps = [...cells].flatMap(cell =>
      this.mirror.rename(cell, cell.getId(), cause)
    );
    this.tell(steps, author);
  }

  /** Record what a change of the list came to, which the mirror has taken. */
  private tell(steps: readonly Step[], author: Authorship['author']): void {
    this.nameCells();
    if (author) {
      steps.forEach(step => Object.assign(step.body, { author }));
    }
    const gone = steps.filter(step => step.type === 'cell.removed');
    this.options.recorder.hold(this.id, steps);
    gone.forEach(({ body }) => this.options.removed(body.cell_id));
    queueMicrotask(() => guarded('list', () => this.checkList()));
  }

  private causeOfEdit(origin: unknown, cell: ISharedCell): Cause {
    const { gesture, running } = this.options.causes;
    return isProgrammatic(origin, [this.shared, cell])
      ? (running ?? 'tool')
      : (gesture ?? 'user');
  }

  /** Let the rest of the page know what the record calls the cells. */
  private nameCells(): void {
    this.mirror.cells.forEach(({ key, cell_id }) => nameCell(key, cell_id));
  }

  /** Whether the delta deletes all that was there. */
  private replacesAll(delta: readonly ListDelta<ISharedCell>[]): boolean {
    const deleted = delta.reduce(
      (sum, part) => sum + ('delete' in part ? part.delete : 0),
      0
    );
    return deleted >= this.mirror.cells.length;
  }

  /** All cells were read anew. */
  private reload(): void {
    // What is open belongs to the cells as they were.
    this.options.recorder.flush();
    const before = new Set(this.mirror.cells.map(({ cell_id }) => cell_id));
    this.mirror.reset(this.shared.cells.map(snapshot));
    this.nameCells();
    const { cells, rest } = opening(this.snapshot());
    this.options.recorder.record(this.id, 'notebook.reloaded', { cells });
    this.options.recorder.hold(this.id, rest);
    // A file that was saved and then read again holds what is here now.
    this.saves.forget();
    this.mirror.cells.forEach(({ cell_id }) => before.delete(cell_id));
    before.forEach(cellId => this.options.removed(cellId));
  }

  private checkList(): void {
    const { cells } = this.mirror;
    const same =
      cells.length === this.shared.cells.length &&
      this.shared.cells.every((cell, i) => cell === cells[i].key);
    if (!this.closed && !isDisposed(this.shared) && !same) {
      this.reload();
    }
  }

  private readonly onPath = (_: unknown, path: string): void => {
    guarded('path', () => {
      this.options.recorder.record(this.id, 'notebook.renamed', { path });
      this.options.renamed(path);
    });
  };

  private readonly shared: ISharedNotebook;
  private readonly mirror: Mirror<ISharedCell>;
  private readonly transactions: Transactions;
  private readonly saves: Saves;
  private saying = false;
  private opened = false;
  private closed = false;
}

/** A shared notebook's signals, gathered transaction by transaction: what changed as a whole, and where it came from. */

import type {
  ISharedCell,
  ISharedNotebook,
  NotebookChange
} from '@jupyter/ydoc';
import { Signal } from '@lumino/signaling';

import type { TransactionLike } from './causes';
import { guarded } from './guard';
import type { Inserted, ListDelta } from './lineage';
import { opsOf, type Ops, type TextDelta } from './ops';

/** What one transaction changed. */
export interface Gathered {
  delta: ListDelta<ISharedCell>[] | null;
  edits: Map<ISharedCell, Ops>;
  /** Cells that stay and have another id now: as the server writes a shared notebook, it parts cells with the same one. */
  renamed: Set<ISharedCell>;
  /** The notebook's format was written: only loading a whole notebook does that. */
  format: boolean;
}

export type Commit = (change: Gathered, transaction: TransactionLike) => void;

type Listener = (transaction: TransactionLike) => void;

interface YDocLike {
  on(name: 'afterTransaction', listener: Listener): unknown;
  off(name: 'afterTransaction', listener: Listener): unknown;
}

const UNKNOWN: TransactionLike = { local: true, origin: null };

export class Transactions {
  /** @param commit called after each transaction that changed cells, when all its signals are through. */
  constructor(
    private readonly shared: ISharedNotebook,
    private readonly commit: Commit
  ) {
    const ydoc = 'ydoc' in shared ? shared.ydoc : null;
    this.ydoc = isYDoc(ydoc) ? ydoc : null;
    this.ydoc?.on('afterTransaction', this.onTransaction);
    shared.changed.connect(this.onNotebook, this);
    shared.cells.forEach(cell => this.listen(cell));
  }

  /** The undo managers that may change this cell: the notebook's and its own. */
  undoManagers(cell?: ISharedCell): readonly unknown[] {
    return [this.shared, cell].map(model =>
      model && 'undoManager' in model ? model.undoManager : null
    );
  }

  /** Hear nothing more. */
  stop(): void {
    this.ydoc?.off('afterTransaction', this.onTransaction);
    Signal.disconnectReceiver(this);
  }

  private listen(cell: ISharedCell): void {
    this.ids.set(cell, cell.getId());
    cell.changed.connect(this.onCell, this);
  }

  private readonly onTransaction = (transaction: TransactionLike): void => {
    const change = this.gathered;
    this.gathered = nothing();
    const { delta, edits, renamed } = change;
    if (delta !== null || edits.size > 0 || renamed.size > 0) {
      guarded('transaction', () => this.commit(change, transaction));
    }
  };

  private readonly onNotebook = (
    _: ISharedNotebook,
    change: NotebookChange
  ): void => {
    guarded('notebook', () => {
      if (change.nbformatChanged) {
        this.gathered.format = true;
      }
      if (change.cellsChange) {
        this.gathered.delta = change.cellsChange.map(part => {
          if (part.insert) {
            part.insert.forEach(cell => this.listen(cell));
            return { insert: part.insert.map(snapshot) };
          }
          return part.delete
            ? { delete: part.delete }
            : { retain: part.retain ?? 0 };
        });
      }
      this.signalled();
    });
  };

  private readonly onCell = (
    cell: ISharedCell,
    { sourceChange }: { sourceChange?: TextDelta[] }
  ): void => {
    const id = cell.getId();
    const renamed = this.ids.get(cell) !== id;
    if (!sourceChange && !renamed) {
      return;
    }
    guarded('cell', () => {
      const ops = opsOf(sourceChange ?? []);
      if (ops.length > 0) {
        this.gathered.edits.set(cell, ops);
      }
      if (renamed) {
        this.ids.set(cell, id);
        this.gathered.renamed.add(cell);
      }
      if (ops.length > 0 || renamed) {
        this.signalled();
      }
    });
  };

  /** A shared notebook that is not made with Yjs has no transactions: there each signal counts as one. */
  private signalled(): void {
    if (this.ydoc === null) {
      this.onTransaction(UNKNOWN);
    }
  }

  private readonly ydoc: YDocLike | null;
  private readonly ids = new WeakMap<ISharedCell, string>();
  private gathered: Gathered = nothing();
}

/** A cell as it stands. */
export function snapshot(cell: ISharedCell): Inserted<ISharedCell> {
  const type: string = cell.cell_type;
  return {
    key: cell,
    cell_id: cell.getId(),
    // Whatever is neither code nor markdown is kept and shown as raw.
    cell_type: type === 'code' || type === 'markdown' ? type : 'raw',
    source: cell.getSource()
  };
}

/** Whether a shared model is no longer to be asked anything. */
export function isDisposed(model: object): boolean {
  return 'isDisposed' in model && model.isDisposed === true;
}

function nothing(): Gathered {
  return {
    delta: null,
    edits: new Map(),
    renamed: new Set(),
    format: false
  };
}

function isYDoc(value: unknown): value is YDocLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'on' in value &&
    'off' in value
  );
}

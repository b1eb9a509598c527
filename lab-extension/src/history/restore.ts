/** Puts a cell of the past back into the notebook. */

import type { ISharedNotebook } from '@jupyter/ydoc';

import { recordedId } from '../cell-ids';
import type { CellText } from './data';

type CellType = 'code' | 'markdown' | 'raw';

/**
 * Make a cell's text and type what they were; a cell that is gone comes back behind the one that it stood behind.
 *
 * All of it is one transaction of the notebook, so that one undo takes it back. Whatever the cell holds now is replaced;
 * its outputs and metadata stay, unless its type changes.
 *
 * @param past the cells as they stood then, in order.
 * @returns whether anything had to be changed.
 */
export function restoreCell(
  notebook: ISharedNotebook,
  past: readonly CellText[],
  cellId: string
): boolean {
  const at = past.findIndex(({ id }) => id === cellId);
  if (at < 0) {
    return false;
  }
  const { source, type } = past[at];
  const index = notebook.cells.findIndex(cell => recordedId(cell) === cellId);
  const now = index < 0 ? null : notebook.cells[index];
  if (now?.cell_type === type && now.getSource() === source) {
    return false;
  }
  standApart(notebook);
  notebook.transact(() => {
    if (now?.cell_type === type) {
      now.setSource(source);
      return;
    }
    if (now !== null) {
      notebook.deleteCell(index);
    }
    notebook.insertCell(
      index < 0 ? behind(notebook, past.slice(0, at)) : index,
      {
        id: cellId,
        cell_type: type as CellType,
        source,
        metadata: {}
      }
    );
  });
  standApart(notebook);
  return true;
}

/** Yjs would undo together what happened within half a second. */
function standApart(notebook: ISharedNotebook): void {
  const manager: unknown =
    'undoManager' in notebook ? notebook.undoManager : null;
  if (isUndoManager(manager)) {
    manager.stopCapturing();
  }
}

function isUndoManager(value: unknown): value is { stopCapturing(): void } {
  return (
    typeof value === 'object' && value !== null && 'stopCapturing' in value
  );
}

/** The place behind the nearest of these cells that is still there. */
function behind(
  notebook: ISharedNotebook,
  before: readonly CellText[]
): number {
  const places = new Map(
    notebook.cells.map((cell, i) => [recordedId(cell), i])
  );
  for (const { id } of [...before].reverse()) {
    const place = places.get(id);
    if (place !== undefined) {
      return place + 1;
    }
  }
  return 0;
}

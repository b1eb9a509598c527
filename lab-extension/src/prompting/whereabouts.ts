/** Where a person was in a notebook before a prompt took the focus, and the way back. */

import type { Notebook, NotebookMode } from '@jupyterlab/notebook';

import { recordedId } from '../cell-ids';
import { isInView } from './steady';

export interface Whereabouts {
  /** The active cell, null if there was none. */
  cellId: string | null;
  mode: NotebookMode;
  /** The active cell's top edge, pixels from the window's top; null if it was out of view. */
  top: number | null;
  /** How far the notebook was scrolled, pixels. */
  scrollTop: number;
  /** What had the focus outside the notebook's cells; null if it was in the active cell or nowhere. */
  outside: HTMLElement | null;
}

/**
 * Note where the person is, at the moment when the focus moves into a prompt.
 *
 * @param leaving what loses the focus. The notebook is in command mode by then, so the editor tells what the mode was.
 */
export function whereabouts(
  notebook: Notebook,
  scroller: Element,
  leaving: EventTarget | null
): Whereabouts {
  const cell = notebook.activeCell;
  const from = leaving instanceof HTMLElement ? leaving : null;
  const inEditor = cell?.editorWidget?.node.contains(from) ?? false;
  return {
    cellId: cell && recordedId(cell.model.sharedModel),
    mode: inEditor && from ? 'edit' : notebook.mode,
    top:
      cell && isInView(scroller, cell.node)
        ? cell.node.getBoundingClientRect().top
        : null,
    scrollTop: scroller.scrollTop,
    outside: from && !notebook.node.contains(from) ? from : null
  };
}

/** The cell that the person comes back to; the active one if theirs is gone. */
export function cellOf(
  notebook: Notebook,
  place: Whereabouts
): Notebook['activeCell'] {
  return (
    notebook.widgets.find(
      cell => recordedId(cell.model.sharedModel) === place.cellId
    ) ?? notebook.activeCell
  );
}

/** Give the active cell, the mode and the focus back; the caret is where it was, since its editor kept it. */
export function giveBack(notebook: Notebook, place: Whereabouts): void {
  const cell = cellOf(notebook, place);
  const index = cell ? notebook.widgets.indexOf(cell) : -1;
  if (index >= 0 && index !== notebook.activeCellIndex) {
    notebook.deselectAll();
    notebook.activeCellIndex = index;
  }
  if (place.outside?.isConnected && place.outside.checkVisibility()) {
    place.outside.focus({ preventScroll: true });
    return;
  }
  if (!cell) {
    return;
  }
  if (
    place.mode === 'edit' &&
    recordedId(cell.model.sharedModel) === place.cellId
  ) {
    notebook.mode = 'edit';
    cell.editor?.focus();
  } else {
    notebook.mode = 'command';
    cell.node.focus({ preventScroll: true });
  }
}

/** Where in its cell a prompt stands: below the outputs, just above the footer. */

import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { PanelLayout, type Widget } from '@lumino/widgets';

import { recordedId } from '../cell-ids';

const FOOTER_CLASS = 'jp-CellFooter';

/** The cell's widget in this view of the notebook; undefined if the notebook has no such cell. */
export function cellById(notebook: Notebook, cellId: string): Cell | undefined {
  return notebook.widgets.find(
    cell => recordedId(cell.model.sharedModel) === cellId
  );
}

/**
 * Put a widget into a cell that is ready. The cell's layout carries it along when windowing takes the cell out and back.
 *
 * @returns whether the cell could take it.
 */
export function placeInCell(cell: Cell, widget: Widget): boolean {
  const layout = cell.layout;
  if (!(layout instanceof PanelLayout)) {
    return false;
  }
  const footer = layout.widgets.find(child => child.hasClass(FOOTER_CLASS));
  layout.insertWidget(
    footer ? layout.widgets.indexOf(footer) : layout.widgets.length,
    widget
  );
  // While a cell is windowed out, only some of its children are in the page, and counting them misplaces the widget.
  if (
    footer?.node.parentElement === cell.node &&
    widget.node.nextElementSibling !== footer.node
  ) {
    cell.node.insertBefore(widget.node, footer.node);
  }
  return true;
}

/** The cell's element that holds an element of the notebook, null if none does. */
export function cellAround(
  notebook: Notebook,
  target: unknown
): Element | null {
  if (!(target instanceof Element) || !notebook.node.contains(target)) {
    return null;
  }
  return target.closest('.jp-Cell');
}

/** Code in the colours of JupyterLab's editors, line by line. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';

import { element } from '../elements';

/** Longer texts stay plain: the parser would hold up the page. In UTF-16 units. */
const MOST_UNITS = 50_000;

/** The MIME type of markdown cells in JupyterLab. */
const MARKDOWN = 'text/x-ipythongfm';

/** Colours a text; the lines come back in order. Null where it stays plain. */
export type Colour = (
  source: string,
  cellType: string
) => Promise<DocumentFragment[] | null>;

/** @param codeMime the MIME type of the notebook's code. */
export function colouring(
  languages: IEditorLanguageRegistry | null,
  codeMime: () => string
): Colour {
  return async (source, cellType) => {
    if (languages === null || source.length > MOST_UNITS) {
      return null;
    }
    const mime =
      cellType === 'code'
        ? codeMime()
        : cellType === 'markdown'
          ? MARKDOWN
          : 'text/plain';
    const box = element('div');
    try {
      await languages.highlight(source, languages.findByMIME(mime), box);
    } catch {
      return null;
    }
    return box.textContent === source ? linesOf(box) : null;
  };
}

/** Cut coloured text at its line ends. */
function linesOf(box: HTMLElement): DocumentFragment[] {
  const lines = [new DocumentFragment()];
  for (const child of Array.from(box.childNodes)) {
    (child.textContent ?? '').split('\n').forEach((piece, i) => {
      if (i > 0) {
        lines.push(new DocumentFragment());
      }
      if (piece !== '') {
        lines[lines.length - 1].append(
          child instanceof HTMLElement
            ? element('span', child.className, piece)
            : piece
        );
      }
    });
  }
  return lines;
}

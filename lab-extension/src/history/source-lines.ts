/** A cell's text line by line, in colour, and how it differs from another state of the cell. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Colour } from './colours';
import { allLines, compareLines, fold, type Line } from './compare';
import type { CellText } from './data';
import { button, element } from '../elements';

/** Of the lines that did not change, so many stay on each side of one that did. */
const LINES_AROUND = 3;
/** Fewer lines than this are not folded away. */
const LEAST_LINES = 5;

const SIGNS = {
  '+': ['ins', 'jp-mod-added'],
  '-': ['del', 'jp-mod-removed'],
  ' ': ['span', 'jp-mod-same']
} as const;

export interface SourceOptions {
  /** The earlier and the later state; null where the cell was not there. */
  from: CellText | null;
  to: CellText | null;
  /** Whether to show what differs; else the earlier state alone, or the later one where there is no earlier. */
  differs: boolean;
  trans: TranslationBundle;
  colour: Colour;
}

/** The element with the lines; it depends on the options alone. */
export function sourceLines(options: SourceOptions): HTMLElement {
  const { from, to, differs, colour, trans } = options;
  const lines = linesOf(options);
  const box = element('pre', 'jp-Prompter-source');
  box.classList.toggle('jp-Prompter-diff', differs);
  const drawn: { line: Line; node: HTMLElement }[] = [];
  for (const { folded, items } of fold(
    lines,
    ({ sign }) => sign !== ' ',
    LINES_AROUND,
    LEAST_LINES
  )) {
    const nodes = items.map(line => {
      const [tag, className] = SIGNS[line.sign];
      const node = element(tag, className, line.text);
      drawn.push({ line, node });
      return node;
    });
    if (folded) {
      box.append(unfoldable(nodes, trans));
    } else {
      box.append(...nodes);
    }
  }
  const paint = async (
    text: string | undefined,
    type: string,
    mine: (line: Line) => boolean
  ): Promise<void> => {
    const coloured = text === undefined ? null : await colour(text, type);
    drawn.forEach(({ line, node }) => {
      const piece = mine(line) ? coloured?.at(line.row) : undefined;
      if (piece) {
        node.replaceChildren(piece);
      }
    });
  };
  // What both have is coloured as it stands in the later one.
  const later = differs ? (to ?? from) : (from ?? to);
  void paint(later?.source, later?.type ?? '', ({ sign }) => sign !== '-');
  if (differs && from) {
    void paint(from.source, from.type, ({ sign }) => sign === '-');
  }
  return box;
}

function linesOf({ from, to, differs }: SourceOptions): Line[] {
  if (!differs) {
    return allLines((from ?? to)?.source ?? '', ' ');
  }
  if (from && to) {
    return compareLines(from.source, to.source);
  }
  return from ? allLines(from.source, '-') : allLines(to?.source ?? '', '+');
}

function unfoldable(
  nodes: HTMLElement[],
  trans: TranslationBundle
): HTMLElement {
  const more = button(
    'jp-Prompter-quiet jp-Prompter-unfold',
    trans._n('1 line, the same', '%1 lines, the same', nodes.length),
    () => more.replaceWith(...nodes)
  );
  return more;
}

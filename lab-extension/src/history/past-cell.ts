/** One cell as it stood, with what became of it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Colour } from './colours';
import { allLines, compareLines, fold, type Line } from './compare';
import { button, element } from '../elements';
import type { Mode, Shown } from './history';
import { pastOutputs } from './past-outputs';
import { fate, whichCell, type Clock } from './words';

/** Of the lines that did not change, so many stay on each side of one that did. */
const LINES_AROUND = 3;
/** Fewer lines than this are not folded away. */
const LEAST_LINES = 5;

const SIGNS = {
  '+': ['ins', 'jp-mod-added'],
  '-': ['del', 'jp-mod-removed'],
  ' ': ['span', 'jp-mod-same']
} as const;

export interface PastCellOptions {
  shown: Shown;
  mode: Mode;
  clock: Clock;
  trans: TranslationBundle;
  colour: Colour;
  /** The person wants the cell back. */
  restore: (cellId: string) => void;
}

/** The element of a cell; it depends on the options alone. */
export function pastCell(options: PastCellOptions): HTMLElement {
  const { shown, mode, clock, trans, restore } = options;
  const cell = shown.from ?? shown.to;
  const article = element('article', 'jp-Prompter-pastCell');
  const name = whichCell(shown, mode, trans);
  const what = fate(shown, mode, clock, trans);
  const said = element('p');
  said.append(element('strong', '', name), what === '' ? '' : `, ${what}`);
  const head = element('div', 'jp-Prompter-pastHead');
  head.append(said);
  if (cell && shown.restorable) {
    const put = button(
      'jp-Prompter-button jp-Prompter-restore',
      trans.__('Restore this cell'),
      () => restore(cell.id)
    );
    put.setAttribute('aria-label', trans.__('Restore %1', name));
    head.append(put);
  }
  article.setAttribute('aria-label', said.textContent ?? name);
  article.dataset.cellId = cell?.id ?? '';
  article.dataset.fate = mode === 'off' ? 'same' : shown.fate;
  article.tabIndex = -1;
  article.append(head, source(options));
  if (shown.past !== null) {
    article.append(...pastOutputs(shown.past, trans));
  }
  return article;
}

/** What a cell's element depends on. */
export function signature({ shown, mode, clock }: PastCellOptions): string {
  const { removedAt } = shown;
  return JSON.stringify([shown, mode, removedAt && clock.minute(removedAt)]);
}

function source({ shown, mode, colour, trans }: PastCellOptions): HTMLElement {
  const { from, to } = shown;
  const differs = mode !== 'off' && shown.fate !== 'same';
  const lines = linesOf(shown, differs);
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
  const later = to ?? from;
  void paint(later?.source, later?.type ?? '', ({ sign }) => sign !== '-');
  if (differs && from) {
    void paint(from.source, from.type, ({ sign }) => sign === '-');
  }
  return box;
}

function linesOf({ from, to }: Shown, differs: boolean): Line[] {
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

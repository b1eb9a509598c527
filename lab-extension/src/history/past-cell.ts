/** One cell as it stood, with what became of it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Colour } from './colours';
import { button, element } from '../elements';
import type { Mode, Shown } from './history';
import { pastOutputs } from './past-outputs';
import { sourceLines } from './source-lines';
import { fate, whichCell, type Clock } from './words';

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
  const { shown, mode, clock, trans, colour, restore } = options;
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
  const { from, to } = shown;
  const differs = mode !== 'off' && shown.fate !== 'same';
  article.append(head, sourceLines({ from, to, differs, trans, colour }));
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

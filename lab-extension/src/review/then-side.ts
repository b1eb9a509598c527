/** The cell that a question of the review is about: as it stood then, or what changed since. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { element } from '../elements';
import type { Colour } from '../history/colours';
import { isSame } from '../history/compare';
import type { CellText } from '../history/data';
import { pastOutputs } from '../history/past-outputs';
import { sourceLines } from '../history/source-lines';
import type { Clock } from '../history/words';
import type { ReviewItem, StoodCell } from './data';
import { cellName, frame, run, stoodAt } from './words';

let made = 0;

export interface ThenOptions {
  item: ReviewItem;
  trans: TranslationBundle;
  colour: Colour;
  clock: Clock;
  /** The cell as it stands in the open notebook; null if it is gone. */
  now: () => CellText | null;
}

/** Built anew for each question. */
export class ThenSide {
  constructor(private readonly options: ThenOptions) {
    const { item, trans, clock } = options;
    const said = element('p');
    said.append(
      element('strong', '', cellName(item, trans)),
      ` ${stoodAt(item, clock, trans)}`
    );
    const where = element('div', 'jp-Prompter-where');
    where.append(said);
    this.node.append(where);
    const { cell } = item;
    if (cell === null) {
      this.node.append(
        note(trans.__('What stood there is no longer in the record.'))
      );
      return;
    }
    where.append(this.switch());
    this.node.append(this.source, ...outcome(cell, trans), facts(cell, trans));
    this.update();
  }

  readonly node = element('div', 'jp-Prompter-then');

  /** Turn between the cell as it stood and the changes since. */
  turn(): void {
    const other = this.radios.find(radio => !radio.checked);
    if (other) {
      other.checked = true;
      this.update();
    }
  }

  /** Show the changes up to now: the notebook may have changed meanwhile. */
  update(): void {
    const { item, trans, colour, now } = this.options;
    const { cell } = item;
    if (cell === null) {
      return;
    }
    const from: CellText = {
      id: item.cell_id,
      type: cell.type,
      source: cell.source
    };
    const changes = this.radios.at(1)?.checked === true;
    const to = changes ? now() : null;
    const key = JSON.stringify([changes, to]);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    const same = to !== null && isSame(from, to);
    const lines = sourceLines({
      from,
      to,
      differs: changes && !same,
      trans,
      colour
    });
    // It may be scrolled by keys.
    lines.tabIndex = 0;
    lines.setAttribute('role', 'region');
    lines.setAttribute(
      'aria-label',
      changes ? trans.__('Changes since') : trans.__('The cell as it stood')
    );
    const notes = [
      ...(same && changes ? [trans.__('Nothing changed since.')] : []),
      ...(cell.withheld
        ? [trans.__('A part of this text is not in the record.')]
        : [])
    ];
    this.source.replaceChildren(lines, ...notes.map(note));
  }

  private switch(): HTMLElement {
    const { trans } = this.options;
    const group = element('div', 'jp-Prompter-switch');
    group.setAttribute('role', 'radiogroup');
    group.setAttribute('aria-label', trans.__('Source'));
    const name = `jp-Prompter-then-${made++}`;
    [trans.__('Then'), trans.__('Changes since')].forEach((text, index) => {
      const label = element('label');
      const input = element('input');
      input.type = 'radio';
      input.name = name;
      input.checked = index === 0;
      input.addEventListener('change', () => this.update());
      this.radios.push(input);
      label.append(input, text);
      group.append(label);
    });
    return group;
  }

  private readonly source = element('div');
  private readonly radios: HTMLInputElement[] = [];
  private shown = '';
}

function note(text: string): HTMLElement {
  return element('p', 'jp-Prompter-pastNote', text);
}

/** What came out; an error by its name and message. */
function outcome(cell: StoodCell, trans: TranslationBundle): HTMLElement[] {
  const shown = pastOutputs(
    { ...cell, id: '', count: null, error: null },
    trans
  );
  if (cell.error !== null) {
    const failed = element('pre', 'jp-Prompter-pastOutput jp-Prompter-error');
    failed.append(
      element('strong', '', cell.error.name),
      ` ${cell.error.message}`
    );
    shown.push(failed);
  }
  if (shown.length === 0) {
    return [];
  }
  const box = element('div', 'jp-Prompter-outcome');
  box.append(element('h3', '', trans.__('What came out')), ...shown);
  box
    .querySelectorAll<HTMLElement>('.jp-Prompter-pastOutput, table')
    .forEach(output => {
      output.tabIndex = 0;
    });
  return [box];
}

function facts(cell: StoodCell, trans: TranslationBundle): HTMLElement {
  const list = element('dl', 'jp-Prompter-facts');
  const add = (term: HTMLElement, text: string): void => {
    const pair = element('div');
    pair.append(term, element('dd', '', text));
    list.append(pair);
  };
  const ran = run(cell, trans);
  if (ran !== '') {
    add(element('dt', '', trans.__('Run')), ran);
  }
  for (const change of cell.frames) {
    const term = element('dt');
    term.append(element('code', '', change.name));
    add(term, frame(change, trans));
  }
  list.hidden = list.childElementCount === 0;
  return list;
}

/** The parts around a drawing, as the scripts of the exported page expect them. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element } from '../elements';
import type { Told } from './data';
import { drawn } from './markup';

/** A session's head, legend, drawing, and the place for a cell at one version. */
export function sectionOf(
  told: Told,
  title: string,
  when: string,
  trans: TranslationBundle
): HTMLElement {
  const section = element('section', 'session');
  const head = element('div', 'head');
  const tools = element('span', 'tools');
  const whole = button('whole', trans.__('Whole session'), nothing);
  whole.hidden = true;
  tools.append(whole);
  if (told.data.folds.length > 0) {
    tools.append(button('gaps', trans.__('Unfold gaps'), nothing));
  }
  const times = button('clock', trans.__('Clock time'), nothing);
  times.setAttribute('aria-pressed', 'false');
  tools.append(times);
  head.append(element('h2', '', title), element('span', 'sub', when), tools);
  const facts = element('div', 'facts');
  for (const [strong, rest] of told.figures) {
    const fact = element('span');
    fact.append(element('b', '', strong), ` ${rest}`);
    facts.append(fact);
  }
  const stage = element('div', 'stage');
  const frame = element('figure');
  frame.setAttribute(
    'aria-label',
    trans.__('A lane for each cell, time across')
  );
  const svg = drawn(told.drawing);
  svg.classList.add('figure');
  svg.setAttribute('role', 'group');
  svg.setAttribute(
    'aria-label',
    trans.__(
      'Marks in the order of time: arrow keys walk, Enter goes to the cell, plus and minus zoom'
    )
  );
  svg.setAttribute('font-size', '11.5');
  frame.append(svg);
  const version = element('aside');
  version.setAttribute('role', 'region');
  version.setAttribute('aria-label', trans.__('The cell at this version'));
  version.hidden = true;
  stage.append(frame, version);
  section.append(head, facts, legendOf(told, trans), stage);
  return section;
}

/** What the marks mean, folded away: most people learn it once. */
function legendOf(told: Told, trans: TranslationBundle): HTMLElement {
  const folded = element('details', 'key');
  folded.append(element('summary', '', trans.__('Legend')));
  const list = element('div', 'legend');
  for (const { mark, width, words } of told.legend) {
    const item = element('span');
    const svg = drawn(mark);
    svg.setAttribute('width', String(width));
    svg.setAttribute('height', '14');
    svg.setAttribute('aria-hidden', 'true');
    item.append(svg, words);
    list.append(item);
  }
  folded.append(list);
  return folded;
}

/** The drawing listens to these buttons itself. */
function nothing(): void {
  // Nothing more is to be done.
}

/** What a cell had put out, as far as it was recorded. Whatever it was, it is shown as text. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { PastCell, PastOutput } from './data';
import { element } from '../elements';
import { cutNote, outputNote } from './words';

/** A table larger than this says no more here. */
const MOST_ROWS = 30;
const MOST_COLUMNS = 30;

/** The outputs of a cell; nothing where there are none. */
export function pastOutputs(
  cell: PastCell,
  trans: TranslationBundle
): HTMLElement[] {
  const shown = cell.outputs.flatMap(output => drawn(output, trans));
  if (cell.more_outputs > 0) {
    shown.push(
      note(trans._n('1 more output', '%1 more outputs', cell.more_outputs))
    );
  }
  if (cell.error !== null) {
    const { name, message } = cell.error;
    const text = message === '' ? name : `${name}: ${message}`;
    shown.push(element('pre', 'jp-Prompter-pastOutput jp-mod-failed', text));
  }
  return shown;
}

function drawn(output: PastOutput, trans: TranslationBundle): HTMLElement[] {
  const { mime, text, bytes } = output;
  if (text === null || (text === '' && bytes > 0)) {
    return [note(outputNote(output, trans))];
  }
  const whole = new TextEncoder().encode(text).length >= bytes;
  const table = mime === 'text/html' ? tableOf(text) : null;
  const body =
    table ??
    element(
      'pre',
      'jp-Prompter-pastOutput',
      mime === 'text/html' ? textOf(text) : text
    );
  return whole ? [body] : [body, note(cutNote(bytes, trans))];
}

function note(text: string): HTMLElement {
  return element('p', 'jp-Prompter-pastNote', text);
}

/** A document of its own, in which nothing runs and nothing is loaded. */
function inert(html: string): Document {
  return new DOMParser().parseFromString(html, 'text/html');
}

function textOf(html: string): string {
  const { body } = inert(html);
  body.querySelectorAll('style, script').forEach(each => each.remove());
  return (body.textContent ?? '').trim();
}

/** A data frame's table, made anew of its texts; null where there is no table. */
function tableOf(html: string): HTMLElement | null {
  const found = inert(html).querySelector('table');
  if (found === null || found.rows.length === 0) {
    return null;
  }
  const table = element('table', 'jp-Prompter-pastTable');
  const [head, body] = [table.createTHead(), table.createTBody()];
  for (const row of Array.from(found.rows).slice(0, MOST_ROWS)) {
    const part = row.parentElement?.localName === 'thead' ? head : body;
    const made = part.insertRow();
    for (const cell of Array.from(row.cells).slice(0, MOST_COLUMNS)) {
      made.append(
        element(
          cell.localName === 'th' ? 'th' : 'td',
          '',
          cell.textContent ?? ''
        )
      );
    }
  }
  return table;
}

/** The end of the review: what was said, once more, and one button. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element } from '../elements';
import { quoted, type Review } from './review';
import { cellName, summary } from './words';

export interface EndOptions {
  review: Review;
  trans: TranslationBundle;
  /** The notebook's name. */
  file: string;
  /** Where the study goes on; null if nowhere. */
  then: URL | null;
  /** Change the answer with this index. */
  change: (index: number) => void;
  end: () => void;
}

let made = 0;

/** Its element; the heading takes the focus. */
export function endScreen(options: EndOptions): {
  node: HTMLElement;
  heading: HTMLElement;
} {
  const { review, trans, file, then, change, end } = options;
  const asked = review.standings.length > 0;
  const node = element('div', 'jp-Prompter-end');
  const heading = element(
    'h2',
    '',
    asked ? trans.__('That was the last one') : trans.__('Nothing to ask')
  );
  heading.tabIndex = -1;
  heading.id = `jp-Prompter-reviewEnd-${made++}`;
  const list = element('ol', 'jp-Prompter-list');
  list.setAttribute('aria-label', trans.__('Your answers'));
  review.standings.forEach(({ item, answer }, index) => {
    const row = element('li');
    const name = cellName(item, trans);
    const said =
      answer === null
        ? element('em', '', trans.__('Skipped'))
        : element('q', '', quoted(answer));
    said.dir = 'auto';
    const open = button(
      'jp-Prompter-link',
      answer === null ? trans.__('Answer') : trans.__('Change'),
      () => change(index)
    );
    open.setAttribute(
      'aria-label',
      answer === null
        ? trans.__('Answer about %1', name)
        : trans.__('Change the answer about %1', name)
    );
    row.append(element('span', 'jp-Prompter-cellno', name), said, open);
    list.append(row);
  });
  list.hidden = !asked;
  const moves = element('div', 'jp-Prompter-moves');
  moves.append(
    element(
      'p',
      'jp-Prompter-hint',
      trans.__('Recording of %1 stops here. The notebook stays as it is.', file)
    ),
    element('span', 'jp-Prompter-gap'),
    ...(then === null ? [] : [goOn(then, trans)]),
    button('jp-Prompter-send', trans.__('End session'), end)
  );
  node.append(heading, element('p', '', summary(review, trans)), list, moves);
  return { node, heading };
}

/** The study's own page, in a new tab that learns nothing of this one. */
function goOn(then: URL, trans: TranslationBundle): HTMLElement {
  const link = element(
    'a',
    'jp-Prompter-link',
    trans.__('Go on at %1', then.hostname)
  );
  link.href = then.href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
}

/** An address that may be opened from here; null for what is none, or no page of the web. */
export function webAddress(text: string | null): URL | null {
  try {
    const url = new URL(text ?? '');
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : null;
  } catch {
    return null;
  }
}

/** The consent text at the corner of the page, with the two answers to it. It takes no focus and stops no work. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { button, element } from '../elements';
import type { ConsentForPage } from '../protocol';
import { blocksOf, wordingFor, type Block, type Span } from './wording';

export interface ConsentCardOptions {
  text: ConsentForPage;
  /** What people call the study; empty if it has no name. */
  title: string;
  /** BCP 47, the most wanted first. */
  languages: readonly string[];
  /** Whether it was agreed to already: then the text is there to be read again. */
  agreed: boolean;
  trans: TranslationBundle;
  agree: (this: void) => void;
  /** Not now; or, of a text that was agreed to, enough read. */
  close: (this: void) => void;
}

const TITLE_ID = 'jp-Prompter-consentTitle';

export class ConsentCard extends Widget {
  constructor(options: ConsentCardOptions) {
    super({ node: document.createElement('section') });
    const { text, title, languages, agreed, trans, agree, close } = options;
    this.addClass('jp-Prompter-consent');
    const { node } = this;
    node.setAttribute('role', 'dialog');
    node.setAttribute('aria-labelledby', TITLE_ID);
    node.tabIndex = -1;
    const heading = element(
      'h2',
      '',
      title === ''
        ? trans.__('This study asks for your consent')
        : trans.__('%1 asks for your consent', title)
    );
    heading.id = TITLE_ID;
    const { language, words } = wordingFor(text.text, languages);
    const body = element('div', 'jp-Prompter-consentText');
    body.lang = language;
    // So that it can be scrolled by keyboard.
    body.tabIndex = 0;
    body.setAttribute('role', 'document');
    body.setAttribute('aria-labelledby', TITLE_ID);
    body.append(...rendered(blocksOf(words)));
    const foot = element('div', 'jp-Prompter-consentFoot');
    if (agreed) {
      foot.append(button('jp-Prompter-sideButton', trans.__('Close'), close));
    } else {
      foot.append(
        element(
          'p',
          '',
          trans.__('Nothing is recorded before you agree. You can work on.')
        ),
        button('jp-Prompter-sideButton', trans.__('Not now'), close),
        button('jp-Prompter-sideButton jp-mod-strong', trans.__('Agree'), agree)
      );
    }
    node.append(heading, body, foot);
    node.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
  }
}

function rendered(blocks: readonly Block[]): HTMLElement[] {
  const made: HTMLElement[] = [];
  for (const { kind, spans } of blocks) {
    if (kind === 'heading' || kind === 'paragraph') {
      made.push(filled(kind === 'heading' ? 'h3' : 'p', spans));
      continue;
    }
    const tag = kind === 'bullet' ? 'ul' : 'ol';
    let list = made.at(-1);
    if (list?.localName !== tag) {
      made.push((list = element(tag)));
    }
    list.append(filled('li', spans));
  }
  return made;
}

const TAGS = { strong: 'strong', emphasis: 'em', code: 'code' } as const;

function filled(tag: 'h3' | 'p' | 'li', spans: readonly Span[]): HTMLElement {
  const made = element(tag);
  made.append(
    ...spans.map(({ text, kind }) =>
      kind === 'plain' ? text : element(TAGS[kind], '', text)
    )
  );
  return made;
}

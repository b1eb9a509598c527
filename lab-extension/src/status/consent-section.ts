/** What the side panel says of the consent, and what can be done about it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element, setText } from '../elements';
import type { ConsentStatus } from '../tokens';
import { consented } from './words';

export interface ConsentSectionOptions {
  trans: TranslationBundle;
  read: () => void;
  withdraw: () => void;
}

export class ConsentSection {
  constructor(private readonly _options: ConsentSectionOptions) {
    const { trans, read, withdraw } = _options;
    this._read = button('jp-Prompter-sideLink', '', read);
    this._withdraw = button(
      'jp-Prompter-sideLink',
      trans.__('Withdraw…'),
      withdraw
    );
    this.node.hidden = true;
    const links = element('div', 'jp-Prompter-sideLinks');
    links.append(this._read, this._withdraw);
    this.node.append(
      element('summary', '', trans.__('Consent')),
      this._text,
      this._version,
      links
    );
  }

  readonly node = element('details');

  show(consent: ConsentStatus): void {
    const { trans } = this._options;
    const { stage, text } = consent;
    const needed = stage !== 'free';
    if (needed && this.node.hidden) {
      // What still needs a word of the person is not folded away.
      this.node.open = stage !== 'given';
    }
    this.node.hidden = !needed;
    setText(this._text, consented(consent, trans));
    setText(
      this._version,
      text === null ? '' : trans.__('Version of the text: %1', text.version)
    );
    setText(
      this._read,
      stage === 'given' ? trans.__('Read the text') : trans.__('Read and agree')
    );
    this._read.hidden = text === null;
    this._withdraw.hidden = stage !== 'given';
  }

  private readonly _text = element('p');
  private readonly _version = element('p', 'jp-Prompter-sideWhen');
  private readonly _read: HTMLButtonElement;
  private readonly _withdraw: HTMLButtonElement;
}

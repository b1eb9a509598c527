/** Asks for consent where the study wants it, and takes it back. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { element } from '../elements';
import { IDelivery } from '../tokens';
import { ConsentCard } from './card';

/** The commands about consent; the side panel runs them by these names. */
export const CONSENT_COMMANDS = {
  read: 'prompter:read-consent',
  withdraw: 'prompter:withdraw-consent'
} as const;

/** The one card of the page. */
class Asking {
  constructor(
    private readonly _delivery: IDelivery,
    private readonly _trans: TranslationBundle,
    private readonly _languages: readonly string[]
  ) {
    this._said.className = 'jp-Prompter-announcer';
    this._said.setAttribute('role', 'status');
    document.body.append(this._said);
    _delivery.consentChanged.connect(() => this._follow());
    this._follow();
  }

  /** Show the text. By the person's wish it takes the focus, and gives it back. */
  show(byWish: boolean): void {
    const { text, stage } = this._delivery.consent;
    if (text === null) {
      return;
    }
    this._close();
    const agreed = stage === 'given';
    const { study } = this._delivery;
    const back = document.activeElement;
    const card = new ConsentCard({
      text,
      title: study?.title ?? study?.name ?? '',
      languages: this._languages,
      agreed,
      trans: this._trans,
      agree: () => {
        this._leave(back);
        this._delivery.agree();
      },
      close: () => {
        this._leave(back);
        this._delivery.decline();
      }
    });
    this._card = card;
    Widget.attach(card, document.body);
    if (byWish) {
      card.node.focus({ preventScroll: true });
    } else {
      this._said.textContent = this._trans.__(
        'A study asks for your consent. Its text stands at the end of the page; nothing is recorded before you agree.'
      );
    }
  }

  private _follow(): void {
    const { stage, text } = this._delivery.consent;
    if (stage === 'asked' && text !== null && text.version !== this._asked) {
      // Once for each text: the study may change it while the page is open.
      this._asked = text.version;
      this.show(false);
    } else if (stage !== 'asked' && stage !== this._stage) {
      // It was answered, here or in another page.
      this._close();
    }
    this._stage = stage;
  }

  private _leave(back: Element | null): void {
    const within = this._card?.node.contains(document.activeElement) === true;
    this._close();
    if (within && back instanceof HTMLElement && back.isConnected) {
      back.focus({ preventScroll: true });
    }
  }

  private _close(): void {
    this._card?.dispose();
    this._card = null;
    this._said.textContent = '';
  }

  private readonly _said = element('div');
  private _card: ConsentCard | null = null;
  private _asked: string | null = null;
  private _stage = '';
}

async function askToWithdraw(
  delivery: IDelivery,
  trans: TranslationBundle
): Promise<void> {
  const body = new Widget();
  body.addClass('jp-Prompter-statusBody');
  body.node.append(
    element(
      'p',
      '',
      trans.__(
        'Recording stops at once in all your pages, and what was not sent yet is thrown away. The study’s team is asked to erase what was recorded before.'
      )
    ),
    element(
      'p',
      '',
      trans.__(
        'If you want to keep a copy of it, choose Download My Data in the side panel first.'
      )
    ),
    element('p', '', trans.__('Your notebooks stay as they are.'))
  );
  const { button } = await showDialog({
    title: trans.__('Withdraw your consent?'),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep it') }),
      Dialog.warnButton({ label: trans.__('Withdraw') })
    ],
    // Enter changes nothing.
    defaultButton: 0
  });
  if (button.accept) {
    delivery.withdraw();
  }
}

export const consentPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:consent',
  description: 'Asks for consent before anything is recorded.',
  autoStart: true,
  requires: [IDelivery],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    delivery: IDelivery,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    const own = translator?.languageCode ?? 'default';
    const languages = own === 'default' ? [] : [own];
    const asking = new Asking(delivery, trans, [
      ...languages,
      ...navigator.languages
    ]);
    const describedBy = { args: { type: 'object', properties: {} } } as const;
    app.commands.addCommand(CONSENT_COMMANDS.read, {
      label: trans.__('Read the Consent Text'),
      caption: trans.__('Read what this study asks you to agree to'),
      isVisible: () => delivery.consent.text !== null,
      isEnabled: () => delivery.consent.text !== null,
      execute: () => asking.show(true),
      describedBy
    });
    app.commands.addCommand(CONSENT_COMMANDS.withdraw, {
      label: trans.__('Withdraw Consent…'),
      caption: trans.__('Stop the recording for good in all your pages'),
      isVisible: () => delivery.consent.stage === 'given',
      isEnabled: () => delivery.consent.stage === 'given',
      execute: () => askToWithdraw(delivery, trans),
      describedBy
    });
    delivery.consentChanged.connect(() => {
      for (const command of Object.values(CONSENT_COMMANDS)) {
        app.commands.notifyCommandChanged(command);
      }
    });
    for (const command of Object.values(CONSENT_COMMANDS)) {
      palette?.addItem({ command, category: trans.__('Prompter') });
    }
  }
};

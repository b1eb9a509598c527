/** Says to screen readers, once and politely, that a prompt came. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import type { OpenPrompt } from './open-prompts';
import { spoken } from './question-text';

/** One live region for the page; it must stand there before anything is said in it. */
export class Announcer implements IDisposable {
  constructor(trans: TranslationBundle) {
    this._trans = trans;
    this._region = document.createElement('div');
    this._region.className = 'jp-Prompter-announcer';
    this._region.setAttribute('role', 'status');
    this._region.setAttribute('aria-live', 'polite');
    document.body.append(this._region);
  }

  /** Two views of a notebook, and a cell made again, show a prompt again; it is said once. */
  readonly announce = (prompt: OpenPrompt): void => {
    if (!this._said.has(prompt.promptId)) {
      this._said.add(prompt.promptId);
      this._region.textContent = this._trans.__(
        'A question about a cell: %1',
        spoken(prompt.question)
      );
    }
  };

  get isDisposed(): boolean {
    return !this._region.isConnected;
  }

  dispose(): void {
    this._region.remove();
  }

  private readonly _trans: TranslationBundle;
  private readonly _region: HTMLElement;
  private readonly _said = new Set<string>();
}

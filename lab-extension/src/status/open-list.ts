/** The open questions in the side panel, each with the way to it. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element } from '../elements';
import { spoken } from '../prompting/question-text';
import type { OpenQuestion } from '../tokens';
import { questionText } from './question';
import { placeAndTime } from './words';

export interface OpenListOptions {
  trans: TranslationBundle;
  goTo: (promptId: string) => void;
  /** µs since the epoch. */
  now: () => number;
}

export class OpenList {
  constructor(private readonly _options: OpenListOptions) {}

  readonly node = element('ul', 'jp-Prompter-sideList');

  /** The focus stays on the question that it was on. */
  show(questions: readonly OpenQuestion[], manyNotebooks: boolean): void {
    const shown = JSON.stringify([questions, manyNotebooks]);
    if (shown === this._shown) {
      return;
    }
    this._shown = shown;
    const focused = [...this.node.querySelectorAll('button')].find(
      link => link === document.activeElement
    )?.dataset.promptId;
    this.node.replaceChildren(
      ...questions.map(question => this._row(question, manyNotebooks))
    );
    if (focused !== undefined) {
      [...this.node.querySelectorAll('button')]
        .find(link => link.dataset.promptId === focused)
        ?.focus();
    }
  }

  private _row(question: OpenQuestion, manyNotebooks: boolean): HTMLElement {
    const { trans, goTo, now } = this._options;
    const asked = element('p');
    asked.lang = question.language;
    asked.append(...questionText(question.question));
    const told = placeAndTime(question, question.askedAt, now(), {
      trans,
      manyNotebooks
    });
    const states = [
      told,
      question.putOff ? trans.__('put off') : '',
      question.drafted ? trans.__('draft kept') : ''
    ];
    const when = element(
      'span',
      'jp-Prompter-sideWhen',
      states.filter(state => state !== '').join(', ')
    );
    const go = button('jp-Prompter-sideLink', trans.__('Go to it'), () =>
      goTo(question.promptId)
    );
    go.dataset.promptId = question.promptId;
    go.setAttribute(
      'aria-label',
      trans.__('Go to it: %1', spoken(question.question))
    );
    const foot = element('div', 'jp-Prompter-sideFoot');
    foot.append(when, go);
    const row = element('li');
    row.append(asked, foot);
    return row;
  }

  private _shown = '';
}

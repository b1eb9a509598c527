/** The answers in the side panel, each of which can be amended where it stands. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element, setText } from '../elements';
import { lacks } from '../prompting/answer-form';
import { lackOf, quoted, toggled } from '../prompting/open-prompts';
import type { AnswerParts, GivenAnswer } from '../tokens';
import { questionText } from './question';
import { placeAndTime } from './words';

export interface AnswerListOptions {
  trans: TranslationBundle;
  /** One line: why an answer cannot be changed now; empty if it can. */
  hindrance: (promptId: string) => string;
  /** @returns whether it was taken. */
  amend: (promptId: string, answer: AnswerParts) => boolean;
  /** µs since the epoch. */
  now: () => number;
}

/** Only what differs is touched: an answer that is being amended stays under the hand. */
export class AnswerList {
  constructor(private readonly _options: AnswerListOptions) {}

  readonly node = element('ul', 'jp-Prompter-sideList');

  get isEmpty(): boolean {
    return this._rows.size === 0;
  }

  /** What is being amended stays, though its answer be known no more: what was written is the person's. */
  show(answers: readonly GivenAnswer[], manyNotebooks: boolean): void {
    const known = new Set(answers.map(({ promptId }) => promptId));
    for (const [promptId, row] of this._rows) {
      row.lookAtHindrance();
      if (!known.has(promptId) && !row.isAmending) {
        row.node.remove();
        this._rows.delete(promptId);
      }
    }
    answers.forEach((answer, index) => {
      let row = this._rows.get(answer.promptId);
      if (!row) {
        row = new AnswerRow(this._options);
        this._rows.set(answer.promptId, row);
      }
      row.show(answer, manyNotebooks);
      if (this.node.children.item(index) !== row.node) {
        this.node.insertBefore(row.node, this.node.children.item(index));
      }
    });
  }

  private readonly _rows = new Map<string, AnswerRow>();
}

class AnswerRow {
  constructor(private readonly _options: AnswerListOptions) {
    const { trans } = _options;
    this._amend = button('jp-Prompter-sideLink', trans.__('Amend'), () =>
      this._open()
    );
    this._foot.append(this._when, this._amend);
    this.node.append(this._question, this._said, this._foot);
  }

  readonly node = element('li');

  show(answer: GivenAnswer, manyNotebooks: boolean): void {
    const { trans, now } = this._options;
    if (this._answer?.question !== answer.question) {
      this._question.lang = answer.language;
      this._question.replaceChildren(...questionText(answer.question));
    }
    this._answer = answer;
    setText(this._said, trans.__('“%1”', quoted(answer.answer)));
    const told = placeAndTime(answer, answer.answeredAt, now(), {
      trans,
      manyNotebooks
    });
    setText(
      this._when,
      answer.amendedAt === null
        ? told
        : trans.__(
            '%1, amended %2',
            told,
            placeAndTime(null, answer.amendedAt, now(), {
              trans,
              manyNotebooks
            })
          )
    );
    // Read out of its row, "Amend" alone would not say what.
    this._amend.setAttribute(
      'aria-label',
      trans.__('Amend: %1', quoted(answer.answer))
    );
  }

  get isAmending(): boolean {
    return this._form !== null;
  }

  /** What stood in the way of saving may be over: the form says it no longer. */
  lookAtHindrance(): void {
    if (this._answer !== null && this._form?.isHindered === true) {
      this._form.hinder(this._options.hindrance(this._answer.promptId));
    }
  }

  private _open(): void {
    const answer = this._answer;
    if (answer === null || this._form !== null) {
      return;
    }
    const { trans, hindrance, amend } = this._options;
    const form = new AmendForm(answer, trans, {
      save: said => {
        form.hinder(hindrance(answer.promptId));
        if (!form.isHindered && amend(answer.promptId, said)) {
          this._close();
        }
      },
      cancel: () => this._close()
    });
    this._form = form;
    this._said.hidden = this._foot.hidden = true;
    this.node.append(form.node);
    form.focus();
  }

  private _close(): void {
    this._form?.node.remove();
    this._form = null;
    this._said.hidden = this._foot.hidden = false;
    this._amend.focus();
  }

  private readonly _question = element('p', 'jp-Prompter-sideAsked');
  private readonly _said = element('p', 'jp-Prompter-sideSaid');
  private readonly _foot = element('div', 'jp-Prompter-sideFoot');
  private readonly _when = element('span', 'jp-Prompter-sideWhen');
  private readonly _amend: HTMLButtonElement;
  private _answer: GivenAnswer | null = null;
  private _form: AmendForm | null = null;
}

/** Choices, a line of text, Cancel and Save; Enter saves, Escape leaves it as it was. */
class AmendForm {
  constructor(
    answer: GivenAnswer,
    trans: TranslationBundle,
    private readonly _handlers: {
      save: (answer: AnswerParts) => void;
      cancel: () => void;
    }
  ) {
    this._answer = answer;
    this._draft = answer.answer;
    this._lacks = lacks(trans);
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Amend your answer'));
    this._choices = answer.choices.map(choice => this._choice(choice));
    const choices = element('div', 'jp-Prompter-sideChoices');
    choices.append(...this._choices);
    choices.hidden = this._choices.length === 0;
    this._text.value = answer.answer.text;
    this._text.hidden = answer.words === 'none';
    this._text.rows = 2;
    this._text.setAttribute('aria-label', trans.__('Your own words'));
    this._text.addEventListener('input', () => {
      this._changed({ ...this._draft, text: this._text.value });
    });
    this._lack.setAttribute('role', 'status');
    const foot = element('div', 'jp-Prompter-sideFoot');
    foot.append(
      this._lack,
      button('jp-Prompter-sideQuiet', trans.__('Cancel'), () =>
        this._handlers.cancel()
      ),
      button('jp-Prompter-sideButton jp-mod-strong', trans.__('Save'), () =>
        this._save()
      )
    );
    this.node.append(choices, this._text, foot);
    this.node.addEventListener('keydown', event => this._onKeydown(event));
    this._show();
  }

  readonly node = element('div', 'jp-Prompter-sideAmend');

  focus(): void {
    (this._text.hidden ? this._choices.at(0) : this._text)?.focus();
  }

  get isHindered(): boolean {
    return this._hindered;
  }

  /** Say why it cannot be saved now; empty once it can. */
  hinder(reason: string): void {
    if (reason !== '' || this._hindered) {
      setText(this._lack, reason);
    }
    this._hindered = reason !== '';
  }

  private _save(): void {
    const lack = lackOf(this._draft, this._answer);
    if (lack === null) {
      this._handlers.save(this._draft);
    } else {
      this.hinder('');
      setText(this._lack, this._lacks[lack]);
    }
  }

  private _onKeydown(event: KeyboardEvent): void {
    if (event.isComposing) {
      return;
    }
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this._handlers.cancel();
    } else if (
      event.key === 'Enter' &&
      !event.shiftKey &&
      event.target === this._text
    ) {
      event.preventDefault();
      this._save();
    }
  }

  private _choice(choice: string): HTMLButtonElement {
    return button('jp-Prompter-choice', choice, () => {
      this._changed(toggled(this._draft, choice, this._answer));
    });
  }

  private _changed(draft: AnswerParts): void {
    this.hinder('');
    this._draft = draft;
    this._show();
  }

  private _show(): void {
    this._choices.forEach((made, index) =>
      made.setAttribute(
        'aria-pressed',
        String(this._draft.choices.includes(this._answer.choices[index]))
      )
    );
    if (lackOf(this._draft, this._answer) === null) {
      setText(this._lack, '');
    }
  }

  private readonly _answer: GivenAnswer;
  private readonly _lacks: ReturnType<typeof lacks>;
  private readonly _choices: HTMLButtonElement[];
  private readonly _text = element('textarea');
  private readonly _lack = element('span', 'jp-Prompter-sideWhen');
  private _draft: AnswerParts;
  /** Whether the line says that nothing can be saved now, whatever the draft says. */
  private _hindered = false;
}

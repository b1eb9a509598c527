/** The question, its choices, the line of text and the buttons of one prompt. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { setText } from '../elements';
import { EMPTY_DRAFT, type Draft } from './kept';
import type { KeyContext } from './keys';
import {
  lackOf,
  toggled,
  type Lack,
  type OpenPrompt,
  type Question
} from './open-prompts';
import { piecesOf } from './question-text';
import { contained } from './shield';

/** More than anybody types into one line; keeps the event far below its largest size. UTF-16 code units. */
const MAX_ANSWER_LENGTH = 20_000;

/** Only the first nine choices have a digit. */
const DIGITS = 9;

export interface FormHandlers {
  drafted(draft: Draft): void;
  send(): void;
  later(): void;
  skip(): void;
  never(): void;
}

/** Builds its elements once and shows whatever prompt state it is given. */
export class AnswerForm {
  constructor(
    question: Question,
    trans: TranslationBundle,
    questionId: string,
    handlers: FormHandlers
  ) {
    this.questionId = questionId;
    this._question = question;
    this._choices = question.choices;
    this._lacks = lacks(trans);
    this._handlers = handlers;

    this.node = element('div', 'jp-Prompter-card');
    this.node.tabIndex = -1;
    const asked = questionLine(question, questionId);
    this._away = element('div', 'jp-Prompter-away');
    this._away.setAttribute('role', 'group');
    this._away.setAttribute('aria-label', trans.__('Put this question away'));
    this._away.append(
      quiet('jp-Prompter-later', trans.__('Later'), () => handlers.later()),
      quiet('jp-Prompter-skip', trans.__('Skip'), () => handlers.skip()),
      quiet('jp-Prompter-never', trans.__('Never for this cell'), () =>
        handlers.never()
      )
    );
    const top = element('div', 'jp-Prompter-top');
    top.append(asked, this._away);

    const group = element('div', 'jp-Prompter-choices');
    group.setAttribute('role', 'group');
    group.setAttribute(
      'aria-label',
      question.multiple
        ? trans.__('Short answers, several may be taken')
        : trans.__('Short answers')
    );
    this._buttons = question.choices.map((choice, index) =>
      this._choiceButton(choice, index, question.language)
    );
    group.append(...this._buttons);
    group.hidden = this._buttons.length === 0;

    this._answer = element('textarea', 'jp-Prompter-answer');
    this._answer.rows = 1;
    this._answer.dir = 'auto';
    this._answer.maxLength = MAX_ANSWER_LENGTH;
    this._answer.hidden = question.words === 'none';
    this._answer.required = question.words === 'required';
    this._answer.placeholder =
      question.words === 'required'
        ? trans.__('Your own words, needed here')
        : trans.__('Your own words');
    this._answer.setAttribute(
      'aria-label',
      trans.__('Answer in your own words')
    );
    this._answer.addEventListener(
      'input',
      contained(() =>
        this._changed({ ...this._draft, text: this._answer.value })
      )
    );
    this._send = element('button', 'jp-Prompter-send');
    this._send.type = 'button';
    this._send.textContent = trans.__('Send');
    this._send.addEventListener(
      'click',
      contained(() => this.send())
    );
    this._reason = element('span', 'jp-Prompter-reason');
    this._reason.id = `${questionId}-reason`;
    this._reason.setAttribute('role', 'status');
    this._send.setAttribute('aria-describedby', this._reason.id);
    const line = element('div', 'jp-Prompter-line');
    line.append(this._answer, this._send);

    this._hint = element('p', 'jp-Prompter-hint');
    this._hint.append(
      this._reason,
      hint(trans.__('Enter'), trans.__('sends')),
      hint(trans.__('Shift Enter'), trans.__('new line')),
      (this._escapeHint = hint(trans.__('Esc'), ''))
    );
    this._escapes = [
      trans.__('later, draft kept'),
      trans.__('leaves it as it was')
    ];
    const body = element('div', 'jp-Prompter-body');
    body.append(group, line, this._hint);
    this.node.append(top, body);
  }

  readonly node: HTMLElement;
  readonly questionId: string;

  /** Show a prompt's draft. The text being typed is left alone when it is the same. */
  show(prompt: OpenPrompt, unfolded: boolean): void {
    this._draft = prompt.draft;
    this._buttons.forEach((button, index) =>
      button.setAttribute(
        'aria-pressed',
        String(prompt.draft.choices.includes(this._choices[index]))
      )
    );
    if (this._answer.value !== prompt.draft.text) {
      this._answer.value = prompt.draft.text;
    }
    // Disabled in words alone: who comes to it by keyboard shall hear why it does nothing.
    const lack = lackOf(prompt.draft, this._question);
    this._send.setAttribute('aria-disabled', String(lack !== null));
    this._send.title = lack === null ? '' : this._lacks[lack];
    if (lack === null && !this._hindered) {
      setText(this._reason, '');
    }
    const amending = prompt.answer !== null;
    this._away.hidden = amending;
    this._escapeHint.lastChild?.replaceWith(
      ` ${this._escapes[amending ? 1 : 0]}`
    );
    this._fit(unfolded);
  }

  /** What decides about a key that was pressed on an element of the form. */
  keyContext(target: EventTarget | null): KeyContext {
    const focused = this._buttons.findIndex(button => button === target);
    const taken = (choice: string): boolean =>
      this._draft.choices.includes(choice);
    const chosen =
      focused >= 0 && taken(this._choices[focused])
        ? focused
        : this._choices.findIndex(taken);
    return {
      place:
        target === this._answer
          ? 'answer'
          : focused >= 0
            ? 'choice'
            : target instanceof HTMLButtonElement
              ? 'button'
              : 'card',
      choices: this._choices.length,
      words: this._question.words !== 'none',
      focused: focused >= 0 ? focused : null,
      chosen: chosen >= 0 ? chosen : null
    };
  }

  /** Take a choice by its digit; where several may be taken, the same digit gives it back. */
  choose(index: number): void {
    const choice = this._choices[index];
    this.focusChoice(index);
    if (this._question.multiple || !this._draft.choices.includes(choice)) {
      this._changed(toggled(this._draft, choice, this._question));
    }
  }

  /** Send, or say what is missing. */
  send(): void {
    const lack = lackOf(this._draft, this._question);
    if (lack === null) {
      this._handlers.send();
    } else {
      this.hinder('');
      setText(this._reason, this._lacks[lack]);
    }
  }

  get isHindered(): boolean {
    return this._hindered;
  }

  /** Say why nothing is taken now; empty once it is. */
  hinder(reason: string): void {
    if (reason !== '' || this._hindered) {
      setText(this._reason, reason);
    }
    this._hindered = reason !== '';
    this._reason.classList.toggle('jp-Prompter-hindrance', this._hindered);
  }

  focusChoice(index: number): void {
    this._buttons[index]?.focus({ preventScroll: true });
  }

  focusFirst(): void {
    (this._buttons.at(0) ?? this._words).focus({ preventScroll: true });
  }

  focusAnswer(): void {
    if (this._answer.hidden) {
      this.focusFirst();
      return;
    }
    this._answer.focus({ preventScroll: true });
    this._answer.setSelectionRange(
      this._answer.value.length,
      this._answer.value.length
    );
  }

  /** Where the words go; where none are wanted, the card. */
  private get _words(): HTMLElement {
    return this._answer.hidden ? this.node : this._answer;
  }

  private _changed(draft: Draft): void {
    this.hinder('');
    this._draft = draft;
    this._handlers.drafted(draft);
  }

  private _choiceButton(
    choice: string,
    index: number,
    language: string
  ): HTMLButtonElement {
    const button = element('button', 'jp-Prompter-choice');
    button.type = 'button';
    button.lang = language;
    if (index < DIGITS) {
      const digit = element('kbd', '');
      const number = element('span', '');
      number.textContent = String(index + 1);
      digit.append(number);
      digit.setAttribute('aria-hidden', 'true');
      button.append(digit);
      button.setAttribute('aria-keyshortcuts', String(index + 1));
    }
    const label = element('span', 'jp-Prompter-label');
    label.dir = 'auto';
    label.textContent = choice;
    button.append(label);
    button.addEventListener(
      'click',
      contained(() => {
        // Not every browser focuses a button that is clicked.
        button.focus({ preventScroll: true });
        this._changed(toggled(this._draft, choice, this._question));
      })
    );
    return button;
  }

  /** Where the browser cannot size the answer by its text, set the height from what the text needs. */
  private _fit(unfolded: boolean): void {
    if (SIZES_BY_CONTENT()) {
      return;
    }
    this._answer.style.height = '';
    if (unfolded) {
      const border = this._answer.offsetHeight - this._answer.clientHeight;
      this._answer.style.height = `${this._answer.scrollHeight + border}px`;
    }
  }

  private readonly _question: Question;
  private readonly _choices: readonly string[];
  private readonly _lacks: Record<Lack, string>;
  private readonly _reason: HTMLElement;
  private readonly _handlers: FormHandlers;
  private readonly _buttons: HTMLButtonElement[];
  private readonly _answer: HTMLTextAreaElement;
  private readonly _send: HTMLButtonElement;
  private readonly _away: HTMLElement;
  private readonly _hint: HTMLElement;
  private readonly _escapeHint: HTMLElement;
  private readonly _escapes: readonly string[];
  private _draft: Draft = EMPTY_DRAFT;
  /** Whether the reason is that nothing is taken now, whatever the draft says. */
  private _hindered = false;
}

/** What to do before an answer can be sent. */
export function lacks(trans: TranslationBundle): Record<Lack, string> {
  return {
    words: trans.__('Write a few words first.'),
    choice: trans.__('Take a choice first.'),
    anything: trans.__('Take a choice or write a few words first.')
  };
}

const SIZES_BY_CONTENT = (): boolean => CSS.supports('field-sizing', 'content');

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

function questionLine(question: Question, id: string): HTMLElement {
  const line = element('p', 'jp-Prompter-question');
  line.id = id;
  line.lang = question.language;
  line.dir = 'auto';
  for (const piece of piecesOf(question.question)) {
    if (piece.code) {
      const code = element('code', '');
      code.textContent = piece.text;
      line.append(code);
    } else {
      line.append(piece.text);
    }
  }
  return line;
}

function quiet(
  className: string,
  label: string,
  act: () => void
): HTMLButtonElement {
  const button = element('button', `jp-Prompter-quiet ${className}`);
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', contained(act));
  return button;
}

function hint(key: string, does: string): HTMLElement {
  const line = element('span', '');
  const kbd = element('kbd', '');
  kbd.textContent = key;
  line.append(kbd, ` ${does}`);
  return line;
}

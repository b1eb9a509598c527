/** The question of the review that stands: its choices, the words and the way on. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element } from '../elements';
import type { KeyContext } from '../prompting/keys';
import { piecesOf } from '../prompting/question-text';
import type { ReviewItem } from './data';
import type { Standing } from './review';

/** More than anybody types into one answer; keeps the event far below its largest size. UTF-16 code units. */
const MAX_ANSWER_LENGTH = 20_000;

/** Only the first nine choices have a digit. */
const DIGITS = 9;

let made = 0;

export interface AskHandlers {
  choose(choice: string, toggles: boolean): void;
  write(text: string): void;
  save(): void;
  skip(): void;
  previous(): void;
}

/** Built anew for each question; `update` shows its draft. */
export class AskSide {
  constructor(
    private readonly item: ReviewItem,
    trans: TranslationBundle,
    private readonly handlers: AskHandlers
  ) {
    const id = `jp-Prompter-reviewQuestion-${made++}`;
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-labelledby', id);
    this.node.append(questionLine(item, id));

    this.buttons = item.choices.map((choice, index) =>
      this.choiceButton(choice, index)
    );
    if (this.buttons.length > 0) {
      const group = element('div', 'jp-Prompter-choices');
      group.setAttribute('role', 'group');
      group.setAttribute(
        'aria-label',
        item.multiple
          ? trans.__('Short answers, several may be chosen')
          : trans.__('Short answers')
      );
      group.append(...this.buttons);
      this.node.append(group);
    }
    this.answer.rows = 5;
    this.answer.dir = 'auto';
    this.answer.maxLength = MAX_ANSWER_LENGTH;
    this.answer.placeholder = trans.__('Your own words');
    this.answer.required = item.text === 'required';
    this.answer.id = `${id}-answer`;
    this.answer.addEventListener('input', () =>
      handlers.write(this.answer.value)
    );
    if (item.text !== 'none') {
      this.node.append(this.answer);
    }
    const hint = element('p', 'jp-Prompter-hint', this.hint(trans));
    hint.id = `${id}-hint`;
    this.answer.setAttribute('aria-describedby', hint.id);
    this.node.append(hint);

    this.previousButton = button(
      'jp-Prompter-button',
      trans.__('Previous'),
      () => handlers.previous()
    );
    this.skipButton = button(
      'jp-Prompter-quiet jp-Prompter-skip',
      trans.__('Skip'),
      () => handlers.skip()
    );
    this.saveButton = button('jp-Prompter-send', '', () => handlers.save());
    this.labels = [trans.__('Save and next'), trans.__('Save')];
    const moves = element('div', 'jp-Prompter-moves');
    moves.append(
      this.previousButton,
      element('span', 'jp-Prompter-gap'),
      this.skipButton,
      this.saveButton
    );
    this.node.append(moves);
  }

  readonly node = element('div', 'jp-Prompter-ask');

  /** Show the draft. Words that are just being typed are left alone. */
  update(
    { draft, fate }: Standing,
    can: { save: boolean; previous: boolean }
  ): void {
    this.buttons.forEach((each, index) =>
      each.setAttribute(
        'aria-pressed',
        String(draft.choices.includes(this.item.choices[index]))
      )
    );
    this.chosen = this.item.choices.map(choice =>
      draft.choices.includes(choice)
    );
    if (this.answer.value !== draft.text) {
      this.answer.value = draft.text;
    }
    this.saveButton.disabled = !can.save;
    this.saveButton.textContent = this.labels[fate === 'answered' ? 1 : 0];
    this.previousButton.disabled = !can.previous;
    this.skipButton.hidden = fate === 'answered';
  }

  /** What decides about a key that was pressed on an element of the review. */
  keyContext(target: EventTarget | null): KeyContext {
    const focused = this.buttons.findIndex(each => each === target);
    return {
      place:
        target === this.answer
          ? 'answer'
          : focused >= 0
            ? 'choice'
            : target === this.node
              ? 'card'
              : 'button',
      choices: this.buttons.length,
      words: this.item.text !== 'none',
      focused: focused >= 0 ? focused : null,
      // Enter sends from a pressed choice, and presses another one.
      chosen: focused >= 0 && this.chosen[focused] ? focused : null
    };
  }

  /** Press the choice with this index, and put the focus on it. */
  choose(index: number): void {
    this.focusChoice(index);
    this.handlers.choose(this.item.choices[index], false);
  }

  focusChoice(index: number): void {
    this.buttons[index]?.focus();
  }

  /** So that the key that is being pressed begins the answer. */
  begin(): void {
    if (this.item.text !== 'none') {
      const { length } = this.answer.value;
      this.answer.focus();
      this.answer.setSelectionRange(length, length);
    }
  }

  private hint(trans: TranslationBundle): string {
    return this.item.text === 'required'
      ? trans.__(
          'What you thought then, as far as you remember. This one asks for your own words.'
        )
      : trans.__('What you thought then, as far as you remember.');
  }

  private choiceButton(choice: string, index: number): HTMLButtonElement {
    const made = button('jp-Prompter-choice', '', () => {
      // Not every browser focuses a button that is clicked.
      made.focus();
      this.handlers.choose(choice, true);
    });
    made.lang = this.item.language;
    if (index < DIGITS) {
      const digit = element('kbd');
      digit.setAttribute('aria-hidden', 'true');
      digit.append(element('span', '', String(index + 1)));
      made.append(digit);
      made.setAttribute('aria-keyshortcuts', String(index + 1));
    }
    const label = element('span', 'jp-Prompter-label', choice);
    label.dir = 'auto';
    made.append(label);
    return made;
  }

  private readonly buttons: HTMLButtonElement[];
  private readonly answer = element('textarea', 'jp-Prompter-answer');
  private readonly previousButton: HTMLButtonElement;
  private readonly skipButton: HTMLButtonElement;
  private readonly saveButton: HTMLButtonElement;
  private readonly labels: readonly [string, string];
  private chosen: boolean[] = [];
}

/** The question; it is the label of the answer, where there is one to write. */
function questionLine(
  { question, language, text }: ReviewItem,
  id: string
): Node {
  const line = element('p', 'jp-Prompter-question');
  line.id = id;
  line.lang = language;
  line.dir = 'auto';
  const label = element(text === 'none' ? 'span' : 'label');
  if (label instanceof HTMLLabelElement) {
    label.htmlFor = `${id}-answer`;
  }
  line.append(label);
  label.append(
    ...piecesOf(question).map(({ text, code }) =>
      code ? element('code', '', text) : text
    )
  );
  return line;
}

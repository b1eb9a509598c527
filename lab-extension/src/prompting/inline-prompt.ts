/** The prompt under its cell: what it looks like and which of its callbacks a hand on it calls. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { AnswerForm } from './answer-form';
import type { Draft } from './kept';
import { keyAction } from './keys';
import { mark, type MarkName } from './marks';
import { begun, quoted, unsentWords, type OpenPrompt } from './open-prompts';
import { contained, SWALLOWED, withoutShortcuts } from './shield';

/** What the person does with a prompt. */
export interface PromptHandlers {
  /** The focus came in, from the given element. */
  entered(from: EventTarget | null): void;
  /** Whether the notebook shall not learn that the focus is here: it would make the cell its active one. */
  shielded(): boolean;
  /** The focus left, to the given element. */
  left(to: EventTarget | null): void;
  drafted(draft: Draft): void;
  send(): void;
  later(): void;
  skip(): void;
  never(): void;
  /** Change a sent answer. */
  change(): void;
  /** Answer one that was put off, or that waits as a badge. */
  answerNow(): void;
  /** Put the line of a prompt that is over away. */
  putAway(): void;
}

/** How a prompt stands in one view of its notebook. */
export type Shape =
  | 'resting'
  | 'drafting'
  | 'badge'
  | 'snoozed'
  | 'clock'
  | 'sent'
  | 'closed'
  | 'gone';

/** The words of a closed question take so many lines at most; what is longer scrolls. */
const MOST_LINES = 6;

let made = 0;

/**
 * One view of one prompt.
 *
 * Everything that a study or a participant wrote is set as text. Throws nothing into the notebook around it.
 */
export class InlinePrompt extends Widget {
  constructor(
    prompt: OpenPrompt,
    trans: TranslationBundle,
    handlers: PromptHandlers
  ) {
    super({ node: document.createElement('section') });
    this._trans = trans;
    this._handlers = handlers;
    this.promptId = prompt.promptId;
    this.cellId = prompt.cellId;

    const node = this.node;
    node.classList.add('jp-Prompter', 'jp-Prompter-prompt');
    node.dataset.promptId = prompt.promptId;
    node.dataset.cellId = prompt.cellId;
    withoutShortcuts(node);
    node.dataset.jpSuppressContextMenu = 'true';
    node.setAttribute('role', 'group');

    this._mark = document.createElement('div');
    this._mark.className = 'jp-Prompter-mark';
    this._glyph = document.createElement('button');
    this._glyph.type = 'button';
    this._glyph.className = 'jp-Prompter-glyph';
    this._form = new AnswerForm(prompt, trans, `jp-Prompter-q${++made}`, {
      drafted: draft => this._handlers.drafted(draft),
      send: () => this._handlers.send(),
      later: () => this._handlers.later(),
      skip: () => this._handlers.skip(),
      never: () => this._handlers.never()
    });
    this._note = document.createElement('div');
    this._note.className = 'jp-Prompter-note';
    this._note.setAttribute('role', 'status');
    this._note.tabIndex = -1;
    node.setAttribute('aria-labelledby', this._form.questionId);
    node.append(this._mark, this._glyph, this._form.node, this._note);
    node
      .querySelectorAll<HTMLElement>('button, textarea, [tabindex]')
      .forEach(withoutShortcuts);

    this._glyph.addEventListener(
      'click',
      contained(() => this._handlers.answerNow())
    );
    for (const type of SWALLOWED) {
      node.addEventListener(type, event => event.stopPropagation());
    }
    node.addEventListener(
      'keydown',
      contained(event => this._onKeydown(event))
    );
    node.addEventListener(
      'focusin',
      contained(event => this._onFocusIn(event))
    );
    node.addEventListener(
      'focusout',
      contained(event => this._onFocusOut(event))
    );
    this.reshape('resting', prompt);
  }

  readonly promptId: string;
  readonly cellId: string;

  get shape(): Shape {
    return this._shape;
  }

  /** Whether the focus is in it; stays true while the whole window has lost it. */
  get hasFocus(): boolean {
    return this._hasFocus;
  }

  /** Whether it says why nothing is taken now. */
  get isHindered(): boolean {
    return this._form.isHindered;
  }

  /** Say why nothing is taken now; empty once it is. What was written stays. */
  hinder(reason: string): void {
    this._form.hinder(reason);
  }

  /** Not take what a hand on it would do, and say why. */
  refuse(reason: string): void {
    if (!this._hasFocus) {
      // Not every browser focuses a button that is clicked, and at rest the line is hidden.
      this._form.node.focus({ preventScroll: true });
    }
    this.hinder(reason);
  }

  /** Empty room under it, pixels: what the scroller could not give back yet. */
  get spare(): number {
    return this._spare;
  }
  set spare(height: number) {
    this._spare = height;
    this.node.style.paddingBottom = height > 0 ? `${height}px` : '';
  }

  /** The shape of an open prompt: only the person's focus unfolds it; at rest a draft is one line. */
  get openShape(): Shape {
    return this._hasFocus ? 'drafting' : 'resting';
  }

  /** Take a shape and show the prompt as it is now. May change the height. */
  reshape(shape: Shape, prompt: OpenPrompt): void {
    const { dataset } = this.node;
    const unfolded = shape === 'resting' || shape === 'drafting';
    const lined = shape === 'sent' || shape === 'snoozed' || shape === 'closed';
    if (shape !== this._shape || this._mark.childElementCount === 0) {
      this._shape = shape;
      dataset.state = shape;
      this._form.node.hidden = !unfolded;
      this._mark.hidden = !unfolded && !lined;
      this._glyph.hidden = shape !== 'badge' && shape !== 'clock';
      this._mark.replaceChildren(mark(MARKS[shape]));
      this._glyph.replaceChildren(mark(MARKS[shape]));
      this._note.hidden = !lined;
      if (lined) {
        this._note.replaceChildren(...this._line(shape, prompt));
      }
      this._showUnsent(shape === 'closed' ? unsentWords(prompt) : '');
      this._glyph.title = this._trans.__(
        shape === 'clock' ? 'Answer now' : 'A question about this cell'
      );
      this._glyph.setAttribute('aria-label', this._glyph.title);
    }
    if (unfolded) {
      this._form.show(prompt, shape === 'drafting');
    }
  }

  /**
   * Take another shape and put the focus into it; nothing scrolls.
   *
   * What had the focus may be hidden by the change: the person stays in the prompt all the same.
   *
   * @param on the first choice (or the answer), the answer, or the line, where keys that are still coming fall into nothing.
   */
  refocus(on: 'first' | 'answer' | 'note', change: () => void): void {
    this._refocusing = this._hasFocus;
    try {
      change();
      if (on === 'note') {
        this._note.focus({ preventScroll: true });
      } else if (on === 'answer') {
        this._form.focusAnswer();
      } else {
        this._form.focusFirst();
      }
    } finally {
      this._refocusing = false;
    }
  }

  private _line(shape: Shape, prompt: OpenPrompt): HTMLElement[] {
    const trans = this._trans;
    if (shape === 'sent') {
      const said = quoted(prompt.answer ?? prompt.draft);
      return [
        span(trans.__('Noted.')),
        span(trans.__('“%1”', said), 'jp-Prompter-said'),
        this._link(trans.__('Change'), () => this._handlers.change())
      ];
    }
    if (shape === 'snoozed') {
      const line = [span(trans.__('Asked again at a later pause.'))];
      if (begun(prompt.draft)) {
        line.push(span(trans.__('Your draft is kept.'), 'jp-Prompter-said'));
      }
      return [
        ...line,
        this._link(trans.__('Answer now'), () => this._handlers.answerNow())
      ];
    }
    const line = [
      span(trans.__('This question is closed.')),
      span(
        trans.__('It was answered elsewhere, or no longer applies.'),
        'jp-Prompter-said'
      )
    ];
    return unsentWords(prompt) === ''
      ? line
      : [
          ...line,
          span(trans.__('What you wrote was not sent. You can copy it.')),
          this._link(trans.__('Put away'), () => this._handlers.putAway())
        ];
  }

  /** Below the line, not in it: a screen reader says that once, and shall not read out what the person wrote. */
  private _showUnsent(words: string): void {
    this._unsent?.remove();
    this._unsent = null;
    if (words !== '') {
      const unsent = withoutShortcuts(document.createElement('textarea'));
      unsent.className = 'jp-Prompter-unsent';
      unsent.readOnly = true;
      unsent.dir = 'auto';
      unsent.value = words;
      unsent.rows = Math.min(words.split('\n').length, MOST_LINES);
      unsent.setAttribute('aria-label', this._trans.__('What you had written'));
      this.node.append(unsent);
      this._unsent = unsent;
    }
  }

  private _link(label: string, act: () => void): HTMLButtonElement {
    const button = withoutShortcuts(document.createElement('button'));
    button.type = 'button';
    button.className = 'jp-Prompter-link';
    button.textContent = label;
    button.addEventListener('click', contained(act));
    return button;
  }

  private _onKeydown(event: KeyboardEvent): void {
    if (this._shape !== 'resting' && this._shape !== 'drafting') {
      if (event.key === 'Escape') {
        event.preventDefault();
        this._handlers.putAway();
      }
      return;
    }
    const form = this._form;
    const action = keyAction(event, form.keyContext(event.target));
    if (action.act === 'native') {
      return;
    }
    if (action.act === 'begin') {
      // The focus moves before the key's own effect, so the letter lands in the answer.
      form.focusAnswer();
      return;
    }
    event.preventDefault();
    switch (action.act) {
      case 'choose':
        form.choose(action.index);
        break;
      case 'move':
        form.focusChoice(action.index);
        break;
      case 'send':
        form.send();
        break;
      case 'later':
        this._handlers.later();
        break;
    }
  }

  private _onFocusIn(event: FocusEvent): void {
    if (this._handlers.shielded()) {
      event.stopPropagation();
    }
    if (!this._hasFocus) {
      this._hasFocus = true;
      this._handlers.entered(event.relatedTarget);
    }
  }

  private _onFocusOut(event: FocusEvent): void {
    const to = event.relatedTarget;
    const within = to instanceof Node && this.node.contains(to);
    // When the window loses the focus, the element in it stays the active one.
    if (
      within ||
      this._refocusing ||
      this.node.contains(document.activeElement)
    ) {
      return;
    }
    this._hasFocus = false;
    this._handlers.left(to);
  }

  private readonly _trans: TranslationBundle;
  private readonly _handlers: PromptHandlers;
  private readonly _form: AnswerForm;
  private readonly _mark: HTMLElement;
  private readonly _glyph: HTMLButtonElement;
  private readonly _note: HTMLElement;
  /** There only while words that were not sent stand below the line. */
  private _unsent: HTMLTextAreaElement | null = null;
  private _shape: Shape = 'resting';
  private _hasFocus = false;
  private _refocusing = false;
  private _spare = 0;
}

const MARKS: Record<Shape, MarkName> = {
  resting: 'ask',
  drafting: 'ask',
  badge: 'ask',
  closed: 'ask',
  gone: 'ask',
  sent: 'check',
  snoozed: 'clock',
  clock: 'clock'
};

function span(text: string, className = ''): HTMLSpanElement {
  const element = document.createElement('span');
  element.textContent = text;
  element.className = className;
  return element;
}

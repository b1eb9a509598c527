/** The review of one notebook: one cell and one question at a time, at the person's own pace. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { button, element, setText } from '../elements';
import type { Colour } from '../history/colours';
import type { CellText } from '../history/data';
import { Clock } from '../history/words';
import { contained, withoutShortcuts } from '../prompting/shield';
import { Sight } from '../prompting/sight';
import { panelIcon } from '../status/shapes';
import { AskSide } from './ask-side';
import { endScreen } from './end-screen';
import { reviewAction } from './keys';
import type { Review, Saved } from './review';
import { ThenSide } from './then-side';
import { step } from './words';

let made = 0;

/** What the review tells, to be recorded. */
export interface ReviewRecorder {
  shown(promptId: string): void;
  focused(promptId: string): void;
  saved(saved: Saved): void;
  skipped(promptId: string): void;
  /** The review is put away, by whatever way. */
  closed(): void;
  /** The session is over, by the last button. */
  ended(): void;
}

export interface ReviewPanelOptions {
  review: Review;
  recorder: ReviewRecorder;
  trans: TranslationBundle;
  colour: Colour;
  /** The notebook's name. */
  file: string;
  then: URL | null;
  /** Who ended the session, as a sentence; empty where its person did. */
  endedBy: string;
  /** The time in µs since the epoch. */
  clock: () => number;
  /** A cell as it stands in the open notebook; null if it is gone. */
  now: (cellId: string) => CellText | null;
  /** One line: why nothing can be saved now; empty if it can. */
  hindrance: () => string;
}

export class ReviewPanel extends Widget {
  constructor(private readonly options: ReviewPanelOptions) {
    super();
    const { trans, file, review, endedBy } = options;
    this.addClass('jp-Prompter');
    this.addClass('jp-Prompter-review');
    this.title.icon = panelIcon;
    this.title.label = trans.__('Review of %1', file);
    this.title.caption = this.title.label;
    this.title.closable = true;
    this.node.setAttribute('role', 'region');
    this.node.tabIndex = -1;
    withoutShortcuts(this.node);

    this.heading.id = `jp-Prompter-review-${made++}`;
    this.heading.textContent = trans.__('Looking back over %1', file);
    this.node.setAttribute('aria-labelledby', this.heading.id);
    this.count.setAttribute('role', 'status');
    const progress = element('div', 'jp-Prompter-progress');
    progress.setAttribute('role', 'group');
    progress.setAttribute('aria-label', trans.__('Progress'));
    progress.append(this.steps, this.count);
    this.head.append(
      this.heading,
      progress,
      button('jp-Prompter-quiet', trans.__('Finish later'), () => this.close())
    );
    this.note.setAttribute('role', 'alert');
    this.note.hidden = true;
    if (endedBy !== '') {
      const line = element('p', 'jp-Prompter-endedBy', endedBy);
      line.id = `${this.heading.id}-endedBy`;
      this.node.setAttribute('aria-describedby', line.id);
      this.node.append(line);
    }
    this.node.append(this.head, this.note, this.body, this.foot(trans));

    review.moved.connect(this.onMoved);
    review.drafted.connect(this.onDrafted);
    this.node.addEventListener('keydown', contained(this.onKeydown));
    for (const type of ['keydown', 'keypress', 'keyup'] as const) {
      this.node.addEventListener(type, event => event.stopPropagation());
    }
    this.node.addEventListener('focusin', contained(this.onFocusIn));
    this.node.addEventListener('focusout', contained(this.onFocusOut));
    this.draw();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      const { review } = this.options;
      review.moved.disconnect(this.onMoved);
      review.drafted.disconnect(this.onDrafted);
      this.sight?.dispose();
      super.dispose();
    }
  }

  /** The notebook changed. */
  redraw(): void {
    if (this.isVisible) {
      this.then?.update();
    }
  }

  protected override onActivateRequest(): void {
    this.focusWhatStands();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.then?.update();
  }

  protected override onCloseRequest(message: Message): void {
    const { review, recorder, clock } = this.options;
    review.blur(clock());
    recorder.closed();
    super.onCloseRequest(message);
    this.dispose();
  }

  private readonly onMoved = (): void => {
    const here = this.node.contains(document.activeElement);
    this.draw();
    if (here) {
      this.focusWhatStands();
    }
  };

  private readonly onDrafted = (): void => {
    this.say('');
    this.drawDraft();
  };

  private draw(): void {
    const { review, trans, colour, clock, file, then, now } = this.options;
    this.sight?.dispose();
    this.sight = null;
    this.drawProgress();
    const standing = review.current;
    this.head.hidden = this.keys.hidden = standing === null;
    if (standing === null) {
      delete this.node.dataset.promptId;
      const end = endScreen({
        review,
        trans,
        file,
        then,
        change: index => review.go(index),
        end: () => {
          this.close();
          this.options.recorder.ended();
        }
      });
      this.ask = this.then = null;
      this.ending = end.heading;
      this.node.setAttribute('aria-labelledby', end.heading.id);
      this.body.replaceChildren(end.node);
      return;
    }
    const { item } = standing;
    this.node.dataset.promptId = item.prompt_id;
    this.node.setAttribute('aria-labelledby', this.heading.id);
    this.ending = null;
    this.then = new ThenSide({
      item,
      trans,
      colour,
      clock: new Clock(clock()),
      now: () => now(item.cell_id)
    });
    this.ask = new AskSide(item, trans, {
      choose: (choice, toggles) => review.choose(choice, toggles),
      write: text => review.write(text),
      save: () => this.save(),
      skip: () => this.skip(),
      previous: () => this.leave(() => review.previous())
    });
    const pair = element('div', 'jp-Prompter-pair');
    pair.append(this.then.node, this.ask.node);
    this.body.replaceChildren(pair);
    this.body.scrollTop = 0;
    this.drawDraft();
    if (!standing.shown) {
      this.sight = new Sight(
        this.ask.node,
        contained(() => this.seen(item.prompt_id))
      );
    }
  }

  private drawDraft(): void {
    const { review } = this.options;
    if (review.current !== null) {
      this.ask?.update(review.current, {
        save: review.sendable,
        previous: review.hasPrevious
      });
    }
  }

  private drawProgress(): void {
    const { review, trans } = this.options;
    const { standings, at } = review;
    this.steps.replaceChildren(
      ...standings.map((standing, index) => {
        const now = index === at;
        const pip = button('', '', () => this.leave(() => review.go(index)));
        pip.setAttribute('aria-label', step(standing, index, now, trans));
        pip.dataset.fate = standing.fate;
        if (now) {
          pip.setAttribute('aria-current', 'step');
        }
        const place = element('li');
        place.append(pip);
        return place;
      })
    );
    setText(
      this.count,
      at < standings.length
        ? trans.__('%1 of %2', at + 1, standings.length)
        : ''
    );
  }

  private foot(trans: TranslationBundle): HTMLElement {
    const keys = [
      [trans.__('Enter'), trans.__('save and next')],
      [trans.__('Shift Enter'), trans.__('new line')],
      [trans.__('Alt ↑'), trans.__('previous')],
      [trans.__('Alt ↓'), trans.__('next')],
      [trans.__('Alt C'), trans.__('changes since')],
      [trans.__('Esc'), trans.__('finish later')]
    ];
    this.keys.append(
      ...keys.map(([key, does]) => {
        const pair = element('span');
        pair.append(element('kbd', '', key), ` ${does}`);
        return pair;
      })
    );
    return this.keys;
  }

  /** Leave the question that stands, as it is. */
  private leave(move: () => void): void {
    this.options.review.blur(this.options.clock());
    this.say('');
    move();
  }

  private save(): void {
    const { review, recorder, clock } = this.options;
    if (!review.sendable || this.hindered()) {
      return;
    }
    const saved = review.save(clock());
    if (saved !== null) {
      recorder.saved(saved);
    }
    review.goOn();
  }

  private skip(): void {
    const { review, recorder, clock } = this.options;
    if (review.current?.fate === 'open' && this.hindered()) {
      return;
    }
    const skipped = review.skip(clock());
    if (skipped !== null) {
      recorder.skipped(skipped);
    }
    review.goOn();
  }

  /** Whether nothing can be recorded now; a line says why. */
  private hindered(): boolean {
    const reason = this.options.hindrance();
    this.say(reason);
    return reason !== '';
  }

  private say(text: string): void {
    setText(this.note, text);
    this.note.hidden = text === '';
  }

  private seen(promptId: string): void {
    const { review, recorder } = this.options;
    if (review.see(promptId) !== null) {
      recorder.shown(promptId);
    }
  }

  /** The question, so that a screen reader says it and digits choose; at the end the heading. */
  private focusWhatStands(): void {
    (this.ending ?? this.ask?.node ?? this.node).focus({ preventScroll: true });
  }

  private readonly onFocusIn = ({ target }: FocusEvent): void => {
    if (target instanceof HTMLElement) {
      // The application looks for shortcuts from the focused element upwards, and takes the first that matches.
      withoutShortcuts(target);
      const { review, recorder, clock } = this.options;
      if (this.ask?.node.contains(target)) {
        const promptId = review.focus(clock());
        if (promptId !== null) {
          recorder.focused(promptId);
        }
      }
    }
  };

  private readonly onFocusOut = ({ relatedTarget }: FocusEvent): void => {
    const { review, clock } = this.options;
    const within =
      relatedTarget instanceof Node && this.ask?.node.contains(relatedTarget);
    // When the window loses the focus, the element in it stays the active one.
    if (!within && !this.ask?.node.contains(document.activeElement)) {
      review.blur(clock());
    }
  };

  private readonly onKeydown = (event: KeyboardEvent): void => {
    const { ask } = this;
    const { review } = this.options;
    const action = reviewAction(event, ask?.keyContext(event.target) ?? null);
    if (action.act === 'native') {
      return;
    }
    if (action.act === 'begin') {
      // The focus moves before the key's own effect, so the letter lands in the answer.
      ask?.begin();
      return;
    }
    event.preventDefault();
    switch (action.act) {
      case 'choose':
        ask?.choose(action.index);
        break;
      case 'move':
        ask?.focusChoice(action.index);
        break;
      case 'send':
        this.save();
        break;
      case 'later':
        this.close();
        break;
      case 'previous':
        this.leave(() => review.previous());
        break;
      case 'next':
        this.leave(() => review.next());
        break;
      case 'turn':
        this.then?.turn();
    }
  };

  private readonly head = element('div', 'jp-Prompter-reviewHead');
  private readonly heading = element('h2');
  private readonly steps = element('ol', 'jp-Prompter-steps');
  private readonly count = element('span', 'jp-Prompter-count');
  private readonly note = element('p', 'jp-Prompter-reviewNote');
  private readonly body = element('div', 'jp-Prompter-reviewBody');
  private readonly keys = element('p', 'jp-Prompter-hint jp-Prompter-keys');
  private then: ThenSide | null = null;
  private ask: AskSide | null = null;
  private ending: HTMLElement | null = null;
  private sight: Sight | null = null;
}

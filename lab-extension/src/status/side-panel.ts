/** The side panel: whether this page is recorded, what is open, what was answered, what is recorded, the consent. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { button, element, setText } from '../elements';
import type { IDelivery, IQuestions } from '../tokens';
import { AnswerList } from './answer-list';
import { ConsentSection } from './consent-section';
import { OpenList } from './open-list';
import { shapeOf } from './shapes';
import {
  label,
  now,
  quietWords,
  recorded,
  taskWords,
  unrecorded
} from './words';

/** How often the minutes that are left are counted anew while the panel is seen, in ms. */
const TICK_MS = 10_000;

/** A way to something else, where there is such a command. */
export interface PanelLink {
  label: string;
  act: (this: void) => void;
}

export interface SidePanelOptions {
  delivery: IDelivery;
  /** Null where nothing is asked in this application. */
  questions: IQuestions | null;
  trans: TranslationBundle;
  pause: (this: void) => void;
  resume: (this: void) => void;
  readConsent: (this: void) => void;
  withdrawConsent: (this: void) => void;
  /** The commands that there are at present. */
  links: (this: void) => PanelLink[];
}

export class SidePanel extends Widget {
  constructor(options: SidePanelOptions) {
    super();
    this._options = options;
    const { delivery, questions, trans } = options;
    this.addClass('jp-Prompter-side');
    const head = element('div', 'jp-Prompter-sideHead');
    this._press = button('jp-Prompter-sideButton', '', () =>
      this._paused ? options.resume() : options.pause()
    );
    head.append(this._shape, this._label, this._press);
    this._quiet = button('jp-Prompter-sideLink', '', () =>
      questions?.quietUntil === null
        ? questions.beQuiet()
        : questions?.endQuiet()
    );
    this._quietLine.append(this._quietWords, this._quiet);
    const state = element('section');
    state.append(head, this._task, this._lines, this._quietLine);

    const clock = (): number => delivery.now();
    this._open = new OpenList({
      trans,
      goTo: id => void questions?.goTo(id),
      now: clock
    });
    this._answers = new AnswerList({
      trans,
      hindrance: id => questions?.hindrance(id) ?? '',
      amend: (id, answer) => questions?.amend(id, answer) ?? false,
      now: clock
    });
    this._consent = new ConsentSection({
      trans,
      read: options.readConsent,
      withdraw: options.withdrawConsent
    });
    this._openSection = listed(
      trans.__('Open questions'),
      this._openCount,
      this._open.node
    );
    this._answerSection = listed(
      trans.__('Your answers'),
      this._answerCount,
      this._answers.node
    );
    const folded = element('details');
    folded.append(
      element('summary', '', trans.__('What is recorded')),
      element('h4', '', trans.__('In your notebooks')),
      this._list,
      element('h4', '', trans.__('Never')),
      this._never
    );
    this._more.append(this._links);
    this.node.append(
      state,
      this._openSection,
      this._answerSection,
      folded,
      this._consent.node,
      this._more
    );
  }

  protected override onBeforeShow(_: Message): void {
    const { delivery, questions } = this._options;
    delivery.statusChanged.connect(this._draw);
    delivery.unsentChanged.connect(this._draw);
    delivery.studyChanged.connect(this._draw);
    delivery.consentChanged.connect(this._draw);
    delivery.sessionAccepted.connect(this._refresh);
    delivery.taskChanged.connect(this._draw);
    questions?.changed.connect(this._draw);
    this._ticking ??= window.setInterval(this._drawTask, TICK_MS);
    this._draw();
    this._refresh();
  }

  /** Hidden it costs nothing: the count changes with every key. */
  protected override onAfterHide(_: Message): void {
    this._rest();
  }

  protected override onBeforeAttach(message: Message): void {
    if (!this.isHidden) {
      this.onBeforeShow(message);
    }
  }

  protected override onAfterDetach(_: Message): void {
    this._rest();
  }

  private get _paused(): boolean {
    return this._options.delivery.status.state === 'paused';
  }

  private _rest(): void {
    const { delivery, questions } = this._options;
    delivery.statusChanged.disconnect(this._draw);
    delivery.unsentChanged.disconnect(this._draw);
    delivery.studyChanged.disconnect(this._draw);
    delivery.consentChanged.disconnect(this._draw);
    delivery.sessionAccepted.disconnect(this._refresh);
    delivery.taskChanged.disconnect(this._draw);
    window.clearInterval(this._ticking);
    this._ticking = undefined;
    questions?.changed.disconnect(this._draw);
  }

  private readonly _refresh = (): void => {
    void this._options.questions?.refresh();
  };

  private readonly _draw = (): void => {
    const { delivery, trans } = this._options;
    const { status, study, consent } = delivery;
    if (this.node.dataset.state !== status.state) {
      this.node.dataset.state = status.state;
      const shape = shapeOf(status.state);
      this._shape.replaceWith(shape);
      this._shape = shape;
    }
    setText(this._label, label(status, trans));
    setText(this._press, this._paused ? trans.__('Resume') : trans.__('Pause'));
    this._press.hidden = status.state === 'stopped';
    fill(this._lines, 'p', now(status, trans));
    fill(this._list, 'li', recorded(study, trans));
    fill(this._never, 'li', unrecorded(study, trans));
    this._drawTask();
    this._drawQuestions();
    this._consent.show(consent);
    this._drawLinks();
  };

  private readonly _drawTask = (): void => {
    const { delivery, trans } = this._options;
    const words = taskWords(delivery.task, delivery.now(), trans);
    setText(this._task, words);
    this._task.hidden = words === '';
  };

  private _drawQuestions(): void {
    const { delivery, questions, trans } = this._options;
    const open = questions?.open() ?? [];
    const answers = questions?.answers() ?? [];
    const paths = new Set([...open, ...answers].map(({ path }) => path));
    const many = paths.size > 1;
    this._open.show(open, many);
    this._answers.show(answers, many);
    setText(this._openCount, String(open.length));
    setText(this._answerCount, String(answers.length));
    this._openSection.hidden = open.length === 0;
    this._answerSection.hidden = this._answers.isEmpty;
    const until = questions?.quietUntil ?? null;
    this._quietLine.hidden =
      questions === null || delivery.silent || delivery.study?.asking !== 'now';
    setText(this._quietWords, quietWords(until, trans));
    setText(
      this._quiet,
      until === null
        ? trans.__('No questions for an hour')
        : trans.__('Ask me again')
    );
  }

  private _drawLinks(): void {
    const links = this._options.links();
    const shown = links.map(one => one.label).join('\n');
    this._more.hidden = links.length === 0;
    if (shown !== this._linksShown) {
      this._linksShown = shown;
      this._links.replaceChildren(
        ...links.map(({ label: words, act }) =>
          button('jp-Prompter-sideLink', words, act)
        )
      );
    }
  }

  private readonly _options: SidePanelOptions;
  private readonly _label = element('strong');
  private readonly _press: HTMLButtonElement;
  private readonly _task = element('p', 'jp-Prompter-sideTask');
  private _ticking: number | undefined;
  private readonly _lines = element('div', 'jp-Prompter-sideNow');
  private readonly _quietLine = element('div', 'jp-Prompter-sideFoot');
  private readonly _quietWords = element('span', 'jp-Prompter-sideWhen');
  private readonly _quiet: HTMLButtonElement;
  private readonly _open: OpenList;
  private readonly _openCount = element('span', 'jp-Prompter-sideCount');
  private readonly _openSection: HTMLElement;
  private readonly _answers: AnswerList;
  private readonly _answerCount = element('span', 'jp-Prompter-sideCount');
  private readonly _answerSection: HTMLElement;
  private readonly _consent: ConsentSection;
  private readonly _list = element('ul');
  private readonly _never = element('ul');
  private readonly _more = element('section');
  private readonly _links = element('div', 'jp-Prompter-sideLinks');
  private _linksShown = '';
  private _shape: Element = element('span');
}

/** A section with a title, a count and a list. */
function listed(
  title: string,
  count: HTMLElement,
  list: HTMLElement
): HTMLElement {
  const heading = element('h3', '', title);
  heading.append(' ', count);
  const section = element('section');
  section.append(heading, list);
  return section;
}

/** One element for each text; those that are there already stay. */
function fill(parent: HTMLElement, tag: 'p' | 'li', texts: string[]): void {
  texts.forEach((text, index) => {
    const child = parent.children.item(index);
    if (child === null) {
      parent.append(element(tag, '', text));
    } else {
      setText(child, text);
    }
  });
  while (parent.children.length > texts.length) {
    parent.lastElementChild?.remove();
  }
}

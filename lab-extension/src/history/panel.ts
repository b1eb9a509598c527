/** The history panel of one notebook. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { historyIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { Colour } from './colours';
import type { Moment } from './data';
import { button, element, setText } from '../elements';
import type { History, Mode } from './history';
import { MomentList } from './moment-list';
import { Past } from './past';
import { Track } from './track';
import { Clock, fault, heading } from './words';

let made = 0;

export interface HistoryPanelOptions {
  history: History;
  trans: TranslationBundle;
  colour: Colour;
  /** The time in µs since the epoch. */
  clock: () => number;
  /** Puts a cell back; tells whether there was anything to change. */
  restore: (cellId: string) => boolean;
  /** Told when the panel comes into view. */
  inView: (this: void) => void;
}

export class HistoryPanel extends Widget {
  constructor(private readonly options: HistoryPanelOptions) {
    super();
    const { history, trans, colour } = options;
    this.addClass('jp-Prompter-history');
    this.node.setAttribute('role', 'region');
    this.node.tabIndex = -1;
    // Keys that are typed here mean nothing to the notebook.
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.title.icon = historyIcon;
    this.title.closable = true;
    this.list = new MomentList(history, trans);
    this.track = new Track(history, trans);
    this.past = new Past({
      history,
      trans,
      colour,
      restore: cellId => this.restore(cellId)
    });
    this.heading.id = `jp-Prompter-history-${made++}`;
    this.heading.setAttribute('aria-live', 'polite');
    this.node.setAttribute('aria-labelledby', this.heading.id);
    this.back = button('jp-Prompter-quiet', trans.__('Back to now'), () => {
      history.choose(history.moments.length);
      this.past.node.focus();
    });
    this.note.setAttribute('role', 'status');
    const head = element('header', 'jp-Prompter-historyHead');
    head.append(this.heading, this.modes(), this.back);
    this.columns.append(this.list.node, this.past.node);
    this.node.append(head, this.track.node, this.note, this.columns);
    this.node.addEventListener('focusin', withoutItsShortcuts);
    history.changed.connect(this.onChange);
    this.draw();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.options.history.changed.disconnect(this.onChange);
      super.dispose();
    }
  }

  /** Name the notebook on the tab. */
  name(file: string): void {
    const { trans } = this.options;
    this.title.label = trans.__('History of %1', file);
    this.title.caption = this.title.label;
  }

  /** Show everything as it is now. */
  redraw(): void {
    if (this.isVisible) {
      this.draw();
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.draw();
    this.options.inView();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.options.inView();
  }

  protected override onActivateRequest(): void {
    if (this.columns.hidden) {
      this.node.focus();
    } else {
      this.list.focus();
    }
  }

  private readonly onChange = (): void => this.draw();

  private draw(): void {
    const { history, trans } = this.options;
    const { moment, problem, known, moments } = history;
    const clock = new Clock(this.options.clock());
    setText(this.heading, heading(moment, clock, trans));
    this.back.disabled = moment === null;
    const hidden = !known || moments.length === 0;
    this.track.node.hidden = hidden;
    this.columns.hidden = hidden;
    if (problem !== null) {
      this.say(fault(problem, trans));
    } else if (!known) {
      this.say(trans.__('The history is being read.'));
    } else if (this.faulty || moment !== this.noted) {
      this.say('');
    }
    this.faulty = problem !== null || !known;
    this.noted = moment;
    if (!hidden) {
      this.list.update(clock);
      this.track.update(clock);
      this.past.update(clock);
      if (document.activeElement === this.node) {
        // It waited for the list.
        this.list.focus();
      }
    }
  }

  private say(text: string): void {
    setText(this.note, text);
    this.note.hidden = text === '';
  }

  private restore(cellId: string): void {
    const { trans, restore } = this.options;
    const { past } = this;
    if (restore(cellId)) {
      this.draw();
      this.say(
        trans.__('The cell is restored. Undo in the notebook takes it back.')
      );
    }
    past.focusCell(cellId);
  }

  private modes(): HTMLElement {
    const { history, trans } = this.options;
    const group = element('div', 'jp-Prompter-switch');
    group.setAttribute('role', 'radiogroup');
    group.setAttribute('aria-label', trans.__('Show differences'));
    const labels: [Mode, string][] = [
      ['now', trans.__('Changes until now')],
      ['before', trans.__('From the moment before')],
      ['off', trans.__('Off')]
    ];
    const name = `${this.heading.id}-mode`;
    for (const [mode, text] of labels) {
      const label = element('label');
      const input = element('input');
      input.type = 'radio';
      input.name = name;
      input.value = mode;
      input.checked = mode === history.mode;
      input.addEventListener('change', () => {
        history.mode = mode;
      });
      label.append(input, text);
      group.append(label);
    }
    return group;
  }

  private readonly list: MomentList;
  private readonly track: Track;
  private readonly past: Past;
  private readonly heading = element('h2');
  private readonly back: HTMLButtonElement;
  private readonly note = element('p', 'jp-Prompter-historyNote');
  private readonly columns = element('div', 'jp-Prompter-columns');
  private faulty = true;
  /** The moment that the note is about. */
  private noted: Moment | null = null;
}

/** The application looks for shortcuts from the focused element upwards, and takes the first that matches. */
function withoutItsShortcuts({ target }: Event): void {
  if (target instanceof HTMLElement) {
    target.dataset.lmSuppressShortcuts = 'true';
  }
}

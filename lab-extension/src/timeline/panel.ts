/** The panel with the timeline of the current notebook's session. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { element, setText } from '../elements';
import { Clock } from '../history/words';
import type { DeliveryStatus } from '../tokens';
import type { Told } from './data';
import { timelineIcon } from './icon';
import { keyAfter } from './kept';
import { LiveFigure } from './live-figure';
import { sectionOf } from './section';
import type { Timeline } from './timeline';
import { circumstances, note } from './words';

/** Around a drawing, in pixels; what the scripts leave free for labels, beyond what is left in a narrow panel. */
const LABELS_SAVED = 90;
const NARROW = 560;

export interface TimelinePanelOptions {
  timeline: Timeline;
  trans: TranslationBundle;
  /** µs since the epoch. */
  clock: () => number;
  status: () => DeliveryStatus;
  /** The current notebook's file; null while there is none. */
  file: () => string | null;
  /** Go to a cell; tells whether the notebook has it. */
  goTo: (cellId: string) => boolean;
  /** Whether somebody types, who should not wait for a drawing. */
  busy: () => boolean;
  /** Told that something was not drawn for that: it is to be told again later. */
  later: (this: void) => void;
  /** Told when the panel comes into view, and when it goes. */
  inView: (this: void) => void;
  outOfView: (this: void) => void;
}

export class TimelinePanel extends Widget {
  constructor(private readonly options: TimelinePanelOptions) {
    super();
    const { trans, timeline } = options;
    this.addClass('jp-Prompter-timeline');
    this.id = 'jupyterlab-prompter-timeline';
    this.title.icon = timelineIcon;
    this.title.caption = trans.__('Prompter: timeline of this session');
    this.title.label = '';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Timeline'));
    this.node.tabIndex = -1;
    // Keys that are typed here mean nothing to the notebook.
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.host.dataset.lmSuppressShortcuts = 'true';
    this.note.setAttribute('role', 'status');
    this.root = this.host.attachShadow({ mode: 'open' });
    this.card.setAttribute('popover', 'manual');
    this.card.setAttribute('role', 'tooltip');
    this.card.hidden = true;
    this.root.append(this.place, this.card);
    this.node.append(this.note, this.host);
    this.node.addEventListener('keydown', event => this.onKey(event));
    for (const kind of ['pointerout', 'pointerup', 'focusout', 'keydown']) {
      // After what the drawing itself makes of it.
      this.root.addEventListener(kind, () => queueMicrotask(this.catchUp));
    }
    this.node.addEventListener('scroll', () => this.figure?.hide());
    timeline.changed.connect(this.draw);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.options.timeline.changed.disconnect(this.draw);
      super.dispose();
    }
  }

  /** Use the style sheet of drawings. */
  style(text: string): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    this.root.adoptedStyleSheets = [sheet];
  }

  /** Whether the theme is dark. */
  set dark(dark: boolean) {
    this.host.classList.toggle('dark', dark);
  }

  /** The width to ask a drawing for, as if labels had the room that they have in an exported page. */
  get drawingWidth(): number {
    const width = this.host.clientWidth;
    return width < NARROW ? width + LABELS_SAVED : width;
  }

  /** Show everything as it is now. */
  readonly draw = (): void => {
    if (!this.isVisible) {
      return;
    }
    const { timeline, trans, status, file } = this.options;
    const { told, problem, session } = timeline;
    const words = note(
      {
        notebook: file() !== null,
        session: session !== undefined,
        told,
        problem,
        status: status()
      },
      trans
    );
    this.say(words);
    const empty = told === null || told.data.lanes.length === 0;
    this.host.hidden = empty;
    if (empty) {
      this.clear();
    } else if (told !== this.shown) {
      this.renew(told, session ?? '');
    }
  };

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.come();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.come();
  }

  protected override onBeforeHide(message: Message): void {
    this.go();
    super.onBeforeHide(message);
  }

  protected override onBeforeDetach(message: Message): void {
    this.go();
    super.onBeforeDetach(message);
  }

  protected override onActivateRequest(): void {
    this.node.focus();
  }

  protected override onResize(message: Widget.ResizeMessage): void {
    super.onResize(message);
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => {
      if (this.isVisible) {
        this.figure?.draw();
      }
    });
  }

  /** Whether what is shown is the same session. */
  private get isSame(): boolean {
    return (
      this.shown !== null && this.shownSession === this.options.timeline.session
    );
  }

  /** Draw what was told, unless there is a drawing already that somebody reads, or somebody types. */
  private renew(told: Told, session: string): void {
    if (this.isSame && this.figure?.isHeld) {
      return; // It is caught up with when they have read.
    }
    if (this.isSame && this.options.busy()) {
      this.options.later();
      return;
    }
    this.put(told, session);
  }

  private come(): void {
    if (this.isVisible) {
      this.options.inView();
      this.draw();
      this.figure?.draw();
    }
  }

  private go(): void {
    this.figure?.hide();
    this.options.outOfView();
  }

  /** Show what came while somebody read. */
  private readonly catchUp = (): void => {
    if (this.options.timeline.told !== this.shown) {
      this.draw();
    }
  };

  private say(text: string): void {
    setText(this.note, text);
    this.note.hidden = text === '';
  }

  private clear(): void {
    this.figure?.hide();
    this.figure = null;
    this.shown = null;
    this.place.replaceChildren();
  }

  private put(told: Told, session: string): void {
    const { trans, file, clock } = this.options;
    const before = this.isSame ? this.figure : null;
    const focused = before ? this.focused(before) : null;
    const scrolled = before?.panel.scrollTop ?? 0;
    const data = {
      ...told.data,
      // The scripts tell the time as it is in UTC; here it is the person's.
      begin:
        told.data.begin - new Date(told.data.begin).getTimezoneOffset() * 60_000
    };
    const section = sectionOf(
      told,
      file() ?? '',
      circumstances(told, new Clock(clock()), trans),
      trans
    );
    const { legend } = this;
    this.figure?.hide();
    this.place.replaceChildren(section);
    const figure = new LiveFigure(section, data, {
      card: this.card,
      scroller: this.node,
      goTo: lane => this.goTo(told.cells[lane])
    });
    this.figure = figure;
    this.legend = section.querySelector('details');
    this.shown = told;
    this.shownSession = session;
    if (before) {
      figure.follow(before);
      section
        .querySelector('.clock')
        ?.setAttribute('aria-pressed', String(figure.clock));
      if (this.legend && legend) {
        this.legend.open = legend.open;
      }
      figure.panel.scrollTop = scrolled;
    }
    figure.draw();
    focused?.(section, figure);
  }

  /** Where the focus is in a drawing, as a way to bring it there in the next one; null if it is elsewhere. */
  private focused(
    before: LiveFigure
  ): ((section: HTMLElement, figure: LiveFigure) => void) | null {
    const active = this.root.activeElement;
    if (active === null) {
      return null;
    }
    const key = active.getAttribute('data-key');
    if (key !== null) {
      return (section, figure) => {
        const now = keyAfter(key, before.data, figure.data);
        section
          .querySelector<SVGElement>(`.mark[data-key="${now}"]:not([display])`)
          ?.focus({ preventScroll: true });
        figure.hide();
      };
    }
    // A button: it is known by its place among them.
    const index = buttons(this.place).findIndex(one => one === active);
    return section =>
      buttons(section).at(index)?.focus({ preventScroll: true });
  }

  private goTo(cellId: string): void {
    if (!this.options.goTo(cellId)) {
      this.say(
        this.options.trans.__('The notebook does not have this cell any more.')
      );
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.figure) {
      if (this.card.hidden) {
        this.figure.close();
      } else {
        this.figure.hide();
      }
      event.stopPropagation();
    }
  }

  private readonly note = element('p', 'jp-Prompter-timelineNote');
  private readonly host = element('div', 'jp-Prompter-timelineDrawing');
  private readonly root: ShadowRoot;
  private readonly place = element('div');
  private readonly card = element('div', 'card');
  private figure: LiveFigure | null = null;
  private legend: HTMLDetailsElement | null = null;
  private shown: Told | null = null;
  private shownSession = '';
  private waiting = 0;
}

function buttons(place: HTMLElement): HTMLElement[] {
  return Array.from(place.querySelectorAll<HTMLElement>('button, summary'));
}

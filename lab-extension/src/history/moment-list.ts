/** The list of moments: a listbox that is walked with the arrow keys. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Moment } from './data';
import { button, element, reveal } from '../elements';
import type { History } from './history';
import { isFailure, mark } from './marks';
import { keyStep } from './scale';
import { detail, line, type Clock } from './words';

let made = 0;

export class MomentList {
  constructor(
    private readonly history: History,
    private readonly trans: TranslationBundle
  ) {
    this.earlier = button(
      'jp-Prompter-quiet jp-Prompter-earlier',
      trans.__('Show earlier moments'),
      () => void history.tellEarlier()
    );
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', trans.__('Moments'));
    this.list.tabIndex = 0;
    this.list.addEventListener('keydown', event => this.onKey(event));
    this.list.addEventListener('click', event => this.onClick(event));
    this.node.append(this.earlier, this.list);
  }

  readonly node = element('div', 'jp-Prompter-moments');

  /** Show what the history tells now. */
  update(clock: Clock): void {
    const { moments, index, earlier } = this.history;
    this.earlier.hidden = earlier === 0;
    if (moments !== this.shown) {
      const atEnd = this.isAtEnd();
      const top = moments.at(0);
      const grown = this.shown.length > 0 && top !== this.shown.at(0);
      const height = this.node.scrollHeight;
      this.shown = moments;
      this.fill(clock);
      if (grown && !atEnd) {
        // What came before must not push away what is being read.
        this.node.scrollTop += this.node.scrollHeight - height;
      }
      this.chosen = null;
    }
    const row = this.rows[index];
    if (row !== this.chosen) {
      this.chosen?.setAttribute('aria-selected', 'false');
      row.setAttribute('aria-selected', 'true');
      this.list.setAttribute('aria-activedescendant', row.id);
      this.chosen = row;
      reveal(this.node, row);
    }
  }

  focus(): void {
    this.list.focus({ preventScroll: true });
  }

  private fill(clock: Clock): void {
    let day = '';
    const items: HTMLElement[] = [];
    this.rows = this.shown.map((moment, i) => {
      const itsDay = clock.day(moment.at);
      if (itsDay !== day) {
        day = itsDay;
        items.push(note(itsDay || this.trans.__('Today'), 'jp-mod-day'));
      }
      const row = this.row(moment, clock, i);
      items.push(row);
      return row;
    });
    const now = this.option(this.rows.length);
    now.append(
      element('span', 'jp-Prompter-time', this.trans.__('now')),
      element('span'),
      element('span', '', this.trans.__('As it stands'))
    );
    this.rows.push(now);
    this.list.replaceChildren(...items, now);
  }

  private row(moment: Moment, clock: Clock, i: number): HTMLElement {
    const text = line(moment, this.trans);
    if (moment.kind === 'away') {
      return note(text);
    }
    const row = this.option(i);
    row.dataset.kind = moment.kind;
    row.title = detail(moment, this.trans);
    row.classList.toggle('jp-mod-failed', isFailure(moment));
    const when = element('time', 'jp-Prompter-time', clock.minute(moment.at));
    when.dateTime = new Date(moment.at / 1000).toISOString();
    row.append(when, mark(moment), element('span', '', text));
    return row;
  }

  private option(i: number): HTMLElement {
    const row = element('li', 'jp-Prompter-moment');
    row.id = `${this.id}-${i}`;
    row.dataset.index = String(i);
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', 'false');
    return row;
  }

  private isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.node;
    return scrollTop + clientHeight >= scrollHeight - 1;
  }

  private onKey(event: KeyboardEvent): void {
    const step = keyStep(event.key, this.rows.length, -1);
    if (step !== null && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.history.step(step);
    }
  }

  private onClick(event: MouseEvent): void {
    const row =
      event.target instanceof Element
        ? event.target.closest<HTMLElement>('[data-index]')
        : null;
    if (row) {
      this.history.choose(Number(row.dataset.index));
    }
  }

  private readonly list = element('ul');
  private readonly earlier: HTMLButtonElement;
  private readonly id = `jp-Prompter-moments-${made++}`;
  private shown: readonly Moment[] = [];
  private rows: HTMLElement[] = [];
  private chosen: HTMLElement | null = null;
}

/** A row that is read and not chosen. */
function note(text: string, more = ''): HTMLElement {
  const row = element('li', `jp-Prompter-momentNote ${more}`.trim(), text);
  row.setAttribute('role', 'option');
  row.setAttribute('aria-disabled', 'true');
  return row;
}

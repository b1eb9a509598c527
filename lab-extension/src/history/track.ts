/** The slider over the moments, with a tick for each. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Moment } from './data';
import { element, setText } from '../elements';
import type { History } from './history';
import { isFailure } from './marks';
import { END, keyStep, meant, places } from './scale';
import { line, type Clock } from './words';

/** Ticks nearer than this to the one before are left out, as a share of the track: they would be one blot. */
const APART = END / 400;

export class Track {
  constructor(
    private readonly history: History,
    private readonly trans: TranslationBundle
  ) {
    this.ticks.setAttribute('aria-hidden', 'true');
    this.slider.type = 'range';
    this.slider.min = '0';
    this.slider.max = String(END);
    this.slider.step = '1';
    this.slider.setAttribute('aria-label', trans.__('Moment'));
    this.slider.addEventListener('input', () => this.onInput());
    this.slider.addEventListener('keydown', event => this.onKey(event));
    const ends = element('div', 'jp-Prompter-ends');
    ends.append(this.begin, element('span', '', trans.__('now')));
    this.node.append(this.ticks, this.slider, ends);
  }

  readonly node = element('div', 'jp-Prompter-track');

  /** Show what the history tells now. */
  update(clock: Clock): void {
    const { moments, moment, index } = this.history;
    if (moments !== this.shown) {
      this.shown = moments;
      this.places = places(moments);
      this.ticks.replaceChildren(...this.drawn());
    }
    const first = moments.at(0);
    setText(
      this.begin,
      first
        ? [clock.day(first.at), clock.minute(first.at)]
            .filter(part => part !== '')
            .join(', ')
        : ''
    );
    this.slider.disabled = moments.length === 0;
    const place = this.places[index];
    this.slider.value = String(place);
    this.slider.style.setProperty('--prompter-at', `${(place / END) * 100}%`);
    this.slider.setAttribute(
      'aria-valuetext',
      moment === null
        ? this.trans.__('now')
        : `${clock.second(moment.at)}, ${line(moment, this.trans)}`
    );
  }

  private drawn(): HTMLElement[] {
    const drawn: HTMLElement[] = [];
    let last = -APART;
    this.shown.forEach((moment, i) => {
      const kind = tickKind(moment);
      const place = this.places[i];
      if (kind === '' && place - last < APART) {
        return;
      }
      last = place;
      const tick = element('i', kind);
      tick.style.left = `${(place / END) * 100}%`;
      if (moment.kind === 'away') {
        tick.style.right = `${100 - (this.places[i + 1] / END) * 100}%`;
      }
      drawn.push(tick);
    });
    return drawn;
  }

  private onInput(): void {
    const index = meant(
      this.places,
      this.history.choosable,
      this.history.index,
      Number(this.slider.value)
    );
    this.history.choose(index);
    // The thumb rests on moments only.
    this.slider.value = String(this.places[this.history.index]);
  }

  private onKey(event: KeyboardEvent): void {
    const step = keyStep(event.key, this.places.length, 1);
    if (step !== null && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.history.step(step);
    }
  }

  private readonly ticks = element('div', 'jp-Prompter-ticks');
  private readonly slider = element('input');
  private readonly begin = element('span');
  private shown: readonly Moment[] = [];
  private places = places([]);
}

function tickKind(moment: Moment): string {
  if (moment.kind === 'away') {
    return 'jp-mod-away';
  }
  if (moment.kind === 'answered' || moment.kind === 'amended') {
    return 'jp-mod-answer';
  }
  return isFailure(moment) ? 'jp-mod-failed' : '';
}

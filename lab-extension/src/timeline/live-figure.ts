/** The exported page's figure in JupyterLab: narrow where the panel is, and a click goes to the cell. */

import { reveal } from '../elements';
import {
  Figure,
  type DrawnData,
  type FigureOptions,
  type Found
} from './drawn';
import { domainAfter, foldedAfter, keyAfter } from './kept';

/** Below this width labels get less room, in pixels. */
const NARROW = 560;
const NARROW_LEFT = 96;
const LEAST = 220;

export interface LiveFigureOptions extends FigureOptions {
  /** What scrolls. */
  scroller: HTMLElement;
  /** Told which lane's cell somebody wants to go to. */
  goTo: (lane: number) => void;
}

export class LiveFigure extends Figure {
  constructor(
    section: HTMLElement,
    data: DrawnData,
    private readonly live: LiveFigureOptions
  ) {
    super(section, data, live);
    this.least = LEAST;
    this.wide = this.left;
    this.overview.addEventListener('pointerdown', () => {
      this.dragging = true;
      const up = (): void => {
        this.dragging = false;
        window.removeEventListener('pointerup', up);
        window.removeEventListener('pointercancel', up);
      };
      window.addEventListener('pointerup', up);
      window.addEventListener('pointercancel', up);
    });
  }

  /** Whether somebody reads or drags, and would lose what they are at. */
  get isHeld(): boolean {
    return this.dragging || !this.card.hidden;
  }

  /** Take over what somebody made of the drawing before. */
  follow(before: LiveFigure): void {
    this.clock = before.clock;
    this.domain = domainAfter(
      before.domain,
      before.data.length,
      this.data.length
    );
    this.folded = foldedAfter(
      before.data.folds,
      before.folded,
      this.data.folds
    );
    const chosen =
      before.chosen?.key === undefined
        ? null
        : keyAfter(before.chosen.key, before.data, this.data);
    if (chosen !== null) {
      this.quiet = true;
      this.open(chosen);
      this.quiet = false;
    }
  }

  override draw(moving = false): void {
    const narrow = (this.svg.parentElement?.clientWidth ?? 0) < NARROW;
    this.left = narrow ? NARROW_LEFT : this.wide;
    super.draw(moving);
  }

  override act(key: string): void {
    super.act(key);
    const [kind, lane] = key.split(':');
    if (kind !== 'g' && kind !== 's') {
      this.live.goTo(Number(lane));
    }
  }

  override fillCard(key: string): void {
    super.fillCard(key);
    const { card } = this;
    // Above all, since the panel cuts off what goes beyond it.
    if (card.isConnected && !card.matches(':popover-open')) {
      card.showPopover();
    }
  }

  override title(found: Found): string {
    const { kind, lane, run } = found;
    return kind === 'r' && run?.outcome === 'unfinished'
      ? `${lane?.name}, run ${run.number}: not ended yet`
      : super.title(found);
  }

  override reveal(): void {
    if (!this.quiet) {
      reveal(this.live.scroller, this.panel);
    }
  }

  private dragging = false;
  /** Whether something is opened by itself, and scrolls nothing. */
  private quiet = false;
  private readonly wide: number;
}

/** What the panel shows: the moments, which one is chosen, and the cells then, before and now. */

import { Signal, type ISignal } from '@lumino/signaling';

import { compareCells, isSame, type Compared } from './compare';
import {
  HistoryFailed,
  type CellText,
  type HistorySource,
  type Moment,
  type PastCell
} from './data';
import { next } from './scale';

/** What a cell is compared with. */
export type Mode = 'now' | 'before' | 'off';

export interface HistoryOptions {
  source: HistorySource;
  /** The session of the notebook; undefined while there is none. */
  session: () => string | undefined;
  /** The cells as they stand. */
  now: () => CellText[];
}

/** One cell as the panel shows it. */
export interface Shown extends Compared {
  /** The cell as it stood then, with what it had put out; null if it was not there. */
  past: PastCell | null;
  /** Whether it can be put back: it differs from now, and all of its text is known. */
  restorable: boolean;
  /** When it was removed after that moment, µs since the epoch; null if it was not, or nobody knows. */
  removedAt: number | null;
}

/** Stands for text that was not recorded, one for each UTF-16 unit. */
const WITHHELD = '▒';

/** So many states of the notebook are kept, for going back and forth. */
const MOST_STATES = 64;

export class History {
  constructor(private readonly options: HistoryOptions) {}

  /** Emitted when something else is to be shown. */
  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** In order. The place behind the last one is that of now. */
  get moments(): readonly Moment[] {
    return this.told;
  }

  /** How many moments there were before the first of `moments`. */
  get earlier(): number {
    return this.first;
  }

  /** The chosen moment's index; `moments.length` means now. */
  get index(): number {
    const at = this.told.findIndex(moment => moment === this.chosen);
    return at < 0 ? this.told.length : at;
  }

  /** The chosen moment; null means now. */
  get moment(): Moment | null {
    return this.chosen;
  }

  get mode(): Mode {
    return this.comparing;
  }

  set mode(mode: Mode) {
    this.comparing = mode;
    void this.load();
    this.changedSignal.emit();
  }

  /** Why something cannot be shown; null when all is well. */
  get problem(): HistoryFailed | null {
    return this.failed;
  }

  /** Whether the moments were told at least once. */
  get known(): boolean {
    return this.isKnown;
  }

  /** Whether the chosen moment's cells are still to come. */
  get loading(): boolean {
    return this.wanted().some(moment => !this.states.has(keyOf(moment)));
  }

  /** Whether a moment can be chosen: a time without events has no state of its own. */
  readonly choosable = (index: number): boolean =>
    this.told.at(index)?.kind !== 'away' || index === this.told.length;

  /** Choose a moment; the index behind the last one means now. */
  choose(index: number): void {
    const moment = index < this.told.length ? this.told[index] : null;
    if (moment !== this.chosen && this.choosable(index)) {
      this.chosen = moment;
      void this.load();
      this.changedSignal.emit();
    }
  }

  /** Choose the moment that is so many further on. */
  step(by: number): void {
    this.choose(next(this.told.length + 1, this.choosable, this.index, by));
  }

  /** Ask for the moments. What fails is told by `problem`. */
  async refresh(): Promise<void> {
    const sessionId = this.options.session();
    await this.attempt(async () => {
      if (sessionId === undefined) {
        throw new HistoryFailed('unknown');
      }
      const { first, moments, withheld } =
        await this.options.source.moments(sessionId);
      // What was shown of earlier times stays.
      const kept = this.told.slice(0, Math.max(0, first - this.first));
      const whole = this.isKnown && kept.length === first - this.first;
      const told = whole ? [...kept, ...moments] : moments;
      if (JSON.stringify(told) !== JSON.stringify(this.told)) {
        this.told = told;
      }
      this.first = whole ? this.first : first;
      this.withheld = new Set(withheld);
      this.isKnown = true;
      this.rechoose();
    });
    await this.load();
  }

  /** Ask for moments before the first one. */
  async tellEarlier(): Promise<void> {
    const sessionId = this.options.session();
    if (sessionId === undefined || this.first === 0) {
      return;
    }
    await this.attempt(async () => {
      const until = this.first;
      const page = await this.options.source.moments(sessionId, until);
      if (this.first === until) {
        this.told = [...page.moments, ...this.told];
        this.first = page.first;
      }
    });
  }

  /** The cells then, in order, as far as they were told; null until they were. */
  get past(): readonly CellText[] | null {
    return this.chosen === null
      ? this.options.now()
      : (this.states.get(keyOf(this.chosen)) ?? null);
  }

  /** All cells to be shown; null until the chosen moment's are known. */
  shown(): Shown[] | null {
    const now = this.options.now();
    const then = this.past;
    const other = this.comparing === 'before' ? this.stateBefore(now) : now;
    if (then === null || other === null) {
      return null;
    }
    const past = new Map(
      (this.chosen && this.states.get(keyOf(this.chosen)))?.map(cell => [
        cell.id,
        cell
      ])
    );
    const compared =
      this.comparing === 'before'
        ? compareCells(other, then)
        : this.comparing === 'now'
          ? compareCells(then, other)
          : compareCells(then, then);
    const live = new Map(now.map(cell => [cell.id, cell]));
    return compared.map(each => {
      const id = (each.from ?? each.to)?.id ?? '';
      const cell = past.get(id) ?? null;
      const current = live.get(id);
      return {
        ...each,
        past: cell,
        restorable:
          cell !== null &&
          !(current && isSame(cell, current)) &&
          !(this.withheld.has(id) && cell.source.includes(WITHHELD)),
        removedAt: this.removal(id)
      };
    });
  }

  private stateBefore(now: readonly CellText[]): readonly CellText[] | null {
    const before = this.before();
    if (before === null) {
      // Nothing was before the first one: it is compared with itself.
      return this.past ?? now;
    }
    return this.states.get(keyOf(before)) ?? null;
  }

  private before(): Moment | null {
    const at = next(this.told.length + 1, this.choosable, this.index, -1);
    return at < this.index ? this.told[at] : null;
  }

  private removal(cellId: string): number | null {
    const later = this.told.slice(this.index + 1);
    return (
      later.find(
        ({ kind, cell_id }) => kind === 'removed' && cell_id === cellId
      )?.at ?? null
    );
  }

  /** The states that are needed now. */
  private wanted(): Moment[] {
    const before = this.comparing === 'before' ? this.before() : null;
    return [this.chosen, before].filter(moment => moment !== null);
  }

  /** Bring the states that are needed; while it is at it, what is wanted may change. */
  private async load(): Promise<void> {
    if (this.isLoading) {
      return;
    }
    this.isLoading = true;
    try {
      for (
        let missing = this.missing();
        missing !== undefined;
        missing = this.missing()
      ) {
        const { session_id, position } = missing;
        const key = keyOf(missing);
        const brought = await this.attempt(async () => {
          const cells = await this.options.source.notebook(
            session_id,
            position
          );
          this.states.set(key, cells);
        });
        if (!brought && this.missing() === missing) {
          return;
        }
        this.forget();
      }
    } finally {
      this.isLoading = false;
    }
  }

  private missing(): Moment | undefined {
    return this.wanted().find(moment => !this.states.has(keyOf(moment)));
  }

  private forget(): void {
    const needed = new Set(this.wanted().map(keyOf));
    for (const key of this.states.keys()) {
      if (this.states.size <= MOST_STATES) {
        return;
      }
      if (!needed.has(key)) {
        this.states.delete(key);
      }
    }
  }

  /** Find the chosen moment among those that were told anew, or the last one before it. */
  private rechoose(): void {
    const before = this.chosen;
    if (before === null) {
      return;
    }
    const same = this.told.filter(
      ({ session_id }) => session_id === before.session_id
    );
    this.chosen =
      same.find(moment => keyOf(moment) === keyOf(before)) ??
      same
        .filter(
          ({ position, kind }) => position <= before.position && kind !== 'away'
        )
        .at(-1) ??
      null;
  }

  private async attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      this.failed = null;
      return true;
    } catch (error) {
      if (!(error instanceof HistoryFailed)) {
        throw error;
      }
      this.failed = error;
      return false;
    } finally {
      this.changedSignal.emit();
    }
  }

  private told: Moment[] = [];
  private first = 0;
  private withheld = new Set<string>();
  private chosen: Moment | null = null;
  private comparing: Mode = 'now';
  private failed: HistoryFailed | null = null;
  private isKnown = false;
  private isLoading = false;
  private readonly states = new Map<string, PastCell[]>();
  private readonly changedSignal = new Signal<this, void>(this);
}

/** A state's name: what stood at a position of a session never changes. */
function keyOf({ session_id, position }: Moment): string {
  return `${session_id}/${position}`;
}

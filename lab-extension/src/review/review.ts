/** One review: which question stands now, what is drafted, what was said. */

import { Signal, type ISignal } from '@lumino/signaling';

import { NOTHING_SAID, type Fate, type ReviewItem, type Said } from './data';
import type { KeptReviews } from './kept';

const MICROSECONDS_PER_MILLISECOND = 1000;

/** A question at one moment. */
export interface Standing {
  readonly item: ReviewItem;
  readonly fate: Fate;
  /** What was sent; null before. */
  readonly answer: Said | null;
  readonly draft: Said;
  /** Whether `prompt.shown` and `prompt.focused` were recorded. */
  readonly shown: boolean;
  readonly focused: boolean;
  /** Since when the focus is in it, µs since the epoch; null if it is not. */
  readonly focusedSince: number | null;
  /** How long it had the focus before that, milliseconds. */
  readonly draftingMs: number;
}

/** What is to be recorded of an answer that was saved. */
export interface Saved extends Said {
  promptId: string;
  amends: boolean;
  draftingMs: number;
}

/** Whether a draft says what its question asks for. */
export function sendable({ text }: ReviewItem, draft: Said): boolean {
  const worded = draft.text.trim() !== '';
  return text === 'required' ? worded : worded || draft.choices.length > 0;
}

/** An answer as it is quoted: the choices, the words, or both. */
export function quoted(said: Said): string {
  const text = said.text.trim();
  return [said.choices.join(', '), text].filter(part => part !== '').join(': ');
}

/**
 * The questions of one review, and the way through them. Pure but for the storage it is given; times are µs since the
 * epoch. What cannot apply changes nothing.
 */
export class Review {
  constructor(
    items: readonly ReviewItem[],
    private readonly kept: KeptReviews
  ) {
    this.all = items.map(item => {
      const { draft, shown, focused, draftingMs } = kept.read(item.prompt_id);
      return {
        item,
        fate: item.fate,
        answer: item.answer,
        draft: fitting(item, draft ?? item.answer ?? NOTHING_SAID),
        shown,
        focused,
        focusedSince: null,
        draftingMs
      };
    });
    this.place = this.firstOpen();
  }

  /** Emitted when another question stands, or one was answered or skipped. */
  readonly moved: ISignal<this, void> = new Signal<this, void>(this);
  /** Emitted when the draft changed. */
  readonly drafted: ISignal<this, void> = new Signal<this, void>(this);

  get standings(): readonly Standing[] {
    return this.all;
  }

  /** Which question stands, counted from 0; as many as there are: the end. */
  get at(): number {
    return this.place;
  }

  /** The question that stands; null at the end. */
  get current(): Standing | null {
    return this.all.at(this.place) ?? null;
  }

  get answered(): number {
    return this.count('answered');
  }

  get skipped(): number {
    return this.count('skipped');
  }

  /** How many are open. */
  get left(): number {
    return this.count('open');
  }

  /** Press a choice, or take it back. Without `toggles` a single choice stays. */
  choose(choice: string, toggles = true): void {
    const { current } = this;
    if (current === null) {
      return;
    }
    const { choices } = current.draft;
    const { multiple } = current.item;
    const pressed = choices.includes(choice);
    if (pressed && !toggles && !multiple) {
      return;
    }
    const others = multiple ? choices.filter(other => other !== choice) : [];
    const taken = pressed ? others : [...others, choice];
    this.draft({
      ...current.draft,
      // In the order in which they are offered.
      choices: current.item.choices.filter(each => taken.includes(each))
    });
  }

  write(text: string): void {
    if (this.current !== null) {
      this.draft({ ...this.current.draft, text });
    }
  }

  /** Whether there is an answer to save. */
  get sendable(): boolean {
    const { current } = this;
    return current !== null && sendable(current.item, current.draft);
  }

  /** Take the draft as the answer. @returns what is to be recorded; null if there is nothing, or nothing new. */
  save(now: number): Saved | null {
    const { current } = this;
    if (current === null || !sendable(current.item, current.draft)) {
      return null;
    }
    const said = {
      choices: current.draft.choices,
      text: current.draft.text.trim()
    };
    const draftingMs = drafting(current, now);
    const amends = current.fate === 'answered';
    const same = amends && quoted(said) === quoted(current.answer ?? said);
    this.set({
      ...current,
      fate: 'answered',
      answer: said,
      draft: said,
      focusedSince: null,
      draftingMs
    });
    return same
      ? null
      : { ...said, promptId: current.item.prompt_id, amends, draftingMs };
  }

  /** Leave a question unanswered. @returns its prompt's id, if it was open. */
  skip(now: number): string | null {
    const { current } = this;
    if (current === null) {
      return null;
    }
    const opened = current.fate === 'open';
    if (opened) {
      this.set({
        ...current,
        fate: 'skipped',
        focusedSince: null,
        draftingMs: drafting(current, now)
      });
    }
    return opened ? current.item.prompt_id : null;
  }

  /** From what was answered or skipped to the next question; to the end once none is open. */
  goOn(): void {
    const next = this.place + 1;
    this.place =
      this.left > 0 && next < this.all.length ? next : this.firstOpen();
    this.emitMoved();
  }

  /** Whether there is a question before the one that stands. */
  get hasPrevious(): boolean {
    return this.place > 0;
  }

  previous(): void {
    this.go(this.place - 1);
  }

  /** The end comes after the last one, once nothing is open. */
  next(): void {
    if (this.place + 1 < this.all.length || this.left === 0) {
      this.go(this.place + 1);
    }
  }

  go(index: number): void {
    if (index >= 0 && index <= this.all.length && index !== this.place) {
      this.place = index;
      this.emitMoved();
    }
  }

  /** @returns the prompt's id, if it was seen for the first time. */
  see(promptId: string): string | null {
    const { current } = this;
    if (current?.item.prompt_id !== promptId || current.shown) {
      return null;
    }
    this.set({ ...current, shown: true });
    return promptId;
  }

  /** The focus came into the question. @returns the prompt's id, if for the first time. */
  focus(now: number): string | null {
    const { current } = this;
    if (current === null || current.focusedSince !== null) {
      return null;
    }
    this.set({ ...current, focused: true, focusedSince: now });
    return current.focused ? null : current.item.prompt_id;
  }

  /** The focus left the question that stands. */
  blur(now: number): void {
    const { current } = this;
    if (current !== null && current.focusedSince !== null) {
      this.set({
        ...current,
        focusedSince: null,
        draftingMs: drafting(current, now)
      });
    }
  }

  private draft(draft: Said): void {
    if (this.current !== null) {
      this.set({ ...this.current, draft });
      (this.drafted as Signal<this, void>).emit();
    }
  }

  /** The first open question; the end where none is. */
  private firstOpen(): number {
    const found = this.all.findIndex(({ fate }) => fate === 'open');
    return found < 0 ? this.all.length : found;
  }

  private count(fate: Fate): number {
    return this.all.filter(standing => standing.fate === fate).length;
  }

  private set(standing: Standing): void {
    this.all[this.place] = standing;
    const { draft, answer, shown, focused, draftingMs } = standing;
    this.kept.write(standing.item.prompt_id, {
      draft: draft === answer ? null : draft,
      shown,
      focused,
      draftingMs
    });
  }

  private emitMoved(): void {
    (this.moved as Signal<this, void>).emit();
  }

  private readonly all: Standing[];
  private place: number;
}

/** A draft without what its question does not offer: the study may have changed since. */
function fitting({ choices, text }: ReviewItem, draft: Said): Said {
  return {
    choices: choices.filter(choice => draft.choices.includes(choice)),
    text: text === 'none' ? '' : draft.text
  };
}

function drafting(standing: Standing, now: number): number {
  const current =
    standing.focusedSince === null
      ? 0
      : Math.max(0, now - standing.focusedSince) / MICROSECONDS_PER_MILLISECOND;
  return Math.round(standing.draftingMs + current);
}

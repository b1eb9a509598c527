/** Which prompts are open in this page, and how far each one is. */

import { Signal, type ISignal } from '@lumino/signaling';

import {
  EMPTY_DRAFT,
  NOTHING_KEPT,
  type Draft,
  type KeptPrompt,
  type KeptPrompts
} from './kept';

const MICROSECONDS_PER_MILLISECOND = 1000;

/**
 * - waiting: known, not shown yet; local quiet is awaited.
 * - open: shown, at rest or being answered.
 * - snoozed: put off until `until`.
 * - sent: answered; may be changed while its line stands.
 * - closed: over while it was being answered; a line says so, with the words that were not sent.
 * - gone: nothing is to be seen. Kept by id so that it cannot come back.
 */
export type Stage = 'waiting' | 'open' | 'snoozed' | 'sent' | 'closed' | 'gone';

/** What a prompt asks. */
export interface Question {
  /** The prompt's UUID as text. */
  promptId: string;
  /** The notebook's UUID as text. */
  notebookId: string;
  cellId: string;
  question: string;
  choices: readonly string[];
  /** BCP 47, or empty. */
  language: string;
  /** Whether several choices may be taken. */
  multiple: boolean;
  /** Whether an answer has words of its own. */
  words: Words;
  /** Whether it is shown where nothing would be asked now, and in a quiet hour that had begun before it. */
  byHand?: boolean;
  /** When it was asked, µs since the epoch. */
  issuedAt: number;
}

export type Words = 'optional' | 'required' | 'none';

/** A prompt at one moment. */
export interface OpenPrompt extends Question {
  readonly stage: Stage;
  readonly draft: Draft;
  /** The answer that was sent, null before. */
  readonly answer: Draft | null;
  /** When it was sent, and when it was last changed, µs since the epoch; null before. */
  readonly answeredAt: number | null;
  readonly amendedAt: number | null;
  /** µs since the epoch; null if not put off. */
  readonly until: number | null;
  /** Whether `prompt.shown` and `prompt.focused` were recorded. */
  readonly shown: boolean;
  readonly focused: boolean;
  /** Since when the focus is in it, µs since the epoch; null if it is not. */
  readonly focusedSince: number | null;
  /** How long it had the focus before that, milliseconds. */
  readonly draftingMs: number;
}

/** What an answer says, and whether it changes an earlier one. */
export interface Answer extends Draft {
  draftingMs: number;
  amends: boolean;
}

/** What a draft lacks before it can be sent; null if nothing. */
export type Lack = 'words' | 'choice' | 'anything';

export function lackOf(
  draft: Draft,
  { words, choices }: Pick<Question, 'words' | 'choices'>
): Lack | null {
  const said = words !== 'none' && draft.text.trim() !== '';
  const chose = draft.choices.length > 0;
  if (words === 'required') {
    return said ? null : 'words';
  }
  if (said || chose) {
    return null;
  }
  return words === 'none'
    ? 'choice'
    : choices.length > 0
      ? 'anything'
      : 'words';
}

/** Whether there is anything in a draft. */
export function begun(draft: Draft): boolean {
  return draft.choices.length > 0 || draft.text.trim() !== '';
}

/** The words that were written and not sent when the question closed; empty if there were none. */
export function unsentWords({
  stage,
  draft
}: Pick<OpenPrompt, 'stage' | 'draft'>): string {
  return stage === 'closed' ? draft.text : '';
}

/** An answer as its line quotes it: the choices, the words, or both. */
export function quoted(answer: Draft): string {
  const text = answer.text.trim();
  const chosen = answer.choices.join(', ');
  return [chosen, text].filter(part => part !== '').join(': ');
}

/** A draft with a choice taken or given back; where one may be taken, the others give way. */
export function toggled(
  draft: Draft,
  choice: string,
  { multiple, choices }: Pick<Question, 'multiple' | 'choices'>
): Draft {
  const taken = draft.choices.includes(choice);
  if (!multiple) {
    return { ...draft, choices: taken ? [] : [choice] };
  }
  const left = draft.choices.filter(other => other !== choice);
  const order = (one: string): number => choices.indexOf(one);
  return {
    ...draft,
    choices: taken
      ? left
      : [...left, choice].sort((one, other) => order(one) - order(other))
  };
}

/**
 * The prompts of this page by id. Pure but for the storage it is given; times are µs since the epoch.
 *
 * Each method that cannot apply (an unknown id, another stage) changes nothing.
 */
export class OpenPrompts {
  constructor(kept: KeptPrompts) {
    this._kept = kept;
  }

  /** Emitted with the prompt's id at each change. */
  readonly changed: ISignal<this, string> = new Signal<this, string>(this);

  get(promptId: string): OpenPrompt | undefined {
    return this._prompts.get(promptId);
  }

  /** The prompts of a notebook, oldest first; all of them without one. */
  of(notebookId?: string): OpenPrompt[] {
    return [...this._prompts.values()].filter(
      prompt => notebookId === undefined || prompt.notebookId === notebookId
    );
  }

  /** A prompt came. One that is known changes nothing, whatever became of it. */
  arrive(question: Question, now: number): void {
    if (this._prompts.has(question.promptId)) {
      return;
    }
    const kept = this._kept.read(question.promptId);
    const putOff = kept.until !== null && kept.until > now;
    this._set({
      ...question,
      stage: kept.over ? 'gone' : putOff ? 'snoozed' : 'waiting',
      draft: kept.draft,
      answer: null,
      answeredAt: null,
      amendedAt: null,
      until: putOff ? kept.until : null,
      shown: kept.shown,
      focused: kept.focused,
      focusedSince: null,
      draftingMs: kept.draftingMs
    });
  }

  /**
   * The server says that it is over. What was answered here keeps its line; what is being answered says that it closed.
   * Words that were written stay in the page, in it alone, until the person puts them away.
   */
  withdraw(promptId: string): void {
    const prompt = this._prompts.get(promptId);
    if (!prompt || prompt.answer !== null || OVER.has(prompt.stage)) {
      return;
    }
    this._kept.drop(promptId);
    const { stage, focusedSince } = prompt;
    const text = prompt.draft.text.trim() === '' ? '' : prompt.draft.text;
    const underTheHand = stage === 'open' && focusedSince !== null;
    this._set({
      ...prompt,
      stage: underTheHand || text !== '' ? 'closed' : 'gone',
      draft: { ...EMPTY_DRAFT, text },
      focusedSince: null
    });
  }

  /** The person has read that it closed. @returns whether it had. */
  putAway(promptId: string): boolean {
    const prompt = this._prompts.get(promptId);
    if (prompt?.stage !== 'closed') {
      return false;
    }
    this._set({ ...prompt, stage: 'gone', draft: EMPTY_DRAFT });
    return true;
  }

  /** It is quiet: show it. A snoozed one is shown by `answerNow` or after `wake`. */
  show(promptId: string): void {
    this._change(promptId, ['waiting'], { stage: 'open', until: null });
  }

  /** Nothing may be asked now: what is shown and not begun waits again. */
  hold(promptId: string): void {
    const prompt = this._prompts.get(promptId);
    if (prompt?.answer === null && prompt.focusedSince === null) {
      this._change(promptId, ['open'], { stage: 'waiting' });
    }
  }

  /** Those put off until now or earlier wait for quiet. */
  wake(now: number): void {
    for (const prompt of this._prompts.values()) {
      if (prompt.stage === 'snoozed' && (prompt.until ?? 0) <= now) {
        this._change(prompt.promptId, ['snoozed'], {
          stage: 'waiting',
          until: null
        });
      }
    }
  }

  answerNow(promptId: string): void {
    this._change(promptId, ['snoozed', 'waiting'], {
      stage: 'open',
      until: null
    });
  }

  /** @returns whether it was seen for the first time. */
  see(promptId: string): boolean {
    const prompt = this._prompts.get(promptId);
    if (!prompt || prompt.shown) {
      return false;
    }
    this._change(promptId, ['open'], { shown: true });
    return prompt.stage === 'open';
  }

  /** The focus came into it. @returns whether for the first time. */
  focus(promptId: string, now: number): boolean {
    const prompt = this._prompts.get(promptId);
    if (prompt?.stage !== 'open' || prompt.focusedSince !== null) {
      return false;
    }
    this._change(promptId, ['open'], { focused: true, focusedSince: now });
    return !prompt.focused;
  }

  /** The focus left it. */
  blur(promptId: string, now: number): void {
    const prompt = this._prompts.get(promptId);
    if (prompt && prompt.focusedSince !== null) {
      this._change(promptId, ['open'], {
        focusedSince: null,
        draftingMs: draftingMs(prompt, now)
      });
    }
  }

  draft(promptId: string, draft: Draft): void {
    this._change(promptId, ['open'], { draft });
  }

  /** Send the draft. @returns what is to be recorded; null if there is nothing to send. */
  send(promptId: string, now: number): Answer | null {
    const prompt = this._prompts.get(promptId);
    if (prompt?.stage !== 'open' || lackOf(prompt.draft, prompt) !== null) {
      return null;
    }
    const answer = {
      choices: prompt.draft.choices,
      text: prompt.words === 'none' ? '' : prompt.draft.text.trim()
    };
    const took = draftingMs(prompt, now);
    this._change(promptId, ['open'], {
      stage: 'sent',
      answer,
      answeredAt: prompt.answeredAt ?? now,
      amendedAt: prompt.answer === null ? null : now,
      draft: EMPTY_DRAFT,
      focusedSince: null,
      draftingMs: took
    });
    return { ...answer, draftingMs: took, amends: prompt.answer !== null };
  }

  /** Open an answer again, with what was sent as the draft. */
  change(promptId: string): void {
    const prompt = this._prompts.get(promptId);
    if (prompt?.answer) {
      this._change(promptId, ['sent'], { stage: 'open', draft: prompt.answer });
    }
  }

  /** An answer was changed elsewhere than in its prompt. */
  amend(promptId: string, answer: Draft, now: number): void {
    if (this._prompts.get(promptId)?.answer) {
      this._change(promptId, ['sent', 'open', 'gone'], {
        stage: 'sent',
        answer,
        amendedAt: now,
        draft: EMPTY_DRAFT,
        focusedSince: null
      });
    }
  }

  /** Leave a sent answer as it was. */
  keepAnswer(promptId: string): void {
    if (this._prompts.get(promptId)?.answer) {
      this._change(promptId, ['open'], {
        stage: 'sent',
        draft: EMPTY_DRAFT,
        focusedSince: null
      });
    }
  }

  /** Skip it, or never ask about the cell. @returns whether it was open. */
  dismiss(promptId: string): boolean {
    return this._change(promptId, ['open', 'snoozed'], {
      stage: 'gone',
      draft: EMPTY_DRAFT,
      focusedSince: null
    });
  }

  /** Put it off; the draft stays. @returns whether it was open. */
  snooze(promptId: string, until: number, now: number): boolean {
    const prompt = this._prompts.get(promptId);
    if (!prompt || prompt.answer !== null) {
      return false;
    }
    return this._change(promptId, ['open'], {
      stage: 'snoozed',
      until,
      focusedSince: null,
      draftingMs: draftingMs(prompt, now)
    });
  }

  private _change(
    promptId: string,
    from: readonly Stage[],
    change: Partial<OpenPrompt>
  ): boolean {
    const prompt = this._prompts.get(promptId);
    if (!prompt || !from.includes(prompt.stage)) {
      return false;
    }
    const changed = { ...prompt, ...change };
    this._kept.write(promptId, keptOf(changed));
    this._set(changed);
    return true;
  }

  private _set(prompt: OpenPrompt): void {
    this._prompts.set(prompt.promptId, prompt);
    (this.changed as Signal<this, string>).emit(prompt.promptId);
  }

  private readonly _kept: KeptPrompts;
  private readonly _prompts = new Map<string, OpenPrompt>();
}

const OVER: ReadonlySet<Stage> = new Set<Stage>(['closed', 'gone']);

function draftingMs(prompt: OpenPrompt, now: number): number {
  const current =
    prompt.focusedSince === null
      ? 0
      : Math.max(0, now - prompt.focusedSince) / MICROSECONDS_PER_MILLISECOND;
  return Math.round(prompt.draftingMs + current);
}

function keptOf(prompt: OpenPrompt): KeptPrompt {
  const over = prompt.answer !== null || prompt.stage === 'gone';
  return {
    ...NOTHING_KEPT,
    // An answer that is being changed stays sent if the page goes away.
    draft: over ? EMPTY_DRAFT : prompt.draft,
    until: prompt.until,
    shown: prompt.shown,
    focused: prompt.focused,
    draftingMs: prompt.draftingMs,
    over
  };
}

/** What the page remembers of a review beyond a reload: drafts, and what was recorded of each question already. */

import type { TextStore } from '../prompting/kept';
import { NOTHING_SAID, type Said } from './data';

export interface KeptQuestion {
  /** Null where nothing was begun. */
  draft: Said | null;
  /** Whether `prompt.shown` and `prompt.focused` were recorded. */
  shown: boolean;
  focused: boolean;
  /** How long the question had the focus so far, milliseconds. */
  draftingMs: number;
}

export const NOTHING_KEPT: KeptQuestion = {
  draft: null,
  shown: false,
  focused: false,
  draftingMs: 0
};

const PREFIX = 'jupyterlab-prompter:review:';

/** A review may be finished on any day; a draft that nobody came back to in a term goes. */
export const KEEP_MS = 120 * 24 * 60 * 60 * 1000;

/**
 * Questions by prompt id in a browser's storage.
 *
 * A storage that is full, forbidden or damaged costs the memory, never the review: nothing here throws.
 */
export class KeptReviews {
  /**
   * @param store the storage, or null where there is none.
   * @param nowMs milliseconds since the epoch; what is older than `KEEP_MS` is dropped.
   */
  constructor(
    private readonly store: TextStore | null,
    private readonly nowMs: number
  ) {
    quietly(() => this.prune());
  }

  read(promptId: string): KeptQuestion {
    return (
      quietly(() => keptFrom(this.store?.getItem(PREFIX + promptId) ?? null)) ??
      NOTHING_KEPT
    );
  }

  write(promptId: string, kept: KeptQuestion): void {
    quietly(() =>
      this.store?.setItem(
        PREFIX + promptId,
        JSON.stringify({ ...kept, at: this.nowMs })
      )
    );
  }

  private prune(): void {
    const { store } = this;
    if (store === null) {
      return;
    }
    const keys = Array.from({ length: store.length }, (_, i) => store.key(i));
    for (const key of keys) {
      if (
        key?.startsWith(PREFIX) &&
        !(writtenAt(store.getItem(key)) > this.nowMs - KEEP_MS)
      ) {
        store.removeItem(key);
      }
    }
  }
}

/** The result; undefined where the storage does not work. */
function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** When a record was written, milliseconds since the epoch; NaN if it says nothing readable. */
function writtenAt(text: string | null): number {
  const record = quietly(() => JSON.parse(text ?? '') as unknown);
  return isRecord(record) && typeof record.at === 'number' ? record.at : NaN;
}

function keptFrom(text: string | null): KeptQuestion {
  const record = text === null ? null : (JSON.parse(text) as unknown);
  if (!isRecord(record)) {
    return NOTHING_KEPT;
  }
  return {
    draft: isRecord(record.draft) ? saidFrom(record.draft) : null,
    shown: record.shown === true,
    focused: record.focused === true,
    draftingMs: typeof record.draftingMs === 'number' ? record.draftingMs : 0
  };
}

function saidFrom({ choices, text }: Record<string, unknown>): Said {
  return {
    choices: Array.isArray(choices)
      ? choices.filter(choice => typeof choice === 'string')
      : NOTHING_SAID.choices,
    text: typeof text === 'string' ? text : ''
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What the page remembers of a prompt beyond a reload: the draft, and what was recorded of it already. */

/** Choices and words; either may be missing. */
export interface Draft {
  /** In the order in which the question offers them; at most one unless several may be taken. */
  choices: readonly string[];
  text: string;
}

export interface KeptPrompt {
  draft: Draft;
  /** Put off until then, µs since the epoch; null if not. */
  until: number | null;
  /** Whether `prompt.shown` was recorded. */
  shown: boolean;
  /** Whether `prompt.focused` was recorded. */
  focused: boolean;
  /** How long the prompt had the focus so far, milliseconds. */
  draftingMs: number;
  /** Answered or dismissed here; the server may not know yet. */
  over: boolean;
}

export const EMPTY_DRAFT: Draft = { choices: [], text: '' };

export const NOTHING_KEPT: KeptPrompt = {
  draft: EMPTY_DRAFT,
  until: null,
  shown: false,
  focused: false,
  draftingMs: 0,
  over: false
};

/** The part of `Storage` that is used. */
export interface TextStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'jupyterlab-prompter:prompt:';

/** Longer than any prompt lives; what a dead prompt left behind goes after it. */
export const KEEP_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Prompts' drafts by prompt id in a browser's storage.
 *
 * A storage that is full, forbidden or damaged costs the memory, never the prompt: nothing here throws.
 */
export class KeptPrompts {
  /**
   * @param store the storage, or null where there is none.
   * @param nowMs milliseconds since the epoch; what is older than `KEEP_MS` is dropped.
   */
  constructor(store: TextStore | null, nowMs: number) {
    this._store = store;
    this._nowMs = nowMs;
    this._prune();
  }

  /** What is kept of a prompt; nothing if it is unknown or unreadable. */
  read(promptId: string): KeptPrompt {
    try {
      return keptFrom(this._store?.getItem(PREFIX + promptId) ?? null);
    } catch {
      return NOTHING_KEPT;
    }
  }

  write(promptId: string, kept: KeptPrompt): void {
    try {
      this._store?.setItem(
        PREFIX + promptId,
        JSON.stringify({ ...kept, at: this._nowMs })
      );
    } catch {
      // Full or forbidden: the draft then lives as long as the page.
    }
  }

  drop(promptId: string): void {
    try {
      this._store?.removeItem(PREFIX + promptId);
    } catch {
      // Forbidden: there was nothing to drop.
    }
  }

  private _prune(): void {
    try {
      const store = this._store;
      if (!store) {
        return;
      }
      const old: string[] = [];
      for (let index = 0; index < store.length; index++) {
        const key = store.key(index);
        if (
          key?.startsWith(PREFIX) &&
          !(writtenAt(store.getItem(key)) > this._nowMs - KEEP_MS)
        ) {
          old.push(key);
        }
      }
      old.forEach(key => store.removeItem(key));
    } catch {
      // Forbidden: nothing is kept.
    }
  }

  private readonly _store: TextStore | null;
  private readonly _nowMs: number;
}

/** When a record was written, milliseconds since the epoch; NaN if it says nothing readable. */
function writtenAt(text: string | null): number {
  try {
    const record = JSON.parse(text ?? '') as unknown;
    return isRecord(record) && typeof record.at === 'number' ? record.at : NaN;
  } catch {
    return NaN;
  }
}

function keptFrom(text: string | null): KeptPrompt {
  if (text === null) {
    return NOTHING_KEPT;
  }
  const record = JSON.parse(text) as unknown;
  if (!isRecord(record)) {
    return NOTHING_KEPT;
  }
  const draft = isRecord(record.draft) ? record.draft : {};
  return {
    draft: {
      choices: Array.isArray(draft.choices)
        ? draft.choices.filter(choice => typeof choice === 'string')
        : [],
      text: typeof draft.text === 'string' ? draft.text : ''
    },
    until: typeof record.until === 'number' ? record.until : null,
    shown: record.shown === true,
    focused: record.focused === true,
    draftingMs: typeof record.draftingMs === 'number' ? record.draftingMs : 0,
    over: record.over === true
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Where the person is: which cell of which notebook, and whether the page is seen. */

import type { FocusChanged } from '../protocol';

/** Somebody who holds an arrow key passes many cells: so often at most one is told, in ms. */
export const FOCUS_MS = 250;

/** Where the person is at one moment. */
export interface Place {
  /** The session of the notebook in front; null if something else is in front. */
  sessionId: string | null;
  /** Its active cell. */
  cellId: string | null;
  /** Whether the page is seen. */
  visible: boolean;
  /** Whether the focus is in a prompt. */
  inPrompt: boolean;
}

export interface FocusOptions {
  record: (sessionId: string, body: FocusChanged) => void;
  /** Calls back once, so many ms later. */
  later: (act: () => void, ms: number) => void;
}

const NOWHERE: Place = {
  sessionId: null,
  cellId: null,
  visible: true,
  inPrompt: false
};

export class Focus {
  constructor(private readonly options: FocusOptions) {}

  /** Something may have changed. The first change is told at once, those right after it together. */
  at(place: Place): void {
    this.next = place;
    if (!this.resting) {
      this.tell();
    }
  }

  /** Tell what is not told yet. */
  flush(): void {
    this.tell();
  }

  /** A session is over: nothing is told of it any more. */
  closed(sessionId: string): void {
    if (this.told.sessionId === sessionId) {
      this.told = { ...NOWHERE, visible: this.told.visible };
    }
    if (this.next.sessionId === sessionId) {
      this.next = { ...NOWHERE, visible: this.next.visible };
    }
  }

  private tell(): void {
    const { told: before, next } = this;
    if (same(before, next)) {
      return;
    }
    const { record, later } = this.options;
    const { visible, inPrompt } = next;
    // The way into a prompt, and the way back to where the person was, are the prompt's doing.
    const back = before.inPrompt && next.cellId === this.cameFrom;
    const cause = inPrompt || back ? 'prompt' : 'user';
    if (inPrompt && !before.inPrompt) {
      this.cameFrom = before.cellId;
    }
    this.told = next;
    if (before.sessionId !== null && before.sessionId !== next.sessionId) {
      record(before.sessionId, { cell_id: null, visible, cause });
    }
    if (
      next.sessionId !== null &&
      (before.sessionId !== next.sessionId ||
        before.cellId !== next.cellId ||
        before.visible !== visible)
    ) {
      record(next.sessionId, { cell_id: next.cellId, visible, cause });
    }
    this.resting = true;
    later(() => {
      this.resting = false;
      this.tell();
    }, FOCUS_MS);
  }

  private told: Place = NOWHERE;
  private next: Place = NOWHERE;
  /** The cell that was active before the focus went into a prompt. */
  private cameFrom: string | null = null;
  private resting = false;
}

function same(one: Place, other: Place): boolean {
  return (
    one.sessionId === other.sessionId &&
    one.cellId === other.cellId &&
    one.visible === other.visible &&
    one.inPrompt === other.inPrompt
  );
}

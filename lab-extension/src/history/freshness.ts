/** When to ask again for what the log tells: when there is something new to see, and never too often. */

/** The least time between two answers, in ms. */
const PAUSE_MS = 1000;
/** What takes long to tell is asked for less often: it may cost the server a tenth of its time. */
const SHARE = 10;

export interface FreshnessOptions {
  /** Whether somebody can see it. */
  visible: () => boolean;
  /** Ask for it. Never rejected. */
  load: () => Promise<void>;
  /** The time in ms. */
  clock: () => number;
  /** Not to ask before then, by that clock; as it stands at each look. */
  notBefore?: () => number;
  after: (ms: number, act: () => void) => void;
}

export class Freshness {
  constructor(private readonly options: FreshnessOptions) {}

  /** Something reached the log that may be told. */
  stale(): void {
    this.isStale = true;
    this.look();
  }

  /** Perhaps it can be asked for now: it came into view. */
  look(): void {
    const { visible, clock, after } = this.options;
    if (!this.isStale || this.busy || !visible()) {
      return;
    }
    const { notBefore = () => 0 } = this.options;
    const wait = Math.max(this.notBefore, notBefore()) - clock();
    this.busy = true;
    if (wait > 0) {
      after(wait, () => {
        this.busy = false;
        this.look();
      });
    } else {
      void this.load();
    }
  }

  private async load(): Promise<void> {
    const { load, clock } = this.options;
    const began = clock();
    this.isStale = false;
    try {
      await load();
    } finally {
      const ended = clock();
      this.notBefore = ended + Math.max(PAUSE_MS, SHARE * (ended - began));
      this.busy = false;
    }
    this.look();
  }

  private isStale = false;
  private busy = false;
  private notBefore = 0;
}

/** Whether the person does anything in the page. */

/** So long without input counts as idle, in ms. */
export const IDLE_MS = 60_000;

export interface IdleOptions {
  /** Ms since some moment; only runs forward. */
  elapsed: () => number;
  /** Calls back once, at least so many ms later. In a hidden page, or while the machine sleeps, that may take long. */
  later: (act: () => void, ms: number) => void;
  /** So long ago the last input was, in ms. */
  began: (afterMs: number) => void;
  ended: () => void;
}

export class Idle {
  constructor(private readonly options: IdleOptions) {
    this.last = options.elapsed();
    this.wait(IDLE_MS);
  }

  /** A key, the mouse or the wheel. */
  input(): void {
    const { elapsed, ended } = this.options;
    this.look();
    this.last = elapsed();
    if (this.idle) {
      this.idle = false;
      ended();
      this.wait(IDLE_MS);
    }
  }

  private wait(ms: number): void {
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    this.options.later(() => {
      this.waiting = false;
      this.look();
      if (!this.idle) {
        this.wait(IDLE_MS - (this.options.elapsed() - this.last));
      }
    }, ms);
  }

  private look(): void {
    const after = this.options.elapsed() - this.last;
    if (!this.idle && after >= IDLE_MS) {
      this.idle = true;
      this.options.began(Math.floor(after));
    }
  }

  private last: number;
  private idle = false;
  private waiting = false;
}

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

  /** A key, the mouse or the wheel, at a moment of the same clock. */
  input(at: number): void {
    this.look(at);
    this.last = at;
    if (this.idle) {
      this.idle = false;
      this.options.ended();
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
      const now = this.options.elapsed();
      this.look(now);
      if (!this.idle) {
        this.wait(IDLE_MS - (now - this.last));
      }
    }, ms);
  }

  private look(now: number): void {
    const after = now - this.last;
    if (!this.idle && after >= IDLE_MS) {
      this.idle = true;
      this.options.began(Math.floor(after));
    }
  }

  private last: number;
  private idle = false;
  private waiting = false;
}

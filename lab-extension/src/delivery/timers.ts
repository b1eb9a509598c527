/** Time as the delivery needs it; tests bring their own. */

export interface Timers {
  /** Run something after so many ms. Returns what calls it off. */
  after(ms: number, run: () => void): () => void;
  /** ms of a clock that only runs forward. */
  elapsed(): number;
  /** ms since the epoch. */
  wall(): number;
}

/** The browser's timers. */
export const browserTimers: Timers = {
  after: (ms, run) => {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  },
  elapsed: () => performance.now(),
  wall: () => Date.now()
};

/** The page's clock: wall time that never runs backward. */

/** How far wall and monotonic clock may drift apart before it counts as a jump, in ms. */
const TOLERANCE_MS = 1000;

export interface ClockOptions {
  /** Wall clock, ms since the epoch. */
  wall: () => number;
  /** A clock that only runs forward, ms since some moment. */
  monotonic: () => number;
  /** Told of each jump: wall minus monotonic clock, in ms. */
  jumped?: (byMs: number) => void;
}

/**
 * Reads the wall clock once and goes on by the monotonic one.
 *
 * A monotonic clock may stand still while the machine sleeps, so a wall clock that ran ahead is followed. One that was set
 * back is not: the jump is told and time goes on.
 */
export class Clock {
  constructor(options: ClockOptions) {
    this._wall = options.wall;
    this._monotonic = options.monotonic;
    this._jumped = options.jumped ?? (() => undefined);
    this._offset = this._wall() - this._monotonic();
  }

  /** µs since the epoch, never less than the last answer. */
  now(): number {
    const monotonic = this._monotonic();
    const apart = this._wall() - monotonic - this._offset;
    const jump = apart - this._told;
    if (apart > TOLERANCE_MS) {
      this._offset += apart;
      this._told = 0;
    } else if (Math.abs(jump) > TOLERANCE_MS) {
      this._told = apart;
    }
    this._last = Math.max(
      this._last,
      Math.floor((monotonic + this._offset) * 1000)
    );
    if (Math.abs(jump) > TOLERANCE_MS) {
      this._jumped(Math.round(jump));
    }
    return this._last;
  }

  private readonly _wall: () => number;
  private readonly _monotonic: () => number;
  private readonly _jumped: (byMs: number) => void;
  private _offset: number;
  /** How far the wall clock was behind when that was last told, in ms; 0 or less, or within the tolerance. */
  private _told = 0;
  private _last = 0;
}

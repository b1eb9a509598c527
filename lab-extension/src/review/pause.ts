/** Waits until nothing is typed. */

import type { ISignal } from '@lumino/signaling';

export interface PauseOptions {
  /** How long nothing must be typed, from now on, in ms. */
  quietMs: number;
  /** How long to wait at most, in ms. */
  mostMs: number;
}

/** @param edited emitted at each key. Resolves at the pause, or when it took too long. */
export function pauseOf(
  edited: ISignal<unknown, unknown>,
  { quietMs, mostMs }: PauseOptions
): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      window.clearTimeout(quiet);
      window.clearTimeout(most);
      edited.disconnect(again);
      resolve();
    };
    const again = (): void => {
      window.clearTimeout(quiet);
      quiet = window.setTimeout(end, quietMs);
    };
    let quiet = window.setTimeout(end, quietMs);
    const most = window.setTimeout(end, mostMs);
    edited.connect(again);
  });
}

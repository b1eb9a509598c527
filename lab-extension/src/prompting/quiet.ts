/**
 * The last gate before a prompt is shown: is the person's hand at rest?
 *
 * The server chooses the moment; only the page sees the keys that were not sent yet. All times are µs since the epoch.
 */

import type { Quiet } from '../protocol';

const MICROSECONDS_PER_MILLISECOND = 1000;

/** What happened lately in the notebooks of this page. */
export class LocalActivity {
  /** A key or an edit in a notebook, a prompt's own answer included. */
  edited(sessionId: string, now: number): void {
    this._lastEdit.set(sessionId, now);
  }

  /** A run of a cell was scheduled (running) or ended. */
  ran(sessionId: string, cellId: string, running: boolean, now: number): void {
    let cells = this._runs.get(sessionId);
    if (!cells) {
      cells = new Map();
      this._runs.set(sessionId, cells);
    }
    const known = cells.get(cellId) ?? { going: 0, ended: null };
    cells.set(cellId, {
      going: Math.max(0, known.going + (running ? 1 : -1)),
      ended: running ? known.ended : now
    });
  }

  /** The notebook was closed; nothing of it counts any more. */
  closed(sessionId: string): void {
    this._lastEdit.delete(sessionId);
    this._runs.delete(sessionId);
  }

  /**
   * When it was, or will be, quiet enough to ask about a cell: typing counts wherever it was in the page, as for the
   * server, which knows one last key of a person; of the runs those of the cell.
   *
   * @returns µs since the epoch; 0 if nothing happened yet, null while a run of the cell is going on.
   */
  quietFrom(sessionId: string, cellId: string, quiet: Quiet): number | null {
    const runs = this._runs.get(sessionId)?.get(cellId);
    if (runs && runs.going > 0) {
      return null;
    }
    const afterTyping =
      this._lastEdit.size === 0
        ? 0
        : Math.max(...this._lastEdit.values()) +
          quiet.typing_ms * MICROSECONDS_PER_MILLISECOND;
    const ended = runs?.ended ?? null;
    const afterRun =
      ended === null ? 0 : ended + quiet.run_ms * MICROSECONDS_PER_MILLISECOND;
    return Math.max(afterTyping, afterRun);
  }

  private readonly _lastEdit = new Map<string, number>();
  private readonly _runs = new Map<
    string,
    Map<string, { going: number; ended: number | null }>
  >();
}

/**
 * The same over every session in which the notebook is open: all of them must be quiet.
 *
 * @returns µs since the epoch; null while a run is going on or if no session is open.
 */
export function quietInAll(
  activity: LocalActivity,
  sessionIds: readonly string[],
  cellId: string,
  quiet: Quiet
): number | null {
  let from: number | null = null;
  for (const sessionId of sessionIds) {
    const here = activity.quietFrom(sessionId, cellId, quiet);
    if (here === null) {
      return null;
    }
    from = Math.max(from ?? 0, here);
  }
  return from;
}

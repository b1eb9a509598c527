/** What the server tells of a notebook's history, and the page's way to ask for it. */

import { ServerConnection } from '@jupyterlab/services';

import type { Cause } from '../capture/bursts';
import type { RecordingServer } from '../server';

export type MomentKind =
  | 'opened'
  | 'reloaded'
  | 'ran'
  | 'edited'
  | 'answered'
  | 'amended'
  | 'added'
  | 'removed'
  | 'moved'
  | 'retyped'
  | 'restored'
  | 'renamed'
  | 'saved'
  | 'paused'
  | 'resumed'
  | 'lost'
  | 'away';

/** One moment; what does not apply is left out. `prompter_projections.history.Moment` says what each field means. */
export interface Moment {
  session_id: string;
  position: number;
  /** µs since the epoch, by the clock of the page that recorded it. */
  at: number;
  kind: MomentKind;
  cell_id?: string;
  /** Counted from 1. */
  place?: number;
  to?: number;
  cells?: number;
  status?: 'ok' | 'error' | 'aborted' | 'lost' | 'unfinished';
  duration_ms?: number;
  wrote?: boolean;
  continued?: boolean;
  cause?: Cause;
  count?: number;
  text?: string;
}

/** Some of the moments of a notebook, in order. */
export interface MomentsPage {
  /** How many there were before these. */
  first: number;
  moments: Moment[];
  /** Cells of whose text a part was not recorded. */
  withheld: string[];
}

export interface PastOutput {
  mime: string;
  /** Of the whole output in UTF-8. */
  bytes: number;
  /** As far as it was recorded; null if nothing of it was. */
  text: string | null;
}

/** A cell as far as two of them are compared. */
export interface CellText {
  id: string;
  type: string;
  source: string;
}

export interface PastCell extends CellText {
  status: string | null;
  count: number | null;
  outputs: PastOutput[];
  more_outputs: number;
  error: { name: string; message: string } | null;
}

/** Why a history cannot be shown. `message` is the server's line for people; empty where it gave none. */
export class HistoryFailed extends Error {
  constructor(
    readonly reason: 'unknown' | 'unreadable' | 'unreachable',
    message = ''
  ) {
    super(message);
  }
}

/** Where histories come from. Every promise is rejected with `HistoryFailed` alone. */
export interface HistorySource {
  /** The latest moments, or those before the `until`-th. */
  moments(sessionId: string, until?: number): Promise<MomentsPage>;
  /** The cells as they stood after the event at a position. */
  notebook(sessionId: string, position: number): Promise<PastCell[]>;
}

/** The history as this page's server tells it. */
export class ServerHistory implements HistorySource {
  constructor(private readonly server: RecordingServer) {}

  async moments(sessionId: string, until?: number): Promise<MomentsPage> {
    const query = until === undefined ? '' : `?until=${until}`;
    return (await this.ask(sessionId + query)) as MomentsPage;
  }

  async notebook(sessionId: string, position: number): Promise<PastCell[]> {
    const told = await this.ask(`${sessionId}/${position}`);
    return (told as { cells: PastCell[] }).cells;
  }

  private async ask(path: string): Promise<unknown> {
    let status: number;
    let told: unknown;
    try {
      const response = await ServerConnection.makeRequest(
        this.server.url(`history/${path}`),
        { cache: 'no-store' },
        this.server.settings
      );
      status = response.status;
      told = await response.json();
    } catch {
      throw new HistoryFailed('unreachable');
    }
    if (status === 200) {
      return told;
    }
    const { message } = told as { message?: unknown };
    throw status === 404
      ? new HistoryFailed('unknown')
      : new HistoryFailed(
          'unreadable',
          status === 503 && typeof message === 'string' ? message : ''
        );
  }
}

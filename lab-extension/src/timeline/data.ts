/** What the server tells of a running session's timeline, and the page's way to ask for it. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { RecordingServer } from '../server';
import type { DrawnData } from './drawn';

/** A timeline as it stood at a position. `prompter_projections.timeline.live` says what each field means. */
export interface Told {
  position: number;
  /** µs since the epoch. */
  begin: number;
  end: number;
  kernel: string;
  erased: boolean;
  /** A figure and what it counts. */
  figures: [string, string][];
  legend: { mark: string; width: number; words: string }[];
  width: number;
  height: number;
  /** Markup of SVG. */
  drawing: string;
  /** Their ids, in the order of the lanes. */
  cells: string[];
  data: DrawnData;
}

export interface Asked {
  /** Pixels. */
  width: number;
  /** The position that is known already; 0 if none is. */
  after: number;
  /** Whether the style sheet is wanted too. */
  style: boolean;
}

export interface Answer {
  /** Null if nothing came after the position that was known. */
  told: Told | null;
  /** The style sheet of drawings; null if it was not asked for. */
  style: string | null;
}

/** Why a timeline cannot be shown. `message` is the server's line for people; empty where it gave none. */
export class TimelineFailed extends Error {
  constructor(
    readonly reason: 'unknown' | 'unreadable' | 'unreachable',
    message = ''
  ) {
    super(message);
  }
}

/** Where timelines come from. Every promise is rejected with `TimelineFailed` alone. */
export interface TimelineSource {
  ask(sessionId: string, asked: Asked): Promise<Answer>;
}

/** The timeline as this page's server tells it. */
export class ServerTimelines implements TimelineSource {
  constructor(private readonly server: RecordingServer) {}

  async ask(
    sessionId: string,
    { width, after, style }: Asked
  ): Promise<Answer> {
    const query = URLExt.objectToQueryString({
      session_id: sessionId,
      width,
      after,
      style: style ? 1 : 0
    });
    let status: number;
    let answer: Partial<Told> & { style?: string; message?: unknown };
    try {
      const response = await ServerConnection.makeRequest(
        this.server.url('timeline') + query,
        { cache: 'no-store' },
        this.server.settings
      );
      status = response.status;
      answer = (await response.json()) as typeof answer;
    } catch {
      throw new TimelineFailed('unreachable');
    }
    if (status === 200) {
      return {
        told: answer.drawing === undefined ? null : (answer as Told),
        style: answer.style ?? null
      };
    }
    const { message } = answer;
    throw status === 404
      ? new TimelineFailed('unknown')
      : new TimelineFailed(
          'unreadable',
          status === 503 && typeof message === 'string' ? message : ''
        );
  }
}

/** What the server tells of a review, and the page's way to ask for it. */

import { ServerConnection } from '@jupyterlab/services';

import type { PastCell } from '../history/data';
import type { RecordingServer } from '../server';

/** Choices and words; either may be missing. */
export interface Said {
  choices: readonly string[];
  text: string;
}

export const NOTHING_SAID: Said = { choices: [], text: '' };

/** What became of a question. */
export type Fate = 'open' | 'answered' | 'skipped';

export interface FrameShape {
  rows: number;
  columns: number;
}

/** A data frame that a run made, changed or removed. */
export interface FrameChange {
  name: string;
  kind: string;
  before: FrameShape | null;
  after: FrameShape | null;
}

/** A cell as it stood when its question arose. */
export interface StoodCell extends Omit<PastCell, 'id' | 'count'> {
  /** µs since the epoch. */
  at: number;
  /** Whether a part of the source was not recorded. */
  withheld: boolean;
  /** Which of the cell's runs it was, counted from 1; 0 if the question is about no run. */
  number: number;
  /** How many runs the cell had in all. */
  of: number;
  duration_ms: number | null;
  frames: readonly FrameChange[];
}

/** One question with its cell. */
export interface ReviewItem {
  /** UUID text. */
  prompt_id: string;
  cell_id: string;
  question: string;
  choices: readonly string[];
  /** Whether several choices may be taken. */
  multiple: boolean;
  /** Whether an answer has words of its own. */
  text: 'optional' | 'required' | 'none';
  /** BCP 47. */
  language: string;
  fate: Fate;
  answer: Said | null;
  /** The cell's place in the notebook, counted from 1; 0 if unknown. */
  place: number;
  /** Whether the cell is no longer there. */
  gone: boolean;
  /** Null if the record tells nothing of it. */
  cell: StoodCell | null;
}

/** The review of one notebook, in the notebook's order. */
export interface ReviewTold {
  notebook_id: string;
  /** Where the study goes on; null if nowhere. */
  then: string | null;
  items: readonly ReviewItem[];
}

/** A review could not be had. The message is the server's line for people; empty where it gave none. */
export class ReviewFailed extends Error {}

/** Where reviews come from. Every promise is rejected with `ReviewFailed` alone. */
export interface ReviewSource {
  /** End a session; what is asked then. To end it once more changes nothing. */
  end(sessionId: string): Promise<ReviewTold>;
  /** The questions of a notebook. */
  of(notebookId: string): Promise<ReviewTold>;
  /** The same once the server has made up what is asked at the end, just after it came. */
  ofEnded(notebookId: string): Promise<ReviewTold>;
}

/** Reviews as this page's server tells them. */
export class ServerReviews implements ReviewSource {
  constructor(private readonly server: RecordingServer) {}

  end(sessionId: string): Promise<ReviewTold> {
    return this.ask('end-session', {
      method: 'POST',
      body: JSON.stringify({ session_id: sessionId })
    });
  }

  of(notebookId: string): Promise<ReviewTold> {
    return this.ask(`review?notebook_id=${encodeURIComponent(notebookId)}`, {
      cache: 'no-store'
    });
  }

  ofEnded(notebookId: string): Promise<ReviewTold> {
    const which = `notebook_id=${encodeURIComponent(notebookId)}&ended=true`;
    return this.ask(`review?${which}`, { cache: 'no-store' });
  }

  private async ask(path: string, init: RequestInit): Promise<ReviewTold> {
    let response: Response;
    let told: unknown;
    try {
      response = await ServerConnection.makeRequest(
        this.server.url(path),
        init,
        this.server.settings
      );
      told = await response.json();
    } catch {
      throw new ReviewFailed('');
    }
    if (response.status === 200) {
      return told as ReviewTold;
    }
    const { message } = told as { message?: unknown };
    throw new ReviewFailed(typeof message === 'string' ? message : '');
  }
}

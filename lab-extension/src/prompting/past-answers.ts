/** What was answered in a notebook in earlier pages and on earlier days, as the server tells it. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { RecordingServer } from '../server';
import type { GivenAnswer } from '../tokens';

/** An answer without what only the page knows of its cell. */
export type PastAnswer = Omit<GivenAnswer, 'path' | 'place'> & {
  cellId: string;
};

/** Rejects if the server cannot be asked. */
export type AskForAnswers = (notebookId: string) => Promise<PastAnswer[]>;

interface Told {
  prompt_id: string;
  notebook_id: string;
  cell_id: string;
  question: string;
  language: string;
  choices: string[];
  multiple: boolean;
  text: 'optional' | 'required' | 'none';
  taken: string[];
  words: string;
  answered_at: number;
  amended_at: number | null;
}

/** Ask this page's server. */
export function answersFrom(server: RecordingServer): AskForAnswers {
  return async notebookId => {
    const url = server.url('answers');
    const response = await ServerConnection.makeRequest(
      url + URLExt.objectToQueryString({ notebook_id: notebookId }),
      { cache: 'no-store' },
      server.settings
    );
    if (!response.ok) {
      throw new Error(`the answers cannot be read: ${response.status}`);
    }
    const { answers } = (await response.json()) as { answers: Told[] };
    return answers.map(told => ({
      promptId: told.prompt_id,
      notebookId: told.notebook_id,
      cellId: told.cell_id,
      question: told.question,
      language: told.language,
      choices: told.choices,
      multiple: told.multiple,
      words: told.text,
      answer: { choices: told.taken, text: told.words },
      answeredAt: told.answered_at,
      amendedAt: told.amended_at
    }));
  };
}

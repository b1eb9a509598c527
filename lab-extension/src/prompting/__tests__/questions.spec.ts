import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Asking } from '../asking';
import { KeptPrompts } from '../kept';
import { OpenPrompts } from '../open-prompts';
import { Questions, type OpenNotebook } from '../questions';
import type { QuietHour } from '../quiet-hour';

const NOTEBOOK: OpenNotebook = {
  notebookId: 'n',
  sessionId: 's',
  path: 'one.ipynb',
  cellIds: () => ['a']
};

/** Answered on an earlier day. */
const GIVEN = {
  promptId: 'p',
  notebookId: 'n',
  cellId: 'a',
  question: 'What?',
  language: 'en',
  choices: [],
  multiple: false,
  words: 'optional',
  answer: { choices: [], text: 'first' },
  answeredAt: 1,
  amendedAt: null
} as const;

const SECOND = { choices: [], text: 'second' };

let hindrance: string;
let notebooks: OpenNotebook[];
let recorded: string[];
let questions: Questions;

beforeEach(async () => {
  hindrance = '';
  notebooks = [NOTEBOOK];
  recorded = [];
  const asking: Pick<
    Asking,
    'prompts' | 'hindrance' | 'quietChangedElsewhere' | 'amend'
  > = {
    prompts: new OpenPrompts(new KeptPrompts(null, 0)),
    get hindrance() {
      return hindrance;
    },
    quietChangedElsewhere: new Signal<QuietHour, void>({} as QuietHour),
    amend: (_, sessionId, { text }) => {
      const taken = hindrance === '' && text !== '';
      if (taken) {
        recorded.push(`${sessionId}: ${text}`);
      }
      return taken;
    }
  };
  questions = new Questions({
    asking: asking as Asking,
    notebooks: () => notebooks,
    ask: () => Promise.resolve([GIVEN]),
    show: () => Promise.resolve(),
    now: () => 7,
    trans: nullTranslator.load('')
  });
  await questions.refresh();
});

describe('an answer that is changed in the side panel', () => {
  it('stands there as it was recorded', () => {
    expect(questions.hindrance('p')).toBe('');
    expect(questions.amend('p', SECOND)).toBe(true);
    expect(recorded).toEqual(['s: second']);
    expect(questions.answers()).toMatchObject([
      { answer: SECOND, amendedAt: 7 }
    ]);
  });

  it('stays as it was while nothing can be recorded, and why is told', () => {
    hindrance = 'The recording is paused. Resume it to answer.';
    expect(questions.hindrance('p')).toBe(hindrance);
    expect(questions.amend('p', SECOND)).toBe(false);
    expect(questions.answers()).toMatchObject([
      { answer: { text: 'first' }, amendedAt: null }
    ]);
  });

  it('stays as it was where it says nothing', () => {
    expect(questions.amend('p', { choices: [], text: ' ' })).toBe(false);
    expect(questions.answers()).toMatchObject([{ amendedAt: null }]);
  });

  it('stays as it was once its notebook is not recorded, and that is told', () => {
    notebooks = [];
    expect(questions.hindrance('p')).toBe('This notebook is not recorded now.');
    expect(questions.amend('p', SECOND)).toBe(false);
    expect(recorded).toEqual([]);
  });
});

import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { fakeDocument, type FakeElement } from '../../__tests__/fake-document';
import type { GivenAnswer } from '../../tokens';
import { AnswerList } from '../answer-list';

const PAUSED = 'The recording is paused. Resume it to answer.';

const GIVEN: GivenAnswer = {
  promptId: 'p',
  notebookId: 'n',
  path: 'one.ipynb',
  place: 1,
  question: 'What?',
  language: 'en',
  choices: [],
  multiple: false,
  words: 'optional',
  answer: { choices: [], text: 'first' },
  answeredAt: 1,
  amendedAt: null
};

let hindrance: string;
let amended: string[];
let list: AnswerList;
let drawn: FakeElement;

beforeEach(() => {
  vi.stubGlobal('document', fakeDocument);
  hindrance = '';
  amended = [];
  list = new AnswerList({
    trans: nullTranslator.load(''),
    hindrance: () => hindrance,
    amend: (_, { text }) => amended.push(text) > 0,
    now: () => 1
  });
  drawn = list.node as unknown as FakeElement;
  list.show([GIVEN], false);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const written = (): string | undefined =>
  drawn.find(({ tag }) => tag === 'textarea')?.value;

describe('amending an answer', () => {
  it('closes the form once it is saved', () => {
    drawn.press('Amend');
    drawn.type('second');
    drawn.press('Save');
    expect(amended).toEqual(['second']);
    expect(written()).toBeUndefined();
  });

  it('keeps the form and says why while nothing can be recorded', () => {
    drawn.press('Amend');
    drawn.type('second');
    hindrance = PAUSED;
    drawn.press('Save');
    expect(amended).toEqual([]);
    expect(written()).toBe('second');
    expect(drawn.said).toBe(PAUSED);
  });

  it('says so no longer when it is over, and saves then', () => {
    hindrance = PAUSED;
    drawn.press('Amend');
    drawn.type('second');
    drawn.press('Save');
    list.show([GIVEN], false);
    expect(drawn.said).toBe(PAUSED);
    hindrance = '';
    list.show([GIVEN], false);
    expect(drawn.said).toBe('');
    drawn.press('Save');
    expect(amended).toEqual(['second']);
  });

  it('says what the answer lacks all the same', () => {
    hindrance = PAUSED;
    drawn.press('Amend');
    drawn.press('Save');
    drawn.type(' ');
    drawn.press('Save');
    expect(drawn.said).toBe('Write a few words first.');
    list.show([GIVEN], false);
    expect(drawn.said).toBe('Write a few words first.');
  });

  it('keeps the form though the answer is known no more', () => {
    drawn.press('Amend');
    drawn.type('second');
    list.show([], false);
    expect(written()).toBe('second');
    expect(list.isEmpty).toBe(false);
    drawn.press('Cancel');
    list.show([], false);
    expect(list.isEmpty).toBe(true);
  });
});

import { nullTranslator } from '@jupyterlab/translation';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { fakeDocument, type FakeElement } from '../../__tests__/fake-document';
import { AnswerForm } from '../answer-form';
import { KeptPrompts } from '../kept';
import { OpenPrompts, type OpenPrompt } from '../open-prompts';

const PAUSED = 'The recording is paused. Resume it to answer.';

let prompts: OpenPrompts;
let form: AnswerForm;
let drawn: FakeElement;

const prompt = (): OpenPrompt => prompts.of()[0];

beforeEach(() => {
  vi.stubGlobal('document', fakeDocument);
  vi.stubGlobal('CSS', { supports: () => true });
  prompts = new OpenPrompts(new KeptPrompts(null, 0));
  prompts.arrive(
    {
      promptId: 'p',
      notebookId: 'n',
      cellId: 'a',
      question: 'What?',
      choices: [],
      language: 'en',
      multiple: false,
      words: 'optional',
      issuedAt: 0
    },
    0
  );
  prompts.show('p');
  const hinder = (): void => form.hinder(PAUSED);
  form = new AnswerForm(prompt(), nullTranslator.load(''), 'q', {
    drafted: draft => {
      prompts.draft('p', draft);
      form.show(prompt(), true);
    },
    send: hinder,
    later: () => undefined,
    skip: hinder,
    never: hinder
  });
  drawn = form.node as unknown as FakeElement;
  form.show(prompt(), true);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a prompt that takes nothing now', () => {
  it('says why, and keeps what was written', () => {
    drawn.type('because');
    form.send();
    form.show(prompt(), true);
    expect(drawn.said).toBe(PAUSED);
    expect(form.isHindered).toBe(true);
    expect(drawn.find(({ tag }) => tag === 'textarea')?.value).toBe('because');
  });

  it.each(['Skip', 'Never for this cell'])('says why at “%s”', label => {
    drawn.press(label);
    form.show(prompt(), true);
    expect(drawn.said).toBe(PAUSED);
  });

  it('says it anew after more was written, and no longer once it is over', () => {
    drawn.type('because');
    form.send();
    drawn.type('because of');
    expect(drawn.said).toBe('');
    form.send();
    expect(drawn.said).toBe(PAUSED);
    form.hinder('');
    expect(drawn.said).toBe('');
  });

  it('says what the answer lacks first', () => {
    form.send();
    expect(drawn.said).toBe('Write a few words first.');
    form.hinder('');
    expect(drawn.said).toBe('Write a few words first.');
  });
});

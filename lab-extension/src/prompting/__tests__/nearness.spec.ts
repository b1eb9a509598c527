import { describe, expect, it } from 'vitest';

import { EMPTY_DRAFT } from '../kept';
import { byNearness } from '../nearness';
import type { OpenPrompt, Stage } from '../open-prompts';

const prompt = (cellId: string, stage: Stage): OpenPrompt => ({
  promptId: `prompt of ${cellId}`,
  notebookId: 'n',
  cellId,
  question: '?',
  choices: [],
  language: '',
  multiple: false,
  words: 'optional',
  issuedAt: 0,
  stage,
  draft: EMPTY_DRAFT,
  answer: null,
  answeredAt: null,
  amendedAt: null,
  until: null,
  shown: false,
  focused: false,
  focusedSince: null,
  draftingMs: 0
});

describe('the nearest prompt', () => {
  it('is an open one, above or below, before any that was put off', () => {
    const near = byNearness(
      [
        prompt('a', 'open'),
        prompt('c', 'snoozed'),
        prompt('d', 'open'),
        prompt('e', 'waiting'),
        prompt('elsewhere', 'open'),
        prompt('b', 'gone')
      ],
      ['a', 'b', 'c', 'd', 'e'],
      2
    );
    expect(near.map(({ cellId }) => cellId)).toEqual(['d', 'a', 'c']);
  });
});

import { describe, expect, test } from 'vitest';

import type { KeyContext } from '../../prompting/keys';
import { reviewAction, type ReviewStroke } from '../keys';

const AT: KeyContext = {
  place: 'card',
  choices: 3,
  words: true,
  focused: null,
  chosen: null
};

function stroke(key: string, facts: Partial<ReviewStroke> = {}): ReviewStroke {
  return {
    key,
    code: '',
    shiftKey: false,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    isComposing: false,
    keyCode: 0,
    ...facts
  };
}

describe('keys of the review', () => {
  test.each([
    ['ArrowUp', 'ArrowUp', 'previous'],
    ['ArrowDown', 'ArrowDown', 'next'],
    ['c', 'KeyC', 'turn'],
    ['ç', 'KeyC', 'turn']
  ])('Alt with %s goes on from anywhere', (key, code, act) => {
    for (const place of ['card', 'answer', 'choice', 'button'] as const) {
      const at = { ...AT, place };
      expect(reviewAction(stroke(key, { code, altKey: true }), at).act).toBe(
        act
      );
    }
  });

  test('what is being composed means nothing here', () => {
    const composing = { isComposing: true };
    for (const key of ['Enter', 'Escape', '1']) {
      const at = { ...AT, place: 'answer' as const };
      expect(reviewAction(stroke(key, composing), at).act).toBe('native');
    }
  });

  test('digits choose from everywhere but the answer', () => {
    for (const place of ['card', 'choice', 'button'] as const) {
      expect(reviewAction(stroke('2'), { ...AT, place })).toEqual({
        act: 'choose',
        index: 1
      });
    }
    expect(reviewAction(stroke('2'), { ...AT, place: 'answer' }).act).toBe(
      'native'
    );
    expect(reviewAction(stroke('4'), { ...AT, place: 'button' }).act).toBe(
      'native'
    );
  });

  test('Enter sends, but presses the button that has the focus; Shift Enter makes a line', () => {
    expect(reviewAction(stroke('Enter'), AT).act).toBe('send');
    const answer = { ...AT, place: 'answer' as const };
    expect(reviewAction(stroke('Enter'), answer).act).toBe('send');
    expect(reviewAction(stroke('Enter', { shiftKey: true }), answer).act).toBe(
      'native'
    );
    const button = { ...AT, place: 'button' as const };
    expect(reviewAction(stroke('Enter'), button).act).toBe('native');
  });

  test('Escape finishes later, at the end too, where nothing else means anything', () => {
    expect(reviewAction(stroke('Escape'), AT).act).toBe('later');
    expect(reviewAction(stroke('Escape'), null).act).toBe('later');
    for (const key of ['1', 'Enter', 'a']) {
      expect(reviewAction(stroke(key), null).act).toBe('native');
    }
  });
});

import { describe, expect, it } from 'vitest';

import { keyAction, type KeyContext, type Keystroke } from '../keys';

const stroke = (key: string, more: Partial<Keystroke> = {}): Keystroke => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 0,
  ...more
});

const onChoice: KeyContext = {
  place: 'choice',
  choices: 4,
  words: true,
  focused: 0,
  chosen: null
};
const inAnswer: KeyContext = {
  place: 'answer',
  choices: 4,
  words: true,
  focused: null,
  chosen: null
};

describe('keys in the answer', () => {
  it('Enter sends, with Ctrl as well', () => {
    expect(keyAction(stroke('Enter'), inAnswer)).toEqual({ act: 'send' });
    expect(keyAction(stroke('Enter', { ctrlKey: true }), inAnswer).act).toBe(
      'send'
    );
  });

  it('Shift Enter breaks the line', () => {
    expect(keyAction(stroke('Enter', { shiftKey: true }), inAnswer).act).toBe(
      'native'
    );
  });

  it('no key counts while a word is composed', () => {
    for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
      expect(keyAction(stroke('Enter', composing), inAnswer).act).toBe(
        'native'
      );
      expect(keyAction(stroke('Escape', composing), inAnswer).act).toBe(
        'native'
      );
    }
  });

  it('digits are text, arrows move the caret', () => {
    for (const key of ['1', '4', 'a', 'ArrowRight', 'Tab', 'Backspace']) {
      expect(keyAction(stroke(key), inAnswer).act).toBe('native');
    }
  });

  it('Escape means later', () => {
    expect(keyAction(stroke('Escape'), inAnswer).act).toBe('later');
  });
});

describe('keys on a choice', () => {
  it('digits choose, as far as there are choices', () => {
    expect(keyAction(stroke('3'), onChoice)).toEqual({
      act: 'choose',
      index: 2
    });
    expect(keyAction(stroke('5'), onChoice).act).toBe('begin');
    expect(keyAction(stroke('0'), onChoice).act).toBe('begin');
  });

  it('any letter begins the answer', () => {
    for (const key of ['d', 'Z', 'é', '中', '😀', '?']) {
      expect(keyAction(stroke(key), onChoice).act).toBe('begin');
    }
  });

  it('commands of the browser stay what they are', () => {
    for (const more of [
      { ctrlKey: true },
      { metaKey: true },
      { altKey: true }
    ]) {
      expect(keyAction(stroke('c', more), onChoice).act).toBe('native');
      expect(keyAction(stroke('1', more), onChoice).act).toBe('native');
    }
    for (const key of ['Tab', ' ', 'F5', 'Home']) {
      expect(keyAction(stroke(key), onChoice).act).toBe('native');
    }
  });

  it('arrows go round', () => {
    expect(keyAction(stroke('ArrowLeft'), onChoice)).toEqual({
      act: 'move',
      index: 3
    });
    expect(
      keyAction(stroke('ArrowRight'), { ...onChoice, focused: 3 })
    ).toEqual({ act: 'move', index: 0 });
  });

  it('Enter sends from the chosen one, and never sends another than the focused one', () => {
    expect(keyAction(stroke('Enter'), { ...onChoice, chosen: 0 }).act).toBe(
      'send'
    );
    expect(keyAction(stroke('Enter'), { ...onChoice, chosen: 1 }).act).toBe(
      'native'
    );
    expect(keyAction(stroke('Enter'), onChoice).act).toBe('native');
  });
});

describe('keys on the other buttons and the card', () => {
  it('Enter on a button presses it', () => {
    expect(
      keyAction(stroke('Enter'), { ...inAnswer, place: 'button' }).act
    ).toBe('native');
    expect(keyAction(stroke('d'), { ...inAnswer, place: 'button' }).act).toBe(
      'native'
    );
  });

  it('digits and letters count on the card as on a choice', () => {
    const card: KeyContext = { ...inAnswer, place: 'card' };
    expect(keyAction(stroke('1'), card)).toEqual({ act: 'choose', index: 0 });
    expect(keyAction(stroke('d'), card).act).toBe('begin');
    expect(keyAction(stroke('1'), { ...card, choices: 0 }).act).toBe('begin');
    expect(keyAction(stroke('ArrowDown'), { ...card, choices: 0 }).act).toBe(
      'native'
    );
  });

  it('a letter begins nothing where no words are wanted', () => {
    const card: KeyContext = { ...inAnswer, place: 'card', words: false };
    expect(keyAction(stroke('b'), card).act).toBe('native');
  });
});

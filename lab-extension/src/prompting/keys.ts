/** What a key means in a prompt; the widget does it. */

/** Where in the prompt the focus is. */
export type KeyPlace = 'choice' | 'answer' | 'button' | 'card';

/** What of a keyboard event decides. */
export interface Keystroke {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

/** What is in the prompt when the key comes. */
export interface KeyContext {
  place: KeyPlace;
  /** How many choices there are. */
  choices: number;
  /** Whether there is an answer to be typed. */
  words: boolean;
  /** The choice that has the focus, counted from 0, or null. */
  focused: number | null;
  /** The choice that is chosen, counted from 0, or null. */
  chosen: number | null;
}

export type KeyAction =
  /** The browser's own meaning stands. */
  | { act: 'native' }
  | { act: 'send' }
  | { act: 'later' }
  /** Choose the one with this index, counted from 0, and put the focus on it. */
  | { act: 'choose'; index: number }
  /** Put the focus on this choice. */
  | { act: 'move'; index: number }
  /** Put the focus into the answer, so that the very key begins it. */
  | { act: 'begin' };

const NATIVE: KeyAction = { act: 'native' };

/** The code that browsers give to every key of a word that is being composed. */
const COMPOSING = 229;

/** Decide about a keydown. */
export function keyAction(stroke: Keystroke, at: KeyContext): KeyAction {
  if (stroke.isComposing || stroke.keyCode === COMPOSING) {
    return NATIVE;
  }
  if (stroke.key === 'Escape') {
    return { act: 'later' };
  }
  if (stroke.key === 'Enter') {
    return enter(stroke, at);
  }
  if (at.place !== 'choice' && at.place !== 'card') {
    return NATIVE;
  }
  if (stroke.ctrlKey || stroke.altKey || stroke.metaKey) {
    return NATIVE;
  }
  if (/^[1-9]$/.test(stroke.key) && Number(stroke.key) <= at.choices) {
    return { act: 'choose', index: Number(stroke.key) - 1 };
  }
  const step = arrow(stroke.key);
  if (step !== 0 && at.choices > 0) {
    const from = at.focused ?? (step > 0 ? -1 : 0);
    return { act: 'move', index: (from + step + at.choices) % at.choices };
  }
  if (at.words && stroke.key !== ' ' && [...stroke.key].length === 1) {
    return { act: 'begin' };
  }
  return NATIVE;
}

/**
 * Enter sends, from the answer and from the chosen choice.
 *
 * On a choice that is not chosen it chooses, as a button does: sending another choice than the focused one would be a wrong answer.
 */
function enter(stroke: Keystroke, at: KeyContext): KeyAction {
  if (stroke.shiftKey || stroke.altKey || at.place === 'button') {
    return NATIVE;
  }
  if (at.place === 'choice' && at.focused !== at.chosen) {
    return NATIVE;
  }
  return { act: 'send' };
}

function arrow(key: string): -1 | 0 | 1 {
  if (key === 'ArrowRight' || key === 'ArrowDown') {
    return 1;
  }
  return key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 0;
}

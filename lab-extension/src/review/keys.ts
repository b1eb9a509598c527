/** What a key means in the review; the panel does it. */

import {
  keyAction,
  type KeyAction,
  type KeyContext,
  type Keystroke
} from '../prompting/keys';

export type ReviewAction =
  | KeyAction
  | { act: 'previous' }
  | { act: 'next' }
  /** Turn between the cell as it stood and the changes since. */
  | { act: 'turn' };

/** A key by its place on the keyboard too: with Alt it may type another sign. */
export interface ReviewStroke extends Keystroke {
  code: string;
}

/** Decide about a keydown; without a question (at the end) Escape alone means something. */
export function reviewAction(
  stroke: ReviewStroke,
  at: KeyContext | null
): ReviewAction {
  const { key, code, altKey, ctrlKey, metaKey, shiftKey } = stroke;
  const nothing: KeyContext = {
    place: 'button',
    choices: 0,
    words: false,
    focused: null,
    chosen: null
  };
  const usual = keyAction(stroke, at ?? nothing);
  if (at === null || stroke.isComposing) {
    return usual;
  }
  if (altKey && !ctrlKey && !metaKey && !shiftKey) {
    switch (code) {
      case 'ArrowUp':
        return { act: 'previous' };
      case 'ArrowDown':
        return { act: 'next' };
      case 'KeyC':
        return { act: 'turn' };
    }
  }
  // A digit means a choice from wherever nothing is typed.
  const plain = !altKey && !ctrlKey && !metaKey;
  const digit = /^[1-9]$/.test(key) ? Number(key) : 0;
  if (plain && at.place === 'button' && digit > 0 && digit <= at.choices) {
    return keyAction(stroke, { ...at, place: 'card' });
  }
  return usual;
}

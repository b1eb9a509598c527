/** Keeps what happens in a prompt inside it, errors included. */

/**
 * Events that the notebook would take for its own: keys as commands, a press as a change of the active cell,
 * a paste or a drop as an attachment of the cell.
 */
export const SWALLOWED = [
  'keydown',
  'keypress',
  'keyup',
  'mousedown',
  'click',
  'dblclick',
  'beforeinput',
  'input',
  'copy',
  'cut',
  'paste',
  'dragover',
  'drop'
] as const;

/** A handler whose errors are said in the console and go no further. */
export function contained<A extends unknown[]>(
  handler: (...args: A) => void
): (...args: A) => void {
  return (...args) => {
    try {
      handler(...args);
    } catch (error) {
      console.error('Prompter: a prompt failed', error);
    }
  };
}

/**
 * Keep the application's shortcuts off an element.
 *
 * The shortcuts look from the focused element upwards and take the first that matches before they look further,
 * so the attribute on the prompt's root alone does not cover a focused button in it.
 */
export function withoutShortcuts<T extends HTMLElement>(element: T): T {
  element.dataset.lmSuppressShortcuts = 'true';
  return element;
}

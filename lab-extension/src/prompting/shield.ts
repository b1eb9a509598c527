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

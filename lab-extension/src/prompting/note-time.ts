/** How long the line of a sent, put off or closed prompt stands. */

import type { IDisposable } from '@lumino/disposable';

/** Long enough to read a line and reach for "Change", milliseconds. */
const STANDS_MS = 4000;
/** How soon to look again while somebody is at it, milliseconds. */
const LOOK_AGAIN_MS = 1000;
/** The fade; the style sheet has the same figure, milliseconds. */
const FADE_MS = 180;

const FADING_CLASS = 'jp-Prompter-fading';

/** Counts the time of one line; longer under the pointer, and after each key. */
export class NoteTime implements IDisposable {
  /**
   * @param held whether the person is still at it.
   * @param done what folds the line.
   */
  constructor(node: HTMLElement, held: () => boolean, done: () => void) {
    this._node = node;
    this._held = held;
    this._done = done;
    this._node.addEventListener('keydown', this._restart);
    this._wait(STANDS_MS);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.clearTimeout(this._timer);
      this._node.removeEventListener('keydown', this._restart);
      this._node.classList.remove(FADING_CLASS);
    }
  }

  private readonly _restart = (): void => {
    this._node.classList.remove(FADING_CLASS);
    this._wait(STANDS_MS);
  };

  private _wait(ms: number): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._look(), ms);
  }

  private _look(): void {
    if (this._isHeld()) {
      this._wait(LOOK_AGAIN_MS);
      return;
    }
    this._node.classList.add(FADING_CLASS);
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      if (this._isHeld()) {
        this._restart();
      } else {
        this.dispose();
        this._done();
      }
    }, FADE_MS);
  }

  private _isHeld(): boolean {
    return this._node.matches(':hover') || this._held();
  }

  private readonly _node: HTMLElement;
  private readonly _held: () => boolean;
  private readonly _done: () => void;
  private _timer: number | undefined;
  private _isDisposed = false;
}

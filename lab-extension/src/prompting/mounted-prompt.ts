/** A prompt in the page, and the time that counts for it. */

import type { IDisposable } from '@lumino/disposable';

import type { InlinePrompt, Shape } from './inline-prompt';
import { NoteTime } from './note-time';
import { unsentWords, type OpenPrompt } from './open-prompts';
import { contained } from './shield';
import { Sight } from './sight';

/** The shapes that are one line and pass. */
const LINED: ReadonlySet<Shape> = new Set<Shape>(['sent', 'snoozed', 'closed']);

export interface TimeHandlers {
  /** Half of it was visible for a second. */
  seen(): void;
  /** Its line stood long enough. */
  fold(): void;
}

/** Disposes of the view with itself. */
export class MountedPrompt implements IDisposable {
  constructor(view: InlinePrompt, handlers: TimeHandlers) {
    this.view = view;
    this._handlers = handlers;
  }

  readonly view: InlinePrompt;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether it is a line that passes. */
  get isLine(): boolean {
    return LINED.has(this.view.shape);
  }

  /** Whether it waits for the scroller: as a badge, or with empty room under it. */
  get isLying(): boolean {
    const { view } = this;
    return !view.isDisposed && (view.shape === 'badge' || view.spare > 0);
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._sight?.dispose();
      this._noteTime?.dispose();
      this.view.dispose();
    }
  }

  /** Let time count as the present shape wants it; called at each change of the shape. */
  watch(prompt: OpenPrompt): void {
    const { view } = this;
    this._noteTime?.dispose();
    // Words that were not sent stand until the person puts them away.
    const passes = this.isLine && unsentWords(prompt) === '';
    this._noteTime = passes
      ? new NoteTime(
          view.node,
          // Who was cut short must not be held by the focus that the line took over.
          () => view.hasFocus && view.shape !== 'closed',
          contained(() => this._handlers.fold())
        )
      : null;
    const unfolded = view.shape === 'resting' || view.shape === 'drafting';
    if (unfolded && !prompt.shown) {
      this._sight ??= new Sight(
        view.node,
        contained(() => this._handlers.seen())
      );
    } else {
      this._sight?.dispose();
      this._sight = null;
    }
  }

  private readonly _handlers: TimeHandlers;
  private _sight: Sight | null = null;
  private _noteTime: NoteTime | null = null;
  private _isDisposed = false;
}

/** The shape that a mounted view takes for its prompt. A badge opens only where there is room, or by hand. */
export function shapeOf(view: InlinePrompt, prompt: OpenPrompt): Shape {
  switch (prompt.stage) {
    case 'open':
      return view.shape === 'badge' ? 'badge' : view.openShape;
    case 'snoozed':
      return view.shape === 'clock' ? 'clock' : 'snoozed';
    case 'sent':
    case 'closed':
      return view.shape === 'gone' && unsentWords(prompt) === ''
        ? 'gone'
        : prompt.stage;
    default:
      return 'gone';
  }
}

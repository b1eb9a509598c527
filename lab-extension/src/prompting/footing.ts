/** Changes prompts' heights in one notebook view without moving what the person is using. */

import type { Notebook } from '@jupyterlab/notebook';

import type { InlinePrompt } from './inline-prompt';
import { cellAround } from './placing';
import { isInView, scrollerOf, steadily } from './steady';

export interface Hold {
  /** What must stay; by default what has the focus, the active cell, or the first cell in view. */
  anchor?: Element | null;
  /** Where its top edge shall be, pixels from the window's top; where it is, if not given. */
  top?: number;
}

/** What a person is using when it has the focus; a cell merely focused may not be the active one. */
const IN_USE = ':read-write, .jp-Prompter-prompt *';

/** The footing of one notebook view. */
export class Footing {
  constructor(notebook: Notebook) {
    this._notebook = notebook;
  }

  /** The element that scrolls the notebook. */
  get scroller(): Element {
    return scrollerOf(this._notebook.outerNode);
  }

  /** Whether a change is under way; what it leaves behind is not to be removed before it ended. */
  get keeping(): boolean {
    return this._keeping;
  }

  /**
   * Change a prompt's height and keep the anchor in its place.
   *
   * Where the scroller cannot make up for the change, empty room stays under the prompt until it can.
   * A change within a change belongs to the outer one.
   */
  keep(view: InlinePrompt, change: () => void, hold: Hold = {}): void {
    if (this._keeping) {
      change();
      return;
    }
    const anchor = hold.anchor ?? this._anchor(view);
    const top = hold.top ?? anchor?.getBoundingClientRect().top;
    const off = this._measure(view, change, anchor, top);
    if (off === 0 || view.isDisposed) {
      return;
    }
    // The room puts the anchor back, or lets the scroller do it. Where it helps nothing, it goes.
    const still = this._measure(
      view,
      () => {
        view.spare = Math.abs(off);
      },
      anchor,
      top
    );
    if (Math.abs(still) >= Math.abs(off)) {
      this._measure(view, () => undefined, anchor, top);
    }
  }

  /**
   * Give a prompt room if that can be done without moving the anchor, else undo it.
   *
   * @returns whether it has the room.
   */
  offer(view: InlinePrompt, open: () => void, undo: () => void): boolean {
    const anchor = this._anchor(view);
    const top = anchor?.getBoundingClientRect().top;
    if (this._measure(view, open, anchor, top) === 0) {
      return true;
    }
    this._measure(view, undo, anchor, top);
    return false;
  }

  private _measure(
    view: InlinePrompt,
    change: () => void,
    anchor: Element | null,
    top: number | undefined
  ): number {
    this._keeping = true;
    try {
      return steadily(
        this.scroller,
        anchor,
        () => {
          view.spare = 0;
          change();
        },
        top
      );
    } finally {
      this._keeping = false;
    }
  }

  private _anchor(view: InlinePrompt): Element | null {
    const { scroller, _notebook: notebook } = this;
    const focused = document.activeElement;
    const active = notebook.activeCell?.node;
    if (
      focused &&
      cellAround(notebook, focused) &&
      !view.node.contains(focused) &&
      focused.matches(IN_USE) &&
      isInView(scroller, focused)
    ) {
      return focused;
    }
    if (active && isInView(scroller, active)) {
      return active;
    }
    return (
      notebook.widgets.find(cell => isInView(scroller, cell.node))?.node ?? null
    );
  }

  private readonly _notebook: Notebook;
  private _keeping = false;
}

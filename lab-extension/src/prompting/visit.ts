/** A person's stay in the prompts of one notebook view: in from where they were, and back there. */

import type { Notebook } from '@jupyterlab/notebook';

import type { Footing } from './footing';
import type { InlinePrompt } from './inline-prompt';
import { contained } from './shield';
import { steadily } from './steady';
import { cellOf, giveBack, whereabouts, type Whereabouts } from './whereabouts';

/** Remembers one place at a time; going from prompt to prompt is one stay. */
export class Visit {
  constructor(notebook: Notebook, footing: Footing) {
    this._notebook = notebook;
    this._footing = footing;
  }

  /** The focus moved into a prompt, from the given element. */
  entered(from: EventTarget | null): void {
    const between =
      from instanceof Element && from.closest('.jp-Prompter-prompt') !== null;
    if (!between || this._place === null) {
      this._place = this.here(from);
    }
  }

  /** Where the person is now. */
  here(leaving: EventTarget | null): Whereabouts {
    return whereabouts(this._notebook, this._footing.scroller, leaving);
  }

  /** Come back to the given place in the end, whatever the way into the prompt was. */
  from(place: Whereabouts): void {
    this._place = place;
  }

  /** Do what ends the stay in a prompt; if the focus is in it, it goes back, and the cell stands where it stood. */
  leave(view: InlinePrompt, act: () => void): void {
    const place = view.hasFocus ? this._place : null;
    if (!place) {
      this._footing.keep(view, act);
      return;
    }
    this._place = null;
    const cell = cellOf(this._notebook, place);
    const wasSeen = cell !== null && place.top !== null;
    if (wasSeen && !cell.inViewport) {
      this._return(view, act, place);
      return;
    }
    this._footing.keep(
      view,
      () => {
        act();
        giveBack(this._notebook, place);
      },
      wasSeen
        ? { anchor: cell.node, top: place.top ?? undefined }
        : { anchor: view.parent?.node ?? null }
    );
  }

  /** Come back to a cell that windowing took out meanwhile: it has no place until the notebook has drawn it again. */
  private _return(
    view: InlinePrompt,
    act: () => void,
    place: Whereabouts
  ): void {
    const { scroller } = this._footing;
    this._footing.keep(view, act, { anchor: view.parent?.node ?? null });
    scroller.scrollTo({ top: place.scrollTop, behavior: 'instant' });
    giveBack(this._notebook, place);
    const settle = contained(() => {
      const cell = cellOf(this._notebook, place);
      steadily(
        scroller,
        cell?.node ?? null,
        () => undefined,
        place.top ?? undefined
      );
    });
    void this._notebook
      .scrollToItem(this._notebook.activeCellIndex)
      .then(() => requestAnimationFrame(settle))
      .catch(() => undefined);
  }

  private readonly _notebook: Notebook;
  private readonly _footing: Footing;
  private _place: Whereabouts | null = null;
}

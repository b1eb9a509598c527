/** The prompts in one view of a notebook: mounted in their cells, in step with the model, answering to the person's hand. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { MessageLoop, type Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';

import { recordedId } from '../cell-ids';
import type { Asking } from './asking';
import { Footing } from './footing';
import { InlinePrompt, type PromptHandlers, type Shape } from './inline-prompt';
import { MountedPrompt, shapeOf } from './mounted-prompt';
import { byNearness } from './nearness';
import { unsentWords, type OpenPrompt } from './open-prompts';
import { cellAround, cellById, placeInCell } from './placing';
import { contained } from './shield';
import { isWholeInView } from './steady';
import { Visit } from './visit';

export interface PanelPromptsOptions {
  panel: NotebookPanel;
  asking: Asking;
  trans: TranslationBundle;
  /** The session of the panel's document; undefined while it has none. */
  session: () => string | undefined;
  /** The notebook's id; undefined until the server told. */
  notebookId: () => string | undefined;
  /** One line: why nothing that is said about the notebook would be recorded now; empty if it would be. */
  hindrance: () => string;
  /** Say politely that a prompt came. */
  announce: (prompt: OpenPrompt) => void;
}

/** Keeps one notebook panel in step with the open prompts. */
export class PanelPrompts implements IDisposable {
  constructor(options: PanelPromptsOptions) {
    this._options = options;
    const { panel, asking } = options;
    const notebook = panel.content;
    this._footing = new Footing(notebook);
    this._visit = new Visit(notebook, this._footing);
    asking.prompts.changed.connect(this._onChanged, this);
    notebook.modelChanged.connect(this._onModelChanged, this);
    notebook.activeCellChanged.connect(this._easeSoon, this);
    panel.disposed.connect(() => this.dispose(), this);
    MessageLoop.installMessageHook(panel, this._onPanelMessage);
    notebook.node.addEventListener('scroll', this._easeSoon, {
      capture: true,
      passive: true
    });
    this._onModelChanged();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
    const { panel } = this._options;
    MessageLoop.removeMessageHook(panel, this._onPanelMessage);
    panel.content.node.removeEventListener('scroll', this._easeSoon, true);
    [...this._mounted.values()].forEach(mounted => this._unmount(mounted));
  }

  /** Whether `focusNearest` has somewhere to go. */
  get hasOpen(): boolean {
    return this._reachable().length > 0;
  }

  /** Bring the page in step with the model, in a moment; many calls make one pass. */
  readonly syncSoon = (): void => {
    if (!this._syncing) {
      this._syncing = true;
      void Promise.resolve().then(
        contained(() => {
          this._syncing = false;
          this._sync();
        })
      );
    }
  };

  /** What stood in the way of an answer may be over: a prompt that says so says it no longer. */
  lookAtHindrance(): void {
    for (const { view } of this._mounted.values()) {
      if (view.isHindered) {
        view.hinder(this._options.hindrance());
      }
    }
  }

  /** Put the focus on the open prompt that is nearest to the active cell, on its first choice. */
  async focusNearest(): Promise<void> {
    const prompt = this._reachable().at(0);
    if (prompt) {
      await this.focusOn(prompt);
    }
  }

  /** Put the focus on a prompt, on its first choice. */
  async focusOn(prompt: OpenPrompt): Promise<void> {
    const notebook = this._options.panel.content;
    const place = this._visit.here(document.activeElement);
    const node = this._mounted.get(prompt.promptId)?.view.node;
    if (!node || node.getClientRects().length === 0) {
      const cell = cellById(notebook, prompt.cellId);
      await notebook.scrollToItem(cell ? notebook.widgets.indexOf(cell) : 0);
      await cell?.ready;
      this._sync();
    }
    const mounted = this._mounted.get(prompt.promptId);
    if (!mounted) {
      return;
    }
    this._unfold(mounted.view);
    this._visit.from(place);
    if (!isWholeInView(this._footing.scroller, mounted.view.node)) {
      mounted.view.node.scrollIntoView({
        block: 'nearest',
        behavior: 'instant'
      });
    }
  }

  private _reachable(): OpenPrompt[] {
    const notebook = this._options.panel.content;
    return byNearness(
      this._prompts(),
      notebook.widgets.map(cell => recordedId(cell.model.sharedModel)),
      notebook.activeCellIndex
    );
  }

  private _prompts(): OpenPrompt[] {
    const notebookId = this._options.notebookId();
    return notebookId === undefined
      ? []
      : this._options.asking.prompts.of(notebookId);
  }

  private _sync(): void {
    if (!this._isDisposed && this._options.panel.isVisible) {
      this._prompts().forEach(prompt => this._follow(prompt));
    }
  }

  /** Bring one prompt's view in step. */
  private _follow(prompt: OpenPrompt): void {
    const cell = cellById(this._options.panel.content, prompt.cellId);
    let mounted = this._mounted.get(prompt.promptId);
    let hadFocus = false;
    if (mounted && (mounted.view.isDisposed || mounted.view.parent !== cell)) {
      // The cell was made again: moved, or changed its type.
      hadFocus = mounted.view.hasFocus;
      this._unmount(mounted);
      mounted = undefined;
    }
    if (mounted) {
      this._reshape(mounted, prompt);
      return;
    }
    const stands =
      prompt.stage === 'open' ||
      prompt.stage === 'snoozed' ||
      unsentWords(prompt) !== '';
    if (!cell || !stands) {
      return;
    }
    if (cell.isPlaceholder()) {
      void cell.ready.then(this.syncSoon, () => undefined);
      return;
    }
    const view = this._mount(prompt);
    if (hadFocus && view.shape !== 'clock') {
      view.refocus(
        view.shape === 'closed' ? 'note' : 'answer',
        () => undefined
      );
    }
  }

  private _mount(prompt: OpenPrompt): InlinePrompt {
    const { panel, trans, announce } = this._options;
    const view: InlinePrompt = new InlinePrompt(
      prompt,
      trans,
      this._handlers(prompt.promptId, () => view)
    );
    const mounted = new MountedPrompt(view, {
      seen: () =>
        this._inSession(sessionId =>
          this._options.asking.seen(prompt.promptId, sessionId)
        ),
      fold: () => this._leave(view, () => this._foldLine(view))
    });
    this._mounted.set(prompt.promptId, mounted);
    const place = (): void => {
      const cell = cellById(panel.content, prompt.cellId);
      if (cell) {
        placeInCell(cell, view);
      }
    };
    if (prompt.stage === 'closed') {
      view.reshape('closed', prompt);
      this._footing.keep(view, place);
    } else {
      view.reshape(
        prompt.stage === 'snoozed' ? 'clock' : view.openShape,
        prompt
      );
      this._footing.offer(view, place, () => view.reshape('badge', prompt));
    }
    mounted.watch(prompt);
    if (prompt.stage === 'open') {
      announce(prompt);
    }
    return view;
  }

  private _handlers(
    promptId: string,
    view: () => InlinePrompt
  ): PromptHandlers {
    const { asking, panel } = this._options;
    const notebook = panel.content;
    const leaveBy = (act: (sessionId: string) => void): void =>
      this._leave(view(), () => this._inSession(act));
    const leaveRecorded = (act: (sessionId: string) => void): void => {
      const hindrance = this._options.hindrance();
      if (hindrance === '') {
        leaveBy(act);
      } else {
        view().refuse(hindrance);
      }
    };
    return {
      entered: from => {
        this._visit.entered(from);
        if (UNFOLDED.has(view().shape)) {
          this._inSession(sessionId => asking.focused(promptId, sessionId));
        }
      },
      shielded: () => notebook.mode === 'command',
      left: to =>
        this._footing.keep(
          view(),
          () => {
            asking.blurred(promptId);
            this._sync();
          },
          { anchor: cellAround(notebook, to) }
        ),
      drafted: draft =>
        this._inSession(sessionId =>
          asking.drafted(promptId, sessionId, draft)
        ),
      send: () => leaveRecorded(sessionId => asking.send(promptId, sessionId)),
      later: () => leaveBy(sessionId => asking.later(promptId, sessionId)),
      skip: () =>
        leaveRecorded(sessionId => asking.dismiss(promptId, sessionId, 'skip')),
      never: () =>
        leaveRecorded(sessionId =>
          asking.dismiss(promptId, sessionId, 'never')
        ),
      change: () => {
        view().refocus('answer', () => asking.prompts.change(promptId));
        this._inSession(sessionId => asking.focused(promptId, sessionId));
      },
      answerNow: () => this._unfold(view()),
      putAway: () =>
        this._leave(view(), () => {
          if (!asking.prompts.putAway(promptId)) {
            this._foldLine(view());
          }
        })
    };
  }

  /** Give a mounted view the shape of its prompt's stage. */
  private _reshape(mounted: MountedPrompt, prompt: OpenPrompt): void {
    const { view } = mounted;
    const shape = shapeOf(view, prompt);
    if (shape === view.shape) {
      view.reshape(shape, prompt);
      return;
    }
    if (shape === 'resting' && view.shape === 'gone') {
      this._offer(mounted, prompt);
      return;
    }
    // What unfolds under the hand grows downward; its own place is the one to keep.
    const anchor = shape === 'drafting' ? view.parent?.node : undefined;
    const reshape = (): void => view.reshape(shape, prompt);
    this._footing.keep(
      view,
      // Keys are still coming: they must not fall into the notebook, where they are commands.
      shape === 'closed' && view.hasFocus
        ? () => view.refocus('note', reshape)
        : reshape,
      { anchor }
    );
    mounted.watch(prompt);
    this._removeIfGone(mounted);
  }

  /** Open a prompt if that moves nothing that is used, else leave a badge that takes no room. */
  private _offer(mounted: MountedPrompt, prompt: OpenPrompt): void {
    const { view } = mounted;
    this._footing.offer(
      view,
      () => view.reshape(view.openShape, prompt),
      () => view.reshape('badge', prompt)
    );
    mounted.watch(prompt);
  }

  /** Fold the line of a prompt: a put off one leaves its clock, any other one nothing. */
  private _foldLine(view: InlinePrompt): void {
    const mounted = this._mounted.get(view.promptId);
    const prompt = this._options.asking.prompts.get(view.promptId);
    if (mounted?.isLine && prompt) {
      view.reshape(view.shape === 'snoozed' ? 'clock' : 'gone', prompt);
      mounted.watch(prompt);
    }
  }

  /** Open a prompt, a badge or a clock as well, and put the focus in it. */
  private _unfold(view: InlinePrompt): void {
    const { prompts } = this._options.asking;
    this._footing.keep(
      view,
      () => {
        prompts.answerNow(view.promptId);
        const prompt = prompts.get(view.promptId);
        if (prompt?.stage === 'open') {
          view.refocus('first', () => view.reshape('drafting', prompt));
          this._inSession(sessionId =>
            this._options.asking.focused(view.promptId, sessionId)
          );
          this._mounted.get(view.promptId)?.watch(prompt);
        }
      },
      { anchor: view.parent?.node }
    );
  }

  private _leave(view: InlinePrompt, act: () => void): void {
    this._visit.leave(view, act);
    const mounted = this._mounted.get(view.promptId);
    if (mounted?.view === view) {
      this._removeIfGone(mounted);
    }
  }

  private _inSession(act: (sessionId: string) => void): void {
    const sessionId = this._options.session();
    if (sessionId !== undefined) {
      act(sessionId);
    }
  }

  /** Remove what is gone, unless its room must still stand. */
  private _removeIfGone(mounted: MountedPrompt): void {
    const { view } = mounted;
    if (view.shape === 'gone' && view.spare === 0 && !this._footing.keeping) {
      this._unmount(mounted);
    }
  }

  private _unmount(mounted: MountedPrompt): void {
    this._mounted.delete(mounted.view.promptId);
    mounted.dispose();
  }

  /** Take back empty room, and open badges, where the scroller can make up for it by now. */
  private _ease(): void {
    for (const mounted of [...this._mounted.values()]) {
      const { view } = mounted;
      const prompt = this._options.asking.prompts.get(view.promptId);
      if (!prompt || !mounted.isLying) {
        continue;
      }
      if (view.shape === 'badge') {
        this._offer(mounted, prompt);
      } else {
        this._footing.keep(view, () => undefined);
        this._removeIfGone(mounted);
      }
    }
  }

  private readonly _easeSoon = (): void => {
    if (
      !this._easing &&
      [...this._mounted.values()].some(({ isLying }) => isLying)
    ) {
      this._easing = true;
      requestAnimationFrame(
        contained(() => {
          this._easing = false;
          if (!this._isDisposed) {
            this._ease();
          }
        })
      );
    }
  };

  private readonly _onChanged = contained((_: unknown, promptId: string) => {
    const prompt = this._options.asking.prompts.get(promptId);
    // Without consent the server knows the notebook no more; what stands in it is followed all the same.
    const isHere =
      this._mounted.has(promptId) ||
      prompt?.notebookId === this._options.notebookId();
    if (prompt && isHere && this._options.panel.isVisible) {
      this._follow(prompt);
    }
  });

  private readonly _onModelChanged = contained(() => {
    const cells = this._options.panel.content.model?.cells;
    cells?.changed.connect(this.syncSoon, this);
    this.syncSoon();
  });

  private readonly _onPanelMessage = (
    _: unknown,
    message: Message
  ): boolean => {
    if (message.type === 'after-show') {
      this.syncSoon();
    }
    return true;
  };

  private readonly _options: PanelPromptsOptions;
  private readonly _footing: Footing;
  private readonly _visit: Visit;
  private readonly _mounted = new Map<string, MountedPrompt>();
  private _syncing = false;
  private _easing = false;
  private _isDisposed = false;
}

const UNFOLDED: ReadonlySet<Shape> = new Set<Shape>(['resting', 'drafting']);

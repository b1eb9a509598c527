/** The reviews of this page: ends sessions, opens the panel of a notebook, records what is said there. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { recordedId } from '../cell-ids';
import type { Colour } from '../history/colours';
import type { CellText } from '../history/data';
import { notebookHindrance } from '../hindrance';
import { idBytes } from '../ids';
import type { EventBodies, EventTypeName } from '../protocol';
import type { EndedSession, ICapture, IDelivery } from '../tokens';
import { ReviewFailed, type ReviewSource, type ReviewTold } from './data';
import { webAddress } from './end-screen';
import type { KeptReviews } from './kept';
import { ReviewPanel, type ReviewRecorder } from './panel';
import { pauseOf } from './pause';
import { Review } from './review';
import { endedBy } from './words';

/** So long the page's last events may take to the log before a session ends, in ms. */
const SEND_MS = 20_000;

/** So long at most the review waits for a pause in the typing, in ms: time is up for who goes on. */
const LONGEST_TYPING_MS = 30_000;

/** What is typed in the notebook is compared anew after so long, in ms: often enough for the eye. */
const REDRAW_MS = 250;

export interface ReviewsOptions {
  delivery: IDelivery;
  capture: ICapture;
  trans: TranslationBundle;
  source: ReviewSource;
  kept: KeptReviews;
  colour: (notebook: NotebookPanel) => Colour;
  /** Puts a panel beside its notebook, and the focus into it. */
  show: (panel: ReviewPanel, notebook: NotebookPanel) => void;
}

export class Reviews {
  constructor(private readonly options: ReviewsOptions) {}

  /** Whether the review of a notebook stands in this page. */
  stands(notebook: NotebookPanel): boolean {
    return this.panels.get(notebook)?.isDisposed === false;
  }

  /** The notebook's id, once the server told. */
  notebookId(notebook: NotebookPanel): string | undefined {
    const session = this.options.capture.sessionOf(notebook.id);
    return session === undefined
      ? undefined
      : this.options.delivery.notebookOf(session);
  }

  /** Ask whether to end the session of a notebook, and do it. Rejects with `ReviewFailed`. */
  async end(notebook: NotebookPanel): Promise<void> {
    const { capture, source, trans } = this.options;
    const file = nameOf(notebook);
    const { button } = await showDialog({
      title: trans.__('End the session of %1?', file),
      body: trans.__(
        'Questions about its cells follow, one at a time. You can skip each of them, and finish later. The notebook stays as it is, and its kernel goes on.'
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Go on working') }),
        Dialog.okButton({ label: trans.__('End session') })
      ]
    });
    const session = capture.sessionOf(notebook.id);
    if (!button.accept) {
      return;
    }
    const hindrance = this.hindrance(notebook);
    if (session === undefined || hindrance !== '') {
      throw new ReviewFailed(hindrance);
    }
    await this.sent();
    this.show(notebook, await source.end(session));
  }

  /**
   * Open the review of a notebook whose session others ended, once its person pauses: a key that was meant for a cell is
   * no answer. Rejects with `ReviewFailed`.
   */
  async ended(
    notebook: NotebookPanel,
    { notebookId, by }: EndedSession
  ): Promise<void> {
    const { capture, delivery, source, trans } = this.options;
    const quietMs = delivery.study?.quiet.typing_ms ?? 0;
    await pauseOf(capture.edited, { quietMs, mostMs: LONGEST_TYPING_MS });
    if (notebook.isDisposed || this.mayNotEnd(notebook)) {
      return;
    }
    const hindrance = this.hindrance(notebook);
    if (hindrance !== '') {
      throw new ReviewFailed(hindrance);
    }
    capture.flush();
    await this.sent();
    this.show(notebook, await source.ofEnded(notebookId), endedBy(by, trans));
  }

  /** Whether the end of a notebook's session changes nothing more: its person ended it, or looks at the review. */
  mayNotEnd(notebook: NotebookPanel): boolean {
    return this.stands(notebook) || this.options.capture.isEnded(notebook.id);
  }

  /** Open the review of a notebook, or show the one that stands. Rejects with `ReviewFailed`. */
  async open(notebook: NotebookPanel): Promise<void> {
    const { source, show, trans } = this.options;
    const standing = this.panels.get(notebook);
    if (standing?.isDisposed === false) {
      show(standing, notebook);
      return;
    }
    const notebookId = this.notebookId(notebook);
    const hindrance = this.hindrance(notebook);
    if (notebookId === undefined || hindrance !== '') {
      throw new ReviewFailed(
        hindrance || trans.__('the server does not know this notebook yet')
      );
    }
    await this.sent();
    this.show(notebook, await source.of(notebookId));
  }

  private show(
    notebook: NotebookPanel,
    told: ReviewTold,
    endedBySentence = ''
  ): void {
    const { delivery, capture, trans, colour, show, kept } = this.options;
    this.panels.get(notebook)?.dispose();
    const { context } = notebook;
    const { sharedModel } = context.model;
    const review = new Review(told.items, kept);
    const recorder = this.recorder(notebook, review);
    const panel = new ReviewPanel({
      review,
      recorder,
      trans,
      colour: colour(notebook),
      file: nameOf(notebook),
      then: webAddress(told.then),
      endedBy: endedBySentence,
      clock: () => delivery.now(),
      now: cellId => {
        const cell = sharedModel.cells.find(
          each => recordedId(each) === cellId
        );
        return cell ? textOf(cellId, cell) : null;
      },
      hindrance: () => this.hindrance(notebook)
    });
    panel.id = `${notebook.id}-prompter-review`;
    const redraw = throttled(() => panel.redraw());
    context.model.contentChanged.connect(redraw);
    const dispose = (): void => panel.dispose();
    notebook.disposed.connect(dispose);
    // Whoever closes the notebook, or its page, puts the review away with it.
    const session = capture.sessionOf(notebook.id);
    const closing = (
      _: ICapture,
      { sessionId }: { sessionId: string }
    ): void => {
      if (sessionId === session) {
        recorder.closed();
      }
    };
    capture.sessionClosing.connect(closing);
    panel.disposed.connect(() => {
      capture.sessionClosing.disconnect(closing);
      context.model?.contentChanged.disconnect(redraw);
      notebook.disposed.disconnect(dispose);
    });
    this.panels.set(notebook, panel);
    if (told.items.length > 0) {
      this.record(notebook, 'review.opened', { n: told.items.length });
    }
    show(panel, notebook);
  }

  private recorder(notebook: NotebookPanel, review: Review): ReviewRecorder {
    return {
      shown: promptId =>
        this.record(notebook, 'prompt.shown', { prompt_id: idBytes(promptId) }),
      focused: promptId =>
        this.record(notebook, 'prompt.focused', {
          prompt_id: idBytes(promptId)
        }),
      saved: ({ promptId, amends, draftingMs, choices, text }) => {
        const said = {
          prompt_id: idBytes(promptId),
          text,
          choice: choices.at(0) ?? null,
          choices: [...choices]
        };
        if (amends) {
          this.record(notebook, 'prompt.amended', said);
        } else {
          this.record(notebook, 'prompt.answered', {
            ...said,
            drafting_ms: draftingMs
          });
        }
      },
      skipped: promptId =>
        this.record(notebook, 'prompt.dismissed', {
          prompt_id: idBytes(promptId),
          reason: 'skip'
        }),
      closed: () => {
        if (review.standings.length > 0) {
          const { answered, left } = review;
          this.record(notebook, 'review.closed', { answered, left });
        }
      },
      ended: () => this.options.capture.end(notebook.id)
    };
  }

  private record<T extends EventTypeName>(
    notebook: NotebookPanel,
    type: T,
    body: EventBodies[T]
  ): void {
    const { delivery, capture } = this.options;
    const session = capture.sessionOf(notebook.id);
    if (session !== undefined) {
      delivery.record(session, type, body, delivery.now());
    }
  }

  /** One line: why nothing said about a notebook would be recorded now. */
  private hindrance(notebook: NotebookPanel): string {
    return notebookHindrance(notebook.id, this.options);
  }

  /** Until all that happened is in the log. Rejects with `ReviewFailed`. */
  private async sent(): Promise<void> {
    const { delivery, trans } = this.options;
    if (delivery.status.unsent === 0) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        window.clearTimeout(timer);
        delivery.unsentChanged.disconnect(look);
        settle();
      };
      const look = (_: unknown, unsent: number): void => {
        if (unsent === 0) {
          end(resolve);
        }
      };
      const timer = window.setTimeout(() => {
        const why = trans.__(
          'some of your work has not reached the server yet'
        );
        end(() => reject(new ReviewFailed(why)));
      }, SEND_MS);
      delivery.unsentChanged.connect(look);
    });
  }

  private readonly panels = new Map<NotebookPanel, ReviewPanel>();
}

/** The name of the notebook's file. */
function nameOf(notebook: NotebookPanel): string {
  return PathExt.basename(notebook.context.path);
}

function textOf(
  id: string,
  cell: { cell_type: string; getSource(): string }
): CellText {
  return { id, type: cell.cell_type, source: cell.getSource() };
}

/** Act soon after the first of many calls, once. */
function throttled(act: () => void): () => void {
  let timer: number | undefined;
  return () => {
    timer ??= window.setTimeout(() => {
      timer = undefined;
      act();
    }, REDRAW_MS);
  };
}

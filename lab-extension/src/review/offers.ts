/** Offers the reviews that were not finished, each once in the life of a page. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IDelivery, WaitingReview } from '../tokens';
import type { Reviews } from './reviews';
import { waiting } from './words';

const OPEN_DOCUMENT = 'docmanager:open';

export interface OffersOptions {
  app: JupyterFrontEnd;
  delivery: IDelivery;
  trans: TranslationBundle;
  /** The notebooks that are open in this page. */
  notebooks: () => readonly NotebookPanel[];
  reviews: Reviews;
  open: (notebook: NotebookPanel) => void;
}

export class Offers {
  constructor(private readonly options: OffersOptions) {}

  /** Offer what was not offered yet, and open what was accepted and is there now. */
  readonly look = (): void => {
    const { delivery, reviews } = this.options;
    for (const review of delivery.reviews) {
      const notebook = this.notebookOf(review);
      const { notebookId } = review;
      if (notebook && this.wanted.delete(notebookId)) {
        this.options.open(notebook);
      } else if (!this.offered.has(notebookId)) {
        this.offered.add(notebookId);
        if (!notebook || !reviews.stands(notebook)) {
          this.offer(review);
        }
      }
    }
  };

  private offer(review: WaitingReview): void {
    const { trans } = this.options;
    const file = PathExt.basename(review.notebookPath);
    Notification.info(waiting(review.questions, file, trans), {
      autoClose: false,
      actions: [
        {
          label: trans.__('Open the review'),
          callback: () => this.accept(review)
        }
      ]
    });
  }

  private accept(review: WaitingReview): void {
    const { app } = this.options;
    const notebook = this.notebookOf(review);
    if (notebook) {
      this.options.open(notebook);
      return;
    }
    // The notebook is opened first: what is said in the review belongs to a session of it.
    this.wanted.add(review.notebookId);
    app.commands
      .execute(OPEN_DOCUMENT, { path: review.notebookPath })
      .catch((error: unknown) => console.warn('Prompter:', error));
  }

  private notebookOf({ notebookId }: WaitingReview): NotebookPanel | undefined {
    const { notebooks, reviews } = this.options;
    return notebooks().find(
      notebook => reviews.notebookId(notebook) === notebookId
    );
  }

  private readonly offered = new Set<string>();
  /** Reviews whose notebooks are being opened. */
  private readonly wanted = new Set<string>();
}

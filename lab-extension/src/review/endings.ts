/** Sessions that others than their person end: says so, and opens the review as soon as that can be. */

import { Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { EndedSession, IDelivery } from '../tokens';
import type { Reviews } from './reviews';
import { endedBy } from './words';

/** How long the message stays, in ms: the review goes on saying it. */
const MESSAGE_MS = 15_000;

export interface EndingsOptions {
  delivery: IDelivery;
  trans: TranslationBundle;
  /** The notebooks that are open in this page. */
  notebooks: () => readonly NotebookPanel[];
  reviews: Pick<Reviews, 'mayNotEnd' | 'notebookId'>;
  open: (notebook: NotebookPanel, ended: EndedSession) => void;
}

export class Endings {
  constructor(private readonly options: EndingsOptions) {}

  /** The server told of an end. */
  readonly begin = (_: IDelivery, ended: EndedSession): void => {
    const { notebooks, reviews, trans } = this.options;
    // Two views of a notebook are one document with one session.
    const notebook = notebooks().find(
      one => reviews.notebookId(one) === ended.notebookId
    );
    if (notebook === undefined || reviews.mayNotEnd(notebook)) {
      return;
    }
    Notification.info(endedBy(ended.by, trans), { autoClose: MESSAGE_MS });
    this.waiting.set(notebook, ended);
    this.look();
  };

  /** Nothing can be answered during a pause of the recording: the review waits for its end. */
  readonly look = (): void => {
    const { delivery, open } = this.options;
    if (delivery.silent) {
      return;
    }
    for (const [notebook, ended] of this.waiting) {
      this.waiting.delete(notebook);
      if (!notebook.isDisposed) {
        open(notebook, ended);
      }
    }
  };

  private readonly waiting = new Map<NotebookPanel, EndedSession>();
}

/** Ends a session, opens the review of a notebook, and offers one that was not finished. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { colouring } from '../history/colours';
import { recordingServer } from '../server';
import { ICapture, IDelivery } from '../tokens';
import { ReviewFailed, ServerReviews } from './data';
import { Endings } from './endings';
import { KeptReviews } from './kept';
import { Offers } from './offers';
import { Reviews } from './reviews';

/** The commands of the review; other plugins run them by these names. */
export const REVIEW_COMMANDS = {
  end: 'prompter:end-session',
  open: 'prompter:review'
} as const;

/** In Notebook 7's side panel, behind what it has there and behind the history. */
const RANK = 910;

/** How long a message stays, in ms. */
const MESSAGE_MS = 15_000;

export const reviewPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:review',
  description:
    'Walks through the questions that were held for the end of a session.',
  autoStart: true,
  requires: [IDelivery, ICapture, INotebookTracker],
  optional: [ITranslator, ICommandPalette, IEditorLanguageRegistry, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    delivery: IDelivery,
    capture: ICapture,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    languages: IEditorLanguageRegistry | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    const reviews = new Reviews({
      delivery,
      capture,
      trans,
      source: new ServerReviews(recordingServer()),
      kept: new KeptReviews(browserStore(), Date.now()),
      colour: notebook =>
        colouring(languages, () => notebook.content.codeMimetype),
      show: (panel, notebook) => {
        if (panel.isAttached) {
          // It stands already.
        } else if (labShell === null) {
          // Notebook 7 has room for one document alone.
          app.shell.add(panel, 'right', { rank: RANK });
        } else {
          labShell.add(panel, 'main', { ref: notebook.id, mode: 'tab-after' });
        }
        app.shell.activateById(panel.id);
      }
    });
    const said = (work: Promise<unknown>): Promise<unknown> =>
      work.catch((error: unknown) => {
        const why = error instanceof ReviewFailed ? error.message : '';
        if (why === '') {
          console.warn('Prompter:', error);
        }
        Notification.warning(
          why === ''
            ? trans.__('The server does not answer. Try again in a moment.')
            : trans.__('The review cannot be opened now: %1', why),
          { autoClose: MESSAGE_MS }
        );
      });

    const add = (
      command: string,
      label: string,
      caption: string,
      act: (notebook: NotebookPanel) => Promise<unknown>
    ): void => {
      app.commands.addCommand(command, {
        label,
        caption,
        isEnabled: () => tracker.currentWidget !== null,
        execute: () => {
          const notebook = tracker.currentWidget;
          return notebook === null ? undefined : said(act(notebook));
        },
        describedBy: { args: { type: 'object', properties: {} } }
      });
      palette?.addItem({ command, category: trans.__('Prompter') });
    };
    add(
      REVIEW_COMMANDS.end,
      trans.__('End Session…'),
      trans.__('End the work on this notebook, and answer questions about it'),
      notebook => reviews.end(notebook)
    );
    add(
      REVIEW_COMMANDS.open,
      trans.__('Open Review'),
      trans.__('Answer the questions about this notebook that still wait'),
      notebook => reviews.open(notebook)
    );
    tracker.currentChanged.connect(() =>
      Object.values(REVIEW_COMMANDS).forEach(command =>
        app.commands.notifyCommandChanged(command)
      )
    );

    const notebooks = (): NotebookPanel[] => {
      const found: NotebookPanel[] = [];
      tracker.forEach(notebook => found.push(notebook));
      return found;
    };
    const endings = new Endings({
      delivery,
      trans,
      notebooks,
      reviews,
      open: (notebook, ended) => void said(reviews.ended(notebook, ended))
    });
    delivery.sessionEnded.connect(endings.begin);
    delivery.pausedChanged.connect(endings.look);
    const offers = new Offers({
      app,
      delivery,
      trans,
      notebooks,
      reviews,
      open: notebook => void said(reviews.open(notebook))
    });
    capture.sessionOpened.connect(offers.look);
    delivery.sessionAccepted.connect(offers.look);
    delivery.reviewsChanged.connect(offers.look);
    offers.look();
  }
};

/** The browser's storage; null where it is forbidden. */
function browserStore(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

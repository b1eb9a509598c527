/** Opens the history of a notebook: a tab beside it in JupyterLab, the right side panel in Notebook 7. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { recordedId } from '../cell-ids';
import { recordingServer } from '../server';
import { ICapture, IDelivery } from '../tokens';
import { colouring } from './colours';
import { ServerHistory, type CellText } from './data';
import { Freshness } from './freshness';
import { History } from './history';
import { HistoryPanel } from './panel';
import { restoreCell } from './restore';

const OPEN_HISTORY = 'prompter:open-history';

/** What is typed in the notebook is compared anew after so long, in ms: often enough for the eye. */
const REDRAW_MS = 250;

/** In the side panel, behind what Notebook 7 has there. */
const RANK = 900;

interface Services {
  app: JupyterFrontEnd;
  delivery: IDelivery;
  capture: ICapture;
  trans: TranslationBundle;
  languages: IEditorLanguageRegistry | null;
  labShell: ILabShell | null;
}

export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:history',
  description: 'Shows a notebook as it stood, and puts cells back.',
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
    const services = { app, delivery, capture, trans, languages, labShell };
    const open = new Map<NotebookPanel, HistoryPanel>();
    app.commands.addCommand(OPEN_HISTORY, {
      label: trans.__('Open History'),
      caption: trans.__(
        'Show the notebook as it stood at any moment, and put cells back'
      ),
      isEnabled: () => tracker.currentWidget !== null,
      execute: () => {
        const notebook = tracker.currentWidget;
        if (notebook === null) {
          return;
        }
        let panel = open.get(notebook);
        if (panel === undefined || panel.isDisposed) {
          panel = historyOf(notebook, services);
          open.set(notebook, panel);
          notebook.disposed.connect(() => open.delete(notebook));
        }
        if (!panel.isAttached) {
          place(panel, notebook, services);
        }
        app.shell.activateById(panel.id);
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    tracker.currentChanged.connect(() =>
      app.commands.notifyCommandChanged(OPEN_HISTORY)
    );
    palette?.addItem({ command: OPEN_HISTORY, category: trans.__('Prompter') });
  }
};

function place(
  panel: HistoryPanel,
  notebook: NotebookPanel,
  { app, labShell }: Services
): void {
  if (labShell === null) {
    // Notebook 7 has room for one document alone.
    app.shell.add(panel, 'right', { rank: RANK });
  } else {
    labShell.add(panel, 'main', { ref: notebook.id, mode: 'tab-after' });
  }
}

/** The panel of a notebook, kept up to date as long as both are there. */
function historyOf(
  notebook: NotebookPanel,
  { delivery, capture, trans, languages }: Services
): HistoryPanel {
  const { context, content } = notebook;
  const { sharedModel } = context.model;
  const session = (): string | undefined => capture.sessionOf(notebook.id);
  const history = new History({
    source: new ServerHistory(recordingServer()),
    session,
    now: () => sharedModel.cells.map(textOf)
  });
  const freshness = new Freshness({
    visible: () => panel.isVisible,
    load: () => history.refresh(),
    clock: () => performance.now(),
    after: (ms, act) => {
      window.setTimeout(act, ms);
    }
  });
  const panel = new HistoryPanel({
    history,
    trans,
    colour: colouring(languages, () => content.codeMimetype),
    clock: () => delivery.now(),
    restore: cellId => {
      let changed = false;
      capture.restoring(() => {
        changed = restoreCell(sharedModel, history.past ?? [], cellId);
      });
      return changed;
    },
    inView: () => freshness.look()
  });
  panel.id = `${notebook.id}-prompter-history`;
  panel.name(PathExt.basename(context.path));

  const redraw = throttled(() => panel.redraw());
  // Whatever reached the log since the last answer, the history may tell.
  const onUnsent = (_: unknown, unsent: number): void => {
    if (unsent === 0) {
      freshness.stale();
    }
  };
  const onStatus = (): void => {
    if (history.problem !== null) {
      freshness.stale();
    }
  };
  const onPath = (): void => panel.name(PathExt.basename(context.path));
  context.model.contentChanged.connect(redraw);
  context.pathChanged.connect(onPath);
  delivery.unsentChanged.connect(onUnsent);
  delivery.statusChanged.connect(onStatus);
  notebook.disposed.connect(() => panel.dispose());
  panel.disposed.connect(() => {
    context.model?.contentChanged.disconnect(redraw);
    context.pathChanged.disconnect(onPath);
    delivery.unsentChanged.disconnect(onUnsent);
    delivery.statusChanged.disconnect(onStatus);
  });
  freshness.stale();
  return panel;
}

function textOf(cell: {
  getId(): string;
  cell_type: string;
  getSource(): string;
}): CellText {
  return {
    id: recordedId(cell),
    type: cell.cell_type,
    source: cell.getSource()
  };
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

/** Opens the timeline of the running session, in the right side panel of JupyterLab and of Notebook 7. */

import {
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, IThemeManager } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { recordedId } from '../cell-ids';
import { Freshness } from '../history/freshness';
import { recordingServer } from '../server';
import { ICapture, IDelivery } from '../tokens';
import { ServerTimelines } from './data';
import { TimelinePanel } from './panel';
import { Timeline } from './timeline';

const OPEN_TIMELINE = 'prompter:open-timeline';

/** In the side panel, behind the recording's panel there. */
const RANK = 960;

/** Who types is not disturbed: what they do is drawn when no key came for so long, in ms. */
const REST_MS = 750;

interface Services {
  app: JupyterFrontEnd;
  delivery: IDelivery;
  capture: ICapture;
  tracker: INotebookTracker;
}

export const timelinePlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:timeline',
  description: 'Draws the running session of a notebook: what was done, when.',
  autoStart: true,
  requires: [IDelivery, ICapture, INotebookTracker],
  optional: [ITranslator, ICommandPalette, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    delivery: IDelivery,
    capture: ICapture,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    themes: IThemeManager | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    let panel: TimelinePanel | null = null;
    app.commands.addCommand(OPEN_TIMELINE, {
      label: trans.__('Open Timeline'),
      caption: trans.__('Draw what was done in this notebook so far, and when'),
      isEnabled: () => tracker.currentWidget !== null,
      execute: () => {
        if (panel === null || panel.isDisposed) {
          panel = made({ app, delivery, capture, tracker }, trans, themes);
        }
        if (!panel.isAttached) {
          app.shell.add(panel, 'right', { rank: RANK, type: 'Prompter' });
        }
        app.shell.activateById(panel.id);
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    tracker.currentChanged.connect(() =>
      app.commands.notifyCommandChanged(OPEN_TIMELINE)
    );
    palette?.addItem({
      command: OPEN_TIMELINE,
      category: trans.__('Prompter')
    });
  }
};

/** The panel, which follows the current notebook as long as somebody can see it. */
function made(
  services: Services,
  trans: ReturnType<ITranslator['load']>,
  themes: IThemeManager | null
): TimelinePanel {
  const { delivery, capture, tracker } = services;
  let edited = -Infinity;
  const timeline: Timeline = new Timeline({
    source: new ServerTimelines(recordingServer()),
    session: () => {
      const notebook = tracker.currentWidget;
      return notebook === null ? undefined : capture.sessionOf(notebook.id);
    },
    width: () => panel.drawingWidth,
    styled: style => panel.style(style)
  });
  const freshness = new Freshness({
    visible: () => panel.isVisible && document.visibilityState === 'visible',
    load: () => timeline.refresh(),
    clock: () => performance.now(),
    notBefore: () => edited + REST_MS,
    after: (ms, act) => {
      window.setTimeout(act, ms);
    }
  });
  const stale = (): void => freshness.stale();
  const onUnsent = (_: unknown, unsent: number): void => {
    if (unsent === 0) {
      freshness.stale();
    }
  };
  const onEdited = (): void => {
    edited = performance.now();
  };
  const onNotebook = (): void => {
    panel.draw();
    freshness.stale();
  };
  const onStatus = (): void => {
    panel.draw();
    if (timeline.problem !== null) {
      freshness.stale();
    }
  };
  const onTheme = (): void => {
    panel.dark = isDark();
  };
  const onVisibility = (): void => freshness.look();
  let following = false;
  const panel: TimelinePanel = new TimelinePanel({
    timeline,
    trans,
    clock: () => delivery.now(),
    status: () => delivery.status,
    file: () =>
      tracker.currentWidget &&
      PathExt.basename(tracker.currentWidget.context.path),
    goTo: cellId => goTo(services, tracker.currentWidget, cellId),
    busy: () => performance.now() < edited + REST_MS,
    later: stale,
    inView: () => {
      if (following) {
        return;
      }
      following = true;
      delivery.unsentChanged.connect(onUnsent);
      delivery.statusChanged.connect(onStatus);
      delivery.sessionAccepted.connect(stale);
      delivery.prompted.connect(stale);
      delivery.withdrawn.connect(stale);
      capture.edited.connect(onEdited);
      capture.sessionOpened.connect(stale);
      tracker.currentChanged.connect(onNotebook);
      themes?.themeChanged.connect(onTheme);
      document.addEventListener('visibilitychange', onVisibility);
      onTheme();
      freshness.stale();
    },
    // Out of sight it costs nothing.
    outOfView: () => {
      following = false;
      delivery.unsentChanged.disconnect(onUnsent);
      delivery.statusChanged.disconnect(onStatus);
      delivery.sessionAccepted.disconnect(stale);
      delivery.prompted.disconnect(stale);
      delivery.withdrawn.disconnect(stale);
      capture.edited.disconnect(onEdited);
      capture.sessionOpened.disconnect(stale);
      tracker.currentChanged.disconnect(onNotebook);
      themes?.themeChanged.disconnect(onTheme);
      document.removeEventListener('visibilitychange', onVisibility);
    }
  });
  return panel;
}

/** Make a cell the active one, and bring it into view. @returns whether the notebook has it. */
function goTo(
  { app }: Services,
  notebook: NotebookPanel | null,
  cellId: string
): boolean {
  const index =
    notebook?.content.widgets.findIndex(
      cell => recordedId(cell.model.sharedModel) === cellId
    ) ?? -1;
  if (notebook === null || index < 0) {
    return false;
  }
  const { content } = notebook;
  content.deselectAll();
  content.mode = 'command';
  content.activeCellIndex = index;
  app.shell.activateById(notebook.id);
  content
    .scrollToItem(index, 'auto')
    .catch((error: unknown) => console.warn('Prompter:', error));
  return true;
}

/** As JupyterLab's themes say it of themselves, also where no plugin manages them. */
function isDark(): boolean {
  return document.body.dataset.jpThemeLight === 'false';
}

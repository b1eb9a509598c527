/** The plugin that tells what happens in the notebooks of this page. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';

import { ICapture, IDelivery } from '../tokens';
import { VERSION } from '../version';
import { Attention } from './attention';
import { Capture } from './capture';
import { Causes } from './causes';
import { guarded } from './guard';
import { LockedSessions, UNSEEN, type OpenSessions } from './open-sessions';

const NAME_UNITS = 512;

/** The sessions of this address, as its pages see each other's. */
function openSessions(): OpenSessions {
  // Undefined on a plain http address that is not localhost.
  const locks = navigator.locks as LockManager | undefined;
  const { baseUrl } = ServerConnection.makeSettings();
  return locks ? new LockedSessions(locks, baseUrl) : UNSEEN;
}

export const capturePlugin: JupyterFrontEndPlugin<ICapture> = {
  id: 'jupyterlab-prompter:capture',
  description: 'Records what happens in the notebooks of this page.',
  autoStart: true,
  requires: [IDelivery, INotebookTracker],
  optional: [ITranslator],
  provides: ICapture,
  activate: (
    app: JupyterFrontEnd,
    delivery: IDelivery,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): ICapture => {
    const capture = new Capture({
      delivery,
      tracker,
      causes: new Causes({
        commands: app.commands,
        target: document,
        afterTask: act => {
          setTimeout(act, 0);
        }
      }),
      actions: NotebookActions,
      client: {
        lab: `${app.name} ${app.version}`.slice(0, NAME_UNITS),
        extension: VERSION,
        browser: navigator.userAgent.slice(0, NAME_UNITS),
        // JupyterLab names its languages as directories are named.
        language: (translator?.languageCode ?? '')
          .replace('_', '-')
          .slice(0, NAME_UNITS)
      },
      storage: sessionStorage,
      openSessions: openSessions(),
      lasting: localStorage
    });
    const attention = new Attention({ app, tracker, capture });
    delivery.studyChanged.connect(() =>
      guarded('focus', () => attention.studied())
    );
    // Captured, so that these come before the outbox's own listeners, which make durable what there is.
    document.addEventListener(
      'visibilitychange',
      () => {
        guarded('focus', () => attention.shownOrHidden());
        if (document.visibilityState === 'hidden') {
          capture.flush();
        }
      },
      true
    );
    window.addEventListener(
      'pagehide',
      event => {
        if (event.persisted) {
          capture.flush();
        } else {
          capture.unload();
        }
      },
      true
    );
    return capture;
  }
};

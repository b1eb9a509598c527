/** Asks in the notebooks of this page: joins delivery, capture and the notebook panels. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ICapture, IDelivery } from '../tokens';
import { Announcer } from './announcer';
import { Asking, type Alarm } from './asking';
import { KeptPrompts, type TextStore } from './kept';
import { OpenPrompts } from './open-prompts';
import { PanelPrompts } from './panel-prompts';
import { contained } from './shield';

const FOCUS_PROMPT = 'prompter:focus-prompt';

export const promptingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:prompting',
  description: 'Shows the questions of a study under the cells they are about.',
  autoStart: true,
  requires: [IDelivery, ICapture, INotebookTracker],
  optional: [ITranslator, ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    delivery: IDelivery,
    capture: ICapture,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    const panels = new Map<NotebookPanel, PanelPrompts>();
    const asking = new Asking({
      delivery,
      capture,
      prompts: new OpenPrompts(new KeptPrompts(browserStore(), Date.now())),
      alarm: browserAlarm(),
      sessions: () => {
        const sessions = [...panels.keys()]
          .map(panel => capture.sessionOf(panel.id))
          .filter(session => session !== undefined);
        return [...new Set(sessions)];
      }
    });
    const announcer = new Announcer(trans);

    const follow = contained((panel: NotebookPanel) => {
      const session = (): string | undefined => capture.sessionOf(panel.id);
      const prompts = new PanelPrompts({
        panel,
        asking,
        trans,
        session,
        notebookId: () => {
          const sessionId = session();
          return sessionId === undefined
            ? undefined
            : delivery.notebookOf(sessionId);
        },
        announce: announcer.announce
      });
      panels.set(panel, prompts);
      panel.disposed.connect(() => panels.delete(panel));
      void panel.context.ready.then(prompts.syncSoon, () => undefined);
      asking.look();
    });
    const syncAll = (): void => panels.forEach(prompts => prompts.syncSoon());

    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
    capture.sessionOpened.connect(syncAll);
    delivery.sessionAccepted.connect(syncAll);

    const current = (): PanelPrompts | undefined =>
      tracker.currentWidget ? panels.get(tracker.currentWidget) : undefined;
    app.commands.addCommand(FOCUS_PROMPT, {
      label: trans.__('Go to the Nearest Question'),
      caption: trans.__(
        'Put the focus on the open question that is nearest to the active cell'
      ),
      isEnabled: () => current()?.hasOpen ?? false,
      execute: () => current()?.focusNearest()
    });
    palette?.addItem({
      command: FOCUS_PROMPT,
      category: trans.__('Notebook Operations')
    });
    // Only the shortcut is kept there; without its schema the command works all the same.
    void settings?.load(promptingPlugin.id).catch((reason: unknown) => {
      console.warn('Prompter: the settings of prompting are missing', reason);
    });
  }
};

/** The browser's storage; null where it is forbidden. */
function browserStore(): TextStore | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function browserAlarm(): Alarm {
  let timer: number | undefined;
  return {
    set: (afterMs, ring) => {
      window.clearTimeout(timer);
      timer = window.setTimeout(contained(ring), afterMs);
    },
    clear: () => window.clearTimeout(timer)
  };
}

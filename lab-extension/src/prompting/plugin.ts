/** Asks in the notebooks of this page: joins delivery, capture and the notebook panels. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { recordedId } from '../cell-ids';
import { notebookHindrance, pageHindrance } from '../hindrance';
import { recordingServer } from '../server';
import { ICapture, IDelivery, IQuestions } from '../tokens';
import { Announcer } from './announcer';
import { Asking, type Alarm } from './asking';
import { KeptPrompts, type TextStore } from './kept';
import { OpenPrompts } from './open-prompts';
import { PanelPrompts } from './panel-prompts';
import { answersFrom } from './past-answers';
import { Questions, type OpenNotebook } from './questions';
import { QuietHour } from './quiet-hour';
import { contained } from './shield';

const FOCUS_PROMPT = 'prompter:focus-prompt';

const QUIET_HOUR = 'prompter:quiet-hour';

export const promptingPlugin: JupyterFrontEndPlugin<IQuestions> = {
  id: 'jupyterlab-prompter:prompting',
  description: 'Shows the questions of a study under the cells they are about.',
  autoStart: true,
  provides: IQuestions,
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
  ): IQuestions => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    const server = ServerConnection.makeSettings();
    const panels = new Map<NotebookPanel, PanelPrompts>();
    const quietHour = new QuietHour(
      browserStore(),
      `prompter:quiet-until:${server.baseUrl}`
    );
    window.addEventListener(
      'storage',
      contained(({ key }) => quietHour.heard(key))
    );
    const asking = new Asking({
      delivery,
      capture,
      prompts: new OpenPrompts(new KeptPrompts(browserStore(), Date.now())),
      alarm: browserAlarm(),
      quietHour,
      hindrance: () => pageHindrance(delivery.status, trans),
      sessions: () => {
        const sessions = [...panels.keys()]
          .map(panel => capture.sessionOf(panel.id))
          .filter(session => session !== undefined);
        return [...new Set(sessions)];
      }
    });
    const announcer = new Announcer(trans);
    const notebookOf = (panel: NotebookPanel): string | undefined => {
      const sessionId = capture.sessionOf(panel.id);
      return sessionId === undefined
        ? undefined
        : delivery.notebookOf(sessionId);
    };
    const questions = new Questions({
      asking,
      notebooks: () => openNotebooks([...panels.keys()], capture, notebookOf),
      ask: answersFrom(recordingServer()),
      show: async prompt => {
        for (const [panel, prompts] of panels) {
          if (notebookOf(panel) === prompt.notebookId) {
            app.shell.activateById(panel.id);
            // The notebook takes the focus a moment later: the prompt takes it from there.
            await frames(2);
            await prompts.focusOn(prompt);
            return;
          }
        }
      },
      now: () => delivery.now(),
      trans
    });

    const follow = contained((panel: NotebookPanel) => {
      const session = (): string | undefined => capture.sessionOf(panel.id);
      const prompts = new PanelPrompts({
        panel,
        asking,
        trans,
        session,
        notebookId: () => notebookOf(panel),
        hindrance: () =>
          notebookHindrance(panel.id, { delivery, capture, trans }),
        announce: announcer.announce
      });
      panels.set(panel, prompts);
      panel.disposed.connect(() => {
        panels.delete(panel);
        questions.tell();
      });
      void panel.context.ready.then(prompts.syncSoon, () => undefined);
      asking.look();
    });
    const syncAll = (): void => panels.forEach(prompts => prompts.syncSoon());

    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
    capture.sessionOpened.connect(syncAll);
    delivery.statusChanged.connect(() =>
      panels.forEach(prompts => prompts.lookAtHindrance())
    );
    delivery.sessionAccepted.connect(() => {
      syncAll();
      questions.tell();
    });

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
    app.commands.addCommand(QUIET_HOUR, {
      label: trans.__('No Questions for an Hour'),
      caption: trans.__(
        'Put off what is asked now, and ask nothing for an hour'
      ),
      execute: () => questions.beQuiet(),
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({ command: QUIET_HOUR, category: trans.__('Prompter') });
    // Only the shortcut is kept there; without its schema the command works all the same.
    void settings?.load(promptingPlugin.id).catch((reason: unknown) => {
      console.warn('Prompter: the settings of prompting are missing', reason);
    });
    return questions;
  }
};

/** The notebooks whose id is known, each once: two views of one are one. */
function openNotebooks(
  panels: readonly NotebookPanel[],
  capture: ICapture,
  notebookOf: (panel: NotebookPanel) => string | undefined
): OpenNotebook[] {
  const found = new Map<string, OpenNotebook>();
  for (const panel of panels) {
    const sessionId = capture.sessionOf(panel.id);
    const notebookId = notebookOf(panel);
    if (sessionId !== undefined && notebookId !== undefined) {
      found.set(notebookId, {
        notebookId,
        sessionId,
        path: panel.context.path,
        cellIds: () =>
          panel.content.widgets.map(cell => recordedId(cell.model.sharedModel))
      });
    }
  }
  return [...found.values()];
}

/** Wait until so many frames were drawn. */
async function frames(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise(resolve => requestAnimationFrame(resolve));
  }
}

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

/** The indicator in each notebook's toolbar and, if wanted, in the status bar; and the panel at the side. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { CONSENT_COMMANDS } from '../consent/plugin';
import { COMMANDS } from '../delivery/plugin';
import {
  ICapture,
  IDelivery,
  IQuestions,
  type CurrentTask,
  type DeliveryStatus
} from '../tokens';
import { askAboutRecording } from './dialog';
import { Indicator } from './indicator';
import { panelIcon } from './shapes';
import { SidePanel } from './side-panel';
import { endedWords, timeOver } from './words';

/** The id under which the settings schema is found. */
const SETTINGS = 'jupyterlab-prompter:recorder';

const ITEM = 'prompter-status';

/** Where the panel leads, as far as there are such commands; what it says to each. */
const WAYS = [
  'prompter:open-history',
  'prompter:open-timeline',
  'prompter:review',
  'prompter:my-data',
  'prompter:end-session'
];

const OPEN_PANEL = 'prompter:open-panel';

/** Behind what JupyterLab itself has at the side. */
const PANEL_RANK = 950;

/** How long a message stays, in ms: the indicator goes on saying it. */
const MESSAGE_MS = 15_000;

/** Say why the recording stopped, or what a reload would lose: each reason once in the life of a page. */
function sayOnce(delivery: IDelivery): void {
  const said = new Set<string>();
  let stopped = false;
  const say = (): void => {
    const { state, reason } = delivery.status;
    // One outage may have several reasons, one after the other. To be offline passes, and who paused knows it.
    // Who is asked for consent has the text before them, and who answered it knows.
    const { stage } = delivery.consent;
    const consenting = stage !== 'free' && stage !== 'given';
    const known =
      stopped || consenting || state === 'offline' || state === 'paused';
    stopped = state === 'stopped';
    if (!known && reason !== '' && !said.has(reason)) {
      said.add(reason);
      Notification.warning(reason, { autoClose: MESSAGE_MS });
    }
  };
  delivery.statusChanged.connect(say);
  say();
}

/** Say when the time of a task is over: not again after a reload, when the panel says it. */
function sayTimeOver(delivery: IDelivery, trans: TranslationBundle): void {
  let works: CurrentTask | null = delivery.task;
  delivery.taskChanged.connect((_, task) => {
    const seen = works;
    works = task;
    if (task.over && seen?.name === task.name && !seen.over) {
      Notification.info(timeOver(task.name, trans), { autoClose: false });
    }
  });
}

/** Follow the setting that puts the indicator into the status bar too. */
async function followSetting(
  registry: ISettingRegistry,
  statusBar: IStatusBar,
  make: () => Indicator
): Promise<void> {
  const settings = await registry.load(SETTINGS);
  let shown: IDisposable | null = null;
  const follow = (): void => {
    const wanted = settings.composite.showInStatusBar === true;
    if (wanted && shown === null) {
      shown = statusBar.registerStatusItem(`jupyterlab-prompter:${ITEM}`, {
        item: make(),
        align: 'right',
        rank: 100
      });
    } else if (!wanted && shown !== null) {
      shown.dispose();
      shown = null;
    }
  };
  settings.changed.connect(follow);
  follow();
}

/** The panel at the side, and the command that opens it. */
function addSidePanel(
  app: JupyterFrontEnd,
  delivery: IDelivery,
  questions: IQuestions | null,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  const run = (command: string): void => {
    app.commands
      .execute(command)
      .catch((error: unknown) => console.warn('Prompter:', error));
  };
  const panel = new SidePanel({
    delivery,
    questions,
    trans,
    pause: () => run(COMMANDS.pause),
    resume: () => run(COMMANDS.resume),
    readConsent: () => run(CONSENT_COMMANDS.read),
    withdrawConsent: () => run(CONSENT_COMMANDS.withdraw),
    links: () =>
      WAYS.filter(
        id =>
          app.commands.hasCommand(id) &&
          app.commands.isVisible(id) &&
          app.commands.isEnabled(id)
      ).map(id => ({ label: app.commands.label(id), act: () => run(id) }))
  });
  panel.id = 'jupyterlab-prompter-side';
  panel.title.caption = trans.__('Prompter: what is recorded');
  panel.title.label = '';
  panel.title.icon = panelIcon;
  app.shell.add(panel, 'right', { rank: PANEL_RANK, type: 'Prompter' });
  app.commands.addCommand(OPEN_PANEL, {
    label: trans.__('Show What Is Recorded'),
    caption: trans.__('Open the side panel of the recording'),
    execute: () => app.shell.activateById(panel.id),
    describedBy: { args: { type: 'object', properties: {} } }
  });
  palette?.addItem({ command: OPEN_PANEL, category: trans.__('Prompter') });
}

function activate(
  app: JupyterFrontEnd,
  delivery: IDelivery,
  tracker: INotebookTracker | null,
  translator: ITranslator | null,
  statusBar: IStatusBar | null,
  registry: ISettingRegistry | null,
  palette: ICommandPalette | null,
  questions: IQuestions | null,
  capture: ICapture | null
): void {
  const trans: TranslationBundle = (translator ?? nullTranslator).load(
    'jupyterlab_prompter'
  );
  const report = (error: unknown): void => console.warn('Prompter:', error);
  const make = (panel: NotebookPanel | null): Indicator => {
    const status = (): DeliveryStatus =>
      panel !== null && capture?.isEnded(panel.id)
        ? { ...delivery.status, state: 'stopped', reason: endedWords(trans) }
        : delivery.status;
    return new Indicator({
      delivery,
      capture,
      trans,
      status,
      announces: panel !== null,
      pressed: () => {
        const { study } = delivery;
        askAboutRecording(status(), study, app.commands, trans).catch(report);
      }
    });
  };
  const place = (panel: NotebookPanel): void => {
    const indicator = make(panel);
    const { toolbar } = panel;
    // Beside the kernel's name; at the end where the toolbar has been rearranged or is not filled yet.
    if (Array.from(toolbar.names()).includes('spacer')) {
      toolbar.insertAfter('spacer', ITEM, indicator);
    } else {
      toolbar.addItem(ITEM, indicator);
    }
    panel.disposed.connect(() => indicator.dispose());
  };
  tracker?.forEach(place);
  tracker?.widgetAdded.connect((_, panel) => place(panel));
  if (statusBar !== null && registry !== null) {
    followSetting(registry, statusBar, () => make(null)).catch(report);
  }
  addSidePanel(app, delivery, questions, palette, trans);
  sayOnce(delivery);
  sayTimeOver(delivery, trans);
}

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:status',
  description:
    'Shows in each notebook whether it is recorded, and at the side what.',
  autoStart: true,
  requires: [IDelivery],
  optional: [
    INotebookTracker,
    ITranslator,
    IStatusBar,
    ISettingRegistry,
    ICommandPalette,
    IQuestions,
    ICapture
  ],
  activate
};

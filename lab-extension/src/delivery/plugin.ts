/** The delivery as a JupyterLab plugin, and its commands. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ServerConnection } from '@jupyterlab/services';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { newId } from '../ids';
import { recordingServer, serverLacksPrompter } from '../server';
import { IDelivery } from '../tokens';
import { StoredConsents } from './consent';
import { Delivery, type Flag } from './delivery';
import { watchPage } from './page';
import { BeatPresence, LockPresence } from './presence';
import { browserSocket } from './socket/socket';
import { databaseName, EventStore } from './store';
import { browserTimers } from './timers';
import { UnkeptNotes, type NoteStore } from './unkept';
import { Welcomed } from './welcomed';

/** The commands that pause and resume; other plugins run them by these names. */
export const COMMANDS = {
  pause: 'prompter:pause',
  resume: 'prompter:resume'
} as const;

/** A flag in the tab's session storage; where that is forbidden, in memory. */
function tabFlag(key: string): Flag {
  let here = false;
  return {
    get: () => {
      try {
        return sessionStorage.getItem(key) !== null;
      } catch {
        return here;
      }
    },
    set: value => {
      here = value;
      try {
        if (value) {
          sessionStorage.setItem(key, 'yes');
        } else {
          sessionStorage.removeItem(key);
        }
      } catch {
        // Storage is forbidden: the flag lives as long as the page.
      }
    }
  };
}

/** The browser's small storage; null where it is forbidden. */
function browserNotes(): NoteStore | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** A storage that lasts as long as the tab; null where the browser forbids it. */
function tabNotes(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

/** Says each fault once: the same one may come back with every keystroke. */
function warner(): (error: unknown) => void {
  const said = new Set<string>();
  return error => {
    const text = String(error);
    if (!said.has(text) && said.size < 100) {
      said.add(text);
      console.warn('Prompter:', error);
    }
  };
}

/** Where consents are remembered: each version behind this. */
function consentKeys(baseUrl: string): string {
  return `prompter:consent:${baseUrl}:`;
}

function makeDelivery(trans: TranslationBundle): Delivery {
  const settings = ServerConnection.makeSettings();
  // What is kept here is kept by the page's own address: behind a Hub it is one person's.
  const { baseUrl } = settings;
  const server = recordingServer(settings);
  const warn = warner();
  const made: { delivery?: Delivery } = {};
  const store = new EventStore({
    name: databaseName(baseUrl),
    failed: error =>
      made.delivery ? made.delivery.storeFailed(error) : warn(error)
  });
  // Undefined on a plain http address that is not localhost.
  const locks = navigator.locks as LockManager | undefined;
  made.delivery = new Delivery({
    open: browserSocket(settings.WebSocket, () => server.streamUrl()),
    store,
    unkept: new UnkeptNotes(browserNotes(), `prompter:unkept:${baseUrl}:`),
    welcomed: new Welcomed(
      browserNotes(),
      tabNotes(),
      `prompter:welcomed:${baseUrl}`
    ),
    presence: locks
      ? new LockPresence(locks, baseUrl)
      : new BeatPresence(store, browserTimers),
    timers: browserTimers,
    random: Math.random,
    newId,
    token: () => server.token(),
    absent: () => serverLacksPrompter(server),
    paused: tabFlag(`prompter:paused:${baseUrl}`),
    consentNeeded: server.consentNeeded,
    consents: new StoredConsents(browserNotes(), consentKeys(baseUrl)),
    trans,
    warn
  });
  return made.delivery;
}

function addCommands(
  app: JupyterFrontEnd,
  delivery: Delivery,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  const paused = (): boolean => delivery.status.state === 'paused';
  app.commands.addCommand(COMMANDS.pause, {
    label: trans.__('Pause Recording'),
    caption: trans.__('Record nothing and ask nothing in this page'),
    isEnabled: () => !paused(),
    execute: () => delivery.pause(),
    describedBy: { args: { type: 'object', properties: {} } }
  });
  app.commands.addCommand(COMMANDS.resume, {
    label: trans.__('Resume Recording'),
    caption: trans.__(
      'Record again; what changed during the pause becomes visible'
    ),
    isEnabled: paused,
    execute: () => delivery.resume(),
    describedBy: { args: { type: 'object', properties: {} } }
  });
  // Each of these makes menus and palette look at their commands anew; the status changes twice a burst.
  let known = paused();
  delivery.statusChanged.connect(() => {
    if (paused() !== known) {
      known = !known;
      app.commands.notifyCommandChanged(COMMANDS.pause);
      app.commands.notifyCommandChanged(COMMANDS.resume);
    }
  });
  for (const command of Object.values(COMMANDS)) {
    palette?.addItem({ command, category: trans.__('Prompter') });
  }
}

export const deliveryPlugin: JupyterFrontEndPlugin<IDelivery> = {
  id: 'jupyterlab-prompter:delivery',
  description: 'Brings events to the log and prompts to the page.',
  autoStart: true,
  provides: IDelivery,
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): IDelivery => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    const delivery = makeDelivery(trans);
    addCommands(app, delivery, palette, trans);
    window.addEventListener('storage', ({ key }) => {
      if (key?.startsWith('prompter:consent:') === true) {
        delivery.recallConsent();
      }
    });
    watchPage({
      leaving: () => delivery.leave(),
      returning: () => delivery.wake()
    });
    // Whoever listens to prompts and sessions has connected by then.
    void app.started.then(() => delivery.start());
    return delivery;
  }
};

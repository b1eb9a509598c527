/** A command by which people get what was recorded of them, as a file. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { recordingServer } from '../server';
import { askForMyData, type Download } from './data';
import { Downloading, type Said } from './downloading';
import { coming, failed, saved } from './words';

/** The command; the side panel runs it by this name. */
export const MY_DATA = 'prompter:my-data';

/** How long it is said that the file is there, or that there is none, in ms. A failure is said until it is closed. */
const SAVED_MS = 15_000;

/** Have the browser save a file, as a click on a link does. */
function save({ file, name }: Download): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has begun to read it, yet may not have come to its end.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Says how a download goes in JupyterLab's notes, which screen readers read out. */
function speaker(trans: TranslationBundle): (said: Said) => void {
  let note = '';
  let shown = '';
  const begun = (message: string): void => {
    if (message === shown) {
      return;
    }
    shown = message;
    const how = { type: 'in-progress', autoClose: false } as const;
    if (!Notification.update({ id: note, message, ...how })) {
      note = Notification.emit(message, how.type, how);
    }
  };
  // The last word has a note of its own: JupyterLab loses what changes a note that it has not drawn yet.
  const over = (
    message: string,
    type: Notification.TypeOptions,
    autoClose: number | false
  ): void => {
    Notification.dismiss(note);
    shown = '';
    note = Notification.emit(message, type, { autoClose });
  };
  return said => {
    switch (said.kind) {
      case 'coming':
        begun(coming(said.bytes, trans));
        break;
      case 'saved':
        over(saved(said.name, trans), 'success', SAVED_MS);
        break;
      case 'failed':
        if (said.error.reason === 'nothing') {
          over(failed(said.error, trans), 'info', SAVED_MS);
        } else {
          over(failed(said.error, trans), 'error', false);
        }
        break;
    }
  };
}

export const myDataPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-prompter:my-data',
  description: 'Gives people what was recorded of them.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_prompter');
    const downloading = new Downloading({
      ask: progress => askForMyData(recordingServer(), progress),
      save,
      says: speaker(trans)
    });
    app.commands.addCommand(MY_DATA, {
      label: trans.__('Download My Data'),
      caption: trans.__(
        'Save everything that was recorded of you, and what was made of it, as one file'
      ),
      execute: () => downloading.begin(),
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({ command: MY_DATA, category: trans.__('Prompter') });
  }
};

/** The dialog behind the indicator: what is recorded, and the way to stop it. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';

import { COMMANDS } from '../delivery/plugin';
import type { DeliveryStatus } from '../tokens';
import type { StudyForPage } from '../protocol';
import { explanation, label } from './words';

function paragraphs(texts: string[]): Widget {
  const body = new Widget();
  body.addClass('jp-Prompter-statusBody');
  for (const text of texts) {
    const paragraph = document.createElement('p');
    paragraph.textContent = text;
    body.node.append(paragraph);
  }
  return body;
}

/** Tell what is recorded, and pause or resume if the person says so. */
export async function askAboutRecording(
  status: DeliveryStatus,
  study: StudyForPage | null,
  commands: CommandRegistry,
  trans: TranslationBundle
): Promise<void> {
  const close = Dialog.cancelButton({ label: trans.__('Close') });
  const pause = Dialog.okButton({ label: trans.__('Pause') });
  const resume = Dialog.okButton({ label: trans.__('Resume') });
  const buttons = {
    recording: [close, pause],
    unsent: [close, pause],
    offline: [close, pause],
    paused: [close, resume],
    stopped: [close]
  }[status.state];
  const { button } = await showDialog({
    title: label(status, trans),
    body: paragraphs(explanation(status, study, trans)),
    buttons,
    // Enter closes: nobody should stop a recording by a key too many.
    defaultButton: 0
  });
  if (button.accept) {
    await commands.execute(
      status.state === 'paused' ? COMMANDS.resume : COMMANDS.pause
    );
  }
}

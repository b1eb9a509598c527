/** What the indicator and its dialog say. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { StudyForPage } from '../protocol';
import type { DeliveryStatus } from '../tokens';

/** The words beside the shape. */
export function label(
  { state, unsent }: DeliveryStatus,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'recording':
      return trans.__('Recording');
    case 'unsent':
      return trans.__('Recording, %1 to send', unsent);
    case 'offline':
      return trans.__('Offline, %1 kept here', unsent);
    case 'paused':
      return trans.__('Paused');
    case 'stopped':
      return trans.__('Not recording');
  }
}

/** What a screen reader says when the state changes: no counts, for they change with every key. */
export function spoken(
  { state, reason }: DeliveryStatus,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'recording':
    case 'unsent':
      return trans.__('Recording');
    case 'offline':
      return trans.__('Offline: what you do is kept here');
    case 'paused':
      return trans.__('Recording paused');
    case 'stopped':
      return `${trans.__('Not recording')}. ${reason}`;
  }
}

/** What there is to say beyond the label; empty if nothing. */
function reasonOf(status: DeliveryStatus, trans: TranslationBundle): string {
  return status.state === 'offline' && status.reason === label(status, trans)
    ? trans.__('Work goes on. All is sent when the server answers again.')
    : status.reason;
}

/** Why things are as they are, or what a click does. */
export function title(
  status: DeliveryStatus,
  trans: TranslationBundle
): string {
  const reason = reasonOf(status, trans);
  if (reason !== '') {
    return reason;
  }
  return status.state === 'unsent'
    ? trans.__('The server has not confirmed the last events yet')
    : trans.__('Click to see what is recorded');
}

function outputs(study: StudyForPage, trans: TranslationBundle): string {
  switch (study.output_bytes) {
    case null:
      return trans.__('The text of outputs is recorded whole.');
    case 0:
      return trans.__(
        'Of outputs only the kind and the size are recorded, no text.'
      );
    default:
      return trans.__(
        'Of each output the first %1 bytes of text are recorded.',
        study.output_bytes
      );
  }
}

/** The lines under the state in the side panel: how far the events have come, or why none are made. */
export function now(
  status: DeliveryStatus,
  trans: TranslationBundle
): string[] {
  const { state, unsent } = status;
  const reason = reasonOf(status, trans);
  switch (state) {
    case 'paused':
      return [
        trans.__('Nothing is recorded and nothing is asked in this page.')
      ];
    case 'stopped':
      return explanation(status, null, trans);
    case 'offline':
      return [reason];
    default:
      return [
        unsent === 0
          ? trans.__('Everything is sent.')
          : trans.__('On the way to the log: %1.', unsent),
        reason
      ].filter(text => text !== '');
  }
}

/** What is recorded of a notebook, each on a line. Outputs once the study is known. */
export function recorded(
  study: StudyForPage | null,
  trans: TranslationBundle
): string[] {
  return [
    trans.__('Each edit, with its time'),
    trans.__('Each run: how long it took and how it ended'),
    study === null ? '' : outputs(study, trans),
    trans.__('Which cell is in view, and long pauses'),
    trans.__('Your answers, and when a question is put off')
  ].filter(text => text !== '');
}

/** The paragraphs of the dialog: what is recorded, or that nothing is. */
export function explanation(
  status: DeliveryStatus,
  study: StudyForPage | null,
  trans: TranslationBundle
): string[] {
  switch (status.state) {
    case 'paused':
      return [
        trans.__('Nothing is recorded and nothing is asked in this page.'),
        trans.__(
          'When you resume, the cells are recorded as they stand then: what the pause changed becomes visible.'
        )
      ];
    case 'stopped':
      return status.unsent === 0
        ? [status.reason]
        : [
            status.reason,
            trans.__('%1 events are kept in this browser.', status.unsent)
          ];
    default:
      return [
        trans.__(
          'Recorded in this page: what you type, add, move and delete in notebooks, which cells you run and how that ends, and your answers to questions.'
        ),
        study === null ? '' : outputs(study, trans),
        reasonOf(status, trans)
      ].filter(text => text !== '');
  }
}

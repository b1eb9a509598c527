/** What the indicator and its dialog say. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { StudyForPage } from '../protocol';
import type { ConsentStatus, CurrentTask, DeliveryStatus } from '../tokens';

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

/** Of a notebook whose session was ended. */
export function endedWords(trans: TranslationBundle): string {
  return trans.__(
    'The session of this notebook was ended. Close and open the notebook to begin another one.'
  );
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

/**
 * What the person works on, and how long they still may; empty where the study names no tasks.
 *
 * @param now µs since the epoch.
 */
export function taskWords(
  task: CurrentTask | null,
  now: number,
  trans: TranslationBundle
): string {
  if (task === null) {
    return '';
  }
  const { name, endsAt, over } = task;
  if (over) {
    return timeOver(name, trans);
  }
  if (endsAt === null) {
    return trans.__('Task “%1”', name);
  }
  const left = Math.ceil((endsAt - now) / MICROSECONDS_PER_MINUTE);
  return trans._n(
    'Task “%2”: 1 minute left, until %3.',
    'Task “%2”: %1 minutes left, until %3.',
    Math.max(1, left),
    name,
    timeOfDay(endsAt)
  );
}

/** Of a task whose time is over. */
export function timeOver(name: string, trans: TranslationBundle): string {
  return trans.__('The time for “%1” is over.', name);
}

/** What is recorded of a notebook, each on a line, as the study says. Outputs once it is known. */
export function recorded(
  study: StudyForPage | null,
  trans: TranslationBundle
): string[] {
  return [
    study?.keystrokes === false
      ? trans.__('What each edit changed, without the single keys')
      : trans.__('Each edit, with its time'),
    trans.__('Each run: how long it took and how it ended'),
    study === null ? '' : outputs(study, trans),
    trans.__(
      'With the prompter kernel: names and shapes of data frames, kinds of models and their scores'
    ),
    study?.focus === false
      ? ''
      : trans.__('Which cell is in view, and long pauses'),
    study?.asking === 'never'
      ? ''
      : trans.__('Your answers, and when a question is put off')
  ].filter(text => text !== '');
}

/** What never is. */
export function unrecorded(
  study: StudyForPage | null,
  trans: TranslationBundle
): string[] {
  return [
    study?.output_bytes === 0
      ? trans.__('Values in your data, unless you write them into a cell')
      : trans.__('Values in your data, unless a cell prints them'),
    trans.__('Pictures, files, terminals'),
    trans.__('Environment variables, passwords, tokens'),
    trans.__('Anything outside this page')
  ];
}

/** What there is to say of the consent. */
export function consented(
  { stage, text, at }: ConsentStatus,
  trans: TranslationBundle
): string {
  switch (stage) {
    case 'free':
      return '';
    case 'unknown':
      return trans.__('The server has not told yet whether you agreed.');
    case 'given': {
      const since = at ?? text?.given_at ?? null;
      return since === null
        ? trans.__(
            'You agreed. Withdrawing stops recording at once; your notebook is untouched.'
          )
        : trans.__(
            'You agreed on %1. Withdrawing stops recording at once; your notebook is untouched.',
            moment(since)
          );
    }
    case 'withdrawn':
      return trans.__(
        'You withdrew. Nothing is recorded and nothing is asked. The study’s team is asked to erase what was recorded before.'
      );
    default:
      return trans.__(
        'You have not agreed. Nothing is recorded and nothing is asked.'
      );
  }
}

/** What the quiet hour says; empty while questions are welcome. */
export function quietWords(
  until: number | null,
  trans: TranslationBundle
): string {
  return until === null
    ? ''
    : trans.__('No questions until %1.', timeOfDay(until));
}

/**
 * Where and when: "Cell 6, 14:32"; the notebook where there are several, the day where it is another one.
 *
 * @param at µs since the epoch, as is `now`.
 */
export function placeAndTime(
  where: { path: string; place: number | null } | null,
  at: number,
  now: number,
  { trans, manyNotebooks }: { trans: TranslationBundle; manyNotebooks: boolean }
): string {
  const today = dateOf(at).toDateString() === dateOf(now).toDateString();
  const time = today ? timeOfDay(at) : moment(at);
  if (where === null) {
    return time;
  }
  const cell =
    where.place === null
      ? trans.__('A removed cell')
      : trans.__('Cell %1', where.place);
  const name = where.path.split('/').at(-1) ?? '';
  return [manyNotebooks ? name : '', cell, time]
    .filter(text => text !== '')
    .join(', ');
}

const MICROSECONDS_PER_MILLISECOND = 1000;

const MICROSECONDS_PER_MINUTE = 60_000_000;

function dateOf(micros: number): Date {
  return new Date(micros / MICROSECONDS_PER_MILLISECOND);
}

function timeOfDay(micros: number): string {
  return dateOf(micros).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit'
  });
}

function moment(micros: number): string {
  return dateOf(micros).toLocaleString([], {
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit'
  });
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

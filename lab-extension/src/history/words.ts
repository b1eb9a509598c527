/** What the panel says: moments, cells and faults in words. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { HistoryFailed, Moment, PastOutput } from './data';
import type { Mode, Shown } from './history';

const MINUTE_MS = 60_000;
/** A run that took longer tells how long. */
const LONG_MS = 10_000;

/** What happened, in a line. */
export function line(moment: Moment, trans: TranslationBundle): string {
  const { kind, text = '', cells = 0, count = 0, to = 0 } = moment;
  const cell = cellName(moment.place ?? 0, trans);
  switch (kind) {
    case 'opened':
      return moment.continued
        ? trans._n('Opened again, 1 cell', 'Opened again, %1 cells', cells)
        : trans._n('Opened, 1 cell', 'Opened, %1 cells', cells);
    case 'reloaded':
      return trans._n('Read anew, 1 cell', 'Read anew, %1 cells', cells);
    case 'ran':
      return ran(moment, cell, trans);
    case 'edited':
      return trans.__('Wrote %1', cell);
    case 'answered':
      return trans.__('Answered about %1', cell);
    case 'amended':
      return trans.__('Amended the answer about %1', cell);
    case 'added':
      return added(moment, cell, trans);
    case 'removed':
      return moment.cause === 'cut'
        ? trans.__('Cut %1', cell)
        : trans.__('Removed %1', cell);
    case 'moved':
      return trans.__('Moved %1 to place %2', cell, to);
    case 'retyped':
      return trans.__('Turned %1 into %2', cell, text);
    case 'restored':
      return trans.__('Restored %1', cell);
    case 'renamed':
      return trans.__('Renamed to %1', text.split('/').at(-1) ?? text);
    case 'saved':
      return trans.__('Saved');
    case 'paused':
      return trans.__('Recording paused');
    case 'resumed':
      return trans.__('Recording resumed');
    case 'lost':
      return trans._n('1 event is missing', '%1 events are missing', count);
    case 'away':
      return trans.__('%1 away', lasting(moment.duration_ms ?? 0, trans));
  }
}

function ran(
  { status, text, wrote, duration_ms }: Moment,
  cell: string,
  trans: TranslationBundle
): string {
  switch (status) {
    case 'error':
      return joined(trans.__('%1 failed', capital(cell)), text);
    case 'aborted':
      return trans.__('%1 was not run', capital(cell));
    case 'lost':
      return trans.__('Ran %1, how it ended is unknown', cell);
    case 'unfinished':
      return trans.__('Ran %1, not ended', cell);
    default: {
      const long = duration_ms !== undefined && duration_ms >= LONG_MS;
      return joined(
        wrote ? trans.__('Wrote %1, ran it', cell) : trans.__('Ran %1', cell),
        text || (long ? lasting(duration_ms, trans) : '')
      );
    }
  }
}

function added(
  { cause }: Moment,
  cell: string,
  trans: TranslationBundle
): string {
  switch (cause) {
    case 'split':
      return trans.__('Split off %1', cell);
    case 'merge':
      return trans.__('Merged cells into %1', cell);
    case 'paste':
      return trans.__('Pasted %1', cell);
    case 'undo':
    case 'redo':
      return trans.__('Brought %1 back', cell);
    default:
      return trans.__('Added %1', cell);
  }
}

/** More of a moment, for those who point at it: an answer in quotation marks, how long a run took. */
export function detail(moment: Moment, trans: TranslationBundle): string {
  const { kind, text = '', duration_ms } = moment;
  if (text !== '' && (kind === 'answered' || kind === 'amended')) {
    return `“${text}”`;
  }
  if (kind === 'ran' && duration_ms !== undefined) {
    return joined(line(moment, trans), lasting(duration_ms, trans));
  }
  return line(moment, trans);
}

/** "cell 6", within a sentence. */
function cellName(place: number, trans: TranslationBundle): string {
  return place > 0 ? trans.__('cell %1', place) : trans.__('a cell');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function joined(text: string, more: string | undefined): string {
  return more ? `${text}, ${more}` : text;
}

/** How long something took, in its one or two largest units. */
export function lasting(ms: number, trans: TranslationBundle): string {
  if (ms < MINUTE_MS) {
    return ms < 1000
      ? trans.__('%1 ms', Math.round(ms))
      : trans.__('%1 s', Math.round(ms / 100) / 10);
  }
  const minutes = Math.round(ms / MINUTE_MS);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const words = [];
  if (hours > 0) {
    words.push(trans._n('1 hour', '%1 hours', hours));
  }
  if (rest > 0) {
    words.push(trans._n('1 minute', '%1 minutes', rest));
  }
  return words.join(' ');
}

/** Times as the person's clock shows them. */
export class Clock {
  /** @param now µs since the epoch. */
  constructor(now: number) {
    this.today = day(now);
  }

  /** "14:32" */
  minute(at: number): string {
    return time(at, { hour: '2-digit', minute: '2-digit' });
  }

  /** "14:32:08" */
  second(at: number): string {
    return time(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }

  /** "Tuesday 9 June"; empty for today. */
  day(at: number): string {
    const found = day(at);
    return found === this.today ? '' : found;
  }

  private readonly today: string;
}

function time(at: number, form: Intl.DateTimeFormatOptions): string {
  return new Date(at / 1000).toLocaleTimeString([], {
    ...form,
    hourCycle: 'h23'
  });
}

function day(at: number): string {
  return new Date(at / 1000).toLocaleDateString([], {
    weekday: 'long',
    day: 'numeric',
    month: 'long'
  });
}

/** The panel's heading. */
export function heading(
  moment: Moment | null,
  clock: Clock,
  trans: TranslationBundle
): string {
  if (moment === null) {
    return trans.__('As it stands now');
  }
  const day = clock.day(moment.at);
  const time = clock.second(moment.at);
  return day === ''
    ? trans.__('As it stood at %1', time)
    : trans.__('As it stood on %1 at %2', day, time);
}

/** Which cell it is, by its place at the moment that is shown: "Cell 6". */
export function whichCell(
  { placeFrom, placeTo }: Shown,
  mode: Mode,
  trans: TranslationBundle
): string {
  const place = mode === 'before' ? placeTo || placeFrom : placeFrom || placeTo;
  return capital(cellName(place, trans));
}

/** What became of a cell. */
export function fate(
  { fate, placeFrom, placeTo, removedAt }: Shown,
  mode: Mode,
  clock: Clock,
  trans: TranslationBundle
): string {
  const moved = placeFrom > 0 && placeTo > 0 && placeFrom !== placeTo;
  const place = cellName(placeTo, trans);
  if (mode === 'off') {
    return '';
  }
  if (mode === 'before') {
    switch (fate) {
      case 'same':
        return trans.__('unchanged');
      case 'changed':
        return trans.__('changed');
      case 'gone':
        return trans.__('removed');
      case 'new':
        return trans.__('added');
    }
  }
  switch (fate) {
    case 'same':
      return moved
        ? trans.__('the same now, as %1', place)
        : trans.__('the same now');
    case 'changed':
      return moved
        ? trans.__('changed since, now %1', place)
        : trans.__('changed since');
    case 'gone':
      return removedAt === null
        ? trans.__('removed since')
        : trans.__('removed at %1', clock.minute(removedAt));
    case 'new':
      return trans.__('added since');
  }
}

/** A row of cells that are folded away. */
export function foldedCells(
  cells: readonly Shown[],
  mode: Mode,
  trans: TranslationBundle
): string {
  const count = cells.length;
  return mode === 'before'
    ? trans._n('1 cell, unchanged', '%1 cells, unchanged', count)
    : trans._n('1 cell, the same now', '%1 cells, the same now', count);
}

/** An output of which no text is there. */
export function outputNote(
  { mime, bytes }: PastOutput,
  trans: TranslationBundle
): string {
  return trans.__('%1, %2, not recorded', mime, size(bytes, trans));
}

/** Below an output that was cut. */
export function cutNote(bytes: number, trans: TranslationBundle): string {
  return trans.__('cut; %1 in all', size(bytes, trans));
}

function size(bytes: number, trans: TranslationBundle): string {
  if (bytes < 1000) {
    return trans._n('1 byte', '%1 bytes', bytes);
  }
  return bytes < 1_000_000
    ? trans.__('%1 kB', Math.round(bytes / 1000))
    : trans.__('%1 MB', Math.round(bytes / 100_000) / 10);
}

/** One line for a fault: what is the matter, and what to do. */
export function fault(
  { reason, message }: HistoryFailed,
  trans: TranslationBundle
): string {
  switch (reason) {
    case 'unknown':
      return trans.__('Nothing is recorded of this notebook yet.');
    case 'unreachable':
      return trans.__(
        'The server does not answer. The history comes back when it does.'
      );
    case 'unreadable':
      return message === ''
        ? trans.__(
            'The history cannot be read; the server’s log tells why. Open it again later.'
          )
        : trans.__('The history cannot be read now: %1', message);
  }
}

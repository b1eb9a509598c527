import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { HistoryFailed, type Moment } from '../data';
import type { Shown } from '../history';
import {
  Clock,
  cutNote,
  detail,
  fate,
  fault,
  heading,
  lasting,
  line
} from '../words';

const trans = nullTranslator.load('jupyterlab_prompter');
const AT = Date.UTC(2026, 5, 9, 14, 32, 8) * 1000;
const DAY = 86_400_000_000;

const said = (facts: Partial<Moment>): string =>
  line({ session_id: 's', position: 1, at: AT, kind: 'ran', ...facts }, trans);

describe('moments in words', () => {
  it.each<[string, Partial<Moment>]>([
    ['Opened, 5 cells', { kind: 'opened', cells: 5 }],
    ['Opened, 1 cell', { kind: 'opened', cells: 1 }],
    ['Opened again, 5 cells', { kind: 'opened', cells: 5, continued: true }],
    ['Ran cell 3', { place: 3, status: 'ok' }],
    ['Ran cell 8, AUC 0.684', { place: 8, status: 'ok', text: 'AUC 0.684' }],
    ['Ran cell 8, 2 minutes', { place: 8, status: 'ok', duration_ms: 118_000 }],
    ['Wrote cell 6, ran it', { place: 6, status: 'ok', wrote: true }],
    [
      'Cell 7 failed, KeyError',
      { place: 7, status: 'error', text: 'KeyError' }
    ],
    ['Cell 7 was not run', { place: 7, status: 'aborted' }],
    ['Ran cell 7, not ended', { place: 7, status: 'unfinished' }],
    ['Ran a cell, how it ended is unknown', { status: 'lost' }],
    ['Answered about cell 3', { kind: 'answered', place: 3, text: 'x' }],
    ['Split off cell 2', { kind: 'added', place: 2, cause: 'split' }],
    ['Brought cell 2 back', { kind: 'added', place: 2, cause: 'undo' }],
    ['Moved cell 3 to place 1', { kind: 'moved', place: 3, to: 1 }],
    ['Renamed to b.ipynb', { kind: 'renamed', text: 'a/b.ipynb' }],
    ['Restored cell 6', { kind: 'restored', place: 6 }],
    ['3 events are missing', { kind: 'lost', count: 3 }],
    ['12 minutes away', { kind: 'away', duration_ms: 719_000 }],
    ['2 hours 5 minutes away', { kind: 'away', duration_ms: 7_500_000 }]
  ])('%s', (text, facts) => {
    expect(said(facts)).toBe(text);
  });

  it('quote answers and never reword them', () => {
    const moment: Moment = {
      session_id: 's',
      position: 1,
      at: AT,
      kind: 'answered',
      text: 'who %1 <b>'
    };
    expect(detail(moment, trans)).toBe('“who %1 <b>”');
  });

  it('tell the day only of other days', () => {
    expect(new Clock(AT).day(AT)).toBe('');
    expect(new Clock(AT + 2 * DAY).day(AT)).not.toBe('');
    expect(heading(null, new Clock(AT), trans)).toBe('As it stands now');
    const moment: Moment = {
      session_id: 's',
      position: 1,
      at: AT,
      kind: 'ran'
    };
    expect(heading(moment, new Clock(AT), trans)).toMatch(/at \d\d:32:08$/);
    expect(heading(moment, new Clock(AT + 2 * DAY), trans)).toMatch(
      /stood on .+ at/
    );
  });

  it('measure time in units that people use', () => {
    expect(
      [200, 5230, 60_000, 3_600_000].map(ms => lasting(ms, trans))
    ).toEqual(['200 ms', '5.2 s', '1 minute', '1 hour']);
    expect(cutNote(12_300, trans)).toBe('cut; 12 kB in all');
  });
});

describe('the fate of a cell in words', () => {
  const shown = (facts: Partial<Shown>): Shown => ({
    fate: 'same',
    from: null,
    to: null,
    placeFrom: 2,
    placeTo: 2,
    past: null,
    restorable: false,
    removedAt: null,
    ...facts
  });
  const clock = new Clock(AT);
  const now = (facts: Partial<Shown>): string =>
    fate(shown(facts), 'now', clock, trans);

  it('is told against now', () => {
    expect(now({})).toBe('the same now');
    expect(now({ placeTo: 5 })).toBe('the same now, as cell 5');
    expect(now({ fate: 'changed', placeTo: 5 })).toBe(
      'changed since, now cell 5'
    );
    expect(now({ fate: 'gone', placeTo: 0 })).toBe('removed since');
    expect(now({ fate: 'gone', placeTo: 0, removedAt: AT })).toMatch(
      /^removed at \d\d:32$/
    );
    expect(now({ fate: 'new', placeFrom: 0 })).toBe('added since');
  });

  it('is told against the moment before, or not at all', () => {
    expect(fate(shown({ placeTo: 5 }), 'before', clock, trans)).toBe(
      'unchanged'
    );
    expect(fate(shown({ fate: 'gone' }), 'off', clock, trans)).toBe('');
  });
});

it('says a fault in one line, without what a server did not mean for people', () => {
  const lines = (['unknown', 'unreachable', 'unreadable'] as const).map(
    reason => fault(new HistoryFailed(reason), trans)
  );
  expect(lines.every(text => text.endsWith('.') && !text.includes('\n'))).toBe(
    true
  );
  expect(fault(new HistoryFailed('unreadable', 'the log is away'), trans)).toBe(
    'The history cannot be read now: the log is away'
  );
});

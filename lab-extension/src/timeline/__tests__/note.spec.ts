import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { Clock } from '../../history/words';
import type { DeliveryStatus } from '../../tokens';
import { TimelineFailed, type Told } from '../data';
import { circumstances, note, type Standing } from '../words';

const trans = nullTranslator.load('jupyterlab_prompter');

const LANE = { name: 'Cell 1', runs: [], prompts: [], stretches: [] };

const TOLD: Told = {
  position: 1,
  begin: Date.UTC(2026, 5, 9, 12, 0) * 1000,
  end: Date.UTC(2026, 5, 9, 12, 38) * 1000,
  kernel: 'python3',
  erased: false,
  figures: [],
  legend: [],
  width: 900,
  height: 100,
  drawing: '',
  cells: ['a'],
  data: { begin: 0, length: 1, folds: [], lanes: [LANE], strip: [] }
};

const EMPTY: Told = { ...TOLD, data: { ...TOLD.data, lanes: [] } };

function status(state: DeliveryStatus['state'], reason = ''): DeliveryStatus {
  return { state, unsent: 0, reason };
}

const WELL: Standing = {
  notebook: true,
  session: true,
  told: TOLD,
  problem: null,
  status: status('recording')
};

describe('the line above a timeline', () => {
  const cases: [string, Partial<Standing>, string][] = [
    ['is empty when all is well', {}, ''],
    [
      'asks for a notebook',
      { notebook: false, session: false, told: null },
      'Open a notebook to see its timeline.'
    ],
    [
      'says why nothing is recorded',
      { session: false, told: null, status: status('stopped', 'No log.') },
      'No log.'
    ],
    [
      'says that the recording is paused, beside what was recorded before',
      { status: status('paused', 'You paused.') },
      'You paused.'
    ],
    [
      'knows a notebook of which nothing is recorded',
      { session: false, told: null },
      'Nothing is recorded of this notebook yet.'
    ],
    [
      'knows a session of which the server has nothing',
      { told: null, problem: new TimelineFailed('unknown') },
      'Nothing is recorded of this notebook yet.'
    ],
    [
      'tells of a server that does not answer',
      { problem: new TimelineFailed('unreachable') },
      'The server does not answer. The timeline goes on when it does.'
    ],
    [
      'tells so too before it was asked again',
      { status: status('offline', 'Offline, 3 kept here') },
      'The server does not answer. The timeline goes on when it does.'
    ],
    [
      'gives the server’s own line',
      { problem: new TimelineFailed('unreadable', 'the log is locked') },
      'The timeline cannot be read now: the log is locked'
    ],
    [
      'points to the server’s log where it gave none',
      { problem: new TimelineFailed('unreadable') },
      'The timeline cannot be read; the server’s log tells why. Open it again later.'
    ],
    ['says that it comes', { told: null }, 'The timeline is being read.'],
    [
      'says what was erased',
      { told: { ...EMPTY, erased: true } },
      'What was recorded of this session was erased.'
    ],
    [
      'says that there is nothing yet',
      { told: EMPTY },
      'Nothing has happened in this notebook yet.'
    ]
  ];
  it.each(cases)('%s', (_, standing, line) => {
    expect(note({ ...WELL, ...standing }, trans)).toBe(line);
  });
});

describe('when a session took place', () => {
  const time = (at: number): string => new Clock(at).minute(at);

  it('is told by the person’s clock', () => {
    expect(circumstances(TOLD, new Clock(TOLD.end), trans)).toBe(
      `${time(TOLD.begin)} to ${time(TOLD.end)} · kernel python3`
    );
  });

  it('names the day where it is not today, once', () => {
    const later = new Clock(TOLD.end + 5 * 86_400_000_000);
    expect(circumstances({ ...TOLD, kernel: '' }, later, trans)).toBe(
      `${later.day(TOLD.begin)}, ${time(TOLD.begin)} to ${time(TOLD.end)}`
    );
  });
});

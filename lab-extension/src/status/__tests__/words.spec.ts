import { describe, expect, it } from 'vitest';

import { english, STUDY } from '../../delivery/__tests__/fakes';
import type { DeliveryStatus, RecordingState } from '../../tokens';
import {
  explanation,
  label,
  now,
  recorded,
  spoken,
  taskWords,
  title
} from '../words';

function status(
  state: RecordingState,
  unsent = 0,
  reason = ''
): DeliveryStatus {
  return { state, unsent, reason };
}

describe('the words of the indicator', () => {
  it('say each state, and how many wait', () => {
    const labels = [
      status('recording', 3),
      status('unsent', 14),
      status('offline', 212),
      status('paused'),
      status('stopped', 31)
    ].map(each => label(each, english));
    expect(labels).toEqual([
      'Recording',
      'Recording, 14 to send',
      'Offline, 212 kept here',
      'Paused',
      'Not recording'
    ]);
  });

  it('are spoken without counts, so that nothing is said again with each key', () => {
    for (const state of ['recording', 'unsent', 'offline', 'paused'] as const) {
      expect(spoken(status(state, 1), english)).toBe(
        spoken(status(state, 2), english)
      );
    }
    expect(spoken(status('stopped', 1, 'No log.'), english)).toContain(
      'No log.'
    );
  });

  it('give the reason, and something better than the label said twice', () => {
    expect(title(status('stopped', 0, 'No log.'), english)).toBe('No log.');
    const offline = status('offline', 2, 'Offline, 2 kept here');
    expect(title(offline, english)).toContain('Work goes on');
    expect(explanation(offline, null, english).join()).not.toContain('2 kept');
  });

  it('tell how much of outputs the study records', () => {
    const told = (output_bytes: number | null): string =>
      explanation(
        status('recording'),
        { ...STUDY, output_bytes },
        english
      ).join();
    expect(told(null)).toContain('whole');
    expect(told(0)).toContain('no text');
    expect(told(2048)).toContain('2048 bytes');
  });

  it('say during a pause that nothing is recorded, and nothing of what is', () => {
    const paused = explanation(status('paused', 0, 'You did.'), STUDY, english);
    expect(paused.join()).toContain('Nothing is recorded');
    expect(paused.join()).not.toContain('Recorded in this page');
  });

  it('tell what is kept here when the recording stopped', () => {
    const stopped = status('stopped', 31, 'No log.');
    expect(explanation(stopped, STUDY, english)).toEqual([
      'No log.',
      '31 events are kept in this browser.'
    ]);
  });
});

describe('the words of the side panel', () => {
  it('say how far the events have come, or why there are none', () => {
    expect(now(status('recording'), english)).toEqual(['Everything is sent.']);
    expect(now(status('recording', 1), english)).toEqual([
      'On the way to the log: 1.'
    ]);
    expect(now(status('unsent', 14, 'In memory only.'), english)).toEqual([
      'On the way to the log: 14.',
      'In memory only.'
    ]);
    expect(now(status('offline', 2, 'Offline, 2 kept here'), english)).toEqual([
      'Work goes on. All is sent when the server answers again.'
    ]);
    expect(now(status('paused'), english)).toEqual([
      'Nothing is recorded and nothing is asked in this page.'
    ]);
    expect(now(status('stopped', 31, 'No log.'), english)).toEqual([
      'No log.',
      '31 events are kept in this browser.'
    ]);
  });

  it('list what is recorded by the settings of the study', () => {
    const text = (bytes: number | null): string =>
      recorded({ ...STUDY, output_bytes: bytes }, english).join(' ');
    expect(text(0)).toContain('no text');
    expect(text(2000)).toContain('2000 bytes');
    expect(text(null)).toContain('whole');
    expect(recorded(null, english).join(' ')).not.toContain('output');
  });
});

describe('the words of a task', () => {
  const MINUTE = 60_000_000;
  const NOW = 1_790_000_000_000_000;

  function words(endsAt: number | null, over = false): string {
    return taskWords({ name: 'clean', endsAt, over }, NOW, english);
  }

  it('are none where the study names no tasks', () => {
    expect(taskWords(null, NOW, english)).toBe('');
  });

  it('say how many minutes are left, of which the last one counts until it is over', () => {
    expect(words(null)).toBe('Task “clean”');
    expect(words(NOW + 15 * MINUTE)).toContain('15 minutes left, until ');
    expect(words(NOW + 14 * MINUTE + 1)).toContain('15 minutes left, until ');
    expect(words(NOW + MINUTE)).toContain('1 minute left, until ');
    expect(words(NOW - 1)).toContain('1 minute left, until ');
    expect(words(null, true)).toBe('The time for “clean” is over.');
  });
});

import { describe, expect, it } from 'vitest';

import { LocalActivity, quietInAll } from '../quiet';

const QUIET = { typing_ms: 2000, run_ms: 1000 };
const SECOND = 1_000_000;

describe('local quiet', () => {
  it('is there when nothing happened', () => {
    expect(new LocalActivity().quietFrom('s', 'a', QUIET)).toBe(0);
  });

  it('comes two seconds after the last edit, in whichever cell it was', () => {
    const activity = new LocalActivity();
    activity.edited('s', 10 * SECOND);
    activity.edited('s', 11 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(13 * SECOND);
  });

  it('comes two seconds after the last edit, in whichever notebook it was', () => {
    const activity = new LocalActivity();
    activity.edited('s', 10 * SECOND);
    activity.edited('t', 12 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(14 * SECOND);
    expect(quietInAll(activity, ['s'], 'a', QUIET)).toBe(14 * SECOND);
  });

  it('asks nothing about the runs of another notebook', () => {
    const activity = new LocalActivity();
    activity.ran('t', 'a', true, 10 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(0);
  });

  it('never comes while the cell runs', () => {
    const activity = new LocalActivity();
    activity.ran('s', 'a', true, 10 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBeNull();
    expect(activity.quietFrom('s', 'b', QUIET)).toBe(0);
  });

  it('comes one second after the last of several runs of the cell ended', () => {
    const activity = new LocalActivity();
    activity.ran('s', 'a', true, 10 * SECOND);
    activity.ran('s', 'a', true, 11 * SECOND);
    activity.ran('s', 'a', false, 12 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBeNull();
    activity.ran('s', 'a', false, 14 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(15 * SECOND);
  });

  it('survives an end without a beginning', () => {
    const activity = new LocalActivity();
    activity.ran('s', 'a', false, 10 * SECOND);
    activity.ran('s', 'a', true, 11 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBeNull();
  });

  it('needs both: the later of typing and run counts', () => {
    const activity = new LocalActivity();
    activity.ran('s', 'a', true, 10 * SECOND);
    activity.ran('s', 'a', false, 20 * SECOND);
    activity.edited('s', 18 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(21 * SECOND);
    activity.edited('s', 20 * SECOND);
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(22 * SECOND);
  });

  it('forgets a closed notebook', () => {
    const activity = new LocalActivity();
    activity.edited('s', 10 * SECOND);
    activity.ran('s', 'a', true, 10 * SECOND);
    activity.closed('s');
    expect(activity.quietFrom('s', 'a', QUIET)).toBe(0);
  });

  it('must be there in every session of the notebook', () => {
    const activity = new LocalActivity();
    activity.edited('s', 10 * SECOND);
    activity.edited('t', 12 * SECOND);
    expect(quietInAll(activity, ['s', 't'], 'a', QUIET)).toBe(14 * SECOND);
    activity.ran('s', 'a', true, 12 * SECOND);
    expect(quietInAll(activity, ['s', 't'], 'a', QUIET)).toBeNull();
    expect(quietInAll(activity, [], 'a', QUIET)).toBeNull();
  });
});

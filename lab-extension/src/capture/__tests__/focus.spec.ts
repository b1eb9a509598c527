import { beforeEach, describe, expect, it } from 'vitest';

import type { FocusChanged } from '../../protocol';
import { Focus, type Place } from '../focus';

let told: [string, FocusChanged][];
let timers: (() => void)[];
let focus: Focus;

beforeEach(() => {
  told = [];
  timers = [];
  focus = new Focus({
    record: (sessionId, body) => told.push([sessionId, body]),
    later: act => timers.push(act)
  });
});

const rest = (): void => timers.splice(0).forEach(act => act());

const go = (
  cellId: string | null,
  more: Partial<Place> = {},
  pause = true
): void => {
  focus.at({ sessionId: 's', cellId, visible: true, inPrompt: false, ...more });
  if (pause) {
    rest();
  }
};

const cells = (): (string | null)[] => told.map(([, { cell_id }]) => cell_id);

describe('the focus', () => {
  it('is told when it moves, and only then', () => {
    go('a');
    go('a');
    go('b');
    expect(told).toEqual([
      ['s', { cell_id: 'a', visible: true, cause: 'user' }],
      ['s', { cell_id: 'b', visible: true, cause: 'user' }]
    ]);
  });

  it('is told once for many cells passed in a row: where it ends', () => {
    for (const cell of ['a', 'b', 'c', 'd', 'e']) {
      go(cell, {}, false);
    }
    rest();
    expect(cells()).toEqual(['a', 'e']);
    rest();
    expect(cells()).toEqual(['a', 'e']);
  });

  it('leaves one notebook for another, or for nothing', () => {
    go('a');
    go('x', { sessionId: 't' });
    go(null, { sessionId: null });
    expect(told.map(([session, { cell_id }]) => [session, cell_id])).toEqual([
      ['s', 'a'],
      ['s', null],
      ['t', 'x'],
      ['t', null]
    ]);
  });

  it('says when the page is hidden and shown', () => {
    go('a');
    go('a', { visible: false });
    go('a');
    expect(told.map(([, { visible }]) => visible)).toEqual([true, false, true]);
  });

  it('says what a prompt did', () => {
    go('a');
    go('b', { inPrompt: true });
    go('a');
    go('c');
    expect(told.map(([, { cause }]) => cause)).toEqual([
      'user',
      'prompt',
      'prompt',
      'user'
    ]);
  });

  it('says nothing when a prompt of the same cell takes it', () => {
    go('a');
    go('a', { inPrompt: true });
    go('a');
    expect(cells()).toEqual(['a']);
  });

  it('says nothing of a session that is over', () => {
    go('a');
    focus.closed('s');
    go('x', { sessionId: 't' });
    expect(cells()).toEqual(['a', 'x']);
  });

  it('says what is left before the page goes', () => {
    go('a', {}, false);
    go('b', {}, false);
    focus.flush();
    expect(cells()).toEqual(['a', 'b']);
  });
});

import { describe, expect, it } from 'vitest';

import {
  HistoryFailed,
  type CellText,
  type HistorySource,
  type Moment,
  type MomentsPage,
  type PastCell
} from '../data';
import { History } from '../history';

const past = (id: string, source = id): PastCell => ({
  id,
  type: 'code',
  source,
  status: null,
  count: null,
  outputs: [],
  more_outputs: 0,
  error: null
});

const moment = (
  position: number,
  kind: Moment['kind'] = 'ran',
  more: Partial<Moment> = {}
): Moment => ({
  session_id: 's',
  position,
  at: position * 1e6,
  kind,
  ...more
});

/** A server that answers when the test says so. */
class Source implements HistorySource {
  page: MomentsPage = { first: 0, moments: [], withheld: [] };
  earlier: MomentsPage = { first: 0, moments: [], withheld: [] };
  readonly states = new Map<number, PastCell[]>();
  readonly asked: number[] = [];
  failure: HistoryFailed | null = null;
  held: (() => void)[] | null = null;

  async moments(_: string, until?: number): Promise<MomentsPage> {
    await this.answer();
    return structuredClone(until === undefined ? this.page : this.earlier);
  }

  async notebook(_: string, position: number): Promise<PastCell[]> {
    this.asked.push(position);
    await this.answer();
    return this.states.get(position) ?? [];
  }

  private async answer(): Promise<void> {
    const { held } = this;
    if (held !== null) {
      await new Promise<void>(resolve => held.push(resolve));
    }
    if (this.failure !== null) {
      throw this.failure;
    }
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
}

/** A notebook of two cells, of which one was changed, one removed and one added. */
async function opened(): Promise<{
  source: Source;
  history: History;
  now: CellText[];
}> {
  const source = new Source();
  source.page.moments = [
    moment(1, 'opened'),
    moment(4),
    moment(4, 'away'),
    moment(9, 'removed', { cell_id: 'b' }),
    moment(12, 'saved')
  ];
  source.states.set(1, [past('a'), past('b')]);
  source.states.set(4, [past('a', 'then'), past('b')]);
  source.states.set(9, [past('a', 'then')]);
  source.states.set(12, [past('a', 'later')]);
  const now = [past('a', 'now'), past('c')];
  const history = new History({ source, session: () => 's', now: () => now });
  await history.refresh();
  return { source, history, now };
}

const told = (history: History): unknown =>
  history
    .shown()
    ?.map(({ from, to, fate, restorable }) => [
      (from ?? to)?.id,
      fate,
      restorable
    ]);

describe('a history', () => {
  it('begins at now, which does not differ from itself', async () => {
    const { history, source } = await opened();
    expect([history.moment, history.index]).toEqual([null, 5]);
    expect(told(history)).toEqual([
      ['a', 'same', false],
      ['c', 'same', false]
    ]);
    expect(source.asked).toEqual([]);
  });

  it('tells what became of each cell since a moment, and which can be put back', async () => {
    const { history } = await opened();
    history.choose(1);
    await settled();
    expect(told(history)).toEqual([
      ['a', 'changed', true],
      ['c', 'new', false],
      ['b', 'gone', true]
    ]);
    expect(history.shown()?.at(-1)?.removedAt).toBe(9e6);
  });

  it('tells what a moment changed, against the one before it', async () => {
    const { history } = await opened();
    history.mode = 'before';
    history.choose(3);
    await settled();
    expect(told(history)).toEqual([
      ['a', 'same', true],
      ['b', 'gone', false]
    ]);
    history.choose(0);
    await settled();
    expect(told(history)).toEqual([
      ['a', 'same', true],
      ['b', 'same', true]
    ]);
    history.choose(5);
    await settled();
    expect(told(history)).toEqual([
      ['a', 'changed', false],
      ['c', 'new', false]
    ]);
  });

  it('compares nothing when told so, and still puts cells back', async () => {
    const { history } = await opened();
    history.mode = 'off';
    history.choose(1);
    await settled();
    expect(told(history)).toEqual([
      ['a', 'same', true],
      ['b', 'same', true]
    ]);
  });

  it('passes over what has no state of its own', async () => {
    const { history } = await opened();
    history.choose(1);
    history.step(1);
    expect(history.index).toBe(3);
    history.choose(2);
    expect(history.index).toBe(3);
    history.step(-99);
    expect(history.index).toBe(0);
    history.step(99);
    expect(history.moment).toBeNull();
  });

  it('follows the notebook as it stands', async () => {
    const { history, now } = await opened();
    history.choose(1);
    await settled();
    now[0] = past('a', 'then');
    expect(told(history)).toContainEqual(['a', 'same', false]);
  });

  it('asks for the last wish only, and for each state once', async () => {
    const { history, source } = await opened();
    source.held = [];
    for (const index of [0, 1, 3, 4]) {
      history.choose(index);
    }
    expect(history.loading).toBe(true);
    expect(history.shown()).toBeNull();
    while (source.held.length > 0) {
      source.held.shift()?.();
      await settled();
    }
    expect(source.asked).toEqual([1, 12]);
    expect(told(history)).toContainEqual(['a', 'changed', true]);
    source.held = null;
    history.choose(0);
    history.choose(4);
    await settled();
    expect(source.asked).toEqual([1, 12]);
  });

  it('keeps the chosen moment when more are told', async () => {
    const { history, source } = await opened();
    history.choose(3);
    source.page.moments.splice(3, 0, moment(8, 'edited'));
    source.page.moments.push(moment(20));
    await history.refresh();
    expect(history.index).toBe(4);
    expect(history.moment?.position).toBe(9);
    // What was under way may become something else: then it is the last one before it.
    source.page.moments = [moment(1, 'opened'), moment(4), moment(20)];
    await history.refresh();
    expect(history.moment?.position).toBe(4);
  });

  it('stays the same where nothing new is told', async () => {
    const { history } = await opened();
    const before = history.moments;
    await history.refresh();
    expect(history.moments).toBe(before);
  });

  it('tells earlier moments when asked, and keeps them', async () => {
    const { history, source } = await opened();
    source.page = { ...source.page, first: 2 };
    const fresh = new History({ source, session: () => 's', now: () => [] });
    await fresh.refresh();
    expect(fresh.earlier).toBe(2);
    source.earlier.moments = [moment(-2), moment(-1)];
    await fresh.tellEarlier();
    expect(fresh.earlier).toBe(0);
    source.page.first = 4;
    source.page.moments = [...source.page.moments.slice(2), moment(30)];
    await fresh.refresh();
    expect(fresh.moments.map(({ position }) => position)).toEqual([
      -2, -1, 1, 4, 4, 9, 12, 30
    ]);
    expect(history.earlier).toBe(0);
  });

  it('puts back no text of which a part was not recorded', async () => {
    const { history, source } = await opened();
    source.states.set(4, [past('a', 'x ▒▒'), past('b', '▒')]);
    source.page.withheld = ['a'];
    await history.refresh();
    history.choose(1);
    await settled();
    expect(told(history)).toEqual([
      ['a', 'changed', false],
      ['c', 'new', false],
      ['b', 'gone', true]
    ]);
  });

  it('says what failed, keeps what it has, and recovers', async () => {
    const { history, source } = await opened();
    source.failure = new HistoryFailed('unreadable', 'the log is away');
    await history.refresh();
    expect(history.problem?.message).toBe('the log is away');
    expect(history.moments).toHaveLength(5);
    history.choose(1);
    await settled();
    expect(history.shown()).toBeNull();
    source.failure = null;
    await history.refresh();
    expect(history.problem).toBeNull();
    expect(told(history)).toContainEqual(['a', 'changed', true]);
  });

  it('is unknown where nothing is recorded', async () => {
    const source = new Source();
    const history = new History({
      source,
      session: () => undefined,
      now: () => []
    });
    await history.refresh();
    expect(history.problem?.reason).toBe('unknown');
    expect(history.known).toBe(false);
  });
});

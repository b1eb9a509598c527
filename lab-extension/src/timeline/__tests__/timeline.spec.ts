import { describe, expect, it } from 'vitest';

import {
  TimelineFailed,
  type Answer,
  type Asked,
  type TimelineSource,
  type Told
} from '../data';
import { Timeline } from '../timeline';

const MINE = '0198f3a0-0000-7000-8000-000000000001';
const OTHER = '0198f3a0-0000-7000-8000-000000000002';

function told(position: number): Told {
  return {
    position,
    begin: 0,
    end: 1,
    kernel: '',
    erased: false,
    figures: [],
    legend: [],
    width: 900,
    height: 100,
    drawing: '<g/>',
    cells: [],
    data: { begin: 0, length: 1, folds: [], lanes: [], strip: [] }
  };
}

/** A server that answers when the test says so. */
class Server implements TimelineSource {
  readonly asked: (Asked & { sessionId: string })[] = [];

  ask(sessionId: string, asked: Asked): Promise<Answer> {
    this.asked.push({ sessionId, ...asked });
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
  }

  answer: (answer: Answer) => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;
}

function made(): {
  server: Server;
  timeline: Timeline;
  page: { session: string | undefined; width: number };
  styles: string[];
} {
  const server = new Server();
  const page: { session: string | undefined; width: number } = {
    session: MINE,
    width: 900
  };
  const styles: string[] = [];
  const timeline = new Timeline({
    source: server,
    session: () => page.session,
    width: () => page.width,
    styled: style => styles.push(style)
  });
  return { server, timeline, page, styles };
}

describe('the timeline of the current session', () => {
  it('is asked for whole, then for what is new', async () => {
    const { server, timeline } = made();
    let asking = timeline.refresh();
    expect(server.asked.at(-1)).toMatchObject({ sessionId: MINE, after: 0 });
    server.answer({ told: told(7), style: '' });
    await asking;
    expect(timeline.told?.position).toBe(7);
    asking = timeline.refresh();
    expect(server.asked.at(-1)).toMatchObject({ sessionId: MINE, after: 7 });
    const before = timeline.told;
    server.answer({ told: null, style: null });
    await asking;
    expect(timeline.told).toBe(before);
  });

  it('is asked for whole again at another width', async () => {
    const { server, timeline, page } = made();
    const asking = timeline.refresh();
    server.answer({ told: told(7), style: '' });
    await asking;
    page.width = 500;
    void timeline.refresh();
    expect(server.asked.at(-1)).toMatchObject({ width: 500, after: 0 });
  });

  it('brings the style sheet along once', async () => {
    const { server, timeline, styles } = made();
    let asking = timeline.refresh();
    expect(server.asked.at(-1)?.style).toBe(true);
    server.fail(new TimelineFailed('unreachable'));
    await asking;
    asking = timeline.refresh();
    expect(server.asked.at(-1)?.style).toBe(true);
    server.answer({ told: told(1), style: ':host{}' });
    await asking;
    void timeline.refresh();
    expect(server.asked.at(-1)?.style).toBe(false);
    expect(styles).toEqual([':host{}']);
  });

  it('is not that of a session that was left meanwhile', async () => {
    const { server, timeline, page } = made();
    const asking = timeline.refresh();
    page.session = OTHER;
    server.answer({ told: told(7), style: '' });
    await asking;
    expect(timeline.told).toBeNull();
    void timeline.refresh();
    expect(server.asked.at(-1)).toMatchObject({ sessionId: OTHER, after: 0 });
    page.session = undefined;
    expect(timeline.told).toBeNull();
    await timeline.refresh();
    expect(server.asked).toHaveLength(2);
  });

  it('stays as it was told while the server does not answer, and says so', async () => {
    const { server, timeline } = made();
    let emitted = 0;
    timeline.changed.connect(() => emitted++);
    let asking = timeline.refresh();
    server.answer({ told: told(7), style: '' });
    await asking;
    asking = timeline.refresh();
    server.fail(new TimelineFailed('unreachable'));
    await asking;
    expect(timeline.told?.position).toBe(7);
    expect(timeline.problem?.reason).toBe('unreachable');
    asking = timeline.refresh();
    server.answer({ told: null, style: null });
    await asking;
    expect(timeline.problem).toBeNull();
    expect(emitted).toBe(3);
  });

  it('is gone once the server knows it no more', async () => {
    const { server, timeline } = made();
    let asking = timeline.refresh();
    server.answer({ told: told(7), style: '' });
    await asking;
    asking = timeline.refresh();
    server.fail(new TimelineFailed('unknown'));
    await asking;
    expect(timeline.told).toBeNull();
  });
});

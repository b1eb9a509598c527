import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { idText } from '../../ids';
import type { CaptureLost, Events } from '../../protocol';
import { Outbox, RETENTION_MS } from '../outbox';
import { wireBytes } from '../packing';
import { countedIds, marked, markOf, SESSION, START_MS } from './fakes';
import { ModelLog } from './model-log';

const WIDE = 1_000_000;

function at(ms: number): { ms: number; micros: number } {
  return { ms, micros: (START_MS + ms) * 1000 };
}

function sentBy(outbox: Outbox): Events[] {
  const frames: Events[] = [];
  for (let frame = outbox.next(); frame !== null; frame = outbox.next()) {
    frames.push(frame);
  }
  return frames;
}

function numbers(frames: Events[]): number[] {
  return frames.flatMap(({ first_seq, events }) =>
    events.map((_, i) => first_seq + i)
  );
}

describe('the outbox', () => {
  let outbox: Outbox;

  function fill(count: number, padding = 0): void {
    for (let i = 0; i < count; i++) {
      outbox.add(marked(outbox.last + 1, padding), 0);
    }
  }

  beforeEach(() => {
    const newId = countedIds();
    outbox = new Outbox({ producerId: newId(), newId });
  });

  it('numbers from 1 and sends nothing before it is welcome', () => {
    fill(2);
    expect(outbox.last).toBe(2);
    expect(outbox.next()).toBeNull();
    outbox.welcome(0, WIDE, SESSION, at(0));
    expect(numbers(sentBy(outbox))).toEqual([1, 2]);
  });

  it('goes on after the last durable number', () => {
    fill(5);
    outbox.welcome(3, WIDE, SESSION, at(0));
    expect(numbers(sentBy(outbox))).toEqual([4, 5]);
    expect(outbox.unsent).toBe(2);
  });

  it('keeps within the window and goes on when it opens', () => {
    fill(4);
    const size = wireBytes(marked(1));
    outbox.welcome(0, 2 * size, SESSION, at(0));
    expect(numbers(sentBy(outbox))).toEqual([1, 2]);
    outbox.acknowledged(1, 0);
    expect(numbers(sentBy(outbox))).toEqual([3]);
  });

  it('always lets one event be under way', () => {
    fill(2, 5000);
    outbox.welcome(0, 10, SESSION, at(0));
    expect(numbers(sentBy(outbox))).toEqual([1]);
    outbox.acknowledged(1, 0);
    expect(numbers(sentBy(outbox))).toEqual([2]);
  });

  it('bounds a frame to 500 events', () => {
    fill(1100);
    outbox.welcome(0, WIDE, SESSION, at(0));
    expect(sentBy(outbox).map(({ events }) => events.length)).toEqual([
      500, 500, 100
    ]);
  });

  it('bounds a frame to 512 KiB, or one event', () => {
    fill(3, 300_000);
    fill(1, 900_000);
    outbox.welcome(0, 10 * WIDE, SESSION, at(0));
    expect(sentBy(outbox).map(({ events }) => events.length)).toEqual([
      1, 1, 1, 1
    ]);
  });

  it('does not take the answers of pipelined frames for holes', () => {
    outbox.welcome(0, WIDE, SESSION, at(0));
    fill(1);
    sentBy(outbox);
    fill(1);
    sentBy(outbox);
    expect(outbox.acknowledged(1, 0)).toBe('progress');
    expect(outbox.next()).toBeNull();
    expect(outbox.acknowledged(2, 0)).toBe('progress');
    expect(outbox.unsent).toBe(0);
  });

  it('sends again once after a hole, however many frames the hole swallowed', () => {
    outbox.welcome(0, WIDE, SESSION, at(0));
    for (let i = 0; i < 4; i++) {
      fill(1);
      sentBy(outbox);
    }
    outbox.acknowledged(1, 0);
    // Frame 2 was lost; 3 and 4 are both answered with 1.
    expect(outbox.acknowledged(1, 0)).toBe('resend');
    expect(numbers(sentBy(outbox))).toEqual([2, 3, 4]);
    expect(outbox.acknowledged(1, 0)).toBe('nothing');
    expect(sentBy(outbox)).toEqual([]);
  });

  it('does not answer one repeated acknowledgement with ever more resending', () => {
    outbox.welcome(0, WIDE, SESSION, at(0));
    const queue: number[] = [];
    const answers = (): number[] =>
      sentBy(outbox).map(
        ({ first_seq, events }) => first_seq + events.length - 1
      );
    fill(1);
    queue.push(...answers());
    let sent = queue.length;
    let durable = 0;
    let repeated = false;
    for (let step = 0; step < 200; step++) {
      fill(1);
      const more = answers();
      sent += more.length;
      queue.push(...more);
      durable = Math.max(durable, queue.shift() ?? durable);
      outbox.acknowledged(durable, 0);
      if (!repeated && step === 10) {
        repeated = true;
        outbox.acknowledged(durable, 0);
      }
      const resent = answers();
      sent += resent.length;
      queue.push(...resent);
    }
    expect(sent).toBeLessThan(210);
  });

  it('goes back to where a restored database stands', () => {
    fill(5);
    outbox.welcome(0, WIDE, SESSION, at(0));
    sentBy(outbox);
    outbox.acknowledged(5, 0);
    outbox.disconnected();
    expect(outbox.welcome(2, WIDE, SESSION, at(1))).toBeNull();
    expect(numbers(sentBy(outbox))).toEqual([3, 4, 5]);
  });

  it('keeps what was acknowledged for ten minutes and no longer', () => {
    fill(3);
    outbox.welcome(0, WIDE, SESSION, at(0));
    outbox.acknowledged(2, 5000);
    expect(outbox.expire(5000 + RETENTION_MS - 1)).toBeNull();
    expect(outbox.expire(5000 + RETENTION_MS + 10_000)).toBe(2);
    expect(outbox.unsent).toBe(1);
    expect(outbox.last).toBe(3);
    outbox.disconnected();
    expect(outbox.welcome(2, WIDE, SESSION, at(0))).toBeNull();
    expect(numbers(sentBy(outbox))).toEqual([3]);
  });

  it('never lets go of what is not acknowledged', () => {
    fill(3);
    expect(outbox.expire(100 * RETENTION_MS)).toBeNull();
    expect(outbox.unsent).toBe(3);
  });

  it('becomes a new producer and says what is lost when it holds it no more', () => {
    fill(6);
    const old = outbox.producerId;
    outbox.welcome(0, WIDE, SESSION, at(0));
    outbox.acknowledged(4, 0);
    outbox.expire(2 * RETENTION_MS);
    outbox.disconnected();
    const renewal = outbox.welcome(1, WIDE, SESSION, at(1));
    expect(renewal?.from).toBe(old);
    expect(renewal?.to).toBe(outbox.producerId);
    expect(outbox.producerId).not.toBe(old);
    const [lost, ...rest] = renewal?.events ?? [];
    const body = decode(lost.event.payload) as CaptureLost;
    expect(body).toMatchObject({ count: 3, first_seq: 2, last_seq: 4 });
    expect(idText(body.producer_id!)).toBe(old);
    expect(rest.map(({ event }) => markOf(event))).toEqual([5, 6]);
    expect(outbox.next()).toBeNull();
    outbox.welcome(0, WIDE, SESSION, at(2));
    expect(numbers(sentBy(outbox))).toEqual([1, 2, 3]);
    fill(1);
    expect(outbox.last).toBe(4);
  });

  it('asks for a new connection when a live server goes back too far', () => {
    fill(3);
    outbox.welcome(0, WIDE, SESSION, at(0));
    sentBy(outbox);
    outbox.acknowledged(3, 0);
    outbox.expire(2 * RETENTION_MS);
    expect(outbox.acknowledged(1, 0)).toBe('lost');
  });

  it('goes on after what the log knows better', () => {
    fill(2);
    outbox.welcome(7, WIDE, SESSION, at(0));
    expect(outbox.unsent).toBe(0);
    fill(1);
    expect(numbers(sentBy(outbox))).toEqual([8]);
  });

  it('finds the event that is too big for the server and says so in its place', () => {
    fill(5);
    outbox.welcome(0, WIDE, SESSION, at(0));
    sentBy(outbox);
    expect(outbox.refusedAsTooBig()).toBeNull();
    for (let good = 0; good < 2; good++) {
      outbox.disconnected();
      outbox.welcome(good, WIDE, SESSION, at(0));
      expect(numbers(sentBy(outbox))).toEqual([good + 1]);
      outbox.acknowledged(good + 1, 0);
    }
    expect(numbers(sentBy(outbox))).toEqual([3]);
    const replacement = outbox.refusedAsTooBig();
    expect(replacement).toMatchObject({
      seq: 3,
      event: { type: 'capture.lost' }
    });
    outbox.disconnected();
    outbox.welcome(2, WIDE, SESSION, at(0));
    expect(outbox.next()).toMatchObject({
      first_seq: 3,
      events: [{ type: 'capture.lost' }]
    });
    outbox.acknowledged(3, 0);
    outbox.acknowledged(outbox.next()!.first_seq, 0);
    fill(3);
    outbox.acknowledged(outbox.next()!.first_seq, 0);
    expect(numbers(sentBy(outbox))).toEqual([6, 7, 8]);
  });

  it('blames nothing when it had sent nothing', () => {
    fill(1);
    outbox.welcome(0, WIDE, SESSION, at(0));
    expect(outbox.refusedAsTooBig()).toBeNull();
    expect(outbox.refusedAsTooBig()).toBeNull();
  });

  it('tells since when the oldest event waits', () => {
    expect(outbox.oldest).toBeNull();
    outbox.add(marked(1), 10);
    outbox.add(marked(2), 20);
    expect(outbox.oldest).toBe(10);
    outbox.welcome(1, WIDE, SESSION, at(30));
    expect(outbox.oldest).toBe(20);
  });
});

type Step =
  | { do: 'add'; count: number; padding: number }
  | { do: 'pump' | 'serve' | 'lose' | 'repeat' | 'cut' | 'connect' }
  | { do: 'restore'; keep: number }
  | { do: 'wait'; ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        count: fc.integer({ min: 1, max: 5 }),
        padding: fc.constantFrom(0, 100, 2000)
      })
    },
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'pump' as const,
          'serve',
          'lose',
          'repeat',
          'cut',
          'connect'
        )
      })
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('restore' as const),
        keep: fc.double({ min: 0, max: 1, noNaN: true })
      })
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(1000, 400_000)
      })
    }
  ),
  { maxLength: 60 }
);

/** Let an outbox and a log go through the steps, then let the network be well. Returns the marks given and those kept. */
function play(
  script: Step[],
  windowBytes: number
): { log: ModelLog; given: number } {
  const newId = countedIds();
  const outbox = new Outbox({ producerId: newId(), newId });
  const log = new ModelLog();
  let wire: Events[] = [];
  let now = 0;
  let given = 0;
  let connected = false;

  const connect = (): void => {
    wire = [];
    outbox.disconnected();
    connected =
      outbox.welcome(
        log.durable(outbox.producerId),
        windowBytes,
        SESSION,
        at(now)
      ) === null;
  };
  const answer = (durable: number): void => {
    if (outbox.acknowledged(durable, now) === 'lost') {
      connected = false;
    }
  };
  const pump = (): void => {
    wire.push(...(connected ? sentBy(outbox) : []));
  };
  const serve = (): void => {
    const frame = wire.shift();
    if (connected && frame !== undefined) {
      answer(log.append(outbox.producerId, frame));
    }
  };

  for (const step of script) {
    switch (step.do) {
      case 'add':
        for (let i = 0; i < step.count; i++) {
          outbox.add(marked(++given, step.padding), now);
        }
        break;
      case 'pump':
        pump();
        break;
      case 'serve':
        serve();
        break;
      case 'lose':
        wire.shift();
        break;
      case 'repeat':
        // The log has it, and the acknowledgement is lost with the connection.
        if (wire.length > 0) {
          log.append(outbox.producerId, wire[0]);
        }
        break;
      case 'cut':
        connected = false;
        wire = [];
        outbox.disconnected();
        break;
      case 'connect':
        connect();
        break;
      case 'restore':
        connected = false;
        outbox.disconnected();
        log.restore(step.keep);
        break;
      case 'wait':
        now += step.ms;
        outbox.expire(now);
    }
  }
  // Two connections: the first may have to make a new producer.
  connect();
  connect();
  for (let i = 0; outbox.unsent > 0; i++) {
    expect(i, 'the outbox makes no progress').toBeLessThan(10_000);
    pump();
    serve();
  }
  return { log, given };
}

describe('the outbox and a log', () => {
  it('brings every event into the log exactly once and in order, whatever is lost, repeated or cut', () => {
    const calm = steps.map(script =>
      script.filter(step => step.do !== 'restore')
    );
    fc.assert(
      fc.property(
        calm,
        fc.constantFrom(1, 500, 100_000),
        (script, windowBytes) => {
          const { log, given } = play(script, windowBytes);
          expect(log.marks()).toEqual(
            Array.from({ length: given }, (_, i) => i + 1)
          );
        }
      ),
      { numRuns: 300 }
    );
  });

  it('loses nothing unsaid when the log is restored from a copy', () => {
    fc.assert(
      fc.property(steps, script => {
        const { log, given } = play(script, 100_000);
        const marks = log.marks();
        // In order, and never twice.
        expect([...new Set(marks)].sort((a, b) => a - b)).toEqual(marks);
        const missing = given - marks.length;
        expect(log.said()).toBeGreaterThanOrEqual(missing);
      }),
      { numRuns: 300 }
    );
  });
});

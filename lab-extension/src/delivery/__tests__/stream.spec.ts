import { beforeEach, describe, expect, it } from 'vitest';

import { idBytes } from '../../ids';
import type { ServerMessage } from '../../protocol';
import { Stream, type Closing } from '../socket/stream';
import { FakeNetwork, FakeTimers, PARTICIPANT, SESSION } from './fakes';

describe('the stream', () => {
  let timers: FakeTimers;
  let network: FakeNetwork;
  let heard: ServerMessage[];
  let closings: Closing[];
  let random: number;
  let stream: Stream;

  beforeEach(() => {
    timers = new FakeTimers();
    network = new FakeNetwork();
    heard = [];
    closings = [];
    random = 0.5;
    stream = new Stream({
      open: events => network.open(events),
      hello: () => ({
        type: 'hello',
        protocol: 1,
        producer_id: idBytes(SESSION),
        sent_at: timers.elapsed()
      }),
      heard: message => heard.push(message),
      lost: closing => closings.push(closing),
      timers,
      random: () => random
    });
  });

  function types(): string[] {
    return heard.map(({ type }) => type);
  }

  it('greets first, as soon as the socket is open', () => {
    stream.start();
    expect(network.latest.sent).toEqual([]);
    expect(stream.send({ type: 'pong', t: 1, sent_at: 1 })).toBe(false);
    network.latest.accept();
    expect(network.latest.sent).toMatchObject([{ type: 'hello', protocol: 1 }]);
    expect(network.latest.hello.producer_id).toEqual(idBytes(SESSION));
    expect(stream.send({ type: 'pong', t: 1, sent_at: 1 })).toBe(true);
  });

  it('hears what it knows and passes over what it does not', () => {
    stream.start();
    const socket = network.latest.welcome();
    socket.say({ type: 'news', from: 'the future' });
    socket.say({ type: 'ack', producer_seq: 'many', position: 1 });
    socket.say({ type: 'ack', producer_seq: -1, position: 1 });
    socket.say({ type: 'withdraw', prompt_id: new Uint8Array(3) });
    socket.raw('text');
    socket.raw(new ArrayBuffer(0));
    socket.raw(new Uint8Array([0xc1]).buffer);
    socket.ack(3);
    expect(types()).toEqual(['welcome', 'ack']);
  });

  describe('where acknowledgements may wait', () => {
    let acknowledged: () => void;

    beforeEach(() => {
      acknowledged = () => undefined;
      stream = new Stream({
        open: events => network.open(events),
        hello: () => ({
          type: 'hello',
          protocol: 1,
          producer_id: idBytes(SESSION),
          sent_at: 1
        }),
        heard: message => {
          heard.push(message);
          if (message.type === 'ack') {
            acknowledged();
          }
        },
        lost: closing => closings.push(closing),
        timers,
        random: () => random,
        ackMs: 60
      });
      stream.start();
      network.latest.welcome().ack(1).ack(2);
    });

    it('reads them then, in their order', () => {
      expect(types()).toEqual(['welcome']);
      timers.advance(59);
      expect(types()).toEqual(['welcome']);
      timers.advance(1);
      expect(types()).toEqual(['welcome', 'ack', 'ack']);
      network.latest.ack(3);
      timers.advance(60);
      expect(heard.at(-1)).toMatchObject({ producer_seq: 3 });
    });

    it('reads them before anything else that comes', () => {
      network.latest.say({ type: 'busy', retry_ms: 1 });
      expect(types()).toEqual(['welcome', 'ack', 'ack', 'busy']);
      timers.advance(60);
      expect(types()).toHaveLength(4);
    });

    it('reads them when asked to, and before the connection’s end is told', () => {
      stream.readAcks();
      expect(types()).toHaveLength(3);
      network.latest.ack(3).drop(1006);
      expect(types()).toHaveLength(4);
      expect(closings).toHaveLength(1);
    });

    it('reads no more of them once one has led to a new connection', () => {
      acknowledged = () => stream.reconnect();
      network.latest.drop(1006);
      expect(types()).toEqual(['welcome', 'ack']);
      expect(network.sockets).toHaveLength(2);
      // The new connection was not forgotten with the old one.
      network.latest.welcome();
      expect(types()).toEqual(['welcome', 'ack', 'welcome']);
      expect(closings).toEqual([]);
    });

    it('forgets those of a connection that was given up', () => {
      stream.reconnect();
      timers.advance(60);
      expect(types()).toEqual(['welcome']);
    });
  });

  it('reads a prompt and a state in full', () => {
    stream.start();
    const prompt = {
      type: 'prompt',
      prompt_id: idBytes(SESSION),
      notebook_id: idBytes(PARTICIPANT),
      cell_id: 'c1',
      question: 'What for?',
      choices: ['a', 'b'],
      language: 'en',
      issued_at: 1_790_000_000_000_000,
      multiple: true,
      text: 'required',
      by_hand: true
    };
    const state = {
      type: 'state',
      recording: true,
      reason: '',
      sessions: [
        { session_id: idBytes(SESSION), notebook_id: idBytes(PARTICIPANT) }
      ],
      reviews: [
        {
          notebook_id: idBytes(PARTICIPANT),
          notebook_path: 'work/loans.ipynb',
          questions: 4
        }
      ],
      consent: false
    };
    network.latest.accept().say(prompt).say(state);
    expect(heard).toEqual([prompt, state]);
  });

  it('comes back with a growing, jittered wait', () => {
    stream.start();
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 5; i++) {
      network.latest.drop(1006);
      waits.push(timers.next);
      timers.advance(timers.next ?? 0);
    }
    expect(waits).toEqual([50, 100, 200, 400, 800]);
    expect(network.sockets).toHaveLength(6);
  });

  it('waits little again after a connection that lasted', () => {
    stream.start();
    for (let i = 0; i < 5; i++) {
      network.latest.drop(1013);
      timers.advance(timers.next ?? 0);
    }
    network.latest.welcome();
    timers.advance(20_000);
    network.latest.drop(1001);
    expect(timers.next).toBe(50);
  });

  it('does not hurry back to a server that greets and closes', () => {
    stream.start();
    for (let i = 0; i < 9; i++) {
      network.latest.welcome().drop(1013);
      timers.advance(timers.next ?? 0);
    }
    network.latest.welcome().drop(1013);
    expect(timers.next).toBe(15_000);
  });

  it.each([4400, 4403, 4409, 4426])('stays away after %i', code => {
    stream.start();
    network.latest.welcome().drop(code);
    expect(closings).toEqual([{ code, final: true }]);
    expect(timers.next).toBeUndefined();
    stream.wake();
    stream.start();
    stream.reconnect();
    expect(network.sockets).toHaveLength(1);
  });

  it.each([1001, 1006, 1009, 1011, 1013, 4401])('comes back after %i', code => {
    stream.start();
    network.latest.welcome().drop(code);
    expect(closings).toEqual([{ code, final: false }]);
    timers.advance(timers.next ?? 0);
    expect(network.sockets).toHaveLength(2);
  });

  it('tries at once when the network or the page comes back', () => {
    stream.start();
    for (let i = 0; i < 9; i++) {
      network.latest.drop(1006);
      timers.advance(timers.next ?? 0);
    }
    network.latest.drop(1006);
    const before = network.sockets.length;
    stream.wake();
    expect(network.sockets).toHaveLength(before + 1);
    stream.wake();
    expect(network.sockets).toHaveLength(before + 1);
    network.latest.welcome();
    // The wait that was called off does not strike later.
    timers.advance(30_000);
    expect(network.sockets).toHaveLength(before + 1);
  });

  it('gives a silent connection up after two and a half heartbeats', () => {
    stream.start();
    const socket = network.latest.welcome({ heartbeat_ms: 4000 });
    timers.advance(7000);
    socket.say({ type: 'ping', t: 1 });
    timers.advance(9999);
    expect(closings).toEqual([]);
    timers.advance(2000);
    expect(socket.closedByPage).toBe(true);
    expect(closings).toEqual([{ code: 1006, final: false }]);
    timers.advance(timers.next ?? 0);
    expect(network.sockets).toHaveLength(2);
  });

  it('gives up a server that never answers the greeting', () => {
    stream.start();
    network.latest.accept();
    timers.advance(37_500);
    expect(closings).toHaveLength(1);
  });

  it('does not listen to a socket that it gave up', () => {
    stream.start();
    const old = network.latest.welcome();
    stream.reconnect();
    expect(old.closedByPage).toBe(true);
    old.ack(1);
    old.drop(4403);
    expect(types()).toEqual(['welcome']);
    expect(closings).toEqual([]);
    network.latest.welcome();
    expect(types()).toEqual(['welcome', 'welcome']);
  });

  it('comes back where opening or sending throws', () => {
    const open = network.open;
    let refuse = true;
    Object.assign(network, {
      open: (events: Parameters<typeof open>[0]) => {
        if (refuse) {
          throw new DOMException('refused', 'SecurityError');
        }
        return open(events);
      }
    });
    stream.start();
    expect(closings).toEqual([{ code: 1006, final: false }]);
    refuse = false;
    timers.advance(timers.next ?? 0);
    network.latest.welcome().send = () => {
      throw new DOMException('closing', 'InvalidStateError');
    };
    expect(stream.send({ type: 'pong', t: 1, sent_at: 1 })).toBe(false);
  });

  it('is silent once disposed', () => {
    stream.start();
    const socket = network.latest.welcome();
    stream.dispose();
    expect(socket.closedByPage).toBe(true);
    socket.ack(1);
    socket.drop(1006);
    stream.start();
    stream.wake();
    expect(types()).toEqual(['welcome']);
    expect(network.sockets).toHaveLength(1);
    expect(timers.next).toBeUndefined();
  });
});

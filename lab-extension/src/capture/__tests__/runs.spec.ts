import { beforeEach, describe, expect, it } from 'vitest';

import { textDigest } from '../digest';
import type { RawOutput } from '../outputs';
import { Runs, type MessageLike } from '../runs';
import { bodiesOf, type Logged } from './replay';

let log: Logged[];
let later: (() => void)[];
let outputs: RawOutput[];
let recording: boolean;
let kept: number | null;
let quotes: boolean;
let signals: [string, boolean][];
let runs: Runs;
let ids: number;

beforeEach(() => {
  log = [];
  later = [];
  outputs = [];
  signals = [];
  recording = true;
  kept = null;
  quotes = true;
  ids = 0;
  runs = new Runs({
    record: (type, body) => log.push({ type, body }),
    recording: () => recording,
    newId: () => new Uint8Array([ids++]),
    outputsOf: () => ({ outputs, executionCount: 7 }),
    keep: () => kept,
    quotes: () => quotes,
    ran: (cellId, running) => signals.push([cellId, running]),
    later: act => later.push(act)
  });
});

const message = (
  msg_type: string,
  parent: string,
  content: object = {},
  more: Partial<MessageLike> & { date?: string } = {}
): MessageLike => ({
  header: { msg_type, msg_id: `${msg_type} ${parent}`, date: more.date },
  parent_header: { msg_id: parent },
  metadata: more.metadata ?? {},
  content
});

const request = (cellId: string, msg_id: string): MessageLike => ({
  header: { msg_type: 'execute_request', msg_id },
  parent_header: {},
  metadata: { cellId },
  content: {}
});

const at = (ms: number): string => new Date(1.7e12 + ms).toISOString();

function answer(parent: string, content: object): void {
  runs.received(message('execute_input', parent, {}, { date: at(100) }));
  runs.received(
    message('execute_reply', parent, content, {
      date: at(450),
      metadata: { started: at(200) }
    })
  );
  runs.received(message('status', parent, { execution_state: 'idle' }));
}

const through = (cellId: string, success = true): void =>
  runs.executed(cellId, { success, error: null, kernel: true });

const finished = (): object[] => bodiesOf(log, 'run.finished');
const types = (): string[] => log.map(({ type }) => type);

describe('a run', () => {
  it('is scheduled with its source, started by the kernel, finished once', () => {
    runs.scheduled('a', '1 + 1');
    runs.sent(request('a', 'm'));
    outputs = [{ output_type: 'stream', name: 'stdout', text: 'hi' }];
    answer('m', { status: 'ok', execution_count: 3 });
    through('a');
    later.forEach(act => act());
    expect(types()).toEqual(['run.scheduled', 'run.started', 'run.finished']);
    expect(bodiesOf(log, 'run.scheduled')[0]).toMatchObject({
      cell_id: 'a',
      source: '1 + 1'
    });
    expect(finished()).toMatchObject([
      {
        status: 'ok',
        execution_count: 3,
        duration_ms: 250,
        outputs: [{ text: 'hi' }],
        error: null
      }
    ]);
    expect(signals).toEqual([
      ['a', true],
      ['a', false]
    ]);
  });

  it('is none where there is no code', () => {
    runs.scheduled('a', ' \n');
    through('a');
    expect(log).toEqual([]);
  });

  it('goes on while its cell, emptied, is run again', () => {
    runs.scheduled('a', 'x');
    runs.sent(request('a', 'm'));
    runs.scheduled('a', '');
    through('a');
    expect(types()).toEqual(['run.scheduled']);
    answer('m', { status: 'ok' });
    through('a');
    expect(finished()).toMatchObject([{ status: 'ok' }]);
  });

  it('starts only by the echo of its own request', () => {
    runs.scheduled('a', 'x');
    runs.received(message('execute_input', 'somebody else'));
    runs.sent(request('a', 'm'));
    runs.received(message('execute_input', 'console'));
    expect(types()).toEqual(['run.scheduled']);
  });

  it('fails with what the reply says', () => {
    runs.scheduled('a', '1/0');
    runs.sent(request('a', 'm'));
    answer('m', {
      status: 'error',
      ename: 'ZeroDivisionError',
      evalue: 'division by zero',
      traceback: ['t']
    });
    through('a', false);
    expect(finished()).toMatchObject([
      {
        status: 'error',
        error: { name: 'ZeroDivisionError', traceback: 't' }
      }
    ]);
  });

  it('failed if an output is an error, whatever the executor says', () => {
    runs.scheduled('a', '1/0');
    outputs = [{ output_type: 'error', ename: 'E', evalue: '', traceback: [] }];
    through('a');
    expect(finished()).toMatchObject([
      { status: 'error', error: { name: 'E' }, duration_ms: null }
    ]);
  });

  it('after an error in Run All is aborted, and shows no old outputs', () => {
    runs.scheduled('b', 'x');
    runs.sent(request('b', 'm'));
    outputs = [{ output_type: 'stream', name: 'stdout', text: 'old' }];
    runs.received(message('execute_reply', 'm', { status: 'aborted' }));
    runs.received(message('status', 'm', { execution_state: 'idle' }));
    runs.executed('b', { success: false, error: {}, kernel: true });
    expect(types()).toEqual(['run.scheduled', 'run.finished']);
    expect(finished()).toMatchObject([
      {
        status: 'aborted',
        execution_count: null,
        duration_ms: null,
        outputs: []
      }
    ]);
  });

  it('ends by the kernel’s word where the notebook stays silent', () => {
    runs.scheduled('a', 'x');
    runs.sent(request('a', 'm'));
    answer('m', { status: 'ok', execution_count: 1 });
    expect(finished()).toEqual([]);
    later.forEach(act => act());
    expect(finished()).toMatchObject([{ status: 'ok' }]);
  });

  it('that was asked for twice ends twice, with the outputs of the last', () => {
    runs.scheduled('a', 'x');
    runs.sent(request('a', 'm1'));
    runs.scheduled('a', 'y');
    runs.sent(request('a', 'm2'));
    answer('m1', { status: 'ok', execution_count: 1 });
    answer('m2', { status: 'ok', execution_count: 2 });
    outputs = [{ output_type: 'stream', name: 'stdout', text: 'second' }];
    through('a');
    later.forEach(act => act());
    expect(finished()).toMatchObject([
      { run_id: new Uint8Array([0]), execution_count: 1, outputs: [] },
      {
        run_id: new Uint8Array([1]),
        execution_count: 2,
        outputs: [{ text: 'second' }]
      }
    ]);
  });

  it('is lost with its kernel or its cell, once', () => {
    runs.scheduled('a', 'x');
    runs.scheduled('b', 'y');
    runs.sent(request('a', 'm'));
    runs.lose('b');
    runs.lose();
    answer('m', { status: 'ok' });
    through('a');
    expect(finished()).toMatchObject([
      { run_id: new Uint8Array([1]), status: 'lost' },
      { run_id: new Uint8Array([0]), status: 'lost' }
    ]);
  });

  it('without a kernel is lost, though the executor is content', () => {
    runs.scheduled('a', 'x');
    runs.executed('a', { success: true, error: null, kernel: false });
    expect(finished()).toMatchObject([{ status: 'lost' }]);
  });

  it('in a pause is not told, and one that a pause swallows ends as lost', () => {
    runs.scheduled('a', 'x');
    recording = false;
    runs.scheduled('b', 'secret');
    through('a');
    expect(types()).toEqual(['run.scheduled']);
    recording = true;
    runs.resume();
    through('b');
    expect(types()).toEqual(['run.scheduled', 'run.finished']);
    expect(finished()).toMatchObject([
      { run_id: new Uint8Array([0]), status: 'lost' }
    ]);
  });

  it('bears messages without sense', () => {
    runs.scheduled('a', 'x');
    runs.sent(request('a', 'm'));
    runs.received(message('execute_reply', 'm'));
    runs.received({ ...message('status', 'm'), content: null });
    runs.received(message('status', 'm', { execution_state: 'idle' }));
    through('a', false);
    expect(finished()).toMatchObject([
      { status: 'aborted', duration_ms: null }
    ]);
  });
});

describe('code that is no cell here', () => {
  const other = (code: unknown): void =>
    runs.received(message('execute_input', 'console', { code }));

  it('is told with its digest and its source', () => {
    other('print(😀)');
    expect(bodiesOf(log, 'run.external')).toEqual([
      { digest: textDigest('print(😀)'), source: 'print(😀)' }
    ]);
  });

  it('is not quoted where the study keeps less, or where it may be anybody’s', () => {
    kept = 3;
    other('1 + 1');
    kept = null;
    quotes = false;
    other('2 + 2');
    expect(bodiesOf(log, 'run.external').map(({ source }) => source)).toEqual([
      null,
      null
    ]);
  });

  it('is not what a cell asked for, not even after its run was given up', () => {
    runs.scheduled('a', '1');
    runs.sent(request('a', 'm'));
    runs.lose('a');
    answer('m', { status: 'ok' });
    expect(types()).not.toContain('run.external');
  });

  it('is not told in a pause, nor where a kernel says nonsense', () => {
    other(7);
    recording = false;
    other('1');
    expect(log).toEqual([]);
  });
});

describe('what the kernel tells of a run', () => {
  const FACTS = { read: ['a'], bound: ['b'], frames: [], estimators: [] };
  const tell = (parent: string, content: object = FACTS): void =>
    runs.received(message('prompter_facts', parent, content));
  const facts = (): object[] => bodiesOf(log, 'kernel.facts');
  const told = { read: ['a'], bound: ['b'], truncated: false };

  beforeEach(() => {
    runs.scheduled('a', 'b = a');
    runs.sent(request('a', 'm'));
  });

  it('belongs to the run while it goes on', () => {
    runs.received(message('execute_input', 'm'));
    tell('m');
    expect(facts()).toMatchObject([{ run_id: new Uint8Array([0]), ...told }]);
  });

  it('belongs to the run when it is over, too', () => {
    answer('m', { status: 'ok' });
    through('a');
    tell('m');
    expect(types().at(-2)).toBe('run.finished');
    expect(facts()).toMatchObject([{ run_id: new Uint8Array([0]), ...told }]);
  });

  it('is told once', () => {
    tell('m');
    tell('m');
    expect(facts()).toHaveLength(1);
  });

  it('is nothing without a request', () => {
    tell('nobody’s');
    runs.received({ ...message('prompter_facts', 'm'), parent_header: {} });
    expect(facts()).toEqual([]);
  });

  it('is nothing without sense, and then nothing more', () => {
    runs.received({ ...message('prompter_facts', 'm'), content: 'x' });
    tell('m');
    expect(facts()).toEqual([]);
  });

  it('is nobody’s where no cell here asked, and once', () => {
    runs.received(message('execute_input', 'console', { code: 'b = a' }));
    tell('console');
    tell('console');
    expect(facts()).toMatchObject([{ run_id: null, ...told }]);
  });

  it('of others is not told in a shared notebook', () => {
    quotes = false;
    runs.received(message('execute_input', 'console', { code: 'b = a' }));
    tell('console');
    expect(facts()).toEqual([]);
  });

  it('is not told of a source that is withheld', () => {
    runs.scheduled('w', '▒▒▒▒', true);
    runs.sent(request('w', 'veiled'));
    tell('veiled');
    expect(facts()).toEqual([]);
  });

  it('is not told in a pause, nor of a run that began in one', () => {
    recording = false;
    tell('m');
    runs.scheduled('c', 'secret');
    runs.sent(request('c', 'hidden'));
    recording = true;
    tell('hidden');
    expect(facts()).toEqual([]);
  });
});

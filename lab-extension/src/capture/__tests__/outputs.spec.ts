import { describe, expect, it } from 'vitest';

import { textDigest } from '../digest';
import { outcome, withoutAnsi } from '../outputs';

const ESC = String.fromCharCode(27);
const stream = (name: string, text: string | string[]): object => ({
  output_type: 'stream',
  name,
  text
});
const shown = (data: object): object => ({ output_type: 'display_data', data });

const described = (
  raw: object[],
  keep: number | null,
  error: object | null = null
): ReturnType<typeof outcome> =>
  outcome(
    raw as Record<string, unknown>[],
    keep,
    error as Record<string, unknown> | null
  );

describe('the outputs of a run', () => {
  it('hold each stream once, whole, and its text as far as it is kept', () => {
    const raw = [
      stream('stdout', 'größ'),
      stream('stderr', ['warn', 'ing']),
      stream('stdout', 'er')
    ];
    expect(described(raw, 4).outputs).toEqual([
      {
        mime: 'stream/stdout',
        bytes: 8,
        digest: textDigest('größer'),
        // Five bytes would be needed for the next character to be whole.
        text: 'grö'
      },
      {
        mime: 'stream/stderr',
        bytes: 7,
        digest: textDigest('warning'),
        text: 'warn'
      }
    ]);
    expect(described(raw, null).outputs[0].text).toBe('größer');
    expect(described(raw, 0).outputs.map(({ text }) => text)).toEqual([
      null,
      null
    ]);
  });

  it.each([
    [{ 'text/plain': 'p', 'image/png': 'AAAA' }, 'image/png', null],
    [
      { 'text/plain': 'p', 'text/html': ['<b>', 'h</b>'] },
      'text/html',
      '<b>h</b>'
    ],
    [
      { 'text/html': 'h', 'application/vnd.plotly.v1+json': { a: 1 } },
      'application/vnd.plotly.v1+json',
      null
    ],
    [{ 'text/plain': 'p' }, 'text/plain', 'p'],
    [{ 'chemical/x-pdb': 'q', 'text/plain': 'p' }, 'chemical/x-pdb', null]
  ])('are of the richest type: %j', (data, mime, text) => {
    expect(described([shown(data)], null).outputs).toMatchObject([
      { mime, text }
    ]);
  });

  it('bear what no kernel should send', () => {
    const raw = [
      {},
      shown({}),
      { output_type: 'display_data', data: null },
      { output_type: 'display_data', data: { 'text/plain': null } },
      stream('stdout', '\ud800')
    ];
    expect(described(raw, null).outputs).toMatchObject([
      { mime: 'text/plain', bytes: 0, text: '' },
      { mime: 'stream/stdout', bytes: 3, text: '\ufffd' }
    ]);
  });

  it('fit into one event, however many and large they are', () => {
    const raw = [
      ...Array.from({ length: 1500 }, () =>
        shown({ 'text/plain': 'x'.repeat(5000) })
      ),
      stream('stdout', 'y'.repeat(3_000_000))
    ];
    const { outputs } = described(raw, null);
    expect(outputs).toHaveLength(1001);
    const text = outputs.reduce(
      (sum, each) => sum + (each.text?.length ?? 0),
      0
    );
    expect(text).toBeLessThan(900 * 1024);
    expect(outputs.at(-1)?.bytes).toBe(500 * 5000 + 3_000_000);
  });
});

describe('the error of a run', () => {
  const error = {
    ename: 'ValueError',
    evalue: 'bad',
    traceback: [`${ESC}[0;31mTraceback${ESC}[0m`, 'line']
  };

  it('is the reply’s, without colours', () => {
    expect(described([], null, error).error).toEqual({
      name: 'ValueError',
      message: 'bad',
      traceback: 'Traceback\nline'
    });
  });

  it('is found among the outputs, and is none of them', () => {
    const { error: found, outputs } = described(
      [{ output_type: 'error', ...error }],
      4
    );
    expect(found).toEqual({
      name: 'ValueError',
      message: 'bad',
      traceback: 'Trac'
    });
    expect(outputs).toEqual([]);
  });

  it('is only named where no text is kept', () => {
    expect(described([], 0, error).error).toEqual({
      name: 'ValueError',
      message: '',
      traceback: ''
    });
  });

  it('loses escape sequences of all kinds', () => {
    expect(
      withoutAnsi(
        `${ESC}]8;;http://x${ESC}\\link${ESC}]8;;${ESC}\\${ESC}[1;2H!`
      )
    ).toBe('link!');
  });
});

/** What a run put out, in the form that is recorded: sizes and digests of all, text as far as the study keeps it. */

import type { RunError, RunOutput } from '../protocol';
import { wellFormed } from '../well-formed';
import { PIECE_BYTES } from './bursts';
import { textDigest } from './digest';
import { utf8Length, utf8Prefix } from './text';

/** One output as notebooks keep it. Kernels may send anything, so nothing is taken for granted. */
export type RawOutput = Readonly<Record<string, unknown>>;

export interface RunOutcome {
  outputs: RunOutput[];
  error: RunError | null;
}

/** Where an output has several MIME types, the first of these that it has is recorded. */
const RICHEST: readonly RegExp[] = [
  /^image\//,
  /^application\/vnd\./,
  /^text\/html$/,
  /^text\/markdown$/,
  /^text\/latex$/,
  /^application\//,
  /^(?!text\/plain$)/,
  /^text\/plain$/
];

// A run with more outputs than this is cut: the rest is counted in one entry.
const MOST_OUTPUTS = 1000;
const REST = 'application/x-prompter-rest';
const NAME_UNITS = 512;
// Digest, size and keys of one output when packed.
const OUTPUT_BYTES = 90;

// Colours and cursor movements (CSI), titles and links (OSC); built from codes, since a literal may not hold them.
const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
const ANSI = new RegExp(
  `${ESC}\\[[0-?]*[ -/]*[@-~]|${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?`,
  'g'
);

/** Text without the terminal's escape sequences. */
export function withoutAnsi(text: string): string {
  return text.replace(ANSI, '');
}

/**
 * Describe the outputs of a finished run.
 *
 * @param raw the outputs in order.
 * @param keep bytes of text to keep for each output and for message and traceback; null keeps all, 0 none.
 * @param error what the kernel's reply said, if it said something.
 */
export function outcome(
  raw: readonly RawOutput[],
  keep: number | null,
  error: RawOutput | null = null
): RunOutcome {
  const budget = { left: PIECE_BYTES };
  const failed = error ?? raw.find(each => each.output_type === 'error');
  const described = failed ? describeError(failed, keep, budget) : null;
  const whole = wholes(raw);
  const listed = whole.slice(0, MOST_OUTPUTS);
  budget.left -= listed.length * OUTPUT_BYTES;
  const outputs = listed.map(({ mime, text }): RunOutput => {
    const isText = /^(text|stream)\//.test(mime);
    return {
      mime,
      bytes: utf8Length(text),
      digest: textDigest(text),
      text: isText && keep !== 0 ? capped(text, keep, budget) : null
    };
  });
  const rest = whole.slice(MOST_OUTPUTS).map(({ text }) => text);
  if (rest.length > 0) {
    const text = rest.join('');
    outputs.push({
      mime: REST,
      bytes: utf8Length(text),
      digest: textDigest(text),
      text: null
    });
  }
  return { outputs, error: described };
}

interface Budget {
  left: number;
}

function describeError(
  raw: RawOutput,
  keep: number | null,
  budget: Budget
): RunError {
  const traceback = Array.isArray(raw.traceback)
    ? raw.traceback.map(textOf).join('\n')
    : textOf(raw.traceback);
  return {
    name: wellFormed(textOf(raw.ename)).slice(0, NAME_UNITS),
    message: capped(withoutAnsi(textOf(raw.evalue)), keep, budget),
    traceback: capped(withoutAnsi(traceback), keep, budget)
  };
}

function capped(text: string, keep: number | null, budget: Budget): string {
  const most = Math.max(0, Math.min(keep ?? Infinity, budget.left));
  const kept = wellFormed(utf8Prefix(text, most));
  budget.left -= utf8Length(kept);
  return kept;
}

interface Whole {
  mime: string;
  text: string;
}

/** Each output's type and its whole text. All pieces of one stream make one. */
function wholes(raw: readonly RawOutput[]): Whole[] {
  const found: { mime: string; pieces: string[] }[] = [];
  const streams = new Map<string, string[]>();
  for (const each of raw) {
    if (each.output_type === 'stream') {
      const name = each.name === 'stderr' ? 'stream/stderr' : 'stream/stdout';
      const pieces = streams.get(name);
      if (pieces) {
        pieces.push(textOf(each.text));
      } else {
        const first = [textOf(each.text)];
        streams.set(name, first);
        found.push({ mime: name, pieces: first });
      }
    } else if (each.output_type !== 'error') {
      const data = isRecord(each.data) ? each.data : {};
      const mime = richest(Object.keys(data));
      if (mime !== undefined) {
        found.push({
          mime: wellFormed(mime).slice(0, NAME_UNITS),
          pieces: [textOf(data[mime])]
        });
      }
    }
  }
  return found.map(({ mime, pieces }) => ({ mime, text: pieces.join('') }));
}

function richest(mimes: readonly string[]): string | undefined {
  for (const kind of RICHEST) {
    const found = mimes.find(mime => kind.test(mime));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (
    Array.isArray(value) &&
    value.every((each): each is string => typeof each === 'string')
  ) {
    return value.join('');
  }
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

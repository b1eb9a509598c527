/**
 * Edits of a text as lists of operations: n keeps n UTF-16 units, -n deletes n, text is inserted.
 * What follows the last operation is kept.
 */

import { wellFormed } from '../well-formed';
import { partsPair, utf8Length, utf8Prefix } from './text';

export type Ops = (number | string)[];

/** One part of a delta as the shared models give it. */
export interface TextDelta {
  retain?: number;
  insert?: string;
  delete?: number;
}

// What one operation costs beside its text: msgpack's longest head.
const OP_BYTES = 9;

/** The operations of a shared model's delta. Trailing retains are dropped; empty when nothing changes. */
export function opsOf(delta: readonly TextDelta[]): Ops {
  const ops: Ops = [];
  for (const part of delta) {
    if (part.insert) {
      ops.push(wellFormed(part.insert));
    } else if (part.delete) {
      ops.push(-part.delete);
    } else if (part.retain) {
      ops.push(part.retain);
    }
  }
  while (isKept(ops.at(-1))) {
    ops.pop();
  }
  return ops;
}

/** The text after the operations. */
export function applyOps(text: string, ops: Ops): string {
  const parts: string[] = [];
  let at = 0;
  for (const op of ops) {
    if (typeof op === 'string') {
      parts.push(op);
    } else if (op > 0) {
      parts.push(text.slice(at, at + op));
      at += op;
    } else {
      at -= op;
    }
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** One edit that does what the two do, one after the other. */
export function composeOps(first: Ops, second: Ops): Ops {
  const result: Ops = [];
  const before = [...first];
  for (const op of second) {
    if (typeof op === 'string') {
      push(result, op);
      continue;
    }
    // So many units of the text between the two edits are kept, or deleted.
    let left = Math.abs(op);
    while (left > 0) {
      const next = before.shift() ?? left;
      if (typeof next === 'number' && next < 0) {
        push(result, next);
        continue;
      }
      const size = typeof next === 'string' ? next.length : next;
      const taken = Math.min(size, left);
      if (taken < size) {
        before.unshift(
          typeof next === 'string' ? next.slice(taken) : next - taken
        );
      }
      left -= taken;
      if (typeof next === 'string') {
        if (op > 0) {
          push(result, next.slice(0, taken));
        }
      } else {
        push(result, op > 0 ? taken : -taken);
      }
    }
  }
  before.forEach(op => push(result, op));
  while (isKept(result.at(-1))) {
    result.pop();
  }
  return result.map(op => (typeof op === 'string' ? wellFormed(op) : op));
}

/** Append an operation, joined with the last one if both do the same. */
function push(ops: Ops, op: number | string): void {
  const last = ops.at(-1);
  if (typeof op === 'string' && typeof last === 'string') {
    ops[ops.length - 1] = last + op;
  } else if (
    typeof op === 'number' &&
    typeof last === 'number' &&
    op > 0 === last > 0
  ) {
    ops[ops.length - 1] = last + op;
  } else {
    ops.push(op);
  }
}

/** Operations that turn one text into another: one stretch replaced, surrogate pairs left whole. */
export function replaceOps(before: string, after: string): Ops {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) {
    head++;
  }
  if (partsPair(before, head) || partsPair(after, head)) {
    head--;
  }
  let tail = 0;
  while (
    tail < shorter - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  if (
    partsPair(before, before.length - tail) ||
    partsPair(after, after.length - tail)
  ) {
    tail--;
  }
  const ops: Ops = [];
  if (head > 0) {
    ops.push(head);
  }
  if (head + tail < before.length) {
    ops.push(head + tail - before.length);
  }
  if (head + tail < after.length) {
    ops.push(after.slice(head, after.length - tail));
  }
  while (isKept(ops.at(-1))) {
    ops.pop();
  }
  return ops;
}

/** At most so many bytes when packed. */
export function opsBytes(ops: Ops): number {
  let bytes = 0;
  for (const op of ops) {
    bytes += OP_BYTES + (typeof op === 'string' ? utf8Length(op) : 0);
  }
  return bytes;
}

/** The same edit as several, to be applied in order, each of at most `maxBytes` (over 40) when packed. */
export function splitOps(ops: Ops, maxBytes: number): Ops[] {
  const parts: Ops[] = [];
  let part: Ops = [];
  let size = 0;
  // Units of the new text that are settled: the next part starts behind them.
  let settled = 0;
  const cut = (): void => {
    parts.push(part);
    part = settled > 0 ? [settled] : [];
    size = OP_BYTES;
  };
  for (const op of ops) {
    if (typeof op === 'number') {
      if (size + OP_BYTES > maxBytes) {
        cut();
      }
      part.push(op);
      size += OP_BYTES;
      settled += Math.max(op, 0);
      continue;
    }
    let rest = op;
    while (rest !== '') {
      const piece = utf8Prefix(rest, maxBytes - size - OP_BYTES);
      if (piece === '') {
        cut();
        continue;
      }
      part.push(piece);
      size += OP_BYTES + utf8Length(piece);
      settled += piece.length;
      rest = rest.slice(piece.length);
    }
  }
  parts.push(part);
  return parts.filter(each => !each.every(isKept));
}

function isKept(op: number | string | undefined): boolean {
  return typeof op === 'number' && op > 0;
}

import { decode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';

import { MAX_EVENT_BYTES } from '../../protocol';
import { wellFormed } from '../../well-formed';
import { pack, packEvent, TooBig, wireBytes } from '../packing';
import { marked, SESSION } from './fakes';

describe('packing', () => {
  it('writes a time in µs as an integer of 64 bits, never as a float', () => {
    const packed = pack({ t: 1_790_000_000_123_456 });
    expect(packed[3]).toBe(0xcf);
    expect(decode(packed, { useBigInt64: true })).toEqual({
      t: 1_790_000_000_123_456n
    });
  });

  it('writes integers at each border of their width as integers', () => {
    for (const n of [0, 127, 128, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1]) {
      expect([0xca, 0xcb]).not.toContain(pack(n)[0]);
      expect(decode(pack(n))).toBe(n);
    }
  });

  it('writes bytes as bin', () => {
    expect(pack(new Uint8Array([1, 2]))).toEqual(
      new Uint8Array([0xc4, 2, 1, 2])
    );
  });

  it('leaves keys without a value out and keeps null', () => {
    expect(decode(pack({ a: undefined, b: null }))).toEqual({ b: null });
  });

  it('turns half an emoji into U+FFFD of the same length and leaves whole ones', () => {
    for (const text of ['\ud83d', '\ude00a', 'a\ud83d\ud83d\ude00b', '😀é']) {
      const packed = pack({ changes: [[0, [text]]], [text]: text });
      // Throws where the bytes are no UTF-8.
      const strict = new TextDecoder('utf-8', { fatal: true });
      expect(strict.decode(pack(text).subarray(1))).toBe(wellFormed(text));
      expect(decode(packed)).toEqual({
        changes: [[0, [wellFormed(text)]]],
        [wellFormed(text)]: wellFormed(text)
      });
      expect(wellFormed(text).length).toBe(text.length);
    }
    expect(wellFormed('a\ud83d\ud83d\ude00b')).toBe('a\ufffd😀b');
  });

  it('refuses an event above the limit and takes one at it', () => {
    // A map of one key with a text of 32-bit length: 1 + 5 + 5 bytes beside the text.
    const text = 'x'.repeat(MAX_EVENT_BYTES - 11);
    const at = (name: string): unknown =>
      packEvent(SESSION, 'task.began', { name }, 1);
    expect(at(text)).toBeTruthy();
    expect(() => at(text + 'x')).toThrow(TooBig);
  });

  it('never counts fewer bytes than an event takes in a frame', () => {
    for (const padding of [0, 10, 300, 70_000]) {
      const event = marked(1, padding);
      expect(wireBytes(event)).toBeGreaterThanOrEqual(pack(event).length);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { idBytes, idText, newId } from '../ids';

describe('ids', () => {
  it('makes texts of version 7 that sort by time', () => {
    const ids = Array.from({ length: 100 }, newId);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(100);
    expect(ids[0][14]).toBe('7');
  });

  it('turns any 16 bytes into a text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
        expect(idBytes(idText(bytes))).toEqual(bytes);
      })
    );
  });

  it('writes lower case in the order of the bytes', () => {
    const text = '018F0000-0001-7002-8003-0000000004ff';
    expect(Array.from(idBytes(text)).slice(0, 8)).toEqual([
      0x01, 0x8f, 0, 0, 0, 1, 0x70, 2
    ]);
    expect(idText(idBytes(text))).toBe(text.toLowerCase());
  });

  it('refuses what is no UUID', () => {
    expect(() => idBytes('018f0000')).toThrow(RangeError);
    expect(() => idBytes('g18f0000-0001-7002-8003-0000000004ff')).toThrow(
      RangeError
    );
    expect(() => idText(new Uint8Array(15))).toThrow(RangeError);
  });
});

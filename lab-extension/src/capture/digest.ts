/** Digests that the page and the log both compute. */

import { blake2b } from '@noble/hashes/blake2b';

import type { CellSnapshot } from '../protocol';

const DIGEST = { dkLen: 32 };
const encoder = new TextEncoder();

/** BLAKE2b-256 of a text in UTF-8. */
export function textDigest(text: string): Uint8Array {
  return blake2b(encoder.encode(text), DIGEST);
}

/**
 * BLAKE2b-256 of the ordered (cell_id, cell_type, source) triples.
 *
 * Each text enters as its length in UTF-8 bytes (4 bytes, big-endian) and the bytes.
 * A surrogate without a partner enters as U+FFFD, as it does when events are packed.
 */
export function notebookDigest(cells: Iterable<CellSnapshot>): Uint8Array {
  const digest = blake2b.create(DIGEST);
  const length = new DataView(new ArrayBuffer(4));
  for (const { cell_id, cell_type, source } of cells) {
    for (const text of [cell_id, cell_type, source]) {
      const encoded = encoder.encode(text);
      length.setUint32(0, encoded.length);
      digest.update(new Uint8Array(length.buffer));
      digest.update(encoded);
    }
  }
  return digest.digest();
}

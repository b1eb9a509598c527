/** Identifiers: UUID texts in the page, 16 bytes on the wire. */

import { v7 } from 'uuid';

import type { Uuid } from './protocol';

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const HEX = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0')
);

/** The UUID of no session: 16 zero bytes. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

/** A fresh UUIDv7 as text: ids sort by the time they were made. */
export function newId(): string {
  return v7();
}

/**
 * The 16 bytes of a UUID text of any version.
 *
 * @throws RangeError if the text is no UUID.
 */
export function idBytes(text: string): Uuid {
  if (!TEXT.test(text)) {
    throw new RangeError(`no UUID: ${text.slice(0, 64)}`);
  }
  const digits = text.replaceAll('-', '');
  return Uint8Array.from({ length: 16 }, (_, i) =>
    parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  );
}

/**
 * The lower-case text of 16 bytes.
 *
 * @throws RangeError if there are more or fewer than 16.
 */
export function idText(bytes: Uuid): string {
  if (bytes.length !== 16) {
    throw new RangeError(`a UUID has 16 bytes, not ${bytes.length}`);
  }
  const digits = Array.from(bytes, byte => HEX[byte]).join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20)
  ].join('-');
}

/** Bodies to bytes: each event is packed once and resent as the same bytes. */

import { Encoder } from '@msgpack/msgpack';

import { idBytes } from '../ids';
import {
  MAX_EVENT_BYTES,
  SCHEMA_VERSIONS,
  type EventBodies,
  type EventTypeName,
  type WireEvent
} from '../protocol';
import { wellFormed } from '../well-formed';

/** What the keys and heads of an event take in a frame, in bytes, at most. */
const ENVELOPE_BYTES = 96;

/** Whether every text in a value is well formed. At each burst: nothing is made to find that out. */
function clean(value: unknown): boolean {
  if (typeof value === 'string') {
    return wellFormed(value) === value;
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      if (!clean(item)) {
        return false;
      }
    }
  } else if (isMap(value)) {
    for (const key in value) {
      if (!clean(key) || !clean(value[key])) {
        return false;
      }
    }
  }
  return true;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') {
    return wellFormed(value);
  }
  if (Array.isArray(value)) {
    return value.map(cleaned);
  }
  if (isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        wellFormed(key),
        cleaned(item)
      ])
    );
  }
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
  );
}

const encoder = new Encoder({ ignoreUndefined: true });

/**
 * One msgpack value: integers as integers, byte arrays as bin, keys without a value left out.
 *
 * @throws Error if the value holds what msgpack cannot say, or is nested deeper than 100.
 */
export function pack(value: unknown): Uint8Array {
  // What is clean, as nearly everything is, is not copied.
  return encoder.encode(clean(value) ? value : cleaned(value));
}

/** Raised for an event that the server would not take. */
export class TooBig extends Error {
  constructor(
    readonly type: string,
    readonly size: number
  ) {
    super(`a ${type} of ${size} bytes; the limit is ${MAX_EVENT_BYTES}`);
  }
}

/**
 * The event as it travels and as it is kept.
 *
 * @param occurredAt µs since the epoch.
 * @throws TooBig if the packed body passes the catalogue's limit.
 * @throws Error if the body cannot be packed, RangeError if the session id is no UUID.
 */
export function packEvent<T extends EventTypeName>(
  sessionId: string,
  type: T,
  body: EventBodies[T],
  occurredAt: number
): WireEvent {
  const payload = pack(body);
  if (payload.length > MAX_EVENT_BYTES) {
    throw new TooBig(type, payload.length);
  }
  return {
    session_id: idBytes(sessionId),
    type,
    schema_version: SCHEMA_VERSIONS[type],
    occurred_at: occurredAt,
    payload
  };
}

/** How much of a frame an event takes, in bytes, never less than in truth. */
export function wireBytes(event: WireEvent): number {
  return event.payload.length + event.type.length + ENVELOPE_BYTES;
}

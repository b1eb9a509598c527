/** Frames from the server, read with suspicion: what is not understood is passed over. */

import { Decoder, Encoder } from '@msgpack/msgpack';

import type {
  AcceptedSession,
  PageMessage,
  Prompt,
  ServerMessage,
  State,
  StudyForPage,
  Welcome
} from '../../protocol';

type Fields = Record<string, unknown>;

/** Raised while a message is read whose field is not of its kind. */
class Misshapen extends Error {}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Misshapen('no map');
  }
  return value as Fields;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new Misshapen('no count');
  }
  return value as number;
}

function text(value: unknown): string {
  if (typeof value !== 'string') {
    throw new Misshapen('no text');
  }
  return value;
}

function id(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== 16) {
    throw new Misshapen('no id');
  }
  // A copy: a decoded one is a view that would keep its whole frame alive.
  return value.slice();
}

function list<T>(value: unknown, item: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) {
    throw new Misshapen('no list');
  }
  return value.map(item);
}

function study(value: unknown): StudyForPage {
  const from = fields(value);
  const quiet = fields(from.quiet);
  const { asking } = from;
  if (asking !== 'now' && asking !== 'end' && asking !== 'never') {
    throw new Misshapen('no way of asking');
  }
  return {
    name: text(from.name),
    asking,
    quiet: { typing_ms: count(quiet.typing_ms), run_ms: count(quiet.run_ms) },
    output_bytes: from.output_bytes === null ? null : count(from.output_bytes),
    snooze_ms: count(from.snooze_ms)
  };
}

function welcome(from: Fields): Welcome {
  return {
    type: 'welcome',
    producer_seq: count(from.producer_seq),
    participant: id(from.participant),
    study: study(from.study),
    window_bytes: count(from.window_bytes),
    heartbeat_ms: count(from.heartbeat_ms),
    epoch: id(from.epoch)
  };
}

function prompt(from: Fields): Prompt {
  return {
    type: 'prompt',
    prompt_id: id(from.prompt_id),
    notebook_id: id(from.notebook_id),
    cell_id: text(from.cell_id),
    question: text(from.question),
    choices: list(from.choices, text),
    language: text(from.language),
    issued_at: count(from.issued_at)
  };
}

function accepted(value: unknown): AcceptedSession {
  const from = fields(value);
  return { session_id: id(from.session_id), notebook_id: id(from.notebook_id) };
}

function state(from: Fields): State {
  if (typeof from.recording !== 'boolean') {
    throw new Misshapen('no truth value');
  }
  return {
    type: 'state',
    recording: from.recording,
    reason: from.reason === undefined ? '' : text(from.reason),
    sessions: from.sessions === undefined ? [] : list(from.sessions, accepted)
  };
}

function message(from: Fields): ServerMessage | null {
  switch (from.type) {
    case 'welcome':
      return welcome(from);
    case 'ack':
      return {
        type: 'ack',
        producer_seq: count(from.producer_seq),
        position: count(from.position)
      };
    case 'prompt':
      return prompt(from);
    case 'withdraw':
      return { type: 'withdraw', prompt_id: id(from.prompt_id) };
    case 'state':
      return state(from);
    case 'ping':
      return { type: 'ping', t: count(from.t) };
    case 'busy':
      return { type: 'busy', retry_ms: count(from.retry_ms) };
    default:
      // A newer server may say more than this page knows.
      return null;
  }
}

const encoder = new Encoder({ ignoreUndefined: true });

const decoder = new Decoder();

/** How an acknowledgement begins, behind the count of its fields. */
const ACK = encoder.encode({ type: 'ack' }).slice(1);

/**
 * Whether a frame is an acknowledgement for sure, by its first bytes. One whose fields come in another order is read as any
 * other message.
 */
export function isAck(frame: unknown): boolean {
  if (!(frame instanceof ArrayBuffer) || frame.byteLength <= ACK.length) {
    return false;
  }
  const head = new Uint8Array(frame, 1, ACK.length);
  return ACK.every((byte, i) => head[i] === byte);
}

/** The message in a frame; null for what this page does not know or cannot read. Never throws. */
export function readMessage(frame: unknown): ServerMessage | null {
  if (!(frame instanceof ArrayBuffer)) {
    return null;
  }
  try {
    return message(fields(decoder.decode(new Uint8Array(frame))));
  } catch {
    return null;
  }
}

/** The bytes of a message to the server: no text in it is a notebook's, so none has to be looked through. */
export function writeMessage(sent: PageMessage): Uint8Array {
  return encoder.encode(sent);
}

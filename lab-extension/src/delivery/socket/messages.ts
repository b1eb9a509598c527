/** Frames from the server, read with suspicion: what is not understood is passed over. */

import { Decoder, Encoder } from '@msgpack/msgpack';

import type {
  AcceptedSession,
  ConsentForPage,
  Ended,
  PageMessage,
  Prompt,
  ReviewWaits,
  ServerMessage,
  State,
  StudyForPage,
  Task,
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

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new Misshapen('no truth value');
  }
  return value;
}

/** What an older server does not say is as it was then. */
function optional<T>(
  value: unknown,
  otherwise: T,
  read: (value: unknown) => T
): T {
  return value === undefined || value === null ? otherwise : read(value);
}

/** Whoever cannot read it takes the whole message for unreadable: nothing is recorded by a misunderstanding. */
function consent(value: unknown): ConsentForPage {
  const from = fields(value);
  return {
    version: text(from.version),
    text: Object.fromEntries(
      Object.entries(fields(from.text)).map(([tag, words]) => [
        tag,
        text(words)
      ])
    ),
    given: truth(from.given),
    given_at: optional(from.given_at, null, count)
  };
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
    snooze_ms: count(from.snooze_ms),
    title: optional(from.title, '', text),
    keystrokes: optional(from.keystrokes, true, truth),
    focus: optional(from.focus, true, truth),
    consent: optional<ConsentForPage | null>(from.consent, null, consent),
    then: optional<string | null>(from.then, null, text)
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
  const wants = optional(from.text, 'optional', text);
  if (wants !== 'optional' && wants !== 'required' && wants !== 'none') {
    throw new Misshapen('no way of answering');
  }
  return {
    type: 'prompt',
    prompt_id: id(from.prompt_id),
    notebook_id: id(from.notebook_id),
    cell_id: text(from.cell_id),
    question: text(from.question),
    choices: list(from.choices, text),
    language: text(from.language),
    issued_at: count(from.issued_at),
    multiple: optional(from.multiple, false, truth),
    text: wants,
    by_hand: optional(from.by_hand, false, truth)
  };
}

function ended(from: Fields): Ended {
  const { by } = from;
  if (by !== 'researcher' && by !== 'time limit') {
    throw new Misshapen('nobody who ends a session');
  }
  return {
    type: 'ended',
    session_id: id(from.session_id),
    notebook_id: id(from.notebook_id),
    by
  };
}

function task(from: Fields): Task {
  return {
    type: 'task',
    name: text(from.name),
    ends_at: optional<number | null>(from.ends_at, null, count),
    over: optional(from.over, false, truth)
  };
}

function accepted(value: unknown): AcceptedSession {
  const from = fields(value);
  return { session_id: id(from.session_id), notebook_id: id(from.notebook_id) };
}

function waiting(value: unknown): ReviewWaits {
  const from = fields(value);
  return {
    notebook_id: id(from.notebook_id),
    notebook_path: text(from.notebook_path),
    questions: count(from.questions)
  };
}

function state(from: Fields): State {
  return {
    type: 'state',
    recording: truth(from.recording),
    reason: from.reason === undefined ? '' : text(from.reason),
    sessions: from.sessions === undefined ? [] : list(from.sessions, accepted),
    reviews: optional<ReviewWaits[] | null>(from.reviews, null, value =>
      list(value, waiting)
    ),
    consent: optional<boolean | null>(from.consent, null, truth)
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
    case 'ended':
      return ended(from);
    case 'task':
      return task(from);
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

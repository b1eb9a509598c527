/** The runs of one session's cells: what was asked for, what the kernel said, how it ended. */

import type { EventBodies, RunFinished } from '../protocol';
import { wellFormed } from '../well-formed';
import { PIECE_BYTES } from './bursts';
import { textDigest } from './digest';
import { FACTS, factsOf } from './facts';
import { outcome, type RawOutput } from './outputs';
import { utf8Length, utf8Prefix } from './text';

type RunEvent =
  | 'run.scheduled'
  | 'run.started'
  | 'run.finished'
  | 'run.external'
  | 'kernel.facts';

// A request of ours is told from others' after its run is over, too: so many of them are remembered.
const REMEMBERED = 1000;

/** The parts of a kernel's message that tell of runs. Kernels may send anything. */
export interface MessageLike {
  header: { msg_type: string; msg_id: string; date?: unknown };
  parent_header: object;
  metadata: object;
  content: unknown;
}

/** What the notebook's executor said when it was through with a cell. */
export interface Executed {
  success: boolean;
  /** Its error's name, message and traceback, if it has any. */
  error: RawOutput | null;
  /** Whether there was a kernel at all. */
  kernel: boolean;
}

export interface RunsOptions {
  record: <T extends RunEvent>(type: T, body: EventBodies[T]) => void;
  /** False during a pause. */
  recording: () => boolean;
  newId: () => Uint8Array;
  /** The outputs that a cell has now. */
  outputsOf: (cellId: string) => {
    outputs: readonly RawOutput[];
    executionCount: number | null;
  };
  /** Bytes of text that the study keeps; null keeps all. */
  keep: () => number | null;
  /** Whether what others run may be quoted: not in a shared notebook, where it may be anybody's. */
  quotes: () => boolean;
  /** Told when a cell's run is scheduled, and when it ended. */
  ran: (cellId: string, running: boolean) => void;
  /** Calls back when the notebook itself should have told of a run's end, had it anything to tell. */
  later: (act: () => void) => void;
}

interface Run {
  id: Uint8Array;
  cellId: string;
  /** The log knows that it was scheduled; of other runs it is told nothing. */
  told: boolean;
  withheld: boolean;
  msgId: string | null;
  /** Milliseconds since the epoch by the kernel's clock. */
  input: number | null;
  started: boolean;
  reply: MessageLike | null;
  idle: boolean;
}

export class Runs {
  constructor(private readonly options: RunsOptions) {}

  /**
   * A code cell was handed to the executor with this source. Cells without code do not run.
   *
   * @param withheld a part of the source is withheld, so what the kernel quotes of it is not recorded either.
   */
  scheduled(cellId: string, source: string, withheld = false): void {
    if (source.trim() === '') {
      this.blank.push(cellId);
      return;
    }
    const run: Run = {
      id: this.options.newId(),
      cellId,
      told: this.options.recording(),
      withheld,
      msgId: null,
      input: null,
      started: false,
      reply: null,
      idle: false
    };
    this.open.push(run);
    if (run.told) {
      this.options.record('run.scheduled', {
        run_id: run.id,
        cell_id: cellId,
        source: utf8Prefix(source, PIECE_BYTES),
        ...(withheld && { withheld })
      });
    }
    this.options.ran(cellId, true);
  }

  /** A message was sent to the kernel. */
  sent({ header, metadata }: MessageLike): void {
    const cellId = field(metadata, 'cellId');
    if (header.msg_type !== 'execute_request') {
      return;
    }
    const run = this.open.find(
      each => each.cellId === cellId && each.msgId === null
    );
    if (run) {
      run.msgId = header.msg_id;
      // What the kernel says of a text that is withheld would tell of it.
      const told = run.told && !run.withheld;
      remember(this.ours, header.msg_id, told ? run.id : null);
    }
  }

  /** A message came from the kernel. */
  received(message: MessageLike): void {
    const parent = field(message.parent_header, 'msg_id');
    if (message.header.msg_type === 'execute_input' && !this.ours.has(parent)) {
      remember(this.others, parent, null);
      this.external(field(message.content, 'code'));
      return;
    }
    if (message.header.msg_type === FACTS) {
      this.facts(parent, message.content);
      return;
    }
    // Most messages of a kernel come while nothing runs here.
    if (this.open.length === 0) {
      return;
    }
    const run = this.open.find(
      each => each.msgId !== null && each.msgId === parent
    );
    if (!run) {
      return;
    }
    const type = message.header.msg_type;
    if (type === 'execute_input' && !run.started) {
      run.started = true;
      run.input = moment(message.header.date);
      if (run.told) {
        this.options.record('run.started', { run_id: run.id });
      }
    } else if (type === 'execute_reply') {
      run.reply = message;
    } else if (type === 'status') {
      run.idle ||= field(message.content, 'execution_state') === 'idle';
    }
    if (run.reply && run.idle) {
      // `executed` never comes for a cell that was moved or run again meanwhile.
      this.options.later(() => this.finish(run, null, true));
    }
  }

  /** The notebook's executor is through with a cell. */
  executed(cellId: string, how: Executed): void {
    const runs = this.open.filter(each => each.cellId === cellId);
    const replied = runs.filter(each => each.reply !== null);
    const blank = this.blank.indexOf(cellId);
    if (blank >= 0 && replied.length === 0) {
      // Without code it is through at once; an earlier run of the cell goes on.
      this.blank.splice(blank, 1);
      return;
    }
    const run = replied.at(-1) ?? runs[0];
    if (!run) {
      return;
    }
    // The outputs that the cell shows belong to the last of them.
    replied
      .filter(each => each !== run)
      .forEach(each => this.finish(each, null, false));
    this.finish(run, how, true);
  }

  /** Nothing more will be heard of the runs of a cell, or of all. */
  lose(cellId?: string): void {
    this.open
      .filter(each => cellId === undefined || each.cellId === cellId)
      .forEach(run => {
        // What the kernel has answered is known, though the notebook did not tell of it yet.
        if (run.reply) {
          this.finish(run, null, true);
        } else {
          this.close(run, 'lost', null, null);
        }
      });
  }

  /** After a pause: runs that ended in it are given up, for how they ended is nobody's business. */
  resume(): void {
    for (const runId of this.endedInPause.splice(0)) {
      this.options.record('run.finished', {
        run_id: runId,
        status: 'lost',
        execution_count: null,
        duration_ms: null
      });
    }
  }

  /** The kernel executes what no cell here asked for: of a console, another notebook, another client. */
  private external(code: unknown): void {
    const { recording, keep, quotes, record } = this.options;
    if (typeof code !== 'string' || !recording()) {
      return;
    }
    const most = Math.min(keep() ?? Infinity, PIECE_BYTES);
    const quoted = quotes() && utf8Length(code) <= most;
    record('run.external', {
      digest: textDigest(code),
      source: quoted ? wellFormed(code) : null
    });
  }

  /** The kernel tells what a run did: before or after the run is over here, once for each. */
  private facts(parent: unknown, content: unknown): void {
    const { recording, quotes, record } = this.options;
    const runId = this.ours.get(parent) ?? null;
    const other = this.others.delete(parent);
    if (runId !== null) {
      this.ours.set(parent, null);
    } else if (!other || !quotes()) {
      return;
    }
    const facts = factsOf(content);
    if (facts !== null && recording()) {
      record('kernel.facts', { run_id: runId, ...facts });
    }
  }

  private finish(run: Run, how: Executed | null, shows: boolean): void {
    if (!this.open.includes(run)) {
      return;
    }
    const again = this.open.some(
      each => each !== run && each.cellId === run.cellId && each.started
    );
    const shown =
      shows && !again ? this.options.outputsOf(run.cellId) : undefined;
    const outputs = shown?.outputs ?? [];
    const said = replyStatus(run.reply);
    const error =
      said === 'error' ? record(run.reply?.content) : named(how?.error ?? null);
    // A refused run touched nothing: what the cell shows is older.
    const described =
      said === 'aborted'
        ? { outputs: [], error: null }
        : outcome(outputs, run.withheld ? 0 : this.options.keep(), error);
    const count =
      integer(field(run.reply?.content, 'execution_count')) ??
      (said === 'aborted' ? null : (shown?.executionCount ?? null));
    this.close(run, status(run, said, how, described.error !== null), count, {
      ...described
    });
  }

  private close(
    run: Run,
    status: RunFinished['status'],
    count: number | null,
    described: Pick<RunFinished, 'error' | 'outputs'> | null
  ): void {
    this.open.splice(this.open.indexOf(run), 1);
    if (run.told && !this.options.recording()) {
      this.endedInPause.push(run.id);
    } else if (run.told) {
      this.options.record('run.finished', {
        run_id: run.id,
        status,
        execution_count: count,
        duration_ms: duration(run),
        error: described?.error ?? null,
        outputs: described?.outputs ?? []
      });
    }
    this.options.ran(run.cellId, false);
  }

  private readonly open: Run[] = [];
  /** The ids of the requests made for runs here, with the id of a run whose facts may still come. */
  private readonly ours = new Map<unknown, Uint8Array | null>();
  /** Those of the requests of others whose facts may still come. */
  private readonly others = new Map<unknown, null>();
  /** Cells without code that the executor was given and is not through with. */
  private readonly blank: string[] = [];
  private readonly endedInPause: Uint8Array[] = [];
}

/** Keep the newest. */
function remember<T>(known: Map<unknown, T>, key: unknown, value: T): void {
  known.set(key, value);
  if (known.size > REMEMBERED) {
    const [oldest] = known.keys();
    known.delete(oldest);
  }
}

function status(
  run: Run,
  said: RunFinished['status'] | null,
  how: Executed | null,
  failed: boolean
): RunFinished['status'] {
  if (said === 'aborted') {
    return said;
  }
  if (failed || said === 'error') {
    return 'error';
  }
  if (said === 'ok') {
    return said;
  }
  if (how?.success) {
    // Other executors send nothing from here; without a kernel nothing can have run.
    return how.kernel || run.msgId !== null ? 'ok' : 'lost';
  }
  return 'aborted';
}

function replyStatus(reply: MessageLike | null): RunFinished['status'] | null {
  switch (field(reply?.content, 'status')) {
    case 'ok':
      return 'ok';
    case 'error':
      return 'error';
    case 'abort':
    case 'aborted':
      return 'aborted';
    default:
      return null;
  }
}

/** Milliseconds from the kernel's start to its reply: by ipykernel's own word, else from the echo of the input. */
function duration(run: Run): number | null {
  if (!run.started || run.reply === null) {
    return null;
  }
  const begun = moment(field(run.reply.metadata, 'started')) ?? run.input;
  const ended = moment(run.reply.header.date);
  return begun === null || ended === null
    ? null
    : Math.max(0, Math.round(ended - begun));
}

function moment(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

function integer(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : null;
}

/** An error that has a name. An aborted cell's has none. */
function named(error: RawOutput | null): RawOutput | null {
  return error && typeof error.ename === 'string' && error.ename !== ''
    ? error
    : null;
}

function record(value: unknown): RawOutput | null {
  return typeof value === 'object' && value !== null
    ? (value as RawOutput)
    : null;
}

function field(value: unknown, name: string): unknown {
  return record(value)?.[name];
}

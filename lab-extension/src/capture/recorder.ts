/** Brings the events of all sessions of the page into one order, with what is still open before what follows it. */

import type { EventBodies, EventTypeName } from '../protocol';
import type { IDelivery } from '../tokens';
import { BURST_MS, Bursts, type Burst, type Cause, type Edit } from './bursts';
import type { Causes, Commanded } from './causes';
import { guarded, tell } from './guard';
import { fit, type Step } from './opening';
import { composeOps } from './ops';

export interface RecorderOptions {
  delivery: Pick<IDelivery, 'record' | 'now'>;
  causes: Pick<Causes, 'gesture' | 'running' | 'byHand' | 'commanded'>;
  /** Told of each burst that closed, before it is recorded. */
  settle: (burst: Burst) => void;
  /** Told that a change of a session's cells could not be recorded. */
  missed: (sessionId: string) => void;
  /** Whether each keystroke is recorded, or of a burst only what came of it. */
  keystrokes: () => boolean;
  /** Nothing is recorded from the beginning: the participant paused before. */
  paused: boolean;
}

interface Held {
  sessionId: string;
  step: Step;
  at: number;
}

export class Recorder {
  constructor(private readonly options: RecorderOptions) {
    this.paused = options.paused;
    options.causes.commanded.connect((_, commanded) => {
      guarded('command', () => this.onCommanded(commanded));
    });
  }

  /** While true, everything is followed and nothing recorded. */
  paused: boolean;

  /** µs since the epoch. */
  now(): number {
    return this.options.delivery.now();
  }

  /** Take changes of a list of cells. Those without a cause wait for it, until this task's callbacks have run. */
  hold(sessionId: string, steps: readonly Step[]): void {
    this.flush();
    const at = this.now();
    for (const step of steps) {
      this.held.push(...fit(step).map(part => ({ sessionId, step: part, at })));
    }
    if (this.held.some(({ step }) => step.cause === null)) {
      queueMicrotask(() => guarded('structure', () => this.flush()));
    } else {
      this.flush();
    }
  }

  /** Take one change of a cell's text. */
  edit(edit: Omit<Edit, 'at'>): void {
    this.release();
    for (const burst of this.bursts.add({ ...edit, at: this.now() })) {
      this.finish(burst);
    }
    const open = this.bursts.open;
    if (open === null || open === this.timed) {
      return;
    }
    this.timed = open;
    this.justOpened = open;
    queueMicrotask(() => {
      this.justOpened = null;
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => guarded('burst', () => this.flush()),
      BURST_MS
    );
  }

  /** Record one event, after all that is open. */
  record<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T],
    at: number = this.now()
  ): void {
    this.flush();
    this.deliver(sessionId, type, body, at);
  }

  /** Record what is open. */
  flush(): void {
    this.release();
    const burst = this.bursts.close();
    if (burst !== null) {
      clearTimeout(this.timer);
      this.finish(burst);
    }
  }

  /** To be called before somebody else's event gets its number. */
  readonly beforeOthers = (): void => {
    // While events from here go out, one by one, their order is settled.
    if (!this.delivering) {
      guarded('flush', () => this.flush());
    }
  };

  /** How many events of a session were recorded. */
  toldOf(sessionId: string): number {
    return this.told.get(sessionId) ?? 0;
  }

  /** Whether a burst of this cell is open. */
  isOpen(sessionId: string, cellId: string): boolean {
    const open = this.bursts.open;
    return open?.sessionId === sessionId && open.cellId === cellId;
  }

  private onCommanded({ cause, writesAsUser }: Commanded): void {
    if (this.held.length > 0) {
      this.held.forEach(({ step }) => {
        step.cause ??= cause;
      });
      this.release();
    }
    if (writesAsUser && this.justOpened?.cause === 'tool') {
      this.justOpened.cause = 'user';
    }
  }

  private release(): void {
    const held = this.held;
    this.held = [];
    for (const { sessionId, step, at } of held) {
      const cause = step.cause ?? this.guess(step);
      this.deliver(sessionId, step.type, { ...step.body, cause }, at);
    }
  }

  private guess(step: Step): Cause {
    const { gesture, running, byHand } = this.options.causes;
    const known = gesture ?? running;
    if (known !== null) {
      return known;
    }
    return byHand ? 'user' : step.returns ? 'restore' : 'tool';
  }

  private finish(burst: Burst): void {
    this.options.settle(burst);
    const { sessionId, cellId, cause, at, author, withheld } = burst;
    const changes = this.options.keystrokes()
      ? burst.changes
      : result(burst.changes);
    if (changes.length === 0) {
      return;
    }
    const body = {
      cell_id: cellId,
      changes,
      cause,
      ...(author && { author }),
      ...(withheld && { withheld })
    };
    this.deliver(sessionId, 'cell.edited', body, at);
  }

  private deliver<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T],
    at: number
  ): void {
    if (this.paused) {
      return;
    }
    this.told.set(sessionId, this.toldOf(sessionId) + 1);
    const outer = this.delivering;
    this.delivering = true;
    try {
      this.options.delivery.record(sessionId, type, body, at);
    } catch (error) {
      tell(`record ${type}`, error);
      if (/^(cell|notebook)\./.test(type)) {
        this.options.missed(sessionId);
      }
    } finally {
      this.delivering = outer;
    }
  }

  private readonly bursts = new Bursts();
  private readonly told = new Map<string, number>();
  private delivering = false;
  private held: Held[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timed: Burst | null = null;
  private justOpened: Burst | null = null;
}

/** What several changes came to, as one without a moment of its own; none if they undid one another. */
function result(changes: Burst['changes']): Burst['changes'] {
  const ops = changes.map(([, each]) => each).reduce(composeOps);
  return ops.length > 0 ? [[0, ops]] : [];
}

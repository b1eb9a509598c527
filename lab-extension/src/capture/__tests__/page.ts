/** A page without a browser: a notebook's document and its signals, as JupyterLab gives them. */

import { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { recordedId } from '../../cell-ids';
import type { CellSnapshot, EventBodies, EventTypeName } from '../../protocol';
import type { ConsentStatus, DeliveryStatus, IDelivery } from '../../tokens';
import { Capture, type CaptureOptions } from '../capture';
import { Causes } from '../causes';
import { LockedSessions } from '../open-sessions';
import type { NotebookContext } from '../session';
import { Locks } from './locks';
import { replay, type Logged } from './replay';

export interface Recorded extends Logged {
  sessionId: string;
  at: number;
}

/** Keeps what is recorded, and calls the hook as the outbox does. */
class Log {
  readonly events: Recorded[] = [];
  beforeRecord: (() => void) | null = null;
  study: IDelivery['study'] = {
    name: '',
    asking: 'now',
    quiet: { typing_ms: 0, run_ms: 0 },
    output_bytes: null,
    snooze_ms: 0
  };
  participant: string | null = null;
  time = 1_000_000;
  readonly status: DeliveryStatus = {
    state: 'recording',
    unsent: 0,
    reason: ''
  };
  readonly statusChanged = new Signal<this, DeliveryStatus>(this);
  readonly pausedChanged = new Signal<this, boolean>(this);
  silent = false;
  consent: ConsentStatus = { stage: 'free', text: null, at: null };
  readonly consentChanged = new Signal<this, ConsentStatus>(this);
  /** So many of the next events are refused, which no outbox should do. */
  failures = 0;

  now(): number {
    return this.time;
  }

  record<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T],
    at: number
  ): void {
    this.beforeRecord?.();
    if (this.failures > 0) {
      this.failures--;
      throw new Error('refused');
    }
    // Packed at once: what changes later must not change the log.
    this.events.push({ sessionId, type, body: structuredClone(body), at });
  }
}

type Cells = { id: string; cell_type: string; source: string }[];

const content = (cells: Cells): Parameters<YNotebook['fromJSON']>[0] => ({
  cells: cells.map(cell => ({ ...cell, metadata: {} })),
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5
});

/** One document of the page. */
export class Book {
  constructor(
    readonly path: string,
    { wholeUndo = false } = {}
  ) {
    this.shared = new YNotebook({ disableDocumentWideUndoRedo: !wholeUndo });
    // As JupyterLab has it before a file is loaded.
    this.shared.fromJSON(
      content([{ id: 'blank', cell_type: 'code', source: '' }])
    );
    const isDisposed = (): boolean => this.gone;
    const shared = this.shared;
    this.model = {
      sharedModel: shared,
      collaborative: false,
      defaultKernelName: 'python3',
      cells: []
    };
    const session = {
      session: null,
      kernelPreference: {},
      sessionChanged: new Signal<object, unknown>({}),
      kernelChanged: new Signal<object, unknown>({}),
      statusChanged: this.kernelStatus
    };
    this.context = {
      path,
      model: this.model,
      ready: new Promise<void>(resolve => {
        this.resolve = resolve;
      }),
      get isDisposed(): boolean {
        return isDisposed();
      },
      sessionContext: session,
      saveState: this.saveState,
      pathChanged: this.pathChanged,
      disposed: this.disposed
    } as unknown as NotebookContext;
  }

  load(cells: Cells): void {
    this.shared.fromJSON(content(cells));
  }

  async ready(): Promise<void> {
    this.resolve();
    await settled();
  }

  panel(id: string): NotebookPanel {
    return {
      id,
      context: this.context,
      disposed: new Signal<object, void>({})
    } as unknown as NotebookPanel;
  }

  close(): void {
    this.gone = true;
    this.shared.dispose();
    this.disposed.emit();
  }

  /** The document's cells, to be compared with what replay gives. */
  cells(): CellSnapshot[] {
    return this.shared.cells.map(cell => ({
      cell_id: recordedId(cell),
      cell_type: cell.cell_type,
      source: cell.getSource()
    }));
  }

  readonly shared: YNotebook;
  readonly context: NotebookContext;
  readonly model: object;
  readonly saveState = new Signal<object, string>({});
  readonly pathChanged = new Signal<object, string>({});
  readonly disposed = new Signal<object, void>({});
  readonly kernelStatus = new Signal<object, string>({});
  private gone = false;
  private resolve: () => void = () => undefined;
}

/** After all callbacks that wait for the present task's end. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await Promise.resolve();
  }
}

export class Page {
  /** @param original the page of the tab that this one's tab was duplicated from. */
  constructor(original?: Page) {
    this.stored = new Map(original?.stored);
    this.locks = original?.locks ?? new Locks();
    this.causes = new Causes({
      commands: {
        commandExecuted: this.commandExecuted
      } as unknown as ConstructorParameters<typeof Causes>[0]['commands'],
      target: this.target,
      afterTask: act => this.tasks.push(act)
    });
    this.capture = new Capture({
      delivery: this.log as unknown as IDelivery,
      tracker: {
        forEach: () => undefined,
        widgetAdded: this.widgetAdded,
        currentWidget: null
      } as unknown as CaptureOptions['tracker'],
      causes: this.causes,
      actions: {
        executionScheduled: this.scheduled,
        executed: this.executed
      } as unknown as CaptureOptions['actions'],
      client: { lab: 'lab', extension: '0', browser: 'b' },
      storage: {
        getItem: key => this.stored.get(key) ?? null,
        setItem: (key, value) => this.stored.set(key, value)
      },
      openSessions: new LockedSessions(this.locks, '/'),
      lasting: {
        getItem: key => this.lasting.get(key) ?? null,
        setItem: (key, value) => this.lasting.set(key, value)
      }
    });
  }

  /** A notebook that is open, with its first panel. */
  async open(book: Book, panelId = 'panel', cells: Cells = []): Promise<void> {
    this.widgetAdded.emit(book.panel(panelId));
    if (cells.length > 0) {
      book.load(cells);
    }
    await book.ready();
  }

  /** A command, as the registry runs it: its signal comes right after its synchronous part. */
  async command(
    id: string,
    act: () => void,
    rest?: Promise<void>
  ): Promise<void> {
    act();
    this.commandExecuted.emit({
      id,
      args: {},
      result: rest ?? Promise.resolve()
    });
    await settled();
  }

  /** Something that the person does with keys or mouse; listeners of JupyterLab follow ours in the same task. */
  async gesture(type: string, act: () => void): Promise<void> {
    this.target.dispatchEvent(new Event(type));
    act();
    await settled();
    this.tasks.splice(0).forEach(end => end());
  }

  types(): string[] {
    return this.log.events.map(({ type }) => type);
  }

  /** What was recorded since the last call, as it would be read. */
  since(): Recorded[] {
    this.capture.flush();
    const from = this.read;
    this.read = this.log.events.length;
    return this.log.events.slice(from);
  }

  replayed(): CellSnapshot[] {
    this.capture.flush();
    return replay(this.log.events);
  }

  readonly log = new Log();
  readonly widgetAdded = new Signal<object, NotebookPanel>({});
  readonly commandExecuted = new Signal<object, object>({});
  readonly scheduled = new Signal<object, object>({});
  readonly executed = new Signal<object, object>({});
  readonly target = new EventTarget();
  readonly stored: Map<string, string>;
  readonly locks: Locks;
  readonly lasting = new Map<string, string>();
  readonly causes: Causes;
  readonly capture: Capture;
  private readonly tasks: (() => void)[] = [];
  private read = 0;
}

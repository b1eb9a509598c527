/** All sessions of this page: opened and closed with their documents, fed with the page's signals. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';

import { recordedId } from '../cell-ids';
import { idBytes, newId } from '../ids';
import type { Client, EventBodies } from '../protocol';
import type { ICapture, IDelivery } from '../tokens';
import type { Causes } from './causes';
import {
  followExecutions,
  outputsOf,
  type Actions,
  type Executing
} from './executions';
import { guarded } from './guard';
import type { Place } from './focus';
import { KernelWatch } from './kernel';
import type { OpenSessions } from './open-sessions';
import { Recorder } from './recorder';
import { Runs } from './runs';
import { Session, type NotebookContext } from './session';
import { WithheldMemory } from './withheld-memory';

// How long the notebook may take to tell of a run that the kernel has ended, in ms.
const LATER_MS = 1000;
const KEY = 'prompter:session:';
// Menus, buttons and keys all come to this one.
const INTERRUPT = 'notebook:interrupt-kernel';

export interface CaptureOptions {
  delivery: IDelivery;
  tracker: Pick<INotebookTracker, 'forEach' | 'widgetAdded' | 'currentWidget'>;
  causes: Causes;
  actions: Actions;
  client: Client;
  /** Where the sessions of this page are remembered over a reload: `sessionStorage`. */
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  openSessions: OpenSessions;
  /** Where it is remembered what is withheld, for later pages too: `localStorage`. */
  lasting: Pick<Storage, 'getItem' | 'setItem'>;
}

/** What belongs to one document. */
interface Document extends Executing {
  panels: Set<string>;
  /** What follows it while it is open. */
  live: Live | null;
  /** Whether the person ended its session. */
  ended: boolean;
}

interface Live {
  session: Session;
  runs: Runs;
  kernel: KernelWatch;
}

export class Capture implements ICapture {
  constructor(private readonly options: CaptureOptions) {
    const { delivery, tracker, causes, actions } = options;
    this.recorder = new Recorder({
      delivery,
      causes,
      settle: burst => this.sessions.get(burst.sessionId)?.texts.settle(burst),
      // Before the study is known, as the most reticent one would have it.
      keystrokes: () =>
        delivery.study !== null && delivery.study.keystrokes !== false,
      missed: sessionId => this.sessions.get(sessionId)?.missed(),
      paused: delivery.silent
    });
    delivery.beforeRecord = this.recorder.beforeOthers;
    this.memory = new WithheldMemory(options.lasting);
    delivery.statusChanged.connect(() =>
      guarded('authors', () => this.announce())
    );
    delivery.pausedChanged.connect((_, paused) =>
      guarded('pause', () => this.onPaused(paused))
    );
    delivery.consentChanged.connect(() =>
      guarded('consent', () => this.onConsent())
    );
    followExecutions(actions, ({ model }) =>
      [...this.documents.values()].find(
        ({ context }) => context.model === model
      )
    );
    causes.commanded.connect((_, { id }) => {
      if (id === INTERRUPT) {
        guarded('interrupt', () => this.onInterrupt());
      }
    });
    tracker.forEach(panel => this.follow(panel));
    tracker.widgetAdded.connect((_, panel) => this.follow(panel));
  }

  /** Whether the study has it recorded where the person is and whether they are idle; false before it is known. */
  get attends(): boolean {
    const { study } = this.options.delivery;
    return study !== null && study.focus !== false;
  }

  /** Record where the person is. */
  focused(sessionId: string, body: EventBodies['focus.changed']): void {
    if (this.sessions.has(sessionId) && this.attends) {
      this.recorder.record(sessionId, 'focus.changed', body);
    }
  }

  /** Record in every session that the person does nothing any more, in ms since the last input; null when they are back. */
  idle(afterMs: number | null): void {
    // Who was not told to be idle does not come back either.
    const tells = this.attends && (afterMs !== null || this.idling);
    this.idling = tells && afterMs !== null;
    for (const sessionId of tells ? this.sessions.keys() : []) {
      if (afterMs === null) {
        this.recorder.record(sessionId, 'idle.ended', {});
      } else {
        this.recorder.record(sessionId, 'idle.began', { after_ms: afterMs });
      }
    }
  }

  /** Where the person is, if they are in this notebook. */
  placeIn(panel: NotebookPanel): Pick<Place, 'sessionId' | 'cellId'> {
    const { activeCell } = panel.content;
    return {
      sessionId: this.sessionOf(panel.id) ?? null,
      cellId: activeCell && recordedId(activeCell.model.sharedModel)
    };
  }

  sessionOf(panelId: string): string | undefined {
    return this.byPanel.get(panelId)?.live?.session.id;
  }

  get sessionOpened(): ISignal<
    ICapture,
    { sessionId: string; panelId: string }
  > {
    return this.openedSignal;
  }

  get sessionClosing(): ISignal<ICapture, { sessionId: string }> {
    return this.closingSignal;
  }

  get sessionClosed(): ISignal<ICapture, { sessionId: string }> {
    return this.closedSignal;
  }

  get edited(): ISignal<ICapture, { sessionId: string; cellId: string }> {
    return this.editedSignal;
  }

  get ran(): ISignal<
    ICapture,
    { sessionId: string; cellId: string; running: boolean }
  > {
    return this.ranSignal;
  }

  end(panelId: string): void {
    const document = this.byPanel.get(panelId);
    if (document !== undefined) {
      document.ended = true;
      guarded('end', () => this.close(document, 'ended'));
    }
  }

  isEnded(panelId: string): boolean {
    return this.byPanel.get(panelId)?.ended === true;
  }

  restoring(act: () => void): void {
    this.options.causes.restoring(act);
  }

  /** Record what is open, since the page may not come back. */
  flush(): void {
    guarded('flush', () => this.recorder.flush());
  }

  /** The page goes away for good. */
  unload(): void {
    for (const document of [...this.documents.values()]) {
      guarded('unload', () => this.close(document, 'unload'));
    }
  }

  private follow(panel: NotebookPanel): void {
    guarded('panel', () => {
      const { context, id } = panel;
      const document = this.documents.get(context) ?? this.enter(context);
      document.panels.add(id);
      this.byPanel.set(id, document);
      panel.disposed.connect(() => {
        document.panels.delete(id);
        this.byPanel.delete(id);
      });
      if (document.live) {
        const sessionId = document.live.session.id;
        this.openedSignal.emit({ sessionId, panelId: id });
      }
    });
  }

  private enter(context: NotebookContext): Document {
    const document: Document = {
      context,
      panels: new Set(),
      live: null,
      ended: false
    };
    this.documents.set(context, document);
    context.disposed.connect(() => {
      guarded('close', () => this.close(document, 'closed'));
      this.documents.delete(context);
    });
    // Before that the model holds a blank cell, which nobody made.
    context.ready.then(
      () => guarded('open', () => this.open(document)),
      () => undefined
    );
    return document;
  }

  private open(document: Document): void {
    const { context, panels } = document;
    if (context.isDisposed) {
      return;
    }
    const { client, causes, delivery } = this.options;
    const id = newId();
    const continues = this.remember(context.path, id);
    const session = new Session({
      id,
      context,
      recorder: this.recorder,
      causes,
      client,
      continues,
      edited: cellId => this.editedSignal.emit({ sessionId: id, cellId }),
      removed: cellId => runs.lose(cellId),
      renamed: path => this.remember(path, id),
      memory: this.memory
    });
    const runs = new Runs({
      record: (type, body) => this.recorder.record(id, type, body),
      recording: () => !this.recorder.paused,
      newId: () => idBytes(newId()),
      outputsOf: cellId => outputsOf(context, cellId),
      keep: () => (delivery.study === null ? 0 : delivery.study.output_bytes),
      quotes: () => !context.model.collaborative,
      ran: (cellId, running) =>
        this.ranSignal.emit({ sessionId: id, cellId, running }),
      later: act => {
        setTimeout(() => guarded('run', act), LATER_MS);
      }
    });
    const kernel = new KernelWatch({
      context: context.sessionContext,
      runs,
      record: (type, body) => this.recorder.record(id, type, body)
    });
    document.live = { session, runs, kernel };
    this.sessions.set(id, session);
    this.options.openSessions.open(id);
    this.announce();
    panels.forEach(panelId =>
      this.openedSignal.emit({ sessionId: id, panelId })
    );
  }

  private close(document: Document, reason: string): void {
    if (!document.live) {
      return;
    }
    const { session, runs, kernel } = document.live;
    this.closingSignal.emit({ sessionId: session.id });
    document.live = null;
    kernel.stop();
    runs.lose();
    if (this.recorder.paused && session.told) {
      this.closedInPause.push({ sessionId: session.id, reason });
    }
    session.close(reason);
    this.sessions.delete(session.id);
    this.options.openSessions.close(session.id);
    this.closedSignal.emit({ sessionId: session.id });
  }

  private onInterrupt(): void {
    const panel = this.options.tracker.currentWidget;
    if (panel) {
      this.byPanel.get(panel.id)?.live?.kernel.interrupted();
    }
  }

  private onPaused(paused: boolean): void {
    this.recorder.flush();
    this.recorder.paused = paused;
    if (paused) {
      return;
    }
    for (const { sessionId, reason } of this.closedInPause.splice(0)) {
      this.recorder.record(sessionId, 'session.closed', { reason });
    }
    for (const { live } of this.documents.values()) {
      live?.session.resume();
      live?.runs.resume();
    }
  }

  /** Without consent the log is to know nothing more of these sessions; should it be given, they begin anew. */
  private onConsent(): void {
    const { stage } = this.options.delivery.consent;
    if (stage === 'given' || stage === 'free') {
      return;
    }
    this.closedInPause.splice(0);
    for (const document of [...this.documents.values()]) {
      if (document.live?.session.told === true) {
        this.close(document, 'withdrawn');
        this.closedInPause.splice(0);
        this.open(document);
      }
    }
  }

  /** Tell collaborators' pages whose work is recorded here. */
  private announce(): void {
    const { participant } = this.options.delivery;
    this.sessions.forEach(({ authors }) => authors.announce(participant));
  }

  /**
   * Keep the session's id for the notebook, so that a reload knows what it continues. Returns the one before; null if it is
   * not over, for a tab that was duplicated has its original's memory.
   */
  private remember(path: string, id: string): Uint8Array | null {
    const { storage, openSessions } = this.options;
    return (
      guarded('memory', () => {
        const before = storage.getItem(KEY + path);
        storage.setItem(KEY + path, id);
        return before === null || openSessions.isElsewhere(before)
          ? null
          : idBytes(before);
      }) ?? null
    );
  }

  private idling = false;
  private readonly recorder: Recorder;
  private readonly memory: WithheldMemory;
  private readonly documents = new Map<NotebookContext, Document>();
  private readonly byPanel = new Map<string, Document>();
  private readonly sessions = new Map<string, Session>();
  private readonly closedInPause: { sessionId: string; reason: string }[] = [];
  private readonly openedSignal = new Signal<
    ICapture,
    { sessionId: string; panelId: string }
  >(this);
  private readonly closingSignal = new Signal<ICapture, { sessionId: string }>(
    this
  );
  private readonly closedSignal = new Signal<ICapture, { sessionId: string }>(
    this
  );
  private readonly editedSignal = new Signal<
    ICapture,
    { sessionId: string; cellId: string }
  >(this);
  private readonly ranSignal = new Signal<
    ICapture,
    { sessionId: string; cellId: string; running: boolean }
  >(this);
}

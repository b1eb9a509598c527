/** The services of the delivery for the other plugins: takes events, tells how it stands. */

import { Signal } from '@lumino/signaling';
import type { TranslationBundle } from '@jupyterlab/translation';

import { idText } from '../ids';
import type {
  EventBodies,
  EventTypeName,
  ServerMessage,
  StudyForPage,
  Welcome
} from '../protocol';
import type {
  ConsentStatus,
  CurrentTask,
  DeliveryStatus,
  IDelivery,
  WaitingReview
} from '../tokens';
import { Carrier } from './carrier';
import { Clock } from './clock';
import { ConsentGate, type ConsentMemory } from './consent';
import { Leftovers } from './leftovers';
import { News } from './news';
import { packEvent, TooBig } from './packing';
import type { Presence } from './presence';
import { Sessions } from './sessions';
import type { OpenSocket } from './socket/socket';
import { GRACE_MS, statusOf } from './status';
import type { EventStore } from './store';
import { Telling } from './telling';
import type { Timers } from './timers';
import type { UnkeptNotes } from './unkept';
import type { Welcomed } from './welcomed';

/** A flag that outlives a reload of the page, but not its tab. */
export interface Flag {
  get(): boolean;
  set(value: boolean): void;
}

export interface DeliveryOptions {
  open: OpenSocket;
  store: EventStore;
  unkept: UnkeptNotes;
  welcomed: Welcomed;
  presence: Presence;
  timers: Timers;
  /** A number in [0, 1). */
  random: () => number;
  newId: () => string;
  /** The page's own token, where one is needed. */
  token: () => string | null;
  /** Whether the server surely has no Prompter. */
  absent: () => Promise<boolean>;
  paused: Flag;
  /** The version of the consent text that the page was told of at its loading; empty if of none. */
  consentNeeded: string;
  consents: ConsentMemory;
  trans: TranslationBundle;
  /** Told of faults that are nobody's business but a developer's. */
  warn: (error: unknown) => void;
}

export class Delivery implements IDelivery {
  constructor(options: DeliveryOptions) {
    const { timers } = options;
    this._options = options;
    this._began = timers.elapsed();
    this._paused = options.paused.get();
    this._gate = new ConsentGate(options.consentNeeded, options.consents);
    this._clock = new Clock({
      wall: () => timers.wall(),
      monotonic: () => timers.elapsed(),
      // Not at once: the clock is read in the middle of an event.
      jumped: byMs => queueMicrotask(() => this._tellJump(byMs))
    });
    const now = (): number => this.now();
    this._carrier = new Carrier({
      ...options,
      now,
      owner: () => this._owner,
      sessions: this._sessions,
      admits: welcome => this._admits(welcome),
      heard: message => this._heard(message),
      changed: () => this._changed()
    });
    this._leftovers = new Leftovers({
      ...options,
      now,
      carry: event => {
        this._carrier.carry(event);
        this._changed();
      }
    });
    this._telling = new Telling(this, {
      timers,
      carrier: this._carrier,
      status: () => this.status,
      undisturbed: () => !this.silent && !this._absent && !options.store.broken,
      beforeTelling: () => this._noteUnkept()
    });
  }

  beforeRecord: (() => void) | null = null;

  readonly pausedChanged: Signal<IDelivery, boolean> = new Signal<
    IDelivery,
    boolean
  >(this);

  readonly consentChanged: Signal<IDelivery, ConsentStatus> = new Signal<
    IDelivery,
    ConsentStatus
  >(this);

  get statusChanged(): Signal<IDelivery, DeliveryStatus> {
    return this._telling.statusChanged;
  }

  get unsentChanged(): Signal<IDelivery, number> {
    return this._telling.unsentChanged;
  }

  get study(): StudyForPage | null {
    return this._news.study;
  }

  get studyChanged(): News['studyChanged'] {
    return this._news.studyChanged;
  }

  get sessionAccepted(): News['sessionAccepted'] {
    return this._news.sessionAccepted;
  }

  get prompted(): News['prompted'] {
    return this._news.prompted;
  }

  get withdrawn(): News['withdrawn'] {
    return this._news.withdrawn;
  }

  get reviews(): readonly WaitingReview[] {
    return this._news.reviews;
  }

  get reviewsChanged(): News['reviewsChanged'] {
    return this._news.reviewsChanged;
  }

  get sessionEnded(): News['sessionEnded'] {
    return this._news.sessionEnded;
  }

  get task(): CurrentTask | null {
    return this._news.task;
  }

  get taskChanged(): News['taskChanged'] {
    return this._news.taskChanged;
  }

  get participant(): string | null {
    const { state } = this.status;
    return state === 'paused' || state === 'stopped' ? null : this._participant;
  }

  get status(): DeliveryStatus {
    const { timers, store, trans } = this._options;
    const { oldest, final, refusal, connected, closed, unsent } = this._carrier;
    const now = timers.elapsed();
    return statusOf(
      {
        absent: this._absent,
        final,
        paused: this._paused,
        consent: this._gate.status.stage,
        refusal,
        connected,
        connecting: closed === null && now - this._began < GRACE_MS,
        closed,
        unsent,
        waitedMs: oldest === null ? 0 : now - oldest,
        memoryOnly: store.broken
      },
      trans
    );
  }

  /** Whose page this is, as the server said; before that as tab and browser remember. */
  private get _owner(): string | null {
    return this._participant ?? this._options.welcomed.likely;
  }

  /** Look for the server and begin. Never rejects. */
  async start(): Promise<void> {
    const { timers, absent, warn } = this._options;
    try {
      timers.after(GRACE_MS, () => this._changed());
      // What is made while the server is asked must outlive this page, too.
      await this._carrier.enter();
      this._absent = await absent();
      if (this._absent) {
        await this._carrier.abandon();
      } else {
        this._carrier.start();
      }
      this._changed();
    } catch (error) {
      warn(error);
    }
  }

  now(): number {
    return this._clock.now();
  }

  record<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T],
    occurredAt: number
  ): void {
    this._guarded(() => {
      if (this._absent || this.silent) {
        return;
      }
      this._settleBurst();
      this._keep(sessionId, type, body, occurredAt);
      this._changed();
    });
  }

  notebookOf(sessionId: string): string | undefined {
    return this._news.notebookOf(sessionId);
  }

  pause(): void {
    if (this._paused || this._absent) {
      return;
    }
    if (this._gate.open) {
      this.pausedChanged.emit(true);
    }
    for (const sessionId of this._sessions.open) {
      this.record(sessionId, 'recording.paused', {}, this.now());
    }
    this._paused = true;
    this._options.paused.set(true);
    this._changed();
  }

  resume(): void {
    if (!this._paused) {
      return;
    }
    this._paused = false;
    this._options.paused.set(false);
    if (this._gate.open) {
      this.pausedChanged.emit(false);
    }
    this._changed();
  }

  get silent(): boolean {
    return this._paused || !this._gate.open;
  }

  get consent(): ConsentStatus {
    return this._gate.status;
  }

  agree(): void {
    this._guarded(() =>
      this._consenting(() => {
        const version = this._gate.agree(this.now());
        if (version !== null) {
          // Not in a notebook's session: it is about all of them, and comes before them.
          this._keep(
            this._options.newId(),
            'consent.given',
            { version },
            this.now()
          );
        }
      })
    );
  }

  decline(): void {
    this._guarded(() => this._consenting(() => this._gate.decline()));
  }

  withdraw(): void {
    this._guarded(() =>
      this._consenting(() => {
        const version = this._gate.withdraw(this.now());
        if (version !== null) {
          this._sayWithdrawn(version);
        }
      })
    );
  }

  /** Another page of this browser may have withdrawn. */
  recallConsent(): void {
    this._guarded(() =>
      this._consenting(() => {
        this._gate.recall();
      })
    );
  }

  /** The page is hidden or goes away: write and send what can be. */
  leave(): void {
    this._guarded(() => {
      if (!this.silent) {
        this._settleBurst();
      }
      this._carrier.flush();
      this._noteUnkept();
    });
  }

  /** The page is seen again, or the network is back. */
  wake(): void {
    this._carrier.wake();
  }

  /** The store failed: the status says so. */
  storeFailed(error: unknown): void {
    this._options.warn(error);
    this._changed();
  }

  /** Let what happened just before, and is still open, have its number first. */
  private _settleBurst(): void {
    if (this.beforeRecord !== null && !this._settling) {
      this._settling = true;
      try {
        this.beforeRecord();
      } catch (error) {
        this._options.warn(error);
      } finally {
        this._settling = false;
      }
    }
  }

  private _keep<T extends EventTypeName>(
    sessionId: string,
    type: T,
    body: EventBodies[T],
    occurredAt: number
  ): void {
    let event;
    try {
      event = packEvent(sessionId, type, body, occurredAt);
    } catch (error) {
      const reason =
        error instanceof TooBig
          ? `too big: ${error.message}`
          : `could not be packed: ${type}`;
      this._options.warn(error);
      const lost = { count: 1, reason };
      event = packEvent(sessionId, 'capture.lost', lost, occurredAt);
    }
    // Known before it is carried: an answer may come from the server at any time from then on.
    this._sessions.recorded(sessionId, type);
    this._carrier.carry(event);
  }

  private _heard(message: ServerMessage): void {
    if (message.type === 'welcome') {
      this._drain(idText(message.participant));
      return;
    }
    const consent = message.type === 'state' ? (message.consent ?? null) : null;
    if (consent !== null) {
      this._consenting(() => this._gate.told(consent));
    }
    this._news.heard(message);
  }

  /** Heed what the server knows of the consent before anything goes out. */
  private _admits({ study, participant }: Welcome): boolean {
    this._participant = idText(participant);
    this._options.welcomed.note(this._participant);
    this._news.toldStudy(study);
    const consent = study.consent ?? null;
    this._consenting(() => {
      const again = this._gate.welcomed(
        consent,
        idText(participant),
        study.name
      );
      if (again && consent !== null) {
        this._sayWithdrawn(consent.version);
      }
    });
    return this._gate.open || this._gate.pending !== null;
  }

  /** Do what may change the consent, and have everybody follow. */
  private _consenting(act: () => void): void {
    const before = this._gate.status;
    const wasOpen = this._gate.open;
    act();
    const { open, pending, status } = this._gate;
    if (wasOpen && !open) {
      if (!this._paused) {
        this.pausedChanged.emit(true);
      }
      this._sessions.forget();
      if (pending === null && this._carrier.unsent > 0) {
        this._carrier.beginAnew();
      }
    }
    if (JSON.stringify(before) !== JSON.stringify(status)) {
      this.consentChanged.emit(status);
    }
    if (!wasOpen && open && !this._paused) {
      this.pausedChanged.emit(false);
    }
    this._changed();
  }

  /** Throw away what was not sent, here and of pages that are gone, and have the server know. */
  private _sayWithdrawn(version: string): void {
    const { newId, warn } = this._options;
    this._carrier.beginAnew();
    this._keep(newId(), 'consent.withdrawn', { version }, this.now());
    if (this._participant !== null) {
      this._leftovers
        .forget(this._participant, id => this._carrier.owns(id))
        .catch(warn);
    }
  }

  /** Deal with what dead pages left, once, and again where one of them may have been taken for a page that lives. */
  private _drain(participant: string): void {
    const { presence, timers, warn } = this._options;
    // What dead pages left was made with the person's consent, or without need of it, and goes by the one of today.
    if (this._drained || !this._gate.open) {
      return;
    }
    this._drained = true;
    this._leftovers
      .drain(participant, id => this._carrier.owns(id))
      .then(passedOver => {
        if (passedOver && presence.doubtMs !== null) {
          timers.after(presence.doubtMs, () => this._drainAgain());
        }
      })
      .catch(warn);
  }

  private _drainAgain(): void {
    this._drained = false;
    // Else the next welcome does it.
    if (this._carrier.connected && this._participant !== null) {
      this._drain(this._participant);
    }
  }

  private _tellJump(byMs: number): void {
    for (const sessionId of this._sessions.open) {
      this.record(sessionId, 'clock.jumped', { by_ms: byMs }, this.now());
    }
  }

  private _changed(): void {
    this._telling.changed();
  }

  /** Have a later page know of what is in memory alone, for as long as it is. */
  private _noteUnkept(): void {
    const { store, unkept } = this._options;
    const { unsent, numbering } = this._carrier;
    if (store.broken && unsent > 0) {
      unkept.put({
        ...numbering,
        participant: this._owner,
        sessionId: this._sessions.latest
      });
    } else if (store.broken) {
      unkept.remove(numbering.producerId);
    }
  }

  /** Nothing that goes wrong here reaches the notebook. */
  private _guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this._options.warn(error);
    }
  }

  private readonly _options: DeliveryOptions;
  private readonly _gate: ConsentGate;
  private readonly _clock: Clock;
  private readonly _carrier: Carrier;
  private readonly _leftovers: Leftovers;
  private readonly _telling: Telling;
  private readonly _news = new News(this);
  private readonly _sessions = new Sessions();
  /** When the page was loaded, ms. */
  private readonly _began: number;
  private _participant: string | null = null;
  private _absent = false;
  private _paused: boolean;
  private _settling = false;
  private _drained = false;
}

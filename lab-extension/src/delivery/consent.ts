/** Whether the person agrees to the study's text: what was said here, what the server knows, what the browser remembers. */

import type { ConsentForPage } from '../protocol';
import type { ConsentStage, ConsentStatus } from '../tokens';

/** A person's last word on a text, as this browser remembers it. */
export interface Remembered {
  /** Whose word it is (UUID text). */
  participant: string;
  study: string;
  said: 'given' | 'withdrawn';
  /** Whether the server knows it. */
  told: boolean;
  /** µs since the epoch. */
  at: number;
}

/** Outlives the page; a cache, for the log alone tells who agreed. Nothing here throws. */
export interface ConsentMemory {
  read(version: string): Remembered | null;
  write(version: string, remembered: Remembered): void;
}

/** Consents in the browser's small storage; where that is forbidden, nothing is remembered. */
export class StoredConsents implements ConsentMemory {
  constructor(
    private readonly _store: Pick<Storage, 'getItem' | 'setItem'> | null,
    private readonly _prefix: string
  ) {}

  read(version: string): Remembered | null {
    try {
      const text = this._store?.getItem(this._prefix + version) ?? 'null';
      const found: unknown = JSON.parse(text);
      return isRemembered(found) ? found : null;
    } catch {
      return null;
    }
  }

  write(version: string, remembered: Remembered): void {
    try {
      this._store?.setItem(this._prefix + version, JSON.stringify(remembered));
    } catch {
      // Full or forbidden: the server tells it again.
    }
  }
}

/** The gate before everything that is recorded. Open where no text asks for anything. */
export class ConsentGate {
  /** @param needed the version that the page was told at its loading; empty if no text is known of. */
  constructor(needed: string, memory: ConsentMemory) {
    this._memory = memory;
    this._version = needed;
    const before = needed === '' ? null : memory.read(needed);
    if (needed === '') {
      this._stage = 'free';
    } else if (before?.said === 'given') {
      this._stage = 'given';
      this._at = before.at;
    } else {
      this._stage = before === null ? 'unknown' : 'withdrawn';
    }
  }

  get status(): ConsentStatus {
    return { stage: this._stage, text: this._text, at: this._at };
  }

  /** Whether something may be recorded. */
  get open(): boolean {
    return this._stage === 'free' || this._stage === 'given';
  }

  /** What was said here and the server has not confirmed. */
  get pending(): 'given' | 'withdrawn' | null {
    return this._pending;
  }

  /**
   * The server greets, and tells how it stands.
   *
   * @returns whether a withdrawal must be said again: the page that took it died before it could be sent.
   */
  welcomed(
    consent: ConsentForPage | null,
    participant: string,
    study: string
  ): boolean {
    this._participant = participant;
    this._study = study;
    this._text = consent;
    if (consent === null) {
      this._pending = null;
      this._stage = 'free';
      return false;
    }
    if (consent.version !== this._version) {
      // What was said was said of another text.
      this._pending = null;
      this._stage = 'unknown';
      this._version = consent.version;
    }
    const kept = this._memory.read(consent.version);
    const mine = kept?.participant === participant ? kept : null;
    if (!consent.given) {
      if (this._pending !== 'given') {
        this._refused(mine);
      }
      return false;
    }
    if (this._pending === 'withdrawn') {
      return false;
    }
    if (mine?.said === 'withdrawn' && !mine.told) {
      this.withdraw(mine.at);
      return true;
    }
    this._pending = null;
    this._stage = 'given';
    this._at = consent.given_at ?? null;
    this._remember('given', true);
    return false;
  }

  /** The server tells that the person agrees from here on, or no longer. */
  told(agreed: boolean): void {
    if (this._pending !== null && (this._pending === 'given') !== agreed) {
      return; // it has not heard yet what was said here
    }
    this._pending = null;
    if (agreed) {
      this._stage = 'given';
      this._remember('given', true);
    } else if (this._stage === 'given' || this._stage === 'withdrawn') {
      this._stage = 'withdrawn';
      this._remember('withdrawn', true);
    }
  }

  /** Another page of this browser may have said something. @returns whether the gate closed by it. */
  recall(): boolean {
    if (this._stage === 'given' && this._pending === null) {
      const kept = this._memory.read(this._version);
      if (
        kept?.said === 'withdrawn' &&
        (this._participant ?? kept.participant) === kept.participant
      ) {
        this._stage = 'withdrawn';
        return true;
      }
    }
    return false;
  }

  /** The person agrees, to the text that the server told. @returns its version; null if there is nothing to agree to. */
  agree(at: number): string | null {
    if (this.open || this._text === null) {
      return null;
    }
    this._stage = this._pending = 'given';
    this._at = at;
    this._remember('given', false);
    return this._version;
  }

  /** Not now: nothing is recorded, and this page asks no more. */
  decline(): void {
    if (this._stage === 'asked') {
      this._stage = 'declined';
    }
  }

  /** The person withdraws. @returns the version; null if there was no consent. */
  withdraw(at: number): string | null {
    if (this._stage === 'free' || this._version === '') {
      return null;
    }
    this._stage = this._pending = 'withdrawn';
    this._at = at;
    this._remember('withdrawn', false);
    return this._version;
  }

  private _refused(mine: Remembered | null): void {
    this._pending = null;
    if (mine?.said === 'withdrawn') {
      this._stage = 'withdrawn';
      this._remember('withdrawn', true);
    } else if (this._stage !== 'declined' && this._stage !== 'withdrawn') {
      this._stage = 'asked';
    }
  }

  private _remember(said: 'given' | 'withdrawn', told: boolean): void {
    const participant =
      this._participant ?? this._memory.read(this._version)?.participant;
    if (participant !== undefined) {
      const at = this._at ?? 0;
      const { _study: study } = this;
      this._memory.write(this._version, { participant, study, said, told, at });
    }
  }

  private readonly _memory: ConsentMemory;
  private _version: string;
  private _stage: ConsentStage;
  private _pending: 'given' | 'withdrawn' | null = null;
  private _text: ConsentForPage | null = null;
  private _participant: string | null = null;
  private _study = '';
  private _at: number | null = null;
}

/** Anything may stand in a browser's storage. */
function isRemembered(found: unknown): found is Remembered {
  const { participant, study, said, told, at } = (found ?? {}) as Record<
    string,
    unknown
  >;
  return (
    typeof participant === 'string' &&
    typeof study === 'string' &&
    (said === 'given' || said === 'withdrawn') &&
    typeof told === 'boolean' &&
    typeof at === 'number'
  );
}

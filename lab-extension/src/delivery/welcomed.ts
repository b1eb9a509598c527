/**
 * Who was welcomed in this browser, in its small storage. A page that no server has greeted yet knows by it whose its
 * events are, most likely; and whose those of a page are that never knew.
 */

/** What is remembered. */
interface Remembered {
  /** The last one who was welcomed (UUID text). */
  last: string;
  /** Whether nobody else ever was. */
  alone: boolean;
}

/** A storage that is full or forbidden, or was cleared, knows nobody. Nothing here throws. */
export class Welcomed {
  /** @param store null where there is none. */
  constructor(
    private readonly _store: Pick<Storage, 'getItem' | 'setItem'> | null,
    private readonly _key: string
  ) {}

  /** The last one who was welcomed here; null if nobody was. */
  get last(): string | null {
    return this._read()?.last ?? null;
  }

  /** Whether this one was welcomed here, and nobody else ever. */
  isAlone(participant: string): boolean {
    const known = this._read();
    return known !== null && known.alone && known.last === participant;
  }

  /** The server welcomes somebody. */
  note(participant: string): void {
    const known = this._read();
    if (known?.last !== participant) {
      const text = JSON.stringify({ last: participant, alone: known === null });
      try {
        this._store?.setItem(this._key, text);
      } catch {
        // Full or forbidden: the next page knows less.
      }
    }
  }

  private _read(): Remembered | null {
    try {
      const text = this._store?.getItem(this._key) ?? 'null';
      const found: unknown = JSON.parse(text);
      return isRemembered(found) ? found : null;
    } catch {
      return null;
    }
  }
}

/** Anything may stand in a browser's storage. */
function isRemembered(found: unknown): found is Remembered {
  const { last, alone } = (found ?? {}) as Record<string, unknown>;
  return typeof last === 'string' && typeof alone === 'boolean';
}

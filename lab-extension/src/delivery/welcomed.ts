/**
 * Who was welcomed in this tab and in this browser, in their small storages. A page that no server has greeted yet knows by
 * it whose its events are; and whose those of a page are that never knew.
 */

type SmallStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** What the browser remembers. */
interface Remembered {
  /** The last one who was welcomed (UUID text). */
  last: string;
  /** Whether nobody else ever was. */
  alone: boolean;
}

/** A storage that is full or forbidden, or was cleared, knows nobody. Nothing here throws. */
export class Welcomed {
  /**
   * @param store the browser's; null where there is none.
   * @param tab the tab's, which outlives a reload; null where there is none.
   */
  constructor(
    private readonly _store: SmallStorage | null,
    private readonly _tab: SmallStorage | null,
    private readonly _key: string
  ) {}

  /** Whose page this is: who was welcomed in this tab before, or the only one who ever was here; else null. */
  get likely(): string | null {
    const known = this._read();
    return this._ofTab() ?? (known?.alone ? known.last : null);
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
      this._write(this._store, text);
    }
    this._write(this._tab, participant);
  }

  private _write(store: SmallStorage | null, text: string): void {
    try {
      store?.setItem(this._key, text);
    } catch {
      // Full or forbidden: the next page knows less.
    }
  }

  private _ofTab(): string | null {
    try {
      return this._tab?.getItem(this._key) ?? null;
    } catch {
      return null;
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

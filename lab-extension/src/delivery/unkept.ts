/**
 * What a page holds in memory alone, in the browser's small storage: not the events, for which it has no room, but how many
 * there are. The next page finds by it that a page died with them, and says so in the log.
 */

/** Events of a producer that are made, not acknowledged, and stored nowhere. */
export interface Unkept {
  producerId: string;
  /** Whose they are (UUID text): what the server said, before that what tab and browser remember; null if they do not. */
  participant: string | null;
  /** A session that the loss can be told under (UUID text). */
  sessionId: string;
  /** The producer's last number. */
  last: number;
}

/** The part of `Storage` that is used. */
export type NoteStore = Pick<
  Storage,
  'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'
>;

/** A storage that is full or forbidden costs the note, never more: nothing here throws. */
export class UnkeptNotes {
  /** @param store null where there is none. */
  constructor(
    private readonly _store: NoteStore | null,
    private readonly _prefix: string
  ) {}

  /** Write down what a producer holds. */
  put(unkept: Unkept): void {
    const text = JSON.stringify(unkept);
    if (text !== this._written) {
      this._written = text;
      this._attempt(store =>
        store.setItem(this._prefix + unkept.producerId, text)
      );
    }
  }

  /** Nothing of this producer is in memory alone any more, or its loss was told. */
  remove(producerId: string): void {
    this._written = '';
    this._attempt(store => store.removeItem(this._prefix + producerId));
  }

  /** Every note, those of pages that live among them. */
  all(): Unkept[] {
    const found: Unkept[] = [];
    this._attempt(store => {
      for (let i = 0; i < store.length; i++) {
        const key = store.key(i);
        if (key?.startsWith(this._prefix)) {
          this._attempt(() => {
            const note: unknown = JSON.parse(store.getItem(key) ?? 'null');
            if (isUnkept(note)) {
              found.push(note);
            }
          });
        }
      }
    });
    return found;
  }

  private _attempt(work: (store: NoteStore) => void): void {
    try {
      if (this._store !== null) {
        work(this._store);
      }
    } catch {
      // The page goes on without the note.
    }
  }

  /** What was written last. */
  private _written = '';
}

/** Anything may stand in a browser's storage. */
function isUnkept(note: unknown): note is Unkept {
  const { producerId, participant, sessionId, last } = (note ?? {}) as Record<
    string,
    unknown
  >;
  return (
    typeof producerId === 'string' &&
    (participant === null || typeof participant === 'string') &&
    typeof sessionId === 'string' &&
    Number.isSafeInteger(last)
  );
}

/** The texts of one session's cells: edits on their way to the log, and what of them is withheld. */

import type { ISharedCell } from '@jupyter/ydoc';

import { wellFormed } from '../well-formed';
import type { Authorship } from './authors';
import type { Burst, Cause } from './bursts';
import { guarded } from './guard';
import type { Entry } from './lineage';
import type { Mirror } from './mirror';
import { replaceOps, type Ops } from './ops';
import type { Recorder } from './recorder';
import { isDisposed } from './transactions';
import { insertedBy, TELLING_UNITS, withheld, withheldOps } from './withheld';

/** A cell is compared so many ms after a burst: a look at the whole text is not made while somebody types. */
const CHECK_MS = 200;

export interface TextsOptions {
  sessionId: string;
  mirror: Mirror<ISharedCell>;
  recorder: Recorder;
  /** Told of each change of a cell's text that was made in this page. */
  edited: (cellId: string) => void;
  /** Whether the session is over. */
  closed: () => boolean;
}

export class Texts {
  constructor(private readonly options: TextsOptions) {}

  /** What is to be recorded of a cell's source, and whether a part of that is withheld. */
  recorded(
    cellId: string,
    source: string
  ): { source: string; withheld: boolean } {
    const { mirror } = this.options;
    this.review();
    const entry = mirror.find(cellId);
    if (!entry?.mixed) {
      return { source, withheld: false };
    }
    const { text, recorded } = entry;
    return text === wellFormed(source)
      ? { source: recorded, withheld: recorded !== text }
      : { source: withheld(source), withheld: true };
  }

  /** A cell's text was changed. */
  edit(
    entry: Readonly<Entry<ISharedCell>>,
    cause: Cause,
    ops: Ops,
    { author, agreed }: Authorship
  ): void {
    const { sessionId, mirror, recorder, edited } = this.options;
    const { cell_id: cellId } = entry;
    const hidden = !agreed || this.bringsBack(entry, cause, ops);
    if (hidden && !entry.mixed) {
      // From here on what is recorded and what stands there are two texts, so the first must be up to date.
      recorder.flush();
    }
    if (hidden || entry.mixed) {
      mirror.write(cellId, ops);
    }
    recorder.edit({
      sessionId,
      cellId,
      cause,
      ops: hidden ? withheldOps(ops) : ops,
      author,
      withheld: hidden && insertedBy(ops) !== ''
    });
    if (cause !== 'remote') {
      edited(cellId);
    }
  }

  /** Bring the mirror up to a burst that closed, and see soon whether it still mirrors. */
  settle({ cellId, changes }: Burst): void {
    changes.forEach(([, ops]) => this.options.mirror.edit(cellId, ops));
    if (this.unchecked.size === 0) {
      setTimeout(() => guarded('check', () => this.check()), CHECK_MS);
    }
    this.unchecked.add(cellId);
  }

  /** Record what is open, so that the log says what the document says. */
  review(): void {
    const { recorder } = this.options;
    recorder.flush();
    this.check();
    recorder.flush();
  }

  /** Whether an edit brings back, or copies, text that is withheld. */
  private bringsBack(
    { mixed }: Readonly<Entry<ISharedCell>>,
    cause: Cause,
    ops: Ops
  ): boolean {
    const { mirror, recorder } = this.options;
    if (!mirror.mixes) {
      return false;
    }
    if (cause === 'undo' || cause === 'redo') {
      // It brings back whatever was deleted, in pieces of any size.
      return mixed;
    }
    const inserted = insertedBy(ops);
    if (inserted.length < TELLING_UNITS) {
      return false;
    }
    recorder.flush();
    return mirror.repeats(wellFormed(inserted));
  }

  /** Compare what changed with the document, where nobody types just now, and correct what is logged. */
  private check(): void {
    const { sessionId, mirror, recorder, closed } = this.options;
    const cellIds = [...this.unchecked];
    this.unchecked.clear();
    for (const cellId of cellIds) {
      const entry = mirror.find(cellId);
      if (
        closed() ||
        !entry ||
        recorder.isOpen(sessionId, cellId) || // it comes here again when the burst closes
        isDisposed(entry.key)
      ) {
        continue;
      }
      const source = wellFormed(entry.key.getSource());
      if (source !== entry.text) {
        const by = { author: null, agreed: !entry.mixed };
        this.edit(entry, 'tool', replaceOps(entry.text, source), by);
      }
    }
  }

  private readonly unchecked = new Set<string>();
}

/** Edits gathered into bursts: one open burst in the page at a time. */

import type { CellEdited, Uuid } from '../protocol';
import { opsBytes, splitOps, type Ops } from './ops';

export type Cause = CellEdited['cause'];

/** A burst is closed so long after its first change: what a killed browser may lose. In ms. */
export const BURST_MS = 500;

/** What one event may weigh: below the catalogue's 1 MiB, so that ids, keys and heads have room. In bytes. */
export const PIECE_BYTES = 900 * 1024;

/** One change of one cell's text. */
export interface Edit {
  sessionId: string;
  cellId: string;
  cause: Cause;
  ops: Ops;
  /** µs since the epoch. */
  at: number;
  /** Who made it, if it came from elsewhere and that is known. */
  author: Uuid | null;
  /** What it inserts is withheld: the operations hold marks. */
  withheld: boolean;
}

/** The changes of one cell, made for one cause. */
export interface Burst {
  readonly sessionId: string;
  readonly cellId: string;
  cause: Cause;
  readonly author: Uuid | null;
  readonly withheld: boolean;
  /** µs since the epoch: the time of the first change. */
  readonly at: number;
  readonly changes: [number, Ops][];
}

export class Bursts {
  constructor(private readonly maxBytes: number = PIECE_BYTES) {}

  /** The burst that takes changes now. */
  get open(): Burst | null {
    return this.burst;
  }

  /** Take a change. Returns the bursts that it closed, in order. */
  add(edit: Edit): Burst[] {
    const closed: Burst[] = [];
    const bytes = opsBytes(edit.ops);
    const parts =
      bytes > this.maxBytes ? splitOps(edit.ops, this.maxBytes) : [edit.ops];
    for (const ops of parts) {
      // Only one part: its size is known.
      const size = parts.length === 1 ? bytes : opsBytes(ops);
      const open = this.burst;
      if (open !== null && !this.takes(open, edit, size)) {
        closed.push(open);
        this.burst = null;
      }
      if (this.burst === null) {
        const { sessionId, cellId, cause, author, withheld, at } = edit;
        this.burst = {
          ...{ sessionId, cellId, cause, author, withheld, at },
          changes: []
        };
        this.bytes = 0;
      }
      // A clock that steps back must not make a negative distance.
      const dt = Math.max(0, Math.floor((edit.at - this.burst.at) / 1000));
      this.burst.changes.push([dt, ops]);
      this.bytes += size;
    }
    return closed;
  }

  /** Close the open burst, if any. */
  close(): Burst | null {
    const open = this.burst;
    this.burst = null;
    return open;
  }

  private takes(open: Burst, edit: Edit, size: number): boolean {
    return (
      open.sessionId === edit.sessionId &&
      open.cellId === edit.cellId &&
      open.cause === edit.cause &&
      open.author?.join() === edit.author?.join() &&
      open.withheld === edit.withheld &&
      edit.at - open.at < BURST_MS * 1000 &&
      this.bytes + size <= this.maxBytes
    );
  }

  private burst: Burst | null = null;
  private bytes = 0;
}

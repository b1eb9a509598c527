/** A document's saves: each is told with the digest of what was written. */

import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { Signal, type ISignal } from '@lumino/signaling';

import type { CellSnapshot } from '../protocol';
import { notebookDigest } from './digest';
import { guarded } from './guard';
import type { Recorder } from './recorder';

export interface SavesOptions {
  /** Records what is open, and corrects what does not fit the document. */
  review: () => void;
  saveState: ISignal<unknown, DocumentRegistry.SaveState>;
  recorder: Pick<Recorder, 'flush' | 'record' | 'toldOf'>;
  sessionId: string;
  /** What is recorded of the cells as they stand. */
  cells: () => CellSnapshot[];
}

export class Saves {
  constructor(private readonly options: SavesOptions) {
    options.saveState.connect(this.onState, this);
  }

  /** What is being written is no longer known, since all cells were read anew. */
  forget(): void {
    this.content = null;
  }

  /** Tell of nothing more. */
  stop(): void {
    this.stopped = true;
    Signal.disconnectReceiver(this);
  }

  private readonly onState = (
    _: unknown,
    state: DocumentRegistry.SaveState
  ): void => {
    guarded('save', () => {
      if (state === 'started') {
        // The content is taken right after this signal, or, for "save as", one callback later.
        queueMicrotask(() => guarded('digest', () => this.begin()));
        return;
      }
      if (state === 'completed' && this.began) {
        this.tell();
      }
      this.content = null;
      this.began = false;
    });
  };

  private begin(): void {
    if (this.stopped) {
      return;
    }
    const { recorder, sessionId, cells, review } = this.options;
    review();
    this.content = {
      digest: notebookDigest(cells()),
      told: recorder.toldOf(sessionId)
    };
    this.began = true;
  }

  private tell(): void {
    const { recorder, sessionId, cells } = this.options;
    recorder.flush();
    const behind =
      this.content && recorder.toldOf(sessionId) - this.content.told;
    recorder.record(sessionId, 'notebook.saved', {
      digest: this.content?.digest ?? notebookDigest(cells()),
      ...(behind && { behind })
    });
  }

  /** What is being written, and how many events had been told then. */
  private content: { digest: Uint8Array; told: number } | null = null;
  private began = false;
  private stopped = false;
}

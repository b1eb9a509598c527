/** One download at a time: asks, says how far it has come, saves. Knows neither the network nor the page. */

import { DownloadFailed, type Download, type Progress } from './data';

export interface DownloadingOptions {
  ask: (progress: Progress) => Promise<Download>;
  save: (download: Download) => void;
  /** A download began; what is said goes on where the one before it stood. */
  says: (state: Said) => void;
}

export type Said =
  | { kind: 'coming'; bytes: number }
  | { kind: 'saved'; name: string }
  | { kind: 'failed'; error: DownloadFailed };

export class Downloading {
  constructor(private readonly _options: DownloadingOptions) {}

  /** Whether one is under way. */
  get isUnderWay(): boolean {
    return this._underWay;
  }

  /** Download, unless one is under way. Resolves when all was said. */
  async begin(): Promise<void> {
    if (this._underWay) {
      return;
    }
    const { ask, save, says } = this._options;
    this._underWay = true;
    says({ kind: 'coming', bytes: 0 });
    try {
      const download = await ask(bytes => says({ kind: 'coming', bytes }));
      save(download);
      says({ kind: 'saved', name: download.name });
    } catch (error) {
      says({
        kind: 'failed',
        error:
          error instanceof DownloadFailed ? error : new DownloadFailed('broken')
      });
    } finally {
      this._underWay = false;
    }
  }

  private _underWay = false;
}

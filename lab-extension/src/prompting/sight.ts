/** Tells when a prompt was really seen: half of it visible for a second in a visible document. */

import type { IDisposable } from '@lumino/disposable';

/** The share that must be visible, and for how long, milliseconds. */
const SHARE = 0.5;
const SEEN_AFTER_MS = 1000;

/** Watches one element; calls back once, then rests. */
export class Sight implements IDisposable {
  constructor(node: Element, seen: () => void) {
    this._seen = seen;
    this._observer = new IntersectionObserver(
      entries => {
        this._inView = (entries.at(-1)?.intersectionRatio ?? 0) >= SHARE;
        this._look();
      },
      { threshold: SHARE }
    );
    this._observer.observe(node);
    document.addEventListener('visibilitychange', this._look);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._observer.disconnect();
    document.removeEventListener('visibilitychange', this._look);
  }

  private readonly _look = (): void => {
    const visible = this._inView && document.visibilityState === 'visible';
    if (!visible) {
      window.clearTimeout(this._timer);
      this._timer = undefined;
    } else if (this._timer === undefined) {
      this._timer = window.setTimeout(() => {
        this.dispose();
        this._seen();
      }, SEEN_AFTER_MS);
    }
  };

  private readonly _observer: IntersectionObserver;
  private readonly _seen: () => void;
  private _inView = false;
  private _timer: number | undefined;
  private _isDisposed = false;
}

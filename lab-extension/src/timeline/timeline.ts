/** The timeline that the panel shows: of which session it is, as far as the server told it, and why it is not told. */

import { Signal, type ISignal } from '@lumino/signaling';

import { TimelineFailed, type Told, type TimelineSource } from './data';

export interface TimelineOptions {
  source: TimelineSource;
  /** The session of the current notebook (UUID text); undefined while there is none. */
  session: () => string | undefined;
  /** How wide a drawing may be, in pixels. */
  width: () => number;
  /** Told of the style sheet of drawings, once. */
  styled: (style: string) => void;
}

export class Timeline {
  constructor(private readonly options: TimelineOptions) {}

  /** Emitted when something else is to be shown. */
  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** As the server told it last; null before it did. */
  get told(): Told | null {
    return this.isCurrent() ? this.latest : null;
  }

  /** Why it cannot be told; null when all is well. What was told before stays. */
  get problem(): TimelineFailed | null {
    return this.isCurrent() ? this.failed : null;
  }

  /** The session of the current notebook; undefined while there is none. */
  get session(): string | undefined {
    return this.options.session();
  }

  /** Ask for it. Never rejected. */
  async refresh(): Promise<void> {
    const { source, session, width, styled } = this.options;
    const sessionId = session();
    if (sessionId === undefined) {
      this.changedSignal.emit();
      return;
    }
    if (!this.isCurrent()) {
      this.sessionId = sessionId;
      this.latest = null;
      this.failed = null;
    }
    const wanted = width();
    const after = wanted === this.toldWidth ? (this.latest?.position ?? 0) : 0;
    let latest = this.latest;
    let failed: TimelineFailed | null = null;
    try {
      const { told, style } = await source.ask(sessionId, {
        width: wanted,
        after,
        style: !this.isStyled
      });
      if (style !== null && !this.isStyled) {
        this.isStyled = true;
        styled(style);
      }
      latest = told ?? latest;
    } catch (error) {
      if (!(error instanceof TimelineFailed)) {
        throw error;
      }
      failed = error;
      if (error.reason === 'unknown') {
        // It was there and is not any more: somebody erased it.
        latest = null;
      }
    }
    if (sessionId !== this.sessionId || sessionId !== session()) {
      return;
    }
    this.latest = latest;
    this.failed = failed;
    this.toldWidth = wanted;
    this.changedSignal.emit();
  }

  private isCurrent(): boolean {
    return this.sessionId !== null && this.sessionId === this.options.session();
  }

  private sessionId: string | null = null;
  private latest: Told | null = null;
  private failed: TimelineFailed | null = null;
  private toldWidth = 0;
  private isStyled = false;
  private readonly changedSignal = new Signal<this, void>(this);
}

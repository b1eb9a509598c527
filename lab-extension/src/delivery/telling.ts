/** Tells those who watch how the delivery stands, when that is news. */

import { Signal } from '@lumino/signaling';

import type { DeliveryStatus, IDelivery } from '../tokens';
import type { Carrier } from './carrier';
import { LATE_MS } from './status';
import type { Timers } from './timers';

export interface TellingOptions {
  timers: Timers;
  carrier: Carrier;
  /** How it stands now. */
  status: () => DeliveryStatus;
  /** Whether, the carrier aside, nothing keeps the page from recording and keeping. */
  undisturbed: () => boolean;
  /** Run before each telling. */
  beforeTelling: () => void;
}

export class Telling {
  /** The signals are those of `sender`. */
  constructor(sender: IDelivery, options: TellingOptions) {
    this._options = options;
    this.statusChanged = new Signal(sender);
    this.unsentChanged = new Signal(sender);
  }

  readonly statusChanged: Signal<IDelivery, DeliveryStatus>;
  readonly unsentChanged: Signal<IDelivery, number>;

  /** The status may have changed; those who watch are told once a tick, and when waiting grows long. */
  changed(): void {
    const { unsent } = this._options.carrier;
    if (unsent !== this._counted) {
      this._counted = unsent;
      this.unsentChanged.emit(unsent);
    }
    if (this._telling || this._wellAsSaid()) {
      return;
    }
    this._telling = true;
    queueMicrotask(() => {
      this._telling = false;
      this._tell();
    });
  }

  /**
   * Whether it was said that all is well, and still is. At each burst the count goes up and down again, which is no news;
   * a look that waits will see whether an event is late.
   */
  private _wellAsSaid(): boolean {
    const { carrier, undisturbed } = this._options;
    const { connected, refusal, final, oldest } = carrier;
    return (
      this._said?.state === 'recording' &&
      this._said.reason === '' &&
      connected &&
      final === null &&
      refusal === null &&
      undisturbed() &&
      (oldest === null || this._looking)
    );
  }

  private _tell(): void {
    const { timers, carrier, beforeTelling } = this._options;
    beforeTelling();
    const status = this._options.status();
    const { oldest } = carrier;
    // One look that waits is enough: it looks anew at who is the oldest then.
    if (oldest !== null && status.state === 'recording' && !this._looking) {
      this._looking = true;
      const wait = oldest + LATE_MS - timers.elapsed();
      timers.after(Math.max(0, wait) + 1, () => {
        this._looking = false;
        this.changed();
      });
    }
    if (!sameStatus(status, this._said)) {
      this._said = status;
      this.statusChanged.emit(status);
    }
  }

  private readonly _options: TellingOptions;
  /** Whether it will be looked whether an event waits too long. */
  private _looking = false;
  private _telling = false;
  /** The count that was told last. */
  private _counted = 0;
  private _said: DeliveryStatus | null = null;
}

/** Whether there is nothing new to say. */
function sameStatus(
  one: DeliveryStatus,
  other: DeliveryStatus | null
): boolean {
  return (
    one.state === other?.state &&
    one.reason === other.reason &&
    (one.unsent === other.unsent || one.state === 'recording')
  );
}

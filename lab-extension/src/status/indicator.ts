/** The indicator: says at a glance whether this page is recorded. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { DeliveryStatus, ICapture, IDelivery } from '../tokens';
import { shapeOf } from './shapes';
import { label, spoken, taskWords, title } from './words';

export interface IndicatorOptions {
  delivery: IDelivery;
  trans: TranslationBundle;
  /** What holds here now: the page's status, or the notebook's own. */
  status: (this: void) => DeliveryStatus;
  /** Which sessions end, after which the status may be another. */
  capture: ICapture | null;
  /** The person asked for more. */
  pressed: (this: void) => void;
  /** Whether changes are announced to screen readers; two indicators would say everything twice. */
  announces: boolean;
}

/** A click leaves the caret where it is, and the dialog gives it back there. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}

export class Indicator extends Widget {
  constructor(options: IndicatorOptions) {
    super();
    this._options = options;
    this.addClass('jp-Prompter-statusItem');
    this._button.className = 'jp-Prompter-status';
    this._button.type = 'button';
    this._button.append(this._shape, this._label);
    this.node.append(this._button);
    if (options.announces) {
      this._announced.className = 'jp-Prompter-statusAnnounced';
      this._announced.setAttribute('role', 'status');
      this.node.append(this._announced);
    }
    const { delivery, capture } = options;
    this._changed();
    this._count(delivery, delivery.status.unsent);
    delivery.statusChanged.connect(this._changed);
    delivery.unsentChanged.connect(this._count);
    capture?.sessionClosed.connect(this._changed);
    delivery.taskChanged.connect(this._changed);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      const { delivery, capture } = this._options;
      delivery.statusChanged.disconnect(this._changed);
      delivery.unsentChanged.disconnect(this._count);
      capture?.sessionClosed.disconnect(this._changed);
      delivery.taskChanged.disconnect(this._changed);
      super.dispose();
    }
  }

  protected override onAfterAttach(_: Message): void {
    this._button.addEventListener('click', this._options.pressed);
    this._button.addEventListener('mousedown', keepFocus);
    // How many minutes are left is looked at when somebody does.
    this._button.addEventListener('pointerenter', this._changed);
    this._button.addEventListener('focus', this._changed);
  }

  protected override onBeforeDetach(_: Message): void {
    this._button.removeEventListener('click', this._options.pressed);
    this._button.removeEventListener('mousedown', keepFocus);
    this._button.removeEventListener('pointerenter', this._changed);
    this._button.removeEventListener('focus', this._changed);
  }

  /** Only what differs is touched. */
  private _show(status: DeliveryStatus): void {
    const { trans, delivery } = this._options;
    const { dataset } = this._button;
    if (dataset.state !== status.state) {
      const shape = shapeOf(status.state);
      this._shape.replaceWith(shape);
      this._shape = shape;
      dataset.state = status.state;
    }
    const words = label(status, trans);
    if (this._label.textContent !== words) {
      this._label.textContent = words;
    }
    const task = taskWords(delivery.task, delivery.now(), trans);
    const why = [task, title(status, trans)].filter(Boolean).join('\n');
    if (this._button.title !== why) {
      this._button.title = why;
    }
    const said = spoken(status, trans);
    if (this._announced.textContent !== said) {
      this._announced.textContent = said;
    }
  }

  private readonly _changed = (): void => this._show(this._options.status());

  private readonly _count = (_: IDelivery, unsent: number): void =>
    this._button.setAttribute('data-unsent', String(unsent));

  private readonly _options: IndicatorOptions;
  private readonly _button = document.createElement('button');
  private readonly _label = document.createElement('span');
  private readonly _announced = document.createElement('span');
  private _shape: Element = document.createElement('span');
}

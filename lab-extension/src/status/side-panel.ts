/** The side panel: whether this page is recorded, why not, and what is recorded. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { button, element, setText } from '../elements';
import type { IDelivery } from '../tokens';
import { shapeOf } from './shapes';
import { label, now, recorded } from './words';

export interface SidePanelOptions {
  delivery: IDelivery;
  trans: TranslationBundle;
  pause: (this: void) => void;
  resume: (this: void) => void;
}

export class SidePanel extends Widget {
  constructor(options: SidePanelOptions) {
    super();
    this._options = options;
    const { trans } = options;
    this.addClass('jp-Prompter-side');
    const head = element('div', 'jp-Prompter-sideHead');
    this._press = button('jp-Prompter-sideButton', '', () =>
      this._paused ? options.resume() : options.pause()
    );
    head.append(this._shape, this._label, this._press);
    const state = element('section');
    state.append(head, this._lines);
    const folded = element('details');
    folded.append(
      element('summary', '', trans.__('What is recorded')),
      this._list
    );
    this.node.append(state, folded);
  }

  protected override onBeforeShow(_: Message): void {
    const { delivery } = this._options;
    delivery.statusChanged.connect(this._draw);
    delivery.unsentChanged.connect(this._draw);
    delivery.studyChanged.connect(this._draw);
    this._draw();
  }

  /** Hidden it costs nothing: the count changes with every key. */
  protected override onAfterHide(_: Message): void {
    this._rest();
  }

  protected override onBeforeAttach(message: Message): void {
    if (!this.isHidden) {
      this.onBeforeShow(message);
    }
  }

  protected override onAfterDetach(_: Message): void {
    this._rest();
  }

  private get _paused(): boolean {
    return this._options.delivery.status.state === 'paused';
  }

  private _rest(): void {
    const { delivery } = this._options;
    delivery.statusChanged.disconnect(this._draw);
    delivery.unsentChanged.disconnect(this._draw);
    delivery.studyChanged.disconnect(this._draw);
  }

  private readonly _draw = (): void => {
    const { delivery, trans } = this._options;
    const { status, study } = delivery;
    if (this.node.dataset.state !== status.state) {
      this.node.dataset.state = status.state;
      const shape = shapeOf(status.state);
      this._shape.replaceWith(shape);
      this._shape = shape;
    }
    setText(this._label, label(status, trans));
    setText(this._press, this._paused ? trans.__('Resume') : trans.__('Pause'));
    this._press.hidden = status.state === 'stopped';
    fill(this._lines, 'p', now(status, trans));
    fill(this._list, 'li', recorded(study, trans));
  };

  private readonly _options: SidePanelOptions;
  private readonly _label = element('strong');
  private readonly _press: HTMLButtonElement;
  private readonly _lines = element('div', 'jp-Prompter-sideNow');
  private readonly _list = element('ul');
  private _shape: Element = element('span');
}

/** One element for each text; those that are there already stay. */
function fill(parent: HTMLElement, tag: 'p' | 'li', texts: string[]): void {
  texts.forEach((text, index) => {
    const child = parent.children.item(index);
    if (child === null) {
      parent.append(element(tag, '', text));
    } else {
      setText(child, text);
    }
  });
  while (parent.children.length > texts.length) {
    parent.lastElementChild?.remove();
  }
}

/** As much of a browser's document as a form needs: elements with their texts, attributes and listeners. */

/** An element that is nowhere drawn. */
export class FakeElement {
  constructor(readonly tag: string) {}

  className = '';
  id = '';
  hidden = false;
  value = '';
  readonly style = {};
  readonly dataset: Record<string, string> = {};
  readonly attributes = new Map<string, string>();
  readonly childNodes: (FakeElement | string)[] = [];
  parent: FakeElement | null = null;
  readonly classList = {
    toggle: (name: string, on: boolean): void => {
      const others = this.className.split(' ').filter(one => one !== name);
      this.className = [...others, on ? name : ''].join(' ').trim();
    }
  };

  get textContent(): string {
    return this.childNodes
      .map(child => (typeof child === 'string' ? child : child.textContent))
      .join('');
  }
  set textContent(text: string) {
    this.childNodes.splice(0, Infinity, text);
  }

  get children(): { item: (index: number) => FakeElement | null } {
    return { item: index => this._elements[index] ?? null };
  }

  get lastChild(): { replaceWith: (text: string) => void } {
    const last = this.childNodes.length - 1;
    return { replaceWith: text => void this.childNodes.splice(last, 1, text) };
  }

  append(...children: (FakeElement | string)[]): void {
    for (const child of children) {
      if (typeof child !== 'string') {
        child.parent = this;
      }
      this.childNodes.push(child);
    }
  }

  insertBefore(child: FakeElement, before: FakeElement | null): void {
    child.remove();
    child.parent = this;
    const index = before === null ? -1 : this.childNodes.indexOf(before);
    this.childNodes.splice(index < 0 ? Infinity : index, 0, child);
  }

  replaceChildren(...children: (FakeElement | string)[]): void {
    this.childNodes.splice(0);
    this.append(...children);
  }

  remove(): void {
    const index = this.parent?.childNodes.indexOf(this) ?? -1;
    if (index >= 0) {
      this.parent?.childNodes.splice(index, 1);
    }
    this.parent = null;
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  addEventListener(type: string, listener: (event: unknown) => void): void {
    this._listeners.push({ type, listener });
  }

  focus(): void {
    // Nothing has the focus here.
  }

  /** What a hand on it does. */
  fire(type: string): void {
    this._listeners
      .filter(one => one.type === type)
      .forEach(one => one.listener({ type, target: this }));
  }

  /** The first element in it, or itself, for which that holds. */
  find(holds: (element: FakeElement) => boolean): FakeElement | null {
    if (holds(this)) {
      return this;
    }
    for (const child of this._elements) {
      const found = child.find(holds);
      if (found !== null) {
        return found;
      }
    }
    return null;
  }

  /** Press the button with a label. */
  press(label: string): void {
    const button = this.find(
      ({ tag, textContent }) => tag === 'button' && textContent === label
    );
    if (button === null) {
      throw new Error(`there is no button ${label}`);
    }
    button.fire('click');
  }

  /** Type into the first text area. */
  type(text: string): void {
    const area = this.find(({ tag }) => tag === 'textarea');
    if (area !== null) {
      area.value = text;
      area.fire('input');
    }
  }

  /** What its live region says. */
  get said(): string {
    const region = this.find(
      ({ attributes }) => attributes.get('role') === 'status'
    );
    return region?.textContent ?? '';
  }

  private get _elements(): FakeElement[] {
    return this.childNodes.filter(child => child instanceof FakeElement);
  }

  private readonly _listeners: {
    type: string;
    listener: (event: unknown) => void;
  }[] = [];
}

/** What a page's `document` is while a test runs. */
export const fakeDocument = {
  createElement: (tag: string): FakeElement => new FakeElement(tag)
};

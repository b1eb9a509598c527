/** Makes elements. Texts are set as text, never as markup: most of them were typed by somebody. */

/** An element with a class and, if given, a text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text?: string
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== '') {
    made.className = className;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

/** A button that acts. */
export function button(
  className: string,
  text: string,
  act: () => void
): HTMLButtonElement {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}

/** Set a text only where it differs, so that nothing is announced twice. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Scroll a box of its own by just so much that an element in it is seen. The page around it stays. */
export function reveal(box: HTMLElement, inner: HTMLElement): void {
  const [outer, it] = [
    box.getBoundingClientRect(),
    inner.getBoundingClientRect()
  ];
  if (it.top < outer.top) {
    box.scrollTop -= outer.top - it.top;
  } else if (it.bottom > outer.bottom) {
    box.scrollTop += Math.min(it.bottom - outer.bottom, it.top - outer.top);
  }
}

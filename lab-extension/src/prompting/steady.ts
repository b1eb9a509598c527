/** Keeps what a person is using at its place on the screen while the notebook around it grows or shrinks. */

/** Less than this is not seen, pixels. */
const UNSEEN_PX = 1;

/**
 * Change the page and scroll by as much as the anchor moved, in the same frame.
 *
 * @param anchor what must stay; null if nothing must.
 * @param top where its top edge shall be, pixels from the window's top; where it is, if not given.
 * @returns by how many pixels the anchor is still off because the scroller could give no more; 0 if it stands.
 */
export function steadily(
  scroller: Element,
  anchor: Element | null,
  change: () => void,
  top?: number
): number {
  if (!anchor) {
    change();
    return 0;
  }
  const wanted = top ?? anchor.getBoundingClientRect().top;
  change();
  if (!anchor.isConnected) {
    return 0;
  }
  const moved = anchor.getBoundingClientRect().top - wanted;
  if (moved === 0) {
    return 0;
  }
  scroller.scrollTo({ top: scroller.scrollTop + moved, behavior: 'instant' });
  const rest = anchor.getBoundingClientRect().top - wanted;
  return Math.abs(rest) <= UNSEEN_PX ? 0 : rest;
}

/** The element that scrolls the notebook: the first one, from the given one up, that can. */
export function scrollerOf(node: Element): Element {
  for (
    let element: Element | null = node;
    element;
    element = element.parentElement
  ) {
    if (/auto|scroll/.test(getComputedStyle(element).overflowY)) {
      return element;
    }
  }
  return document.scrollingElement ?? node;
}

/** Whether any part of an element is in the scroller's window. */
export function isInView(scroller: Element, element: Element): boolean {
  const view = scroller.getBoundingClientRect();
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > view.top && top < view.bottom;
}

/** Whether the whole of an element is in the scroller's window. */
export function isWholeInView(scroller: Element, element: Element): boolean {
  const view = scroller.getBoundingClientRect();
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && top >= view.top && bottom <= view.bottom;
}

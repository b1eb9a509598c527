/**
 * The server's drawing as elements.
 *
 * The server escapes what was typed. Here, in the page of the notebook, nothing rests on that alone: only shapes and
 * texts come in, with attributes that can neither run nor load anything.
 */

const SVG = 'http://www.w3.org/2000/svg';

const ELEMENTS = new Set(
  'svg g defs pattern clipPath rect line path circle text tspan'.split(' ')
);

const ATTRIBUTES = new Set(
  (
    'class id tabindex role transform opacity display d x y x1 x2 y1 y2 r rx width height viewBox ' +
    'fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray stroke-linecap clip-path ' +
    'font-family font-size font-style font-weight text-anchor patternUnits patternTransform'
  ).split(' ')
);

/** A place within the same drawing. */
const LOCAL = /^url\(#[\w-]+\)$/;

/** Elements of SVG from markup, in an `<svg>`. Throws if it is not well-formed. */
export function drawn(markup: string): SVGSVGElement {
  const parsed = new DOMParser().parseFromString(
    `<svg xmlns="${SVG}">${markup}</svg>`,
    'image/svg+xml'
  );
  const root = parsed.documentElement;
  if (!(root instanceof SVGSVGElement) || parsed.querySelector('parsererror')) {
    throw new Error('the drawing is not well-formed');
  }
  for (const element of Array.from(root.querySelectorAll('*'))) {
    if (element.namespaceURI !== SVG || !ELEMENTS.has(element.localName)) {
      element.remove();
      continue;
    }
    for (const { name, value } of Array.from(element.attributes)) {
      if (!isHarmless(name, value)) {
        element.removeAttribute(name);
      }
    }
  }
  return document.adoptNode(root);
}

/** Whether an attribute does nothing but describe what is drawn. */
export function isHarmless(name: string, value: string): boolean {
  if (/^(data|aria)-[a-z-]+$/.test(name)) {
    return true;
  }
  // Style sheets know other ways to write "url", all of them with a backslash.
  const names = /url\(|\\/i.test(value);
  return ATTRIBUTES.has(name) && (!names || LOCAL.test(value));
}

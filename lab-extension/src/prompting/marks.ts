/** The prompt's three signs, drawn so that they take the text's colour. */

const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  ask: ['M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z'],
  check: ['M3 8.5l3.2 3L13 4.5'],
  clock: ['M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z', 'M8 5v3.2l2 1.3']
} as const;

export type MarkName = keyof typeof PATHS;

/** A sign of 16 px, hidden from screen readers: words say it. */
export function mark(name: MarkName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'jp-Prompter-icon');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

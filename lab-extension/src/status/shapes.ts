/** The shape of each state: told apart without colour. */

import { LabIcon } from '@jupyterlab/ui-components';

import type { RecordingState } from '../tokens';

const SVG = 'http://www.w3.org/2000/svg';

/** SVG elements and their attributes on a ground of 12 by 12. */
type Shape = [tag: 'circle' | 'path', attributes: Record<string, string>][];

const FILLED = { fill: 'currentColor', stroke: 'none' };
const DRAWN = {
  fill: 'none',
  stroke: 'currentColor',
  'stroke-width': '1.5'
};
const ROUND = { cx: '6', cy: '6', r: '4' };

const SHAPES: Record<RecordingState, Shape> = {
  recording: [['circle', { ...ROUND, ...FILLED }]],
  unsent: [
    ['circle', { ...ROUND, ...DRAWN }],
    ['path', { d: 'M6 2a4 4 0 0 1 0 8z', ...FILLED }]
  ],
  offline: [
    ['circle', { ...ROUND, ...DRAWN }],
    ['path', { d: 'M2 10L10 2', ...DRAWN }]
  ],
  paused: [['path', { d: 'M3 2h2v8H3zM7 2h2v8H7z', ...FILLED }]],
  stopped: [['path', { d: 'M2 2h8v8H2z', ...FILLED }]]
};

/** A dot, a half dot, a slashed circle, two bars or a square. */
export function shapeOf(state: RecordingState): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 12 12');
  svg.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of SHAPES[state]) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) {
      element.setAttribute(name, value);
    }
    svg.append(element);
  }
  return svg;
}

/** The side panel's tab: a question in its bubble, as it stands under a cell. */
export const panelIcon = new LabIcon({
  name: 'jupyterlab-prompter:panel',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">' +
    '<g class="jp-icon3" fill="#616161">' +
    '<path d="M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 2v11h5v2l2.500-2H20V5z"/>' +
    '<circle cx="12" cy="10.500" r="2.500"/>' +
    '</g></svg>'
});

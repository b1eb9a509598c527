/** The signs before the moments, drawn so that they take the text's colour. Words say the same. */

import type { Moment, MomentKind } from './data';

const SVG = 'http://www.w3.org/2000/svg';

const ASK = 'M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z';
const CROSS = 'M4.5 4.5l7 7M11.5 4.5l-7 7';
const FILE = 'M4 2.5h5l3 3v8H4z';
const PEN = 'M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2z';
const RUN = 'M5.5 3.5l6 4.5-6 4.5z';

/** Paths on a ground of 16 by 16. */
const PATHS: Record<MomentKind, string> = {
  opened: FILE,
  reloaded: FILE,
  ran: RUN,
  edited: PEN,
  answered: ASK,
  amended: ASK,
  added: 'M4 8h8M8 4v8',
  removed: 'M4 8h8',
  moved: 'M8 3v10M5 6l3-3 3 3M5 10l3 3 3-3',
  retyped: 'M4 4h8M8 4v9',
  restored: 'M3.5 3.5v4h4M3.8 7.2a4.7 4.7 0 1 1 .6 4',
  renamed: FILE,
  saved: 'M3 3h8l2 2v8H3zM5.5 13V9.5h5V13',
  paused: 'M6 4v8M10 4v8',
  resumed: RUN,
  lost: 'M5 8h.01M8 8h.01M11 8h.01',
  away: ''
};

/** Whether a run ended by an error. */
export function isFailure({ kind, status }: Moment): boolean {
  return kind === 'ran' && status === 'error';
}

/** A moment's sign, hidden from screen readers. */
export function mark(moment: Moment): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'jp-Prompter-icon');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  const written = moment.kind === 'ran' && moment.wrote === true;
  path.setAttribute(
    'd',
    isFailure(moment)
      ? CROSS
      : moment.kind === 'ran' && moment.status === 'aborted'
        ? PATHS.removed
        : written
          ? PEN
          : PATHS[moment.kind]
  );
  svg.append(path);
  return svg;
}

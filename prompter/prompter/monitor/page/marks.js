// The marks that the figures share. Every fate and outcome differs by shape; colour comes second.
// Whatever a participant typed goes in through textContent, never as markup.
export const SVG = 'http://www.w3.org/2000/svg';

export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children.filter(child => child != null));
  return node;
}

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name === 'on') for (const [kind, listener] of Object.entries(value)) node.addEventListener(kind, listener);
    else if (value != null) node.setAttribute(name, value);
  node.append(...children.flat().filter(child => child != null));
  return node;
}

// Only what differs is touched: readers of the screen hear no news where there are none.
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
export const setAttribute = (node, name, value) => {
  if (value == null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
};

// One diamond for each question; the fill tells its fate.
export function diamond(x, y, r, fate) {
  const shape = `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`;
  const line = { class: 'askline', 'stroke-width': Math.max(1, r / 5) };
  const hollow = fate === 'open' || fate === 'expired';
  if (fate === 'held back' || fate === 'held') {
    const dashed = { ...line, 'stroke-dasharray': fate === 'held' ? null : '2 1.6', 'stroke-opacity': 0.8 };
    return s('g', {}, s('path', { d: shape, ...dashed, class: 'askline paper' }));
  }
  const g = s('g', {}, s('path', { d: shape, ...line, class: `askline ${hollow ? 'paper' : 'ask'}` }));
  if (fate === 'dismissed')
    g.append(
      s('path', { d: `M${x - r * 0.95} ${y}H${x + r * 0.95}`, class: 'ground', 'stroke-width': r / 1.7 }),
      s('path', { d: `M${x - r} ${y}H${x + r}`, class: 'askline', 'stroke-width': r / 4 })
    );
  if (fate === 'expired')
    g.append(s('path', { d: `M${x - r} ${y}L${x} ${y + r}L${x + r} ${y}Z`, ...line, class: 'askline ask' }));
  if (fate === 'open') g.append(s('circle', { cx: x, cy: y, r: r / 3, class: 'askdot' }));
  return g;
}

const icon = (...children) =>
  s('svg', { width: 14, height: 14, viewBox: '0 0 14 14', 'aria-hidden': 'true' }, ...children);

const crossed = (x, y, r) => `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`;

export const ALARMS = {
  lost: [
    'Events lost',
    () => [
      s('path', { d: 'M7 1L13.2 12.5H.8Z', class: 'err' }),
      s('path', { d: 'M7 5v4m0 1.2v1.3', class: 'ground', 'stroke-width': 1.5 })
    ]
  ],
  offline: [
    'Offline',
    () => [
      s('circle', { cx: 7, cy: 7, r: 5, class: 'errline' }),
      s('path', { d: 'M3.5 10.5L10.5 3.5', class: 'errline' })
    ]
  ],
  died: [
    'Kernel died often',
    () => [
      s('rect', { x: 2, y: 2, width: 10, height: 10, class: 'errline' }),
      s('path', { d: crossed(7, 7, 2.4), class: 'errline', 'stroke-width': 1.6 })
    ]
  ],
  diverged: [
    'Saved otherwise than recorded',
    () => [s('path', { d: 'M2 4.5h10M2 9.5h10M9.5 1.5l-5 11', class: 'errline', 'stroke-width': 1.8 })]
  ],
  silent: ['Silent', () => [s('rect', { x: 2, y: 5.5, width: 10, height: 3, class: 'err' })]],
  late: [
    'Over time',
    () => [
      s('circle', { cx: 7, cy: 7, r: 5.2, class: 'errline', 'stroke-width': 1.6 }),
      s('path', { d: 'M7 3.8V7l2.4 1.8', class: 'errline', 'stroke-width': 1.6 })
    ]
  ],
  low: ['Low response', () => [diamond(7, 7, 5, 'expired')]]
};
export const RANK = Object.fromEntries(Object.keys(ALARMS).map((kind, rank) => [kind, rank]));
export const alarmIcon = kind => icon(...(ALARMS[kind]?.[1]() ?? []));

const STATES = {
  connected: () => s('circle', { cx: 7, cy: 7, r: 4, class: 'good' }),
  silent: () => s('circle', { cx: 7, cy: 7, r: 3.6, class: 'goodline' }),
  offline: () =>
    s(
      'g',
      {},
      s('circle', { cx: 7, cy: 7, r: 3.8, class: 'errline', 'stroke-width': 1.6 }),
      s('path', { d: 'M4.3 9.7L9.7 4.3', class: 'errline', 'stroke-width': 1.6 })
    ),
  paused: () => s('path', { d: 'M5 3.5v7M9 3.5v7', class: 'ink2line', 'stroke-width': 2 }),
  'in review': () => s('path', { d: 'M3 4h8M3 7h8M3 10h5', class: 'goodline', 'stroke-width': 1.6 }),
  ended: () => s('rect', { x: 4, y: 4, width: 6, height: 6, class: 'ink3' }),
  closed: () => s('rect', { x: 3.8, y: 3.8, width: 6.4, height: 6.4, class: 'ink3line' }),
  'not begun': () => s('circle', { cx: 7, cy: 7, r: 1.6, class: 'ink3' })
};
export const stateIcon = state => icon(STATES[state]?.());
export const fateIcon = fate => icon(diamond(7, 7, 5.4, fate));

const BIN_MS = 15000;
const BINS = 120;
const LEAST = 0.65; // the height of a bar by the number of characters, to this power

// The last half hour of somebody: edits up, runs down, crosses are errors, diamonds are questions.
export function spark(row, now, width = 200, height = 34, base = 20) {
  const last = Math.floor(now / BIN_MS),
    step = width / BINS,
    x = bin => width - (last - bin + 1) * step,
    pairs = new Map();
  let bars = '',
    ok = '',
    crosses = '',
    other = '';
  for (const [number, [characters, well, failed, gone]] of Object.entries(row.bins || {})) {
    const bin = +number;
    if (bin <= last - BINS || bin > last) continue;
    if (characters) pairs.set(bin >> 1, (pairs.get(bin >> 1) || 0) + characters);
    if (well) ok += `M${(x(bin) + step / 2).toFixed(1)} ${base + 2}v6`;
    if (gone) other += `M${(x(bin) + step / 2).toFixed(1)} ${base + 2}v6`;
    if (failed) crosses += crossed(+(x(bin) + step / 2).toFixed(1), base + 6, 2.6);
  }
  for (const [pair, characters] of pairs) {
    const tall = Math.min(base - 3, (characters ** LEAST * base) / 20).toFixed(1),
      left = Math.max(0, x(pair * 2));
    bars += `M${left.toFixed(1)} ${base}v-${tall}h${(step * 2 - 0.5).toFixed(1)}v${tall}z`;
  }
  const marks = [...(row.marks || [])]
    .filter(([at]) => at > now - BIN_MS * BINS)
    .sort((a, b) => (a[1] === 'held back' ? 0 : 1) - (b[1] === 'held back' ? 0 : 1));
  return [
    s('path', { d: `M0 ${base + 0.5}H${width}`, class: 'ruleline' }),
    bars ? s('path', { d: bars, class: 'edit' }) : null,
    ok ? s('path', { d: ok, class: 'okline' }) : null,
    other ? s('path', { d: other, class: 'ink3line' }) : null,
    crosses ? s('path', { d: crosses, class: 'errline', 'stroke-width': 1.5 }) : null,
    ...marks.map(([at, fate]) =>
      diamond(
        +(width - ((now - at) / (BIN_MS * BINS)) * width).toFixed(1),
        base - 9,
        fate.startsWith('held') ? 3.6 : 5,
        fate
      )
    )
  ].filter(Boolean);
}

// What a drawing of the last half hour says, for who cannot see it.
export function sparkWords(row) {
  const sums = [0, 0, 0];
  for (const values of Object.values(row.bins || {})) values.slice(0, 3).forEach((value, i) => (sums[i] += value));
  if (!sums[0] && !sums[1] && !sums[2]) return 'no activity in the last 30 minutes';
  return `last 30 minutes: ${sums[0]} characters written, ${sums[1]} runs well, ${sums[2]} with an error`;
}

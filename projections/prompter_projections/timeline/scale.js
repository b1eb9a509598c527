// Modules without page globals, for whoever draws a session. In a file they are one strict block: page.py joins them in
// the order of their imports and leaves out the import lines and the word export, so each name is used once in all.
// The drawing is there already. The scripts place it anew for window, zoom and folds, and show what a mark stands for.
// Whatever a participant typed goes in through textContent, never as markup.
export const LEFT = 186,
  NARROWEST = 560,
  TOP = 46,
  STRIP = 31,
  AXIS = 13,
  MARGIN = 6,
  BIN = 3,
  FOLD = 40,
  TICK = 40;
export const STEPS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440];
export const SHORTEST = 20; // seconds: no zoom goes deeper
export const REST = 150; // ms: what is out of sight is drawn when no zoom or move has come for so long
export const EDGE = 0.001; // seconds: times are rounded to it
export const CARD_LINES = 12;
export const SVG = 'http://www.w3.org/2000/svg';

export const fill = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes || {})) if (value != null) node.setAttribute(name, value);
  node.append(...children.flat().filter(child => child != null));
  return node;
};
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
// A browser lays a drawing out anew when its size is set, even to what it was.
export const resize = (svg, top, width, height) => {
  const box = `0 ${top} ${width} ${height}`;
  if (svg.getAttribute('viewBox') !== box) fill(svg, { width, height, viewBox: box }, []);
};
export const paint = (kind, role) => `${kind}-${role}`;
export const two = n => String(n).padStart(2, '0');
export const minutes = t => `${Math.floor(Math.round(t) / 60)}:${two(Math.round(t) % 60)}`;
export const tick = t => (t >= 6000 && t % 3600 === 0 ? `${t / 3600} h` : minutes(t));
export const rough = t => (t < 6000 ? minutes(t) : t < 172800 ? `${Math.round(t / 3600)} h` : `${Math.round(t / 86400)} d`);
export const counted = (n, word) => `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`;
export const grouped = n => n.toLocaleString('en-US');

// Seconds → pixels, the long gaps that are folded taking the same width each. The sums of scale.py, for any part.
export function scale(left, right, [from, to], folds) {
  const inside = folds.filter(([a, b]) => a < to && b > from).map(([a, b]) => [Math.max(a, from), Math.min(b, to)]);
  const fold = inside.length ? Math.min(FOLD, (right - left) / 2 / inside.length) : FOLD;
  const live = Math.max(1, to - from - inside.reduce((sum, [a, b]) => sum + b - a, 0));
  const rate = (right - left - inside.length * fold) / live;
  const pieces = [];
  let at = from,
    x = left;
  for (const [a, b] of inside) {
    pieces.push([at, x, rate]);
    x += (a - at) * rate;
    pieces.push([a, x, fold / (b - a)]);
    x += fold;
    at = b;
  }
  pieces.push([at, x, rate]);
  // The last piece that begins at or before a value; column 0 holds seconds, column 1 pixels.
  const piece = (column, value) => {
    let low = 0,
      high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle][column] > value) high = middle - 1;
      else low = middle;
    }
    return pieces[low];
  };
  const map = t => {
    const [begin, px, perSecond] = piece(0, t);
    return px + (t - begin) * perSecond;
  };
  map.rate = rate;
  map.folds = inside;
  map.back = pixel => {
    const [begin, px, perSecond] = piece(1, pixel);
    return begin + (pixel - px) / perSecond;
  };
  return map;
}

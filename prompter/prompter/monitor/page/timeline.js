// One session, drawn by the scripts of the exported page, and drawn anew as the session goes on.
import { Figure } from './figure.js';
import { domainAfter, foldedAfter, keyAfter } from './kept.js';
import { SVG, h, setText } from './marks.js';
import { Socket } from './socket.js';
import { serverSays, stand } from './standing.js';
import { clock, day, keep, kept, naming } from './words.js';

const STALE_MS = 15000; // a drawing comes each two seconds, or word that there is none
const DARK = matchMedia('(prefers-color-scheme: dark)');

const $ = id => document.getElementById(id);
const root = document.documentElement;
const host = h('div');
const shadow = host.attachShadow({ mode: 'open' });
const card = h('div', { class: 'card', role: 'tooltip', hidden: '' });
const inside = h('div');
shadow.append(inside, card);
$('place').append(host);
naming.birds = kept('birds') === 'true';

let figure = null;
let waiting = null; // a drawing that came while somebody reads
let dragging = false;

const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : DARK.matches);
const paintGround = () => host.classList.toggle('dark', isDark());

function take(told) {
  if (told.style) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(told.style);
    shadow.adoptedStyleSheets = [sheet];
  }
  serverSays(told.trouble ? `The server cannot follow the log: ${told.trouble}` : '');
  if (!told.drawing) return;
  waiting = told;
  catchUp();
}

function catchUp() {
  if (!waiting || dragging || (figure && !card.hidden)) return;
  const told = waiting;
  waiting = null;
  draw(told);
}

function draw(told) {
  const name = naming.birds ? told.called.bird : told.called.name;
  setText($('name'), name);
  document.title = `${name} · live timeline`;
  setText(
    $('when'),
    `${day(told.begin / 1000)}, ${clock(told.begin / 1000)} to ${clock(told.end / 1000)}${told.kernel ? ` · kernel ${told.kernel}` : ''}`
  );
  const before = figure;
  const focused = shadow.activeElement?.getAttribute('data-key') ?? null;
  const section = sectionOf(told);
  before?.hide();
  inside.replaceChildren(section);
  // The scripts tell the time as it is in UTC; here it is the reader's.
  const begin = told.data.begin - new Date(told.data.begin).getTimezoneOffset() * 60000;
  figure = new Figure(section, { ...told.data, begin }, { card });
  figure.overview.addEventListener('pointerdown', () => {
    dragging = true;
    addEventListener('pointerup', () => ((dragging = false), catchUp()), { once: true });
  });
  if (before) follow(before, figure, section);
  figure.draw();
  const key = before && focused && keyAfter(focused, before.data, figure.data);
  if (!key) return;
  section.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  figure.hide(); // nobody asked for the card
}

// What somebody made of the drawing before holds for the new one.
function follow(before, after, section) {
  after.clock = before.clock;
  section.querySelector('.clock').setAttribute('aria-pressed', String(after.clock));
  after.domain = domainAfter(before.domain, before.data.length, after.data.length);
  after.folded = foldedAfter(before.data.folds, before.folded, after.data.folds);
  const key = before.chosen?.key == null ? null : keyAfter(before.chosen.key, before.data, after.data);
  if (key != null) {
    const reveal = after.reveal;
    after.reveal = () => {};
    after.open(key);
    after.reveal = reveal;
  }
}

function sectionOf(told) {
  const svg = drawn(told.drawing);
  for (const [name, value] of Object.entries({
    class: 'figure',
    role: 'group',
    'font-size': '11.5',
    width: told.width,
    height: told.height,
    viewBox: `0 0 ${told.width} ${told.height}`,
    'aria-label': 'Marks in the order of time: arrow keys walk, Enter opens, plus and minus zoom'
  }))
    svg.setAttribute(name, value);
  const tools = h(
    'span',
    { class: 'tools' },
    h('button', { class: 'whole', hidden: '' }, 'Whole session'),
    told.data.folds.length ? h('button', { class: 'gaps' }, 'Unfold gaps') : null,
    h('button', { class: 'clock', 'aria-pressed': 'false' }, 'Clock time')
  );
  const facts = h(
    'div',
    { class: 'facts' },
    told.figures.map(([strong, rest]) => h('span', {}, h('b', {}, strong), ` ${rest}`))
  );
  const legend = h(
    'div',
    { class: 'legend' },
    told.legend.map(({ mark, width, words }) => {
      const sign = drawn(mark);
      sign.setAttribute('width', width);
      sign.setAttribute('height', 14);
      sign.setAttribute('aria-hidden', 'true');
      return h('span', {}, sign, words);
    })
  );
  return h(
    'section',
    { class: 'session' },
    h('div', { class: 'head' }, h('h2', {}, 'This session'), tools),
    facts,
    legend,
    h(
      'div',
      { class: 'stage' },
      h('figure', { 'aria-label': 'A lane for each cell, time across' }, svg),
      h('aside', { role: 'region', 'aria-label': 'The cell at this version', hidden: '' })
    )
  );
}

// The server escapes what was typed, and the page's policy runs nothing that stands in markup.
function drawn(markup) {
  const parsed = new DOMParser().parseFromString(`<svg xmlns="${SVG}">${markup}</svg>`, 'image/svg+xml');
  if (parsed.querySelector('parsererror')) throw new Error('the drawing is not well-formed');
  for (const node of parsed.querySelectorAll('script, foreignObject, image, a, use, animate, set')) node.remove();
  return document.adoptNode(parsed.documentElement);
}

const session = new URLSearchParams(location.search).get('session') ?? '';
new Socket({
  address: `timeline/live?${new URLSearchParams({ session, width: Math.max(600, $('place').clientWidth) })}`,
  stale: STALE_MS,
  heard: take,
  stood: stand
});

for (const kind of ['pointerout', 'pointerup', 'focusout', 'keydown'])
  shadow.addEventListener(kind, () => queueMicrotask(catchUp));
addEventListener('keydown', event => {
  if (event.key !== 'Escape' || !figure) return;
  if (card.hidden) figure.close();
  else figure.hide();
});
let resized = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(() => figure?.draw());
});
if (kept('theme')) root.dataset.theme = kept('theme');
DARK.addEventListener('change', paintGround);
paintGround();
$('theme').addEventListener('click', () => {
  root.dataset.theme = isDark() ? 'light' : 'dark';
  keep('theme', root.dataset.theme);
  paintGround();
});

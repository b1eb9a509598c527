// The page: one socket, one room, and what shows it.
import { Alarms } from './alarms.js';
import { h, setText } from './marks.js';
import { Panel } from './panel.js';
import { key, rate } from './rate.js';
import { Room } from './room.js';
import { Socket } from './socket.js';
import { serverSays, stand } from './standing.js';
import { Table } from './table.js';
import { clock, day, delay, keep, kept, naming, num } from './words.js';

const REDRAW_SECONDS = 15; // drawings move on by a bin
const BEHIND_MS = 2000; // less is no news

const $ = id => document.getElementById(id);
const blinded = document.querySelector('meta[name=blinded]').content === 'true';
const room = new Room();
const panel = new Panel(room, { blinded, changed: watchAnother });
const open = id => panel.open(id);
const table = new Table(room, { blinded, open });
const alarms = new Alarms(room, { open });

naming.birds = kept('birds') === 'true';

const pending = [];
let today = 0;
const midnight = () => new Date(new Date(room.now).toDateString()).getTime();
const wish = () => {
  today = $('window').value === 'today' ? midnight() : 0;
  return { since: today || null, watch: panel.id };
};
const socket = new Socket({
  address: 'monitor/live',
  greeting: wish,
  heard: message => {
    const news = room.take(message);
    // Numbers and drawings are shown together, once the browser has a moment.
    pending.push(news);
    if (pending.length === 1) requestAnimationFrame(show);
    // A hidden tab has no such moments, and few rows change meanwhile.
    if (document.hidden && pending.length > 1) show();
  },
  stood: stand
});

function show() {
  const all = pending.splice(0);
  if (!all.length) return;
  const changed = new Set(all.flatMap(({ changed: ids }) => [...ids])),
    others = all.some(news => news.others),
    whole = all.some(news => news.whole),
    rest = Object.assign({}, ...all.map(news => news.rest));
  table.draw({ changed, others, whole });
  if (changed.size || others) alarms.draw();
  if (rest.totals) drawTotals(rest.totals);
  if (rest.totals?.rates) drawRates();
  if (rest.study != null) {
    setText($('study'), rest.study || 'No study');
    document.title = `Monitor · ${rest.study || 'no study'}`;
  }
  if (rest.trouble != null || rest.reading !== undefined) {
    const { trouble, reading } = room.status;
    serverSays(
      trouble
        ? `The server cannot follow the log: ${trouble}`
        : reading != null
          ? `Reading what was recorded before: ${Math.round(reading * 100)} %`
          : ''
    );
  }
  if (panel.id && (rest.closeup !== undefined || changed.has(panel.id))) panel.draw();
  tick();
}

function drawTotals(totals) {
  const share = totals.over ? Math.round((totals.answered / totals.over) * 100) : null;
  const figures = blinded
    ? [
        [totals.connected, ` of ${totals.people}`, 'at work'],
        [num(totals.runs), '', 'runs'],
        [num(totals.errors), '', 'errors'],
        [totals.ended, '', 'ended']
      ]
    : [
        [totals.connected, ` of ${totals.people}`, 'at work'],
        share == null ? ['–', '', 'response rate'] : [share, ' %', 'response rate'],
        [totals.delay == null ? '–' : delay(totals.delay), '', 'median answer delay'],
        [totals.open, '', 'prompts open'],
        [totals.answered, ` of ${totals.over}`, 'answered'],
        [totals.held, '', 'held for review']
      ];
  const place = $('totals');
  if (place.children.length !== figures.length)
    place.replaceChildren(...figures.map(() => h('div', {}, h('b', {}, h('span'), h('small')), h('span'))));
  figures.forEach(([value, of, words], i) => {
    const [strong, label] = place.children[i].children;
    setText(strong.children[0], String(value));
    setText(strong.children[1], of);
    setText(label, words);
  });
}

function drawRates() {
  const { totals } = room.status;
  if (!totals?.rates) return;
  $('rates').hidden = false;
  rate($('rate'), totals.rates);
}

function tick() {
  if (!room.heard) return;
  const standing = document.body.dataset.state;
  // Where nothing is heard any more, no time goes on either.
  const at = standing === 'live' ? room.now : room.heard + room.offset;
  setText($('now'), `${day(at)}, ${clock(at)}`);
  const { position, behind } = room.status;
  const late =
    standing !== 'live'
      ? ' · as of then'
      : behind > BEHIND_MS
        ? ` · ${(behind / 1000).toFixed(0)} s behind`
        : ' · up to date';
  setText($('footing'), `${position == null ? '' : ` · position ${num(position)}`}${late}`);
  if (standing !== 'live') return;
  table.tick();
  alarms.tick();
  panel.tick();
}

function watchAnother(id, before) {
  table.choose(id);
  if (id == null && before) table.focus(before);
  socket.say(wish());
}

let seconds = 0;
setInterval(() => {
  tick();
  if (++seconds % REDRAW_SECONDS === 0 && !document.hidden && document.body.dataset.state === 'live') {
    table.drawAll();
    panel.draw();
  }
  if (today && midnight() !== today) socket.say(wish());
}, 1000);

$('window').value = kept('window') === 'today' ? 'today' : 'day';
$('window').addEventListener('change', () => {
  keep('window', $('window').value);
  socket.say(wish());
});
$('birds').setAttribute('aria-pressed', String(naming.birds));
$('birds').addEventListener('click', () => {
  naming.birds = !naming.birds;
  keep('birds', String(naming.birds));
  $('birds').setAttribute('aria-pressed', String(naming.birds));
  table.drawAll();
  alarms.draw();
  panel.draw();
});
const root = document.documentElement;
if (kept('theme')) root.dataset.theme = kept('theme');
$('theme').addEventListener('click', () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  keep('theme', root.dataset.theme);
});
setText(
  $('hint'),
  `Activity: the last 30 minutes, now at the right. Edits up, runs down, crosses are errors${blinded ? '.' : ', diamonds are prompts; a dot inside means open, a hollow one was held back or waits for the end. Delay counts from shown to answered.'}`
);
key($('rate-key'));
let resized = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(drawRates);
});

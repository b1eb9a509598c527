/* ---------- the page ---------- */
// The one module that knows the page: finds what the file holds, and follows the address.
import { Figure, locate } from './figure.js';
import { Study } from './study.js';

const pageCard = document.getElementById('card');
const json = name => JSON.parse(document.querySelector(name).textContent);
const sessions = new Map(); // number → what the file tells of the session
const figures = new Map(); // number → Figure
const studySection = document.querySelector('.study');
const backButton = document.querySelector('button.back');
const address = hash => {
  try {
    history.replaceState(null, '', hash);
  } catch {
    // Within another page a frame has no address of its own.
  }
};

function sessionData(number) {
  if (!sessions.has(number)) {
    const data = json(`script[data-for="${number}"]`);
    // The file tells each line of a cell once.
    for (const lane of data.lanes) lane.versions = lane.versions.map(places => places.map(place => lane.lines[place]));
    sessions.set(number, data);
  }
  return sessions.get(number);
}

// A session's figure. In a file of many it is laid out only while it is shown.
function figureOf(number) {
  if (!figures.has(number)) {
    let section = document.querySelector(`section[data-session="${number}"]`);
    if (!section) {
      const { content } = document.querySelector(`template[data-template="${number}"]`);
      section = document.importNode(content, true).firstElementChild;
      document.querySelector('main').append(section);
    }
    const opened = position => address(`#position=${position}`);
    figures.set(number, new Figure(section, sessionData(number), { card: pageCard, opened }));
    section.querySelector('.theme')?.addEventListener('click', otherTheme);
  }
  return figures.get(number);
}

function otherTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
}

const study = studySection && new Study(studySection, json('#study'), { card: pageCard, open: openRow });

function openRow(number, hash = '') {
  const { id, inside, beside } = study.data.rows[number];
  if (beside) location.href = beside + hash;
  else if (inside != null) location.hash = hash || `session=${id}`;
}

// One session of many, or all of them.
function show(number) {
  pageCard.hidden = true;
  studySection.hidden = number != null;
  backButton.hidden = number == null;
  for (const [other, { section }] of figures) section.hidden = other !== number;
  if (number == null) return study.draw();
  const figure = figureOf(number);
  figure.section.hidden = false;
  figure.draw();
  return figure;
}

// The session that a position or a moment is in, or the nearest: a figure's number, or a row's in a study.
function nearest(wanted, ends, close) {
  let best = null;
  const many = study ? study.data.rows : [...figures.values()].map(({ data }) => data);
  many.forEach((one, number) => {
    const [from, to] = ends(one),
      outside = Math.max(0, from - wanted, wanted - to),
      within = outside ? Infinity : close(one);
    if (!best || outside < best.outside || (outside === best.outside && within < best.within))
      best = { number, outside, within };
  });
  return best;
}

// In a row: how far the nearest run or prompt is. In a session's data: how far the nearest mark is.
const awayFrom = position => one =>
  one.inside != null
    ? (locate(sessionData(one.inside), position)?.away ?? Infinity)
    : one.lanes
      ? (locate(one, position)?.away ?? Infinity)
      : Math.min(
          ...one.runs.map(run => Math.abs(run[2] - position)),
          ...one.prompts.map(prompt => Math.abs(prompt.position - position)),
          Infinity
        );

function goToPosition(position) {
  const found = nearest(position, one => [one.first, one.last], awayFrom(position));
  if (!study) return figures.get(found.number).goTo(position);
  const { inside, beside } = study.data.rows[found.number];
  if (inside != null) show(inside).goTo(position);
  else if (beside) openRow(found.number, `#position=${position}`);
  else show(null);
}

function goToMoment(time) {
  if (study) {
    show(null);
    return study.point(time);
  }
  const found = nearest(
    time,
    one => [one.begin, one.begin + one.length * 1000],
    () => 0
  );
  const figure = figures.get(found.number),
    { begin, length } = figure.data;
  figure.point(Math.max(0, Math.min(length, (time - begin) / 1000)));
  figure.svg.scrollIntoView({ block: 'nearest' });
}

// #position=N, #at=ISO time (UTC if it names no zone), #session=ID; #p=N is an older spelling.
function follow() {
  const told = name => (new RegExp(`[#&]${name}=([^&]+)`).exec(location.hash) || [])[1];
  const position = +(told('position') || told('p') || 0);
  let moment = NaN;
  try {
    const at = decodeURIComponent(told('at') || '');
    moment = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(at) || !at.includes('T') ? at : `${at}Z`);
  } catch {
    // Not an address of ours.
  }
  if (position > 0) goToPosition(position);
  else if (!Number.isNaN(moment)) goToMoment(moment);
  else if (study) {
    const row = study.data.rows.find(({ id }) => id === told('session'));
    show(row?.inside ?? null);
    scrollTo(0, 0);
  }
}

const drawAll = () => {
  if (study && !studySection.hidden) study.draw();
  for (const figure of figures.values()) if (!figure.section.hidden) figure.draw();
};
let resized = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(drawAll);
});
addEventListener('scroll', () => (pageCard.hidden = true), { passive: true });
addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  const open = [...figures.values()].find(figure => !figure.panel.hidden && !figure.section.hidden);
  pageCard.hidden = true;
  open?.close();
});
addEventListener('hashchange', follow);
backButton?.addEventListener('click', () => {
  location.hash = 'all';
  document.querySelector('.study-row[tabindex="0"]')?.focus();
});
(studySection || document).querySelector('.theme').addEventListener('click', otherTheme);
if (!study) document.querySelectorAll('section.session').forEach((_, number) => figureOf(number));
drawAll();
follow();

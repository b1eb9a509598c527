// The table of participants. A row is the same elements as long as its participant is there; figures change in place,
// and rows move only when somebody sorts.
import { ALARMS, RANK, alarmIcon, h, s, setAttribute, setText, spark, sparkWords, stateIcon } from './marks.js';
import { ago, called, delay, num } from './words.js';

const rank = row => (row.alarms.length ? RANK[row.alarms[0].kind] : 99);
const SIGHT = '400px 0px'; // above and below the window
const STATES = ['offline', 'silent', 'connected', 'in review', 'paused', 'not begun', 'closed', 'ended'];

// key, head, class, what is sorted by; those of questions are not there for the blinded.
const COLUMNS = [
  ['name', 'Participant', '', row => called(row)],
  ['state', 'State', '', row => STATES.indexOf(row.state)],
  ['last', 'Last event', 'ev', row => -(row.last ?? 0)],
  ['spark', 'Last 30 minutes', 'sp', null],
  ['open', 'Open', 'n q', row => -(row.asks ? row.open + row.held / 1000 : -1)],
  ['answered', 'Answered', 'n q', row => -(row.asks ? row.answered : -1)],
  ['dismissed', 'Dismissed', 'n q opt2', row => -(row.asks ? row.dismissed : -1)],
  ['delay', 'Delay', 'n q opt2', row => -(row.delay ?? -1)],
  ['errors', 'Errors', 'n', row => -row.errors],
  ['alarm', 'Alarm', 'al', rank]
];

export class Table {
  constructor(room, { blinded, open }) {
    this.room = room;
    this.open = open;
    this.columns = COLUMNS.filter(([, , kind]) => !blinded || !kind.includes('q'));
    this.body = document.querySelector('#people tbody');
    this.anew = document.getElementById('anew');
    this.lines = new Map();
    this.order = [];
    this.by = 'alarm';
    this.direction = 1;
    this.chosen = null;
    // Of two hundred rows some twenty are in sight: drawings and times of the others are caught up with when they come.
    this.sight = new IntersectionObserver(seen => this.scrolled(seen), { rootMargin: SIGHT });
    this.head(document.querySelector('#people thead tr'));
    this.stale(false);
    this.anew.querySelector('button').addEventListener('click', () => this.sort());
  }

  head(row) {
    this.heads = this.columns.map(([key, title, kind, value]) => {
      const cell = h(
        'th',
        { scope: 'col', class: kind },
        value ? h('button', { type: 'button', on: { click: () => this.sortBy(key) } }, title) : title
      );
      row.append(cell);
      return [key, cell];
    });
  }

  sortBy(key) {
    this.direction = this.by === key ? -this.direction : 1;
    this.by = key;
    this.sort();
  }

  sorted() {
    const value = this.columns.find(([key]) => key === this.by)[3];
    const rows = [...this.room.rows.values()].map(row => [value(row), row]);
    rows.sort(([a, one], [b, other]) => (a < b ? -1 : a > b ? 1 : 0) * this.direction || one.order - other.order);
    return rows.map(([, row]) => row.id);
  }

  sort() {
    for (const [key, cell] of this.heads)
      setAttribute(cell, 'aria-sort', key === this.by ? (this.direction > 0 ? 'ascending' : 'descending') : null);
    this.order = this.sorted();
    // A focused button that is moved loses the focus.
    const focused = document.activeElement;
    this.body.append(...this.order.map(id => this.line(id).node));
    if (this.body.contains(focused)) focused.focus({ preventScroll: true });
    this.stale(false);
  }

  // Show what changed. Whoever is new stands at the end, until somebody sorts.
  draw({ changed, others, whole }) {
    if (others || whole) {
      for (const [id, { node }] of this.lines)
        if (!this.room.rows.has(id)) {
          node.remove();
          this.sight.unobserve(node);
          this.lines.delete(id);
        }
      const known = this.order.filter(id => this.room.rows.has(id));
      const fresh = [...this.room.rows.values()]
        .filter(({ id }) => !known.includes(id))
        .sort((a, b) => a.order - b.order);
      if (!known.length) this.sort();
      else {
        this.order = [...known, ...fresh.map(({ id }) => id)];
        this.body.append(...fresh.map(({ id }) => this.line(id).node));
      }
      document.getElementById('empty').hidden = this.room.rows.size > 0;
    }
    for (const id of changed) if (this.room.rows.has(id)) this.fill(id);
    // By the last event rows would change places all the time: that is no news.
    if (changed.size) this.stale(this.by !== 'last' && String(this.sorted()) !== String(this.order));
  }

  // Rows stay where they are; whether they would stand elsewhere is said, in a place that is kept for it.
  stale(is) {
    this.anew.classList.toggle('wanted', is);
    this.anew.querySelector('button').disabled = !is;
  }

  // Names are told otherwise, or time went on so far that the drawings are to move.
  drawAll() {
    for (const id of this.lines.keys()) this.fill(id);
  }

  tick() {
    for (const [id, line] of this.lines) if (line.inSight) this.tell(line, this.room.rows.get(id));
  }

  tell(line, row) {
    setText(line.ago, row?.last ? ago((this.room.now - row.last) / 1000) : '–');
  }

  sketch(line, row) {
    line.svg.replaceChildren(...spark(row, this.room.now));
    setAttribute(line.svg, 'aria-label', sparkWords(row));
  }

  scrolled(seen) {
    for (const { target, isIntersecting } of seen) {
      const id = target.dataset.id,
        line = this.lines.get(id),
        row = this.room.rows.get(id);
      if (!line || !row) continue;
      line.inSight = isIntersecting;
      if (isIntersecting) {
        this.tell(line, row);
        this.sketch(line, row);
      }
    }
  }

  choose(id) {
    for (const known of [this.chosen, id]) {
      const line = this.lines.get(known);
      if (line) {
        line.node.classList.toggle('chosen', known === id);
        setAttribute(line.opener, 'aria-expanded', String(known === id));
      }
    }
    this.chosen = id;
  }

  focus(id) {
    this.lines.get(id)?.opener.focus();
  }

  line(id) {
    let line = this.lines.get(id);
    if (line) return line;
    const opener = h('button', { type: 'button', class: 'opener', 'aria-expanded': 'false', 'aria-controls': 'panel' }),
      svg = s('svg', { width: 200, height: 34, viewBox: '0 0 200 34', role: 'img' }),
      cells = Object.fromEntries(
        this.columns.map(([key, , kind]) => [
          key,
          h(key === 'name' ? 'th' : 'td', { class: kind || null, scope: key === 'name' ? 'row' : null })
        ])
      ),
      node = h('tr', { on: { click: () => this.open(id) } }, ...Object.values(cells));
    line = {
      node,
      cells,
      opener,
      svg,
      condition: h('div', { class: 'c' }),
      icon: h('span'),
      state: h('span'),
      task: h('div', { class: 'c task' }),
      doing: h('div', { class: 'opt doing' }),
      ago: h('span', { class: 'z ago' })
    };
    cells.name.append(opener, line.condition);
    cells.state.append(h('span', { class: 'st' }, line.icon, line.state), line.task);
    cells.last.append(line.doing, line.ago);
    cells.spark.append(svg);
    node.dataset.id = id;
    this.lines.set(id, line);
    this.sight.observe(node);
    this.fill(id);
    return line;
  }

  fill(id) {
    const row = this.room.rows.get(id),
      line = this.lines.get(id);
    if (!row || !line) return;
    const { cells } = line;
    setText(line.opener, called(row));
    setText(line.condition, row.condition ?? '');
    if (line.shownState !== row.state) {
      line.shownState = row.state;
      line.icon.replaceChildren(stateIcon(row.state));
      setText(line.state, row.state);
    }
    setText(line.task, row.task ? row.task.name : '');
    setText(line.doing, row.doing);
    if (line.inSight) {
      this.tell(line, row);
      this.sketch(line, row);
    }
    number(cells.errors, row.errors);
    if (cells.open) {
      const none = !row.asks;
      if (none) for (const key of ['open', 'answered', 'dismissed']) number(cells[key], null);
      else {
        if (row.held && !row.open) number(cells.open, `${row.held} held`, true);
        else number(cells.open, row.held ? `${row.open} + ${row.held} held` : row.open);
        number(cells.answered, row.answered);
        number(cells.dismissed, row.dismissed);
      }
      number(cells.delay, row.delay == null ? null : delay(row.delay));
    }
    this.alarm(cells.alarm, line, row);
  }

  alarm(cell, line, row) {
    const words = row.alarms.map(({ kind, text }) => `${kind} ${text}`).join('\n');
    if (line.alarms === words) return;
    line.alarms = words;
    cell.replaceChildren(
      ...row.alarms.map(({ kind, text }, place) =>
        h(
          'span',
          { class: 'one', title: `${ALARMS[kind]?.[0] ?? kind}: ${text}` },
          alarmIcon(kind),
          h('span', { class: place ? 'unseen' : 'opt' }, text)
        )
      )
    );
  }
}

function number(cell, value, faint = value === 0 || value == null) {
  setText(cell, value == null ? '–' : typeof value === 'number' ? num(value) : value);
  cell.classList.toggle('z', faint);
}

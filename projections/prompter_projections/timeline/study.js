// The small multiples of many sessions: places the rows anew for window, zoom, alignment, order and filter.
// The sums are those of study_layout.py and study_svg.py.
import { LEFT, REST, STEPS, TICK, counted, grouped, h, minutes, resize, rough, s, scale, tick } from './scale.js';
import { cardTop, putCard, voice } from './figure.js';

const ROWS = { column: 58, margin: 10, top: 40, row: 27, group: 30, base: 17, reach: 13, bin: 2, power: 0.65, beside: 12 };
const NEAR = 7; // pixels: the pointer is on a mark
const AT_ONCE = 25; // rows: a few ms of work
const LEAST = 60; // seconds: no zoom of a study goes deeper
const BRUSHED = 6; // pixels: less is a click
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86400;

export class Study {
  // open: told the number of the row to show, whether it leads to a session or not.
  constructor(section, data, { card, open }) {
    this.section = section;
    this.data = data;
    this.card = card;
    this.open = open;
    this.axis = section.querySelector('.study-axis');
    this.svg = section.querySelector('.study-rows');
    this.grid = this.svg.querySelector('.study-grid');
    this.heads = [...this.svg.querySelectorAll('.study-group')];
    this.align = data.align;
    this.sort = section.querySelector('.sort').value;
    this.shown = new Set(data.rows.map(row => row.group));
    this.at = null;
    this.rows = [...this.svg.querySelectorAll('.study-row')].map((node, i) => ({
      ...data.rows[i],
      number: i,
      node,
      line: node.querySelector('.row-line'),
      ground: node.querySelector('.row-ground'),
      paths: Object.fromEntries(['edits', 'ok', 'other', 'err'].map(kind => [kind, node.querySelector('.row-' + kind)])),
      marks: [...node.querySelectorAll('.row-prompt')].map(mark => [mark, data.rows[i].prompts[mark.dataset.prompt]]),
      columns: [0, 1, 2].map(column => node.querySelector('.col-' + column))
    }));
    this.domain = this.whole();
    this.bottom = this.stack();
    this.frame = s('rect', { class: 'study-brush', y: ROWS.top - 6, hidden: '' });
    this.cursor = s('path', { class: 'cursor' });
    this.svg.append(this.frame, this.cursor);
    this.listen();
  }

  whole() {
    return [0, this.align === 'clock' ? this.data.span : this.data.longest];
  }

  isWhole() {
    const [from, to] = this.whole();
    return this.domain[0] <= from && this.domain[1] >= to;
  }

  begin(row) {
    return this.align === 'clock' ? row.begin : 0;
  }

  /* ---------- listening ---------- */
  listen() {
    const all = (name, type, act) => this.section.querySelectorAll(name).forEach(one => one.addEventListener(type, act));
    all('[data-align]', 'click', event => this.aligned(event.currentTarget.dataset.align));
    all('.sort', 'change', event => {
      this.sort = event.currentTarget.value;
      this.ordered();
    });
    all('.filter input', 'change', event => {
      const { checked, dataset } = event.currentTarget;
      this.shown[checked ? 'add' : 'delete'](+dataset.group);
      this.ordered();
    });
    all('.study-whole', 'click', () => this.zoom(...this.whole()));
    this.svg.addEventListener('pointermove', event => event.pointerType !== 'touch' && !event.buttons && this.tell(event));
    this.svg.addEventListener('pointerleave', () => this.hide());
    this.svg.addEventListener('pointerdown', event => event.button === 0 && this.brush(event));
    this.svg.addEventListener('dblclick', event => !this.rowOf(event) && this.zoom(...this.whole()));
    this.svg.addEventListener('wheel', event => this.wheel(event), { passive: false });
    this.svg.addEventListener('keydown', event => this.key(event));
    addEventListener('scroll', () => this.inView().forEach(row => this.refresh(row)), { passive: true });
    addEventListener('beforeprint', () => this.order.forEach(row => this.refresh(row)));
    // Browsers let an element of SVG take the focus if it listens for it: the whole drawing must not.
    this.svg.parentNode.addEventListener('focusin', event => {
      const row = this.rowOf(event);
      if (!row) return;
      this.stand(row);
      if (!row.node.matches(':focus-visible')) return;
      this.fill(row, null);
      const box = row.node.getBoundingClientRect();
      putCard(this.card, box.left + LEFT, box.bottom + 6, box.left + LEFT, box.top - 6);
    });
    this.svg.parentNode.addEventListener('focusout', () => this.hide());
  }

  rowOf(event) {
    const node = event.target.closest?.('.study-row');
    return node ? this.rows[+node.dataset.row] : null;
  }

  aligned(align) {
    this.align = align;
    this.at = null;
    this.domain = this.whole();
    this.draw();
  }

  ordered() {
    this.bottom = this.stack();
    this.draw();
  }

  stand(row) {
    this.stop?.node.setAttribute('tabindex', -1);
    this.stop = row;
    row?.node.setAttribute('tabindex', 0);
  }

  key(event) {
    const here = this.order.indexOf(this.rowOf(event));
    if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: this.order.length - 1 }[event.key];
    const factor = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
    const by = { ArrowRight: 0.25, ArrowLeft: -0.25 }[event.key];
    const [from, to] = this.domain;
    if (next !== undefined && this.order[next]) {
      this.refresh(this.order[next]);
      this.order[next].node.focus();
    } else if (event.key === 'Enter' || event.key === ' ') this.open(this.order[here].number);
    else if (factor) this.zoomAround((from + to) / 2, factor);
    else if (by) this.pan(by * (to - from));
    else if (event.key === '0') this.zoom(...this.whole());
    else return;
    event.preventDefault();
  }

  /* ---------- zoom ---------- */
  zoom(from, to) {
    const [, end] = this.whole(),
      least = Math.min(LEAST, end);
    from = Math.max(0, Math.min(from, end - least));
    this.domain = [from, Math.min(end, Math.max(to, from + least))];
    // Wheels and pens tell more often than the screen changes.
    this.due ||= requestAnimationFrame(() => this.draw());
  }

  zoomAround(at, factor) {
    const [from, to] = this.domain;
    this.zoom(at - (at - from) * factor, at + (to - at) * factor);
  }

  pan(by) {
    const [from, to] = this.domain;
    by = Math.max(-from, Math.min(this.whole()[1] - to, by));
    this.zoom(from + by, to + by);
  }

  wheel(event) {
    const across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.zoomAround(this.time(event), 1.002 ** event.deltaY);
    else if (!this.isWhole() && Math.abs(across) > (event.shiftKey ? 0 : Math.abs(event.deltaY)))
      this.pan(across / this.x.rate);
    else return;
    event.preventDefault();
    this.hide();
  }

  time(event) {
    const px = event.clientX - this.svg.getBoundingClientRect().left;
    return Math.max(this.domain[0], Math.min(this.domain[1], this.x.back(px)));
  }

  // A drag zooms into what it covers; without a drag it is a click on the row.
  brush(event) {
    const row = this.rowOf(event),
      start = this.time(event);
    let far = false,
      end = start;
    this.hide();
    const move = e => {
      end = this.time(e);
      far ||= Math.abs(e.clientX - event.clientX) > BRUSHED;
      if (!far) return;
      const [left, right] = [start, end].map(this.x).sort((a, b) => a - b);
      this.frame.removeAttribute('hidden');
      this.frame.setAttribute('x', left);
      this.frame.setAttribute('width', right - left);
    };
    const over = e => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', over);
      removeEventListener('pointercancel', over);
      this.frame.setAttribute('hidden', '');
      if (far && e.type === 'pointerup') this.zoom(Math.min(start, end), Math.max(start, end));
      else if (row && e.type === 'pointerup') this.open(row.number);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', over);
    addEventListener('pointercancel', over);
    event.preventDefault();
  }

  /* ---------- words ---------- */
  stamp(t) {
    return this.align === 'clock' ? this.clock(t).slice(11, 19) : minutes(t);
  }

  // Seconds since the first begin as a time in ISO 8601, UTC.
  clock(t) {
    return new Date(this.data.begin + t * 1000).toISOString();
  }

  tell(event) {
    const row = this.rowOf(event);
    if (!row) return this.hide();
    this.fill(row, event.clientX - this.svg.getBoundingClientRect().left);
    putCard(this.card, event.clientX + 14, event.clientY + 18, event.clientX - 14, event.clientY - 14);
  }

  fill(row, px) {
    const begin = this.begin(row),
      near = (marks, at) =>
        marks
          .map(mark => [Math.abs(this.x(begin + at(mark)) - px), mark])
          .reduce((best, one) => (one[0] < best[0] ? one : best), [NEAR, null])[1];
    const prompt = px == null ? null : near(row.prompts, one => one.at);
    const run = px == null || prompt ? null : near(row.runs, one => one[0]);
    const what = prompt ? `prompt ${prompt.fate}` : run ? `run: ${run[3]}` : '';
    const at = prompt ? prompt.at : run ? run[0] : null;
    const size = [
      ...(row.condition ? [row.condition] : []),
      this.clock(row.begin).slice(0, 16).replace('T', ' ') + ' UTC',
      rough(row.length),
      counted(row.cells, 'cell'),
      counted(row.runs.length, 'run'),
      counted(row.errors, 'error'),
      `${row.answered} of ${row.asked} answered`
    ].join(' · ');
    this.card.replaceChildren(
      cardTop(row.title, at == null ? '' : this.stamp(begin + at)),
      h('div', { class: 'faint' }, size),
      ...(what ? [h('div', {}, what[0].toUpperCase() + what.slice(1))] : []),
      ...(prompt ? voice(prompt) : []),
      h('div', { class: 'faint' }, `session ${row.id}, positions ${grouped(row.first)} to ${grouped(row.last)}`)
    );
    this.card.hidden = false;
  }

  hide() {
    this.card.hidden = true;
  }

  // A moment by the clock, in ms since the epoch: a line through all rows.
  point(time) {
    this.aligned('clock');
    this.at = (time - this.data.begin) / 1000;
    this.draw();
  }

  /* ---------- drawing ---------- */
  draw() {
    cancelAnimationFrame(this.due);
    this.due = 0;
    const inView = this.inView(),
      width = Math.max(620, Math.floor(this.svg.parentNode.clientWidth)),
      right = width - 3 * ROWS.column - ROWS.margin,
      folds = this.align === 'clock' ? this.data.folds : [];
    this.x = scale(LEFT, right, this.domain, folds);
    this.width = width;
    const { bottom } = this;
    for (const [svg, top, height] of [
      [this.svg, ROWS.top - 6, bottom - ROWS.top + 6],
      [this.axis, 0, ROWS.top - 6]
    ])
      resize(svg, top, width, height);
    this.frame.setAttribute('height', bottom);
    this.times(bottom);
    this.columns([0, 1, 2].map(i => this.axis.querySelector('.col-' + i)));
    // What is on the screen follows at once, the other rows when the hand rests; until then they are not painted.
    for (const row of this.order) row.stale = true;
    inView.forEach(row => this.refresh(row));
    for (const row of this.order) if (row.stale) row.node.classList.add('stale');
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.others(), REST);
    const seen = this.at != null && this.at >= this.domain[0] && this.at <= this.domain[1];
    this.cursor.setAttribute('d', seen ? `M${this.x(this.at).toFixed(1)} ${ROWS.top - 6}V${bottom}` : '');
    for (const button of this.section.querySelectorAll('[data-align]'))
      button.setAttribute('aria-pressed', button.dataset.align === this.align);
    this.section.querySelector('.study-whole').hidden = this.isWhole();
  }

  inView() {
    const { top } = this.svg.getBoundingClientRect();
    return this.order.filter(row => {
      const y = top + row.top - ROWS.top;
      return y > -2 * ROWS.row && y < innerHeight + ROWS.row;
    });
  }

  // A few rows a frame, so that what comes next need not wait for all.
  others() {
    const stale = this.order.filter(row => row.stale);
    stale.slice(0, AT_ONCE).forEach(row => this.refresh(row));
    if (stale.length > AT_ONCE) this.rest = setTimeout(() => this.others());
  }

  refresh(row) {
    if (!row.stale) return;
    row.stale = false;
    row.node.classList.remove('stale');
    this.row(row);
  }

  // The rows that are shown, in their order, down the page; the bottom of the last one.
  stack() {
    const value = {
      who: row => row.who,
      begin: row => row.begin,
      length: row => -row.length,
      runs: row => -row.runs.length,
      errors: row => -row.errors,
      answered: row => -row.answered
    }[this.sort];
    const inGroups = this.heads.length > 0;
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    this.order = this.rows
      .filter(row => this.shown.has(row.group))
      .sort((a, b) => (inGroups && a.group - b.group) || compare(value(a), value(b)) || a.begin - b.begin || a.number - b.number);
    const seen = new Set(this.order);
    for (const row of this.rows) row.node.toggleAttribute('hidden', !seen.has(row));
    let y = ROWS.top,
      group = null;
    for (const head of this.heads) head.setAttribute('hidden', '');
    for (const row of this.order) {
      if (row.group !== group && inGroups) {
        const head = this.heads[row.group];
        head.removeAttribute('hidden');
        head.setAttribute('transform', `translate(0 ${y})`);
        y += ROWS.group;
      }
      group = row.group;
      row.top = y;
      row.node.setAttribute('transform', `translate(0 ${y})`);
      // Who cannot see it meets the rows in the order in which they stand.
      row.node.parentNode.append(row.node);
      y += ROWS.row;
    }
    if (!seen.has(this.stop)) this.stand(this.order[0]);
    return y + 6;
  }

  columns(texts) {
    texts.forEach((text, i) => text.setAttribute('x', this.width - (2 - i) * ROWS.column - 6));
  }

  row(row) {
    const { x } = this,
      [from, to] = this.domain,
      begin = this.begin(row),
      end = begin + row.length,
      inside = at => at >= from && at <= to;
    if (row.width !== this.width) {
      row.width = this.width;
      row.ground.setAttribute('width', this.width);
      this.columns(row.columns);
    }
    row.line.setAttribute('x1', x(Math.min(to, Math.max(begin, from))));
    row.line.setAttribute('x2', x(Math.max(from, Math.min(end, to))));
    const columns = new Map();
    for (const [place, total] of row.edits) {
      const at = begin + place * 30;
      if (at + 30 < from || at > to) continue;
      const left = x(Math.max(at, from)),
        wide = Math.max(ROWS.bin, x(Math.min(at + 30, to)) - left),
        column = Math.floor(left / ROWS.bin),
        known = columns.get(column);
      columns.set(column, known ? [known[0], known[1], Math.max(known[2], total)] : [left, wide, total]);
    }
    let d = '';
    for (const [left, wide, total] of columns.values()) {
      const high = Math.min(ROWS.reach, 1 + (ROWS.reach - 1) * (total / this.data.tall) ** ROWS.power).toFixed(1);
      d += `M${left.toFixed(1)} ${ROWS.base}v-${high}h${wide.toFixed(1)}v${high}z`;
    }
    row.paths.edits.setAttribute('d', d);
    const taken = { ok: new Map(), other: new Map(), err: new Map() };
    for (const [at, kind] of row.runs) {
      if (!inside(begin + at)) continue;
      const px = x(begin + at);
      if (!taken[kind].has(Math.round(px))) taken[kind].set(Math.round(px), px);
    }
    const { base } = ROWS;
    const shape = {
      ok: px => `M${px.toFixed(1)} ${base + 2.5}h1.6v5h-1.6z`,
      other: px => `M${px.toFixed(1)} ${base + 3}h2.4v4.4h-2.4z`,
      err: px => `M${(px - 1.6).toFixed(1)} ${base + 2.6}l4.8 4.8m0 -4.8l-4.8 4.8`
    };
    for (const kind of Object.keys(taken))
      row.paths[kind].setAttribute('d', [...taken[kind].values()].map(shape[kind]).join(''));
    for (const [mark, { at }] of row.marks) {
      const seen = inside(begin + at);
      mark.toggleAttribute('hidden', !seen);
      if (seen) mark.setAttribute('transform', `translate(${x(begin + at).toFixed(1)} ${base - 9})`);
    }
  }

  // Grid and labels of the axis; by the clock with the days above.
  times(bottom) {
    const { x } = this,
      [from, to] = this.domain,
      clock = this.align === 'clock',
      labels = [],
      grid = [];
    for (const [a, b] of x.folds) {
      const left = x(a),
        wide = x(b) - left;
      grid.push(s('rect', { x: left, y: ROWS.top - 6, width: wide, height: bottom - ROWS.top + 6, class: 'f-band' }));
      if (wide > 26)
        labels.push(
          s(
            'text',
            { x: left + wide / 2, y: 29, 'text-anchor': 'middle', 'font-size': 10, class: 'f-ink3 length' },
            b - a < 6000 ? `${Math.round((b - a) / 60)} min` : rough(b - a)
          )
        );
    }
    const steps = STEPS.find(m => m * 60 * x.rate >= TICK + (clock && m < 1 ? 20 : 0)) || STEPS.at(-1),
      step = 60 * steps,
      shift = clock ? (this.data.begin / 1000) % step : 0,
      folded = t => x.folds.some(([a, b]) => x(t) > x(a) - ROWS.beside && x(t) < x(b) + ROWS.beside);
    let last = -TICK;
    for (let i = Math.ceil((from + shift) / step); i * step - shift <= to; i++) {
      const t = i * step - shift;
      if (folded(t) || x(t) - last < TICK - 4) continue;
      last = x(t);
      grid.push(s('line', { x1: last, x2: last, y1: ROWS.top - 4, y2: bottom, class: 's-hair' }));
      const words = clock ? this.stamp(t).slice(0, steps < 1 ? 8 : 5) : tick(t);
      labels.push(s('text', { x: last, y: 29, 'text-anchor': 'middle', 'font-size': 11, class: 'f-ink3' }, words));
    }
    if (clock) labels.push(...this.days());
    this.grid.replaceChildren(...grid);
    this.axis.querySelector('.study-times').replaceChildren(...labels);
  }

  days() {
    const { x } = this,
      [from, to] = this.domain,
      midnight = DAY - ((this.data.begin / 1000) % DAY),
      starts = [from, ...x.folds.map(([, b]) => b)];
    for (let t = midnight + Math.max(0, Math.floor((from - midnight) / DAY)) * DAY; t <= to; t += DAY) starts.push(t);
    const labels = [];
    let told = '',
      last = -Infinity;
    for (const t of starts.sort((a, b) => a - b)) {
      if (t < from || t > to || x.folds.some(([a, b]) => t >= a && t < b)) continue;
      const day = new Date(this.data.begin + t * 1000 + 1),
        words = `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
      if (words === told || x(t) - last < 46) continue;
      told = words;
      last = x(t);
      labels.push(s('text', { x: last, y: 13, 'font-size': 11, 'font-weight': 600, class: 'f-ink2' }, words));
    }
    return labels;
  }
}

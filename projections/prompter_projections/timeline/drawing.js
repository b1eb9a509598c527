// One session's drawing: places every mark anew from its times, for a window's width, a zoom, folds.
import { AXIS, BIN, EDGE, LEFT, MARGIN, NARROWEST, REST, SHORTEST, STEPS, STRIP, TICK, TOP } from './scale.js';
import { minutes, paint, resize, s, scale, tick } from './scale.js';

// Marks of one kind on the same pixel are drawn as one, as marks.py does; held-back prompts are smaller than others.
const APART = { r: 1, p: 3 };
const SIGHT = 80; // pixels above and below the window that count as in sight

export class Drawing {
  // section: the element with svg.figure (as svg.py draws it) and the buttons; data: what data.py tells of the session.
  constructor(section, data) {
    this.section = section;
    this.data = data;
    this.svg = section.querySelector('svg.figure');
    // The room for labels and the least width of all, in pixels; whoever has less to give sets less before drawing.
    this.left = LEFT;
    this.least = NARROWEST;
    this.stage = section.querySelector('.stage');
    this.panel = section.querySelector('aside');
    this.domain = [0, data.length];
    this.folded = data.folds.map(() => true);
    this.clock = false;
    this.chosen = null;
    this.placed = [...this.svg.querySelectorAll('[data-at]')].map(node => this.entry(node));
    this.entries = new Map(this.placed.filter(one => one.key).map(one => [one.key, one]));
    this.walk = null;
    this.stop = this.walking()[0] || null;
    this.across = [...this.svg.querySelectorAll('.across')];
    this.paths = new Map(
      [...this.svg.querySelectorAll('path.edits')].map(path => [
        path.dataset.lane + (path.dataset.remote ? 'remote' : 'edits'),
        path
      ])
    );
    for (const one of this.placed) if (one.y !== undefined && !one.gap) one.down = +one.y;
    this.crowds = this.crowded();
    this.talls = new Map();
    this.choice = s('g', {});
    this.svg.querySelector('.plotted').before(this.choice);
    this.overview = s('svg', { class: 'overview', height: 46, 'aria-hidden': 'true' });
    this.svg.after(this.overview);
    this.listen();
  }

  // A node with its times, and the parts of it that change with the scale.
  entry(node) {
    const all = name => [...node.querySelectorAll(name)],
      gap = node.classList.contains('gap');
    return {
      node,
      at: +node.dataset.at,
      to: gap ? this.data.folds[this.parts(node.dataset.key)[1]][1] : +(node.dataset.to || node.dataset.at),
      y: (/translate\(\S+ (\S+)\)/.exec(node.getAttribute('transform') || '') || [])[1],
      key: node.dataset.key || '',
      // Where it stands down the page; what goes through all lanes begins above them.
      down: +(node.getAttribute('y1') ?? node.getAttribute('y') ?? 0),
      hidden: node.hasAttribute('display'),
      mark: node.classList.contains('mark'),
      gap,
      bars: all('.bar').map(bar => [bar, bar.classList.contains('wide') ? 5 : 3]),
      hit: node.classList.contains('run') ? node.querySelector('.hit') : null,
      whisker: node.querySelector('.whisker'),
      zigzag: node.querySelector('.zigzag'),
      ground: node.querySelector('.zigzag-ground')
    };
  }

  // The marks in the order of time, for who walks them.
  walking() {
    this.walk ||= this.placed.filter(one => one.mark).sort((a, b) => a.at - b.at);
    return this.walk;
  }

  // What may stand for several: runs of one outcome in one lane, and held-back prompts of one lane.
  crowded() {
    const crowds = [];
    this.data.lanes.forEach((lane, i) => {
      const kinds = new Map();
      lane.runs.forEach((run, j) => {
        if (!kinds.has(run.outcome)) kinds.set(run.outcome, []);
        kinds.get(run.outcome).push({ key: `r:${i}:${j}`, at: run.at, to: run.to });
      });
      const held = lane.prompts.map((one, j) => ({ key: `p:${i}:${j}`, at: one.at, to: one.at, fate: one.fate }));
      crowds.push(...[...kinds.values()].map(marks => ({ marks, down: lane.base, apart: APART.r })));
      crowds.push({ marks: held.filter(one => one.fate === 'held back'), down: lane.base, apart: APART.p });
    });
    return crowds.filter(({ marks }) => marks.some(({ key }) => !this.entries.has(key)));
  }

  // Which marks stand for the others at this zoom: what was one mark comes apart where there is room for it.
  separate(x) {
    const [from, to] = this.domain;
    for (const { marks, down, apart } of this.crowds) {
      if (!this.inSight(down)) continue;
      let first = null,
        left = 0,
        more = 0;
      const told = () => {
        if (!first) return;
        const entry = this.entries.get(first.key) || this.copied(first, marks);
        entry.aside = false;
        if (more) entry.node.dataset.more = more;
        else delete entry.node.dataset.more;
      };
      for (const mark of marks) {
        const known = this.entries.get(mark.key);
        if (known) known.aside = true;
        if (mark.to < from - EDGE || mark.at > to + EDGE) continue;
        if (first && Math.abs(x(mark.at) - left) < apart) {
          more++;
          continue;
        }
        told();
        first = mark;
        left = x(mark.at);
        more = 0;
      }
      told();
    }
  }

  // A mark that the file does not hold, drawn like one of the same kind in the same lane.
  copied({ key, at, to }, marks) {
    const like = this.entries.get(marks.find(mark => this.entries.has(mark.key)).key).node;
    const node = like.cloneNode(true);
    node.dataset.key = key;
    node.dataset.at = at;
    node.dataset.to = to;
    node.removeAttribute('display');
    node.setAttribute('tabindex', -1);
    node.setAttribute('aria-label', `${this.title(this.find(key))}, ${minutes(at)}`);
    like.after(node);
    const entry = this.entry(node);
    entry.down = this.entries.get(like.dataset.key).down;
    this.placed.push(entry);
    this.entries.set(key, entry);
    this.walk = null;
    return entry;
  }

  /* ---------- listening ---------- */
  listen() {
    const press = (name, act) => this.section.querySelector(name)?.addEventListener('click', act);
    press('.gaps', () => {
      const fold = this.folded.includes(false);
      this.folded = this.folded.map(() => fold);
      this.draw();
    });
    press('.clock', event => {
      this.clock = !this.clock;
      event.currentTarget.setAttribute('aria-pressed', this.clock);
      this.draw();
    });
    press('.whole', () => this.zoom(0, this.data.length));
    // Marks come and go with the zoom, so the drawing listens for all of them.
    const keyed = event => event.target.closest?.('[data-key]');
    this.svg.addEventListener('pointermove', event => {
      const node = keyed(event);
      if (!node) this.hide();
      else if (event.pointerType !== 'touch') this.show(node.dataset.key, event.clientX, event.clientY);
    });
    this.svg.addEventListener('pointerleave', () => this.hide());
    this.svg.addEventListener('click', event => {
      const node = keyed(event);
      if (node) this.act(node.dataset.key);
    });
    // Browsers let an element of SVG take the focus if it listens for it: the whole drawing must not.
    this.svg.parentNode.addEventListener('focusin', event => {
      const node = keyed(event);
      if (!node) return;
      this.stand(this.entries.get(node.dataset.key));
      if (node.matches(':focus-visible')) this.showAt(node, node.dataset.key);
    });
    this.svg.parentNode.addEventListener('focusout', () => this.hide());
    this.svg.addEventListener('keydown', event => this.key(event));
    this.svg.addEventListener('wheel', event => this.wheel(event), { passive: false });
    this.overview.addEventListener('pointerdown', event => this.brush(event));
    this.overview.addEventListener('dblclick', () => this.zoom(0, this.data.length));
  }

  key(event) {
    const shown = this.walking().filter(one => !one.hidden);
    const here = shown.findIndex(one => one.node === this.svg.getRootNode().activeElement);
    if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: shown.length - 1 }[event.key];
    const zoom = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
    if (next !== undefined) shown[next]?.node.focus();
    else if (event.key === 'Enter' || event.key === ' ') this.act(shown[here].key);
    else if (zoom) this.zoomAround(shown[here].at, zoom);
    else if (event.key === '0') this.zoom(0, this.data.length);
    else return;
    event.preventDefault();
    if (zoom) this.showAt(shown[here].node, shown[here].key);
  }

  // The wheel scrolls the page; with Ctrl (which is what pinching says, too) it zooms, sideways it moves in time.
  wheel(event) {
    const [from, to] = this.domain,
      across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      const px = event.clientX - this.svg.getBoundingClientRect().left,
        at = Math.max(from, Math.min(to, this.x.back(px))),
        factor = 1.002 ** event.deltaY;
      this.span(at - (at - from) * factor, at + (to - at) * factor);
    } else if (!this.isWhole() && Math.abs(across) > (event.shiftKey ? 0 : Math.abs(event.deltaY))) {
      const by = Math.max(-from, Math.min(this.data.length - to, across / this.x.rate));
      this.span(from + by, to + by);
    } else return;
    event.preventDefault();
    this.hide();
    // Wheels tell more often than the screen changes.
    this.due ||= requestAnimationFrame(() => this.draw(true));
  }

  stand(one) {
    if (!one) return;
    this.stop?.node.setAttribute('tabindex', -1);
    this.stop = one;
    one.node.setAttribute('tabindex', 0);
  }

  act(key) {
    const [kind, index] = this.parts(key);
    if (kind === 'g') {
      this.folded[index] = !this.folded[index];
      this.draw();
    } else if (kind !== 's') this.open(key);
  }

  /* ---------- zoom ---------- */
  zoom(from, to) {
    this.span(from, to);
    this.draw();
  }

  span(from, to) {
    const end = this.data.length,
      least = Math.min(SHORTEST, end);
    from = Math.max(0, Math.min(from, end - least));
    this.domain = [from, Math.min(end, Math.max(to, from + least))];
  }

  zoomAround(at, factor) {
    const [from, to] = this.domain;
    this.zoom(at - (at - from) * factor, at + (to - at) * factor);
  }

  brush(event) {
    const [from, to] = this.domain,
      whole = this.isWhole(),
      role = event.target.dataset.role;
    const box = this.overview.getBoundingClientRect();
    const time = e => Math.max(0, Math.min(this.data.length, this.wholeX.back(e.clientX - box.left)));
    const start = time(event);
    let moved = false;
    const move = e => {
      const t = time(e);
      if (role === 'from') this.span(Math.min(t, to - SHORTEST), to);
      else if (role === 'to') this.span(from, Math.max(t, from + SHORTEST));
      else if (role === 'window' && !whole) {
        const by = Math.max(-from, Math.min(this.data.length - to, t - start));
        this.span(from + by, to + by);
      } else if (Math.abs(t - start) > SHORTEST) this.span(Math.min(t, start), Math.max(t, start));
      moved = true;
      this.draw(true);
    };
    const up = () => {
      if (moved) this.draw();
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
  }

  isWhole() {
    return this.domain[0] <= 0 && this.domain[1] >= this.data.length;
  }

  // A key's kind and numbers: g (gap), s (strip), e (stretch of edits), r (run), p (prompt); then lane and place.
  parts(key) {
    const [kind, ...numbers] = key.split(':');
    return [kind, ...numbers.map(Number)];
  }

  /* ---------- drawing ---------- */
  folds() {
    return this.data.folds.filter((_, i) => this.folded[i]);
  }

  inSight(down) {
    return !this.sight || down <= TOP || (down > this.sight[0] && down < this.sight[1]);
  }

  // What depends on the width alone.
  frame(width, height, right) {
    const size = [width, height, this.left].join();
    if (size === this.size) return;
    this.size = size;
    resize(this.svg, 0, width, height);
    const plot = this.svg.querySelector('.plot');
    plot.setAttribute('x', this.left - 6);
    plot.setAttribute('width', right - this.left + 12);
    this.svg.querySelector('.names').setAttribute('width', this.left - 5);
    this.svg.querySelector('.strip-line').setAttribute('x1', this.left);
    for (const node of this.across) node.setAttribute(node.localName === 'rect' ? 'width' : 'x2', right);
  }

  // Draw everything; moving: what is in sight, and the rest a moment after the last move.
  draw(moving = false) {
    cancelAnimationFrame(this.due);
    clearTimeout(this.rest);
    this.due = 0;
    const { top } = moving ? this.svg.getBoundingClientRect() : { top: 0 };
    this.sight = moving ? [-top - SIGHT, innerHeight - top + SIGHT] : null;
    if (moving) this.rest = setTimeout(() => this.draw(), REST);
    const width = Math.max(this.least, Math.floor(this.svg.parentNode.clientWidth)),
      right = width - MARGIN;
    const [from, to] = this.domain,
      height = this.data.height;
    const x = (this.x = scale(this.left, right, this.domain, this.folds()));
    this.width = width;
    this.frame(width, height, right);
    this.separate(x);
    for (const one of this.placed) {
      if (!this.inSight(one.down)) continue;
      const seen = !one.aside && one.to >= from - EDGE && one.at <= to + EDGE;
      if (one.hidden === seen) {
        one.hidden = !seen;
        if (seen) one.node.removeAttribute('display');
        else one.node.setAttribute('display', 'none');
      }
      if (seen) this.place(one, x);
    }
    this.ticks(x);
    this.edits(x);
    this.mark(x);
    this.drawOverview(width, right);
    const gaps = this.section.querySelector('.gaps');
    if (gaps) gaps.textContent = this.folded.includes(false) ? 'Fold gaps' : 'Unfold gaps';
    this.section.querySelector('.whole').hidden = this.isWhole();
    this.stand(this.stop && !this.stop.hidden ? this.stop : this.walking().find(one => !one.hidden));
  }

  place(one, x) {
    const { node, at, to, y } = one,
      [from, until] = this.domain;
    if (one.gap) return this.gap(node, this.parts(one.key)[1], x);
    if (node.localName === 'line') {
      node.setAttribute('x1', x(Math.max(at, from)));
      node.setAttribute('x2', x(Math.min(to, until)));
    } else if (y === undefined) {
      node.setAttribute('x', x(at));
      node.setAttribute('width', Math.max(3, x(to) - x(at) + 2));
    } else {
      const begin = x(at),
        long = x(to) - begin;
      node.setAttribute('transform', `translate(${begin.toFixed(1)} ${y})`);
      for (const [bar, least] of one.bars) bar.setAttribute('width', Math.max(least, long));
      one.hit?.setAttribute('width', Math.max(3, long) + 3);
      one.whisker?.setAttribute('d', long > 7 ? `M0 0H${long.toFixed(1)}m0 -3v6` : '');
      if (one.zigzag) {
        const wide = Math.max(12, long);
        let d = 'M0 0';
        for (let px = 3, up = -3; px <= wide; px += 3, up = -up) d += `L${px} ${up}`;
        one.zigzag.setAttribute('d', d);
        one.ground.setAttribute('width', wide);
      }
    }
  }

  gap(node, index, x) {
    const [a, b] = this.data.folds[index],
      folded = this.folded[index];
    const left = x(Math.max(a, this.domain[0])),
      right = x(Math.min(b, this.domain[1])),
      middle = (left + right) / 2;
    for (const name of ['cover', 'hatched']) {
      const rect = node.querySelector('.' + name);
      rect?.setAttribute('x', left);
      rect?.setAttribute('width', right - left);
    }
    node.querySelector('.cover').setAttribute('fill-opacity', folded ? 0.96 : 0.5);
    node.querySelectorAll('.edge').forEach((edge, i) => {
      edge.setAttribute('transform', `translate(${(i ? right : left).toFixed(1)} 0)`);
      edge.toggleAttribute('display', !folded);
      if (!folded) edge.setAttribute('display', 'none');
    });
    node.querySelector('.chip')?.setAttribute('x', middle - 15);
    node.querySelector('text')?.setAttribute('x', middle);
  }

  ticks(x) {
    const [from, to] = this.domain,
      group = this.svg.querySelector('.ticks');
    // Clock times that need their seconds are wider.
    const apart = m => (this.clock && m < 1 ? TICK + 20 : TICK);
    const steps = STEPS.find(m => m * 60 * x.rate >= apart(m)) || STEPS.at(-1);
    const step = 60 * steps;
    // Clock times are round numbers of the clock.
    const shift = this.clock ? (this.data.begin / 1000) % step : 0;
    const parts = [];
    let last = -TICK;
    for (let i = Math.ceil((from + shift) / step); i * step - shift <= to; i++) {
      const t = i * step - shift;
      if (x.folds.some(([a, b]) => t > a && t < b) || x(t) - last < apart(steps) - 4) continue;
      last = x(t);
      parts.push(s('line', { x1: last, x2: last, y1: TOP - 4, y2: this.data.height, class: 's-hair' }));
      const words = this.clock ? this.stamp(t).slice(0, steps < 1 ? 8 : 5) : tick(t);
      // At the very edge a label would be cut off.
      if (last > x(to) - 12 && last > x(from)) continue;
      parts.push(s('text', { x: last, y: AXIS, 'text-anchor': 'middle', 'font-size': 11, class: 'f-ink3' }, words));
    }
    group.replaceChildren(...parts);
  }

  binned(edits, x, bin, [from, to] = this.domain) {
    const sums = new Map();
    for (const [second, total] of edits) {
      if (second < from - 1 || second > to) continue;
      const place = Math.floor((x(second) - this.left) / bin);
      sums.set(place, (sums.get(place) || 0) + total);
    }
    return sums;
  }

  // The characters of the tallest bar: the 96th percentile of all bars of the session at about this zoom, so that
  // bars keep their heights while one moves.
  tall(x) {
    const whole = scale(this.left, this.width - MARGIN, [0, this.data.length], this.folds()),
      step = Math.round(4 * Math.log2(x.rate / whole.rate)),
      name = [this.width, this.left, ...this.folded, step].join();
    if (!this.talls.has(name)) {
      const rate = whole.rate * 2 ** (step / 4),
        at = step ? second => this.left + second * rate : whole,
        sums = this.data.lanes
          .flatMap(lane => [lane.edits, lane.remote])
          .flatMap(edits => [...this.binned(edits, at, BIN, [0, this.data.length]).values()])
          .sort((a, b) => a - b);
      this.talls.set(name, sums[Math.floor(sums.length * 0.96)] || 1);
    }
    return this.talls.get(name);
  }

  edits(x) {
    const tall = this.tall(x);
    const drawn = this.data.lanes.flatMap((lane, i) =>
      this.inSight(lane.base)
        ? ['edits', 'remote'].map(kind => [lane, this.binned(lane[kind], x, BIN), `${i}${kind}`])
        : []
    );
    for (const [lane, bins, name] of drawn) {
      let d = '';
      for (const [place, total] of bins) {
        const tallness = Math.min(lane.reach, 1.5 + (lane.reach - 1.5) * Math.sqrt(total / tall)).toFixed(1);
        d += `M${(this.left + place * BIN + 0.3).toFixed(1)} ${lane.base}v-${tallness}h2.3v${tallness}z`;
      }
      this.paths.get(name)?.setAttribute('d', d);
    }
  }

  // The chosen mark: its lane lightly shaded, a line through the figure at its time.
  mark(x) {
    this.choice.replaceChildren();
    if (!this.chosen) return;
    const { lane, at } = this.chosen,
      end = this.data.height,
      { top, height } = this.data.lanes[lane] || { top: end, height: 0 };
    const width = x(this.domain[1]);
    if (height) this.choice.append(s('rect', { class: 'chosen', x: 0, y: top, width, height }));
    if (at < this.domain[0] - EDGE || at > this.domain[1] + EDGE) return;
    const px = x(at) + 1.5;
    this.choice.append(
      s('path', { class: 'cursor', d: `M${px} ${STRIP - 9}V${top}M${px} ${top + height}V${end}` }),
      s('path', { class: 'f-ink', d: `M${px - 4} ${AXIS + 4}h8l-4 5z` })
    );
  }

  drawOverview(width, right) {
    // What lies beneath the window stays while the window moves.
    const kept = [width, this.left, ...this.folded].join();
    if (kept !== this.beneath) {
      this.beneath = kept;
      this.wholeX = scale(this.left, right, [0, this.data.length], this.folds());
      resize(this.overview, 0, width, 46);
      this.window = s('g', {});
      this.overview.replaceChildren(...this.whole(this.wholeX, right), this.window);
    }
    this.window.replaceChildren(...this.framed(this.wholeX, right));
  }

  // The whole session in small: edits of all cells, runs, prompts.
  whole(x, right) {
    const parts = [
      s('text', { x: 8, y: 28, 'font-size': 11, class: 'f-ink3' }, 'Overview'),
      s('rect', { x: this.left, y: 2, width: right - this.left, height: 40, rx: 3, fill: 'none', class: 's-rule' })
    ];
    for (const [a, b] of x.folds)
      parts.push(s('rect', { x: x(a), y: 3, width: x(b) - x(a), height: 38, class: 'f-band' }));
    const bins = new Map(),
      all = [0, this.data.length];
    for (const lane of this.data.lanes)
      for (const [place, total] of this.binned(lane.edits, x, 4, all)) bins.set(place, (bins.get(place) || 0) + total);
    const sums = [...bins.values()].sort((a, b) => a - b),
      tall = sums[Math.floor(sums.length * 0.96)] || 1;
    let d = '';
    for (const [place, total] of bins) {
      const t = Math.min(16, 1 + 15 * Math.sqrt(total / tall));
      d += `M${this.left + place * 4} 25v-${t.toFixed(1)}h3.2v${t.toFixed(1)}z`;
    }
    parts.push(s('path', { d, class: 'f-edit' }));
    const ticks = { ok: new Set(), err: new Set() };
    for (const lane of this.data.lanes)
      for (const run of lane.runs) ticks[run.outcome === 'error' ? 'err' : 'ok'].add(Math.round(x(run.at)));
    for (const [role, places] of Object.entries(ticks)) {
      const long = role === 'err' ? 10 : 6;
      parts.push(
        s('path', { d: [...places].map(px => `M${px} 28h1.6v${long}h-1.6z`).join(''), class: paint('f', role) })
      );
    }
    for (const prompt of this.data.lanes.flatMap(lane => lane.prompts))
      if (prompt.fate !== 'held back') {
        const px = x(prompt.at);
        parts.push(
          s('path', {
            d: `M${px} 4.6l3.4 3.4l-3.4 3.4l-3.4 -3.4z`,
            class: prompt.fate === 'answered' ? 'f-ask s-askline' : 'f-card s-askline'
          })
        );
      }
    return parts;
  }

  // What is shown of it, between two handles.
  framed(x, right) {
    const [a, b] = this.domain.map(x),
      whole = this.isWhole(),
      parts = [];
    const veil = (from, to) =>
      s('rect', { x: from, y: 2, width: Math.max(0, to - from), height: 40, class: 'f-paper', 'fill-opacity': 0.72 });
    if (!whole) parts.push(veil(this.left, a), veil(b, right));
    parts.push(
      s('rect', {
        class: whole ? 'brush' : 'brush narrow s-ink',
        'data-role': 'window',
        x: a,
        y: 2,
        width: b - a,
        height: 40,
        rx: 3,
        fill: 'transparent'
      })
    );
    for (const [px, role] of [
      [a, 'from'],
      [b, 'to']
    ])
      parts.push(
        s('rect', {
          class: 'handle f-card s-ink',
          'data-role': role,
          x: px - 3,
          y: 12,
          width: 6,
          height: 20,
          rx: 3,
          'stroke-width': 1.2
        })
      );
    return parts;
  }
}

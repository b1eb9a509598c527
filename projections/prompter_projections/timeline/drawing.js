// One session's drawing: places every mark anew from its times, for a window's width, a zoom, folds.
class Drawing {
  constructor(section, data) {
    this.section = section;
    this.data = data;
    this.svg = section.querySelector('svg.figure');
    this.stage = section.querySelector('.stage');
    this.panel = section.querySelector('aside');
    this.domain = [0, data.length];
    this.folded = data.folds.map(() => true);
    this.clock = false;
    this.chosen = null;
    this.placed = [...this.svg.querySelectorAll('[data-at]')].map(node => ({
      node,
      at: +node.dataset.at,
      to: +(node.dataset.to || node.dataset.at),
      y: (/translate\(\S+ (\S+)\)/.exec(node.getAttribute('transform') || '') || [])[1],
      key: node.dataset.key || ''
    }));
    this.walk = this.placed.filter(one => one.node.classList.contains('mark')).sort((a, b) => a.at - b.at);
    this.stop = this.walk[0] || null;
    this.choice = s('g', {});
    this.svg.querySelector('.plotted').before(this.choice);
    this.overview = s('svg', { class: 'overview', height: 46, 'aria-hidden': 'true' });
    this.svg.after(this.overview);
    this.listen();
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
    for (const { node, key } of this.placed.filter(one => one.key)) {
      node.addEventListener(
        'pointermove',
        event => event.pointerType !== 'touch' && this.show(key, event.clientX, event.clientY)
      );
      node.addEventListener('pointerleave', hide);
      node.addEventListener('click', event => {
        event.stopPropagation();
        this.act(key);
      });
      // Browsers let an element of SVG take the focus if it listens for it: stretches must not.
      if (!node.classList.contains('mark')) continue;
      node.addEventListener('focus', () => {
        this.stand(this.walk.find(one => one.node === node));
        if (node.matches(':focus-visible')) this.showAt(node, key);
      });
      node.addEventListener('blur', hide);
    }
    this.svg.addEventListener('keydown', event => this.key(event));
    this.overview.addEventListener('pointerdown', event => this.brush(event));
    this.overview.addEventListener('dblclick', () => this.zoom(0, this.data.length));
  }

  key(event) {
    const shown = this.walk.filter(one => !one.node.hasAttribute('display'));
    const here = shown.findIndex(one => one.node === document.activeElement);
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
    const end = this.data.length,
      least = Math.min(SHORTEST, end);
    from = Math.max(0, Math.min(from, end - least));
    this.domain = [from, Math.min(end, Math.max(to, from + least))];
    this.draw();
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
    const move = e => {
      const t = time(e);
      if (role === 'from') this.zoom(Math.min(t, to - SHORTEST), to);
      else if (role === 'to') this.zoom(from, Math.max(t, from + SHORTEST));
      else if (role === 'window' && !whole) {
        const by = Math.max(-from, Math.min(this.data.length - to, t - start));
        this.zoom(from + by, to + by);
      } else if (Math.abs(t - start) > SHORTEST) this.zoom(Math.min(t, start), Math.max(t, start));
    };
    const up = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', up);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', up);
  }

  isWhole() {
    return this.domain[0] <= 0 && this.domain[1] >= this.data.length;
  }

  /* ---------- drawing ---------- */
  folds() {
    return this.data.folds.filter((_, i) => this.folded[i]);
  }

  draw() {
    const width = Math.max(560, Math.floor(this.svg.parentNode.clientWidth)),
      right = width - MARGIN;
    const [from, to] = this.domain,
      height = this.data.height;
    const x = (this.x = scale(LEFT, right, this.domain, this.folds()));
    this.svg.setAttribute('width', width);
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.querySelector('.plot').setAttribute('width', right - LEFT + 12);
    for (const node of this.svg.querySelectorAll('.across'))
      node.setAttribute(node.localName === 'rect' ? 'width' : 'x2', right);
    for (const one of this.placed) {
      const seen = one.to >= from - EDGE && one.at <= to + EDGE;
      one.node.toggleAttribute('display', !seen);
      if (!seen) one.node.setAttribute('display', 'none');
      else this.place(one, x);
    }
    this.ticks(x);
    this.edits(x);
    this.mark(x);
    this.drawOverview(width, right);
    const gaps = this.section.querySelector('.gaps');
    if (gaps) gaps.textContent = this.folded.includes(false) ? 'Fold gaps' : 'Unfold gaps';
    this.section.querySelector('.whole').hidden = this.isWhole();
    this.stand(
      this.stop && !this.stop.node.hasAttribute('display')
        ? this.stop
        : this.walk.find(one => !one.node.hasAttribute('display'))
    );
  }

  place({ node, at, to, y, key }, x) {
    const [from, until] = this.domain;
    if (node.classList.contains('gap')) return this.gap(node, this.parts(key)[1], x);
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
      for (const bar of node.querySelectorAll('.bar'))
        bar.setAttribute('width', Math.max(bar.classList.contains('wide') ? 5 : 3, long));
      if (node.classList.contains('run')) node.querySelector('.hit').setAttribute('width', Math.max(3, long) + 3);
      node.querySelector('.whisker')?.setAttribute('d', long > 7 ? `M0 0H${long.toFixed(1)}m0 -3v6` : '');
      const zigzag = node.querySelector('.zigzag'),
        wide = Math.max(12, long);
      if (zigzag) {
        let d = 'M0 0';
        for (let px = 3, up = -3; px <= wide; px += 3, up = -up) d += `L${px} ${up}`;
        zigzag.setAttribute('d', d);
        node.querySelector('.zigzag-ground').setAttribute('width', wide);
      }
    }
  }

  gap(node, index, x) {
    const [a, b] = this.data.folds[index],
      folded = this.folded[index];
    const seen = b > this.domain[0] && a < this.domain[1];
    if (!seen) return node.setAttribute('display', 'none');
    node.removeAttribute('display');
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
      parts.push(s('text', { x: last, y: AXIS, 'text-anchor': 'middle', 'font-size': 11, class: 'f-ink3' }, words));
    }
    group.replaceChildren(...parts);
  }

  binned(edits, x, bin) {
    const sums = new Map(),
      [from, to] = this.domain;
    for (const [second, total] of edits) {
      if (second < from - 1 || second > to) continue;
      const place = Math.floor((x(second) - LEFT) / bin);
      sums.set(place, (sums.get(place) || 0) + total);
    }
    return sums;
  }

  edits(x) {
    const drawn = this.data.lanes.flatMap((lane, i) =>
      ['edits', 'remote'].map(kind => [lane, this.binned(lane[kind], x, BIN), `${i}${kind}`])
    );
    const sums = drawn.flatMap(([, bins]) => [...bins.values()]).sort((a, b) => a - b);
    const tall = sums[Math.floor(sums.length * 0.96)] || 1;
    const paths = new Map(
      [...this.svg.querySelectorAll('path.edits')].map(p => [
        p.dataset.lane + (p.dataset.remote ? 'remote' : 'edits'),
        p
      ])
    );
    for (const [lane, bins, name] of drawn) {
      let d = '';
      for (const [place, total] of bins) {
        const tallness = Math.min(lane.reach, 1.5 + (lane.reach - 1.5) * Math.sqrt(total / tall)).toFixed(1);
        d += `M${(LEFT + place * BIN + 0.3).toFixed(1)} ${lane.base}v-${tallness}h2.3v${tallness}z`;
      }
      paths.get(name)?.setAttribute('d', d);
    }
  }

  // The chosen mark: its lane lightly shaded, a line through the figure at its time.
  mark(x) {
    this.choice.replaceChildren();
    if (!this.chosen) return;
    const { lane, at } = this.chosen,
      { top, height } = this.data.lanes[lane];
    const width = x(this.domain[1]);
    this.choice.append(s('rect', { class: 'chosen', x: 0, y: top, width, height }));
    if (at < this.domain[0] || at > this.domain[1]) return;
    const px = x(at) + 1.5,
      end = this.data.height;
    this.choice.append(
      s('path', { class: 'cursor', d: `M${px} ${STRIP - 9}V${top}M${px} ${top + height}V${end}` }),
      s('path', { class: 'f-ink', d: `M${px - 4} ${AXIS + 4}h8l-4 5z` })
    );
  }

  drawOverview(width, right) {
    const x = (this.wholeX = scale(LEFT, right, [0, this.data.length], this.folds())),
      svg = this.overview;
    svg.setAttribute('width', width);
    svg.setAttribute('viewBox', `0 0 ${width} 46`);
    const parts = [
      s('text', { x: 8, y: 28, 'font-size': 11, class: 'f-ink3' }, 'Overview'),
      s('rect', { x: LEFT, y: 2, width: right - LEFT, height: 40, rx: 3, fill: 'none', class: 's-rule' })
    ];
    for (const [a, b] of x.folds)
      parts.push(s('rect', { x: x(a), y: 3, width: x(b) - x(a), height: 38, class: 'f-band' }));
    const bins = new Map(),
      domain = this.domain;
    this.domain = [0, this.data.length];
    for (const lane of this.data.lanes)
      for (const [place, total] of this.binned(lane.edits, x, 4)) bins.set(place, (bins.get(place) || 0) + total);
    this.domain = domain;
    const sums = [...bins.values()].sort((a, b) => a - b),
      tall = sums[Math.floor(sums.length * 0.96)] || 1;
    let d = '';
    for (const [place, total] of bins) {
      const t = Math.min(16, 1 + 15 * Math.sqrt(total / tall));
      d += `M${LEFT + place * 4} 25v-${t.toFixed(1)}h3.2v${t.toFixed(1)}z`;
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
    const [a, b] = this.domain.map(x),
      whole = this.isWhole();
    const veil = (from, to) =>
      s('rect', { x: from, y: 2, width: Math.max(0, to - from), height: 40, class: 'f-paper', 'fill-opacity': 0.72 });
    if (!whole) parts.push(veil(LEFT, a), veil(b, right));
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
    svg.replaceChildren(...parts);
  }
}

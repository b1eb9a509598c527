// What a mark stands for: the card beside it, and the cell at that version in the panel.
import { Drawing } from './drawing.js';
import { CARD_LINES, EDGE, counted, grouped, h, minutes, rough, s } from './scale.js';

const PANEL_LINES = 2000; // more would make the panel slow to open

export class Figure extends Drawing {
  // card: the element that tells of the mark under the pointer; opened: told the position of each mark that is opened.
  constructor(section, data, { card, opened = () => {} }) {
    super(section, data);
    this.card = card;
    this.opened = opened;
  }

  /* ---------- words ---------- */
  stamp(t) {
    return this.clock ? new Date(this.data.begin + t * 1000).toISOString().slice(11, 19) : minutes(t);
  }

  // What a key stands for: lane, run or prompt, time and position.
  find(key) {
    const [kind, first, second] = this.parts(key);
    if (kind === 's') return { kind, ...this.data.strip[first] };
    const lane = this.data.lanes[first];
    if (kind === 'r')
      return { kind, lane, run: lane.runs[second], at: lane.runs[second].at, position: lane.runs[second].position };
    if (kind === 'p')
      return {
        kind,
        lane,
        prompt: lane.prompts[second],
        at: lane.prompts[second].at,
        position: lane.prompts[second].position
      };
    const [at, to, inserted, deleted, position, last] = lane.stretches[second];
    return { kind, lane, at, to, inserted, deleted, position, last };
  }

  title(found) {
    const { kind, lane } = found;
    if (kind === 's') return found.text;
    if (kind === 'r') return `${lane.name}, run ${found.run.number}: ${outcome(found.run)}`;
    if (kind === 'p') return `${lane.name}: prompt ${found.prompt.fate}`;
    const words = [];
    if (found.inserted) words.push(`${counted(found.inserted, 'character')} typed`);
    if (found.deleted) words.push(`${grouped(found.deleted)} deleted`);
    return `${lane.name}: ${words.join(', ')}`;
  }

  show(key, px, py) {
    this.fillCard(key);
    putCard(this.card, px + 14, py + 18, px - 14, py - 14);
  }

  showAt(node, key) {
    this.fillCard(key);
    const box = node.getBoundingClientRect();
    putCard(this.card, box.left, Math.min(box.bottom + 8, innerHeight), box.right, box.top - 8);
  }

  hide() {
    this.card.hidden = true;
  }

  fillCard(key) {
    const [kind, index] = this.parts(key),
      card = this.card;
    if (kind === 'g') {
      const [a, b] = this.data.folds[index];
      card.replaceChildren(
        cardTop(`Nothing for ${rough(b - a)}`, this.stamp(a)),
        h('div', { class: 'faint' }, this.folded[index] ? 'Click or Enter unfolds it.' : 'Click or Enter folds it.')
      );
    } else {
      const found = this.find(key),
        until = found.to > found.at + 1 && kind !== 'r' ? ` to ${this.stamp(found.to)}` : '';
      const position =
        found.last && found.last !== found.position
          ? `positions ${grouped(found.position)} to ${grouped(found.last)}`
          : `position ${grouped(found.position)}`;
      const more = this.entries.get(key)?.node.dataset.more;
      card.replaceChildren(
        cardTop(this.title(found), this.stamp(found.at) + until),
        ...this.body(found),
        h('div', { class: 'faint' }, position + (more ? `; stands for ${more} more here` : ''))
      );
    }
    card.hidden = false;
  }

  body({ kind, lane, run, prompt }) {
    if (kind === 'r') {
      const lines = changes(lane, run);
      return [
        lines.length
          ? source(lines.slice(0, CARD_LINES))
          : h('div', { class: 'faint' }, 'Source unchanged since the run before'),
        lines.length > CARD_LINES
          ? h('div', { class: 'faint' }, `and ${counted(lines.length - CARD_LINES, 'line')} more`)
          : null,
        ...results(run)
      ].filter(part => part);
    }
    return kind === 'p' ? voice(prompt) : [];
  }

  /* ---------- the cell at one version ---------- */
  open(key) {
    const [kind, index, second] = this.parts(key),
      lane = this.data.lanes[index],
      found = this.find(key);
    let run = kind === 'r' ? second : null;
    if (kind === 'p') run = found.prompt.run;
    if (kind === 'e') run = this.runFrom(lane, found.at);
    this.choose({ lane: index, at: found.at, key, position: found.position }, run);
  }

  // The next run at or after a moment; none: what was typed then was never run.
  runFrom(lane, at) {
    const run = lane.runs.findIndex(one => one.at >= at);
    return run < 0 ? null : run;
  }

  choose(chosen, run) {
    const { lane } = chosen;
    this.chosen = chosen;
    this.hide();
    this.fillPanel(this.data.lanes[lane], lane, run);
    this.panel.hidden = false;
    this.stage.classList.add('open');
    this.draw();
    this.opened(chosen.position);
    this.reveal();
  }

  // Open what stands at a position, mark its time, and bring it into view.
  goTo(position) {
    const place = locate(this.data, position);
    if (!place) return;
    if (place.key && place.key[0] !== 's') this.open(place.key);
    else if (place.key) this.point(this.find(place.key).at);
    else {
      const lane = this.data.lanes[place.lane];
      this.choose({ lane: place.lane, at: place.at, position }, this.runFrom(lane, place.at));
    }
    this.opened(position);
    const at = this.chosen.at;
    if (at < this.domain[0] - EDGE || at > this.domain[1] + EDGE) this.zoom(0, this.data.length);
    const node = this.entries.get(place.key)?.node || this.choice;
    node.scrollIntoView({ block: 'center', inline: 'nearest' });
  }

  // A moment, in seconds since the session's begin: a line through all lanes.
  point(at) {
    this.close();
    this.chosen = { lane: null, at };
    if (at < this.domain[0] - EDGE || at > this.domain[1] + EDGE) this.span(0, this.data.length);
    this.draw();
  }

  // Where the window is too narrow for both, the cell stands below the drawing.
  reveal() {
    if (matchMedia('(max-width: 1000px)').matches) this.panel.scrollIntoView({ block: 'nearest' });
  }

  fillPanel(lane, index, at) {
    const run = at == null ? null : lane.runs[at];
    const close = h('button', { 'aria-label': 'Close' }, '×');
    close.addEventListener('click', () => this.close());
    const parts = [
      h(
        'div',
        { class: 'top' },
        h('h2', {}, lane.name + (lane.gone == null ? '' : `, gone at ${this.stamp(lane.gone)}`)),
        close
      )
    ];
    if (run) {
      const count = run.count == null ? '' : `, [${run.count}]`;
      parts.push(
        h(
          'div',
          { class: 'sub' },
          `as run ${run.number}${count} took it at ${this.stamp(run.at)}, position ${grouped(run.position)}`
        )
      );
      parts.push(
        h(
          'div',
          { class: 'versions', role: 'group', 'aria-label': 'Runs of this cell' },
          lane.runs.map((one, i) => this.version(index, one, i, one === run))
        )
      );
    }
    const title = !run
      ? lane.runs.length
        ? 'Source at the end, not run as it stands'
        : 'Source, never run'
      : at === 0
        ? 'Source, first run'
        : run.changed
          ? 'Source, changes since the run before'
          : 'Source, unchanged since the run before';
    const lines = lane.versions[run ? run.version : lane.final];
    parts.push(h('h3', {}, title), source(lines.slice(0, PANEL_LINES)));
    if (lines.length > PANEL_LINES)
      parts.push(h('div', { class: 'faint' }, `and ${counted(lines.length - PANEL_LINES, 'line')} more in the log`));
    if (run) {
      const shown = results(run);
      if (shown.length)
        parts.push(
          h('h3', {}, run.outcome === 'error' ? 'Error' : `Result${run.took ? ', ' + run.took : ''}`),
          ...shown
        );
      if (run.error && run.error.traceback) parts.push(h('pre', { class: 'output error' }, run.error.traceback));
    }
    for (const prompt of lane.prompts)
      parts.push(
        h('h3', {}, `${prompt.fate[0].toUpperCase()}${prompt.fate.slice(1)} at ${this.stamp(prompt.at)}`),
        ...voice(prompt)
      );
    this.panel.replaceChildren(...parts);
  }

  version(index, run, i, current) {
    const glyph = this.entries.get(`r:${index}:${i}`)?.node.cloneNode(true);
    const picture = s('svg', { width: 16, height: 20, 'aria-hidden': 'true' });
    if (glyph) {
      glyph.querySelector('.hit')?.remove();
      glyph.querySelectorAll('.bar').forEach(bar => bar.setAttribute('width', bar.classList.contains('wide') ? 5 : 3));
      picture.append(s('g', { transform: 'translate(6.5 1.5)' }, ...glyph.childNodes));
    } else
      picture.append(
        s('rect', { x: 6.5, y: 4.5, width: 3, height: 9, class: run.outcome === 'error' ? 'f-err' : 'f-ok' })
      );
    const button = h(
      'button',
      {
        title: `run ${run.number}, ${run.outcome}, ${this.stamp(run.at)}`,
        'aria-label': `run ${run.number}, ${run.outcome}`,
        'aria-current': current ? 'true' : null
      },
      picture
    );
    button.addEventListener('click', () => {
      this.open(`r:${index}:${i}`);
      this.panel.querySelectorAll('.versions button')[i].focus();
    });
    return button;
  }

  close() {
    const back = this.chosen && this.entries.get(this.chosen.key);
    const within = this.panel.contains(this.panel.getRootNode().activeElement);
    this.panel.hidden = true;
    this.stage.classList.remove('open');
    this.chosen = null;
    this.draw();
    if (within) back?.node.focus();
  }
}

// What a position of the log is about in a session's data: the key of a mark, or a lane and a moment; away: how far the
// nearest place is for which the drawing has a mark.
export function locate(data, position) {
  let best = null;
  const near = (place, away) => {
    if (!best || away < best.away) best = { ...place, away };
  };
  const exact = at => Math.abs(at - position);
  data.lanes.forEach((lane, i) => {
    lane.runs.forEach((run, j) => run.positions.forEach(at => near({ key: `r:${i}:${j}` }, exact(at))));
    lane.prompts.forEach((prompt, j) => prompt.positions.forEach(at => near({ key: `p:${i}:${j}` }, exact(at))));
    lane.spans.forEach(([begin, end, added, removed]) => {
      near({ lane: i, at: begin }, exact(added));
      if (removed != null) near({ lane: i, at: end }, exact(removed));
    });
    lane.stretches.forEach(([, , , , first, last], j) =>
      near({ key: `e:${i}:${j}` }, position >= first && position <= last ? 0.5 : Math.min(exact(first), exact(last)))
    );
  });
  data.strip.forEach((mark, i) => near({ key: `s:${i}` }, exact(mark.position)));
  return best;
}

/* ---------- parts of card and panel ---------- */
export const outcome = run =>
  run.took && (run.outcome === 'ok' || run.outcome === 'error')
    ? `${run.outcome} in ${run.took}`
    : run.outcome === 'unfinished'
      ? 'its end is not recorded'
      : run.outcome;
export const cardTop = (left, right) => h('div', { class: 'top' }, h('span', {}, left), h('span', {}, right));
export const changes = (lane, run) => {
  const lines = lane.versions[run.version];
  if (run.number === 1) return lines.map(line => '+' + line.slice(1));
  return run.changed ? lines.filter(line => line[0] !== ' ') : [];
};

export function source(lines) {
  let number = 0;
  return h(
    'div',
    { class: 'source' },
    lines.map(line => {
      const old = line[0] === '-',
        changed = line[0] !== ' ';
      return h(
        'div',
        { class: changed ? (old ? 'old' : 'new') : null },
        h('b', {}, old ? '' : String(++number)),
        h('i', {}, old ? '−' : changed ? '+' : ''),
        h('span', {}, line.slice(1) || ' ')
      );
    })
  );
}

export function results(run) {
  const size = bytes => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);
  const parts = run.error ? [h('pre', { class: 'output error' }, run.error.head)] : [];
  for (const { mime, bytes, text } of run.outputs)
    parts.push(
      h(
        'pre',
        { class: `output ${run.outcome === 'ok' ? 'ok' : ''}` },
        text == null || mime.startsWith('image/') ? `${mime}, ${size(bytes)}` : text
      )
    );
  return parts;
}

export function voice(prompt) {
  const parts = [h('div', { class: 'sub' }, prompt.question)];
  if (prompt.choice) parts.push(h('div', { class: 'faint' }, `Chose: ${prompt.choice}`));
  if (prompt.text) parts.push(h('blockquote', { class: 'quote', dir: 'auto' }, `“${prompt.text}”`));
  const words = prompt.rule ? [`Rule: ${prompt.rule}.`] : [];
  if (prompt.fate === 'held back') words.push(prompt.reason ? `Held back: ${prompt.reason}.` : 'Held back.');
  else if (prompt.fate === 'answered') words.push(prompt.delay ? `Answered after ${prompt.delay}.` : 'Answered.');
  else if (prompt.fate === 'dismissed')
    words.push(`Put away${prompt.delay ? ` after ${prompt.delay}` : ''} (${prompt.reason}).`);
  else if (prompt.fate === 'open') words.push('No answer in this session.');
  else words.push(prompt.fate === 'expired' ? 'Expired without an answer.' : 'Withdrawn.');
  if (prompt.fate !== 'held back' && !prompt.shown) words.push('It was never shown.');
  if (prompt.amended) words.push('The answer was changed later; this is the last one.');
  parts.push(h('div', { class: 'faint' }, words.join(' ')));
  return parts;
}

// To the right and below of a point or mark, or on the other side where there is no room: never over its mark.
export function putCard(card, right, below, left, above) {
  const { offsetWidth: wide, offsetHeight: high } = card;
  const x = right + wide > innerWidth - 8 ? Math.min(left - wide, innerWidth - wide - 8) : right;
  const y = below + high > innerHeight - 8 && above - high >= 8 ? above - high : below;
  card.style.left = `${Math.max(8, x)}px`;
  card.style.top = `${Math.max(8, Math.min(y, Math.max(below, innerHeight - high - 8)))}px`;
}

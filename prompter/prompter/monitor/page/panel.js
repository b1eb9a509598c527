// One participant: how they are, the cell that they are at, what they were asked, and what a researcher may do.
import { fateIcon, h, setText, s, spark, sparkWords, setAttribute } from './marks.js';
import { AskForm, EndForm, NoteForm } from './forms.js';
import { ago, called, counted, delay, num, short, shortClock } from './words.js';

const SHOWN = 4; // questions; earlier ones are folded away

const FATES = {
  open: 'open',
  held: 'held for the review',
  dismissed: 'dismissed',
  expired: 'expired',
  withdrawn: 'withdrawn'
};

export class Panel {
  constructor(room, { blinded, changed }) {
    this.room = room;
    this.blinded = blinded;
    this.changed = changed;
    this.node = document.getElementById('panel');
    this.stage = document.getElementById('stage');
    this.id = null;
    this.forms = new Map(); // by participant: what is begun there is there again when they are opened again
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.close();
    });
  }

  get row() {
    return this.rowOf(this.id);
  }

  get closeup() {
    return this.closeupOf(this.id);
  }

  rowOf(id) {
    const row = this.room.rows.get(id),
      closeup = this.closeupOf(id);
    return row && { ...row, openSessions: closeup?.open, against: closeup?.against, mayAsk: closeup?.asks };
  }

  closeupOf(id) {
    const { closeup } = this.room.status;
    return closeup?.id === id ? closeup : null;
  }

  formsOf(id) {
    let forms = this.forms.get(id);
    if (!forms) {
      const row = () => this.rowOf(id),
        { blinded } = this;
      forms = {
        ask: new AskForm(row, { blinded }),
        notes: new NoteForm(row, () => this.closeupOf(id)?.position || this.room.status.position || 0),
        end: new EndForm(row, { blinded }),
        requests: h('ul', { class: 'notes' })
      };
      forms.ask.node.append(forms.requests);
      this.forms.set(id, forms);
    }
    return forms;
  }

  open(id) {
    if (id === this.id) return this.node.focus();
    this.id = id;
    this.build();
    this.node.hidden = false;
    this.stage.classList.add('open');
    this.changed(id);
    this.draw();
    this.node.focus({ preventScroll: true });
    if (getComputedStyle(this.node).position !== 'fixed') this.node.scrollIntoView({ block: 'nearest' });
  }

  close() {
    const id = this.id;
    this.id = null;
    this.node.hidden = true;
    this.node.replaceChildren();
    this.stage.classList.remove('open');
    this.changed(null, id);
  }

  build() {
    const part = (title, ...content) => h('section', { class: 'part' }, h('h3', {}, title), ...content);
    this.name = h('h2');
    this.condition = h('span', { class: 'sub' });
    this.facts = h('p', { class: 'sub facts' });
    this.sessions = h('ul', { class: 'sessions' });
    this.svg = s('svg', { width: 338, height: 52, viewBox: '0 0 338 52', role: 'img', class: 'whole' });
    this.cellTitle = h('h3');
    this.source = h('pre', { tabindex: 0, 'aria-label': 'The cell' });
    this.cell = h('section', { class: 'part', hidden: '' }, this.cellTitle, this.source);
    this.askedTitle = h('h3');
    this.list = h('ul', { class: 'pl' });
    this.earlier = h('ul', { class: 'pl' });
    this.earlierTitle = h('summary');
    this.folded = h('details', { hidden: '' }, this.earlierTitle, this.earlier);
    this.asked = h('section', { class: 'part', hidden: '' }, this.askedTitle, this.list, this.folded);
    Object.assign(this, this.formsOf(this.id));
    this.end.offer(); // what an end means may be another by now
    this.shown = {};
    this.node.replaceChildren(
      h(
        'div',
        { class: 'top' },
        this.name,
        this.condition,
        h('button', { type: 'button', 'aria-label': 'Close', on: { click: () => this.close() } }, '×')
      ),
      this.facts,
      this.sessions,
      part('Last 30 minutes', this.svg),
      this.cell,
      this.asked,
      this.ask.node,
      this.notes.node,
      this.end.node
    );
  }

  draw() {
    if (!this.id) return;
    const row = this.row,
      closeup = this.closeup;
    if (!row) return setText(this.facts, 'Not here any more in the time that is shown.');
    setText(this.name, called(row));
    setAttribute(this.node, 'aria-label', `Participant ${called(row)}`);
    setText(this.condition, row.condition ?? '');
    this.svg.replaceChildren(...spark(row, this.room.now, 338, 52, 34));
    setAttribute(this.svg, 'aria-label', sparkWords(row));
    if (closeup) this.fill(closeup);
    this.ask.fill();
    this.end.fill();
    this.tick();
  }

  tick() {
    if (!this.id) return;
    const cell = this.closeup?.cell;
    if (cell) setText(this.cellTitle, `Current cell: ${cell.place}, since ${ago((this.room.now - cell.since) / 1000)}`);
    if (this.row) setText(this.facts, this.told(this.row, this.closeup?.figures));
  }

  told(row, figures) {
    return [
      row.state,
      row.task && `at ${short(row.task.name, 60)}${this.left(row.task.ends)}`,
      counted(row.runs, 'run'),
      counted(row.errors, 'error'),
      row.lost && `${counted(row.lost, 'event')} lost in ${counted(figures?.holes ?? 1, 'hole')}`,
      figures?.invalid && `${figures.invalid} not understood`,
      figures?.divergences && counted(figures.divergences, 'divergence'),
      figures?.deaths && `kernel died ${figures.deaths === 1 ? 'once' : `${figures.deaths} times`}`
    ]
      .filter(Boolean)
      .join(', ');
  }

  left(ends) {
    if (ends == null) return '';
    return ends > this.room.now ? ` (${ago((ends - this.room.now) / 1000)} left)` : ' (over time)';
  }

  fill({ cell, questions = [], more = 0, notes, requests, sessions }) {
    this.cell.hidden = !cell;
    if (cell) setText(this.source, cell.source || '(empty)');
    this.renew('sessions', sessions, this.sessions, session => this.session(session));
    this.asked.hidden = !questions.length;
    setText(
      this.askedTitle,
      `${counted(questions.length + more, 'prompt')}${more ? `, the latest ${questions.length}` : ''}`
    );
    this.renew('questions', questions.slice(0, SHOWN), this.list, question => this.question(question));
    const earlier = questions.slice(SHOWN);
    this.folded.hidden = !earlier.length;
    setText(this.earlierTitle, `${earlier.length} earlier`);
    this.renew('earlier', earlier, this.earlier, question => this.question(question));
    this.renew('notes', notes, this.notes.list, note =>
      h(
        'li',
        {},
        h('span', { class: 'said' }, note.text),
        h('span', { class: 'faint' }, ` ${note.by}, ${shortClock(note.written)}${note.at == null ? '' : `, at position ${num(note.at)}`}`)
      )
    );
    this.renew('requests', requests, this.requests, request => this.request(request));
  }

  // A list is written anew only where it differs: whoever selects text in it keeps what they selected.
  renew(name, told, place, item) {
    const key = JSON.stringify(told);
    if (this.shown[name] === key) return;
    this.shown[name] = key;
    place.replaceChildren(...told.map(item));
  }

  session({ session, path, began, over }) {
    const link = h(
      'a',
      { href: `monitor/timeline?session=${session}`, target: '_blank', rel: 'noopener' },
      'Live timeline'
    );
    return h(
      'li',
      {},
      link,
      h(
        'span',
        { class: 'faint' },
        ` ${short(path || 'notebook without a path', 60)}, since ${shortClock(began)}${over ? `, ${over}` : ''}`
      )
    );
  }

  question({ text, fate, answer, choices, by, deviation, at, delay: took }) {
    const icon = h('span', { role: 'img', 'aria-label': fate }, fateIcon(fate));
    const said = [
      choices.length ? h('span', { class: 'choice' }, choices.join(', ')) : null,
      answer ? h('q', {}, answer) : null
    ];
    const asker = by ? h('span', { class: 'faint' }, ` · asked by ${by}${deviation ? ', a deviation' : ''}`) : null;
    const body =
      fate === 'answered'
        ? h(
            'div',
            {},
            said.some(Boolean) ? said : h('span', { class: 'sub' }, 'answered without words'),
            h('div', { class: 'faint' }, text, asker)
          )
        : h('div', {}, h('span', { class: 'sub' }, `${text} (${FATES[fate] ?? fate})`), asker);
    return h('li', {}, icon, body, h('span', { class: 'faint' }, took == null ? shortClock(at) : delay(took)));
  }

  request({ text, at, by, outcome, override }) {
    const words =
      outcome == null
        ? ''
        : outcome === 'waits'
          ? ', waits for its moment'
          : outcome === 'asked'
            ? ', was put to them'
            : outcome === 'held'
              ? ', kept for the review'
              : `, not asked: ${outcome}`;
    return h(
      'li',
      {},
      h('span', { class: 'said' }, text),
      h('span', { class: 'faint' }, ` ${by}, ${shortClock(at)}${words}${override ? ', against the condition' : ''}`)
    );
  }
}

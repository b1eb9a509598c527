// What a researcher may do: ask, note, end. Nothing that is being written is ever taken away.
import { h, setText } from './marks.js';
import { newId, post } from './socket.js';
import { called, counted } from './words.js';

const MAX_QUESTION = 2000;
const MAX_NOTE = 10000;

// A form that sends once: the id stays until the server has answered, so that trying again does nothing twice.
class Sending {
  constructor(address, status) {
    this.address = address;
    this.status = status;
    this.request = newId();
    this.sent = '';
  }

  async send(body) {
    const said = JSON.stringify(body);
    // Other words are another request.
    if (this.sent && this.sent !== said) this.request = newId();
    this.sent = said;
    setText(this.status, 'Sending …');
    const answer = await post(this.address, { ...body, request: this.request });
    setText(this.status, answer.message);
    this.status.classList.toggle('wrong', !answer.done);
    if (answer.done) {
      this.request = newId();
      this.sent = '';
    }
    return answer.done;
  }
}

export class AskForm {
  // row: tells the participant's row as it is now.
  constructor(row, { blinded }) {
    this.row = row;
    const field = (tag, attributes) => h(tag, { ...attributes, on: { input: () => this.check() } });
    this.question = field('textarea', { id: 'ask-question', rows: 2, maxlength: MAX_QUESTION });
    this.choices = field('input', { id: 'ask-choices', type: 'text', maxlength: 4000, autocomplete: 'off' });
    this.multiple = h('input', { type: 'checkbox' });
    this.several = h('label', { hidden: '' }, this.multiple, ' several may be chosen');
    this.urgent = h('input', { type: 'radio', name: 'when' });
    this.pause = h('input', { type: 'radio', name: 'when', checked: '' });
    this.override = field('input', { type: 'checkbox' });
    this.overrideWords = h('span');
    this.against = h('label', { class: 'against', hidden: '' }, this.override, this.overrideWords);
    this.blinded = blinded;
    this.status = h('span', { class: 'faint', role: 'status' });
    this.button = h('button', { class: 'primary', type: 'submit', disabled: '' }, 'Ask');
    this.sending = new Sending('monitor/ask', this.status);
    this.none = h('p', { class: 'faint', hidden: '' });
    this.form = h(
      'form',
      { on: { submit: event => this.submit(event) } },
      h('label', { for: 'ask-question' }, 'Your question, about the cell that they are at'),
      this.question,
      h('label', { for: 'ask-choices' }, 'Choices, separated by commas (optional)'),
      this.choices,
      this.several,
      h(
        'fieldset',
        { class: 'when' },
        h('legend', { class: 'unseen' }, 'When'),
        h(
          'label',
          { title: 'Waits for the limits of the study, such as so many questions an hour' },
          this.pause,
          ' at the next pause'
        ),
        h(
          'label',
          { title: 'Waits for no limit, but never comes while somebody types or a cell runs' },
          this.urgent,
          ' at once'
        )
      ),
      this.against,
      h('div', { class: 'act' }, this.button, this.status)
    );
    this.node = h('section', { class: 'part' }, h('h3', {}, 'Ask now'), this.none, this.form);
    this.fill();
  }

  fill() {
    const row = this.row();
    const none = !row
      ? 'Nobody is there any more.'
      : row.openSessions === 0
        ? 'No notebook is open that could be asked about.'
        : '';
    setText(this.none, none);
    this.none.hidden = !none;
    this.form.hidden = Boolean(none);
    if (!row || this.blinded) return;
    const words = row.against;
    this.against.hidden = !words;
    setText(this.overrideWords, words ? ` ${words}` : '');
    if (words === '') this.override.checked = false; // nothing is known of it until the panel's first news
    this.check();
  }

  check() {
    this.several.hidden = this.split().length < 2;
    this.button.disabled = !this.question.value.trim() || (this.row()?.mayAsk === false && !this.override.checked);
  }

  split() {
    return this.choices.value
      .split(',')
      .map(choice => choice.trim())
      .filter(Boolean);
  }

  async submit(event) {
    event.preventDefault();
    const row = this.row();
    if (this.button.disabled || !row) return;
    this.button.disabled = true;
    const done = await this.sending.send({
      participant: row.id,
      question: this.question.value.trim(),
      choices: this.split(),
      multiple: this.multiple.checked && this.split().length > 1,
      urgent: this.urgent.checked,
      override: this.override.checked && !this.against.hidden
    });
    if (done) {
      this.question.value = this.choices.value = '';
      this.override.checked = this.multiple.checked = false;
    }
    this.check();
  }
}

export class NoteForm {
  constructor(row, position) {
    this.row = row;
    this.at = 0;
    this.text = h('textarea', { id: 'note-text', rows: 1, maxlength: MAX_NOTE });
    this.text.addEventListener('input', () => {
      // The moment that a note is about is when somebody begins to write it.
      if (!this.at) this.at = position();
      if (!this.text.value) this.at = 0;
      this.button.disabled = !this.text.value.trim();
    });
    this.status = h('span', { class: 'faint', role: 'status' });
    this.button = h('button', { type: 'submit', disabled: '' }, 'Note');
    this.sending = new Sending('monitor/note', this.status);
    this.list = h('ul', { class: 'notes' });
    this.node = h(
      'section',
      { class: 'part' },
      h('h3', {}, 'Notes'),
      this.list,
      h(
        'form',
        { on: { submit: event => this.submit(event) } },
        h('label', { for: 'note-text' }, 'A remark at this moment; it enters the log'),
        this.text,
        h('div', { class: 'act' }, this.button, this.status)
      )
    );
  }

  async submit(event) {
    event.preventDefault();
    const row = this.row();
    if (this.button.disabled || !row) return;
    this.button.disabled = true;
    if (await this.sending.send({ participant: row.id, text: this.text.value.trim(), at: this.at })) {
      this.text.value = '';
      this.at = 0;
    }
    this.button.disabled = !this.text.value.trim();
  }
}

export class EndForm {
  constructor(row, { blinded }) {
    this.row = row;
    this.blinded = blinded;
    this.status = h('p', { class: 'faint', role: 'status' });
    this.place = h('div');
    this.node = h(
      'section',
      { class: 'part end' },
      h('h3', { class: 'unseen' }, 'End the session'),
      this.place,
      this.status
    );
    this.offer();
  }

  offer() {
    this.place.replaceChildren(
      h('button', { class: 'danger', type: 'button', on: { click: () => this.ask() } }, 'End session …')
    );
  }

  fill() {
    this.node.hidden = !this.row()?.openSessions && !this.status.textContent;
    this.place.hidden = !this.row()?.openSessions;
  }

  ask() {
    const row = this.row();
    if (!row) return;
    const keep = h(
      'button',
      {
        type: 'button',
        on: {
          click: () => {
            this.offer();
            this.place.querySelector('button').focus();
          }
        }
      },
      'Keep recording'
    );
    this.place.replaceChildren(
      h('p', {}, this.consequences(row)),
      h(
        'div',
        { class: 'act' },
        h(
          'button',
          { class: 'danger', type: 'button', on: { click: event => this.end(event.currentTarget) } },
          `End session of ${called(row)}`
        ),
        keep
      )
    );
    keep.focus();
  }

  consequences(row) {
    const sessions = row.openSessions > 1 ? ` All ${row.openSessions} open notebooks are ended.` : '';
    const last = `${sessions} This cannot be undone.`;
    if (this.blinded)
      return `The page of ${called(row)} says that the session is over, and shows what the study has for its end. Recording stops.${last}`;
    if (row.held)
      return `${called(row)} gets the review of ${counted(row.held, 'question')}; recording stops, and the review is the last that is recorded.${last}`;
    return `${called(row)} has nothing to review; recording stops at once.${last}`;
  }

  async end(button) {
    const row = this.row();
    button.disabled = true;
    setText(this.status, 'Sending …');
    const { done, message } = await post('monitor/end', { participant: row.id });
    setText(this.status, message);
    this.status.classList.toggle('wrong', !done);
    if (done) this.offer();
    else button.disabled = false;
    this.fill();
  }
}

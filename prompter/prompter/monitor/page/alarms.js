// The list of alarms: the worst first. Each is a button that opens the participant; it stays the same element as long as it holds.
import { RANK, alarmIcon, h, setText } from './marks.js';
import { ago, called, counted } from './words.js';

const SHOWN = 4; // the room that is kept for them; the others stand in the table

export class Alarms {
  constructor(room, { open }) {
    this.room = room;
    this.open = open;
    this.list = document.getElementById('alarms');
    this.title = document.getElementById('alarms-title');
    this.announcer = document.getElementById('announcer');
    this.items = new Map();
    this.known = null;
  }

  draw() {
    const all = this.room.alarms(RANK);
    setText(this.title, all.length ? counted(all.length, 'alarm') : 'No alarms');
    const keys = new Set();
    all.slice(0, SHOWN).forEach(({ row, alarm }, place) => {
      const key = `${row.id} ${alarm.kind}`;
      keys.add(key);
      let item = this.items.get(key);
      if (!item) {
        item = this.item(row.id, alarm.kind);
        this.items.set(key, item);
      }
      item.at = alarm.at;
      setText(item.who, called(row));
      setText(item.what, ` ${alarm.text}`);
      setText(item.why, alarm.why);
      if (this.list.children[place] !== item.node) this.list.insertBefore(item.node, this.list.children[place] || null);
    });
    for (const [key, item] of this.items)
      if (!keys.has(key)) {
        item.node.remove();
        this.items.delete(key);
      }
    this.rest ??= h('li', { class: 'faint' });
    setText(this.rest, all.length > SHOWN ? `and ${all.length - SHOWN} more: sort the table by alarm` : '');
    if (all.length > SHOWN) this.list.append(this.rest);
    else this.rest.remove();
    this.announce(all);
    this.tick();
  }

  tick() {
    for (const { time, at } of this.items.values()) setText(time, at == null ? '' : ago((this.room.now - at) / 1000));
  }

  item(id, kind) {
    const who = h('b'),
      what = h('span'),
      why = h('div', { class: 'faint' }),
      time = h('time');
    const node = h(
      'li',
      {},
      h(
        'button',
        { type: 'button', on: { click: () => this.open(id) } },
        alarmIcon(kind),
        h('span', {}, who, what, why),
        time
      )
    );
    return { node, who, what, why, time, at: null };
  }

  // What is new is said once; what was there when the page came is not news.
  announce(all) {
    const now = new Map(all.map(({ row, alarm }) => [`${row.id} ${alarm.kind}`, `${called(row)}: ${alarm.text}`]));
    const fresh = this.known ? [...now].filter(([key]) => !this.known.has(key)).map(([, words]) => words) : [];
    this.known = new Set(now.keys());
    if (fresh.length) setText(this.announcer, `New: ${fresh.slice(0, 3).join('; ')}`);
  }
}

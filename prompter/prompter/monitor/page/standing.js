// Whether what is shown is current: a word beside the title, and a line where something is wrong.
import { setText } from './marks.js';

const WORDS = { connecting: 'Connecting', live: 'Live', stale: 'No news', away: 'Reconnecting', closed: 'Stopped' };
const said = { connection: '', server: '' };

// How the connection stands, and a line about it.
export function stand(state, words) {
  const sign = document.getElementById('live');
  document.body.dataset.state = sign.dataset.state = state;
  setText(sign, WORDS[state]);
  said.connection = words;
  say();
}

// What the server says of itself.
export function serverSays(words) {
  said.server = words;
  say();
}

function say() {
  const place = document.getElementById('trouble'),
    words = [said.connection, said.server].filter(Boolean).join(' ');
  setText(place, words);
  place.hidden = !words;
}

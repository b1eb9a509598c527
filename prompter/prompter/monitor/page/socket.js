// The way to the server: connects again by itself, and knows how old the last news is.
const FIRST_MS = 500;
const LAST_MS = 15000;
const STALE_MS = 5000; // the server says something each second
const DEAF = 3; // after so many times as long in silence the connection is taken for a dead one
const ANSWER_MS = 10000; // a request that is not answered by then is given up
const LOST = 'Connection lost; trying again by itself. What you see is as it was then.';
const FOR_GOOD = {
  4400: 'This page is of another version: reload it.',
  4401: 'Signed out: reload the page to sign in again.',
  4403: 'This page is for the study’s team: ask the operator to add you.',
  4404: 'There is no such session any more.'
};

export class Socket {
  // address: relative to the page; greeting: what is said at each beginning; heard: told each message;
  // stood: told the state ('connecting', 'live', 'stale', 'away', 'closed') and a line about it.
  constructor({ address, greeting = () => null, heard, stood, stale = STALE_MS }) {
    Object.assign(this, { address, greeting, heard, stood, stale });
    this.pause = FIRST_MS;
    this.last = 0;
    this.state = '';
    this.connect();
    setInterval(() => this.look(), 1000);
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.hurry());
  }

  say(words) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(words));
  }

  connect() {
    clearTimeout(this.timer);
    const url = new URL(this.address, document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    const old = this.socket,
      socket = new WebSocket(url);
    this.socket = socket;
    this.opened = false;
    this.since = Date.now();
    old?.close();
    socket.addEventListener('open', () => {
      if (socket !== this.socket) return;
      this.opened = true;
      const words = this.greeting();
      if (words) this.say(words);
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.socket) return;
      this.last = Date.now();
      this.pause = FIRST_MS;
      this.stand('live', '');
      this.heard(JSON.parse(data));
    });
    socket.addEventListener('close', ({ code }) => {
      if (socket === this.socket) this.lost(socket, code);
    });
  }

  async lost(socket, code) {
    if (FOR_GOOD[code]) return this.stand('closed', FOR_GOOD[code]);
    const refused = !this.opened && (await signedOut());
    if (socket !== this.socket) return; // meanwhile it was tried again
    this.opened = false;
    if (refused) return this.stand('closed', FOR_GOOD[4401]);
    const wait = this.pause * (0.5 + Math.random() / 2);
    this.pause = Math.min(2 * this.pause, LAST_MS);
    this.stand('away', LOST);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  hurry() {
    if (this.state !== 'away') return;
    this.pause = FIRST_MS;
    this.connect();
  }

  look() {
    const silent = Date.now() - Math.max(this.last, this.since);
    // A network that was cut says nothing of it, and browsers wait for minutes.
    if (silent > DEAF * this.stale && this.state !== 'closed' && this.socket.readyState < WebSocket.CLOSING) {
      this.stand('away', LOST);
      this.connect();
    } else if (this.state === 'live' && silent > this.stale)
      this.stand('stale', 'The server has said nothing for some seconds. What you see is as it was then.');
  }

  stand(state, words) {
    if (state === this.state && words === this.words) return;
    this.state = state;
    this.words = words;
    this.stood(state, words);
  }
}

// A browser is not told why a socket was refused; the page is.
async function signedOut() {
  try {
    const answer = await fetch(location.href, {
      redirect: 'manual',
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_MS)
    });
    return answer.type === 'opaqueredirect' || answer.status === 403;
  } catch {
    return false;
  }
}

// Says something to the server that it does; the line that it answers, and whether it did it.
export async function post(address, body) {
  const token = document.querySelector('meta[name=xsrf]').content;
  let answer;
  try {
    answer = await fetch(new URL(address, document.baseURI), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-XSRFToken': token },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS)
    });
  } catch {
    return { done: false, message: 'The server cannot be reached: nothing is lost, send it again.' };
  }
  let message = '';
  try {
    ({ message } = await answer.json());
  } catch {
    message =
      answer.status === 403 ? 'Signed out: reload the page to sign in again.' : `The server answered ${answer.status}.`;
  }
  return { done: answer.ok, message };
}

// An id for what is sent, so that it is done once however often it is sent.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Without https browsers lend no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

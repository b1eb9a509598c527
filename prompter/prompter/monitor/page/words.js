// Numbers, times and names as people read them.
export const two = n => String(n).padStart(2, '0');
export const num = n => n.toLocaleString('en-US');
export const counted = (n, word) => `${num(n)} ${word}${n === 1 ? '' : 's'}`;

// Seconds as 4 s, 3:10, 2 h 05.
export function ago(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)}`;
}

// A delay of answering: 0:28.
export const delay = ms => `${Math.floor(Math.round(ms / 1000) / 60)}:${two(Math.round(ms / 1000) % 60)}`;

export const clock = ms => new Date(ms).toLocaleTimeString('en-GB');
export const shortClock = ms => clock(ms).slice(0, 5);
export const day = ms =>
  new Date(ms).toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' });

export const short = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

// How the page calls somebody: by their id in the study, or by a bird where others look at the screen.
export const naming = { birds: false };
export const called = row => (naming.birds ? row.bird : row.name);

// Browsers that keep nothing, for whatever reason, keep nothing here either.
export function kept(key) {
  try {
    return localStorage.getItem(`prompter-monitor-${key}`);
  } catch {
    return null;
  }
}
export function keep(key, value) {
  try {
    localStorage.setItem(`prompter-monitor-${key}`, value);
  } catch {
    // It holds for this page.
  }
}

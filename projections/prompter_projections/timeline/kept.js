// What of one drawing stays in the next one of the same session: the zoom, open gaps, the mark that was chosen.
import { EDGE } from './scale.js';

// The part of the session that is shown. Who sees the end goes on to see it, as far back as before.
export function domainAfter([from, to], before, after) {
  if (to < before - EDGE) return [from, to];
  return from <= 0 ? [0, after] : [after - (to - from), after];
}

// Which gaps are folded: all but those that were unfolded before.
export function foldedAfter(before, folded, after) {
  const unfolded = new Set(before.filter((_, i) => !folded[i]).map(([begin]) => begin));
  return after.map(([begin]) => !unfolded.has(begin));
}

// The key of the mark that another drawing has by another key: lanes move, and their marks become more.
// Keys are those of data-key: g (gap), s (strip), e (stretch of edits), r (run) or p (prompt), then places.
// Null if there is no such mark any more.
export function keyAfter(key, before, after) {
  const [kind, ...places] = key.split(':');
  const [first, second] = places.map(Number);
  if (kind === 'g') {
    const begin = before.folds[first][0];
    return named(
      'g',
      after.folds.findIndex(([other]) => other === begin)
    );
  }
  if (kind === 's') {
    const { position, text } = before.strip[first];
    return named(
      's',
      after.strip.findIndex(mark => mark.position === position && mark.text === text)
    );
  }
  const position = positions(before, kind, first)[second];
  for (let lane = 0; lane < after.lanes.length; lane++) {
    const found = positions(after, kind, lane).indexOf(position);
    if (found >= 0) return `${kind}:${lane}:${found}`;
  }
  return null;
}

const named = (kind, index) => (index < 0 ? null : `${kind}:${index}`);

// The positions of a lane's marks of one kind, by which they are known for good.
function positions(data, kind, lane) {
  const { runs, prompts, stretches } = data.lanes[lane];
  if (kind === 'r') return runs.map(run => run.position);
  if (kind === 'p') return prompts.map(prompt => prompt.position);
  return stretches.map(([, , , , position]) => position);
}

// How many of the questions that ended were answered, by ten minutes of the clock.
import { diamond, s } from './marks.js';
import { shortClock } from './words.js';

const HEIGHT = 104;
const MOST = 14; // diamonds side by side; more are told by a number

export function rate(place, rates) {
  const width = Math.max(220, place.clientWidth || 320),
    left = 46,
    right = width - 34,
    wide = (right - left) / rates.length,
    y = share => 78 - share * 66,
    x = i => left + (i + 0.5) * wide;
  const g = s('svg', {
    width,
    height: HEIGHT,
    viewBox: `0 0 ${width} ${HEIGHT}`,
    role: 'img',
    'aria-label': spoken(rates)
  });
  for (const share of [0, 0.5, 1])
    g.append(
      s('path', { d: `M${left} ${y(share) + 0.5}H${right}`, class: 'hairline' }),
      s('text', { x: left - 6, y: y(share) + 4, 'text-anchor': 'end' }, `${share * 100}${share === 1 ? ' %' : ''}`)
    );
  let line = '',
    last = null;
  rates.forEach(([begin, answered, over], i) => {
    const gap = Math.min(6, (wide - 8) / Math.max(1, Math.min(over, MOST)));
    if (over <= MOST)
      for (let j = 0; j < over; j++)
        g.append(
          s('path', {
            d: `M${x(i) - ((over - 1) / 2) * gap + j * gap} 84l2.6 2.6l-2.6 2.6l-2.6 -2.6z`,
            class: `askline ${j < answered ? 'ask' : 'hollow'}`,
            'stroke-width': 0.8
          })
        );
    else g.append(s('text', { x: x(i), y: 91, 'text-anchor': 'middle' }, `${answered} of ${over}`));
    if (i % (wide < 34 ? 2 : 1) === 0)
      g.append(s('text', { x: x(i), y: 103, 'text-anchor': 'middle' }, shortClock(begin)));
    if (!over) return (last = null);
    line += `${last == null ? 'M' : 'L'}${x(i)} ${y(answered / over)}`;
    last = i;
  });
  g.append(s('path', { d: line || 'M0 0', class: 'inkline', 'stroke-width': 1.6 }));
  rates.forEach(
    ([, answered, over], i) =>
      over &&
      g.append(s('circle', { cx: x(i), cy: y(answered / over), r: 3, class: 'inkline paperfill', 'stroke-width': 1.6 }))
  );
  const newest = rates.findLastIndex(([, , over]) => over);
  if (newest >= 0) {
    const share = rates[newest][1] / rates[newest][2];
    g.append(s('text', { x: x(newest) + 8, y: y(share) - 6, class: 'strong' }, `${Math.round(share * 100)} %`));
  }
  place.replaceChildren(g);
}

export function key(place) {
  const mark = fate =>
    s(
      'svg',
      { width: 11, height: 11, viewBox: '0 0 11 11', class: 'inline', 'aria-hidden': 'true' },
      diamond(5.5, 5.5, 3.6, fate)
    );
  place.replaceChildren(mark('answered'), ' answered  ', mark('held'), ' dismissed or expired');
}

const spoken = rates =>
  `Response rate: ${rates.map(([begin, answered, over]) => `from ${shortClock(begin)} ${over ? `${answered} of ${over}` : 'none'}`).join(', ')}`;

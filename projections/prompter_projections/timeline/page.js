/* ---------- the page ---------- */
const figures = DATA.map((data, i) => new Figure(document.querySelector(`[data-session="${i}"]`), data));
const draw = () => figures.forEach(figure => figure.draw());
let waiting = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(draw);
});
addEventListener('scroll', hide, { passive: true });
addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  const open = figures.find(figure => !figure.panel.hidden);
  if (!card.hidden) hide();
  open?.close();
});
document.querySelector('.theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});

// #p=POSITION opens the mark that is nearest to a place in the log.
function goTo() {
  const wanted = +(/[#&]p=(\d+)/.exec(location.hash) || [])[1];
  if (!wanted) return;
  let best = null;
  for (const figure of figures)
    for (const { key } of figure.placed) {
      if (!/^[rpe]:/.test(key)) continue;
      const { position, last } = figure.find(key);
      const away =
        wanted >= position && wanted <= (last || position)
          ? 0
          : Math.min(Math.abs(position - wanted), Math.abs((last || position) - wanted));
      if (!best || away < best.away) best = { figure, key, away };
    }
  best?.figure.open(best.key);
  best?.figure.svg.scrollIntoView({ block: 'nearest' });
}
draw();
goTo();
addEventListener('hashchange', goTo);

"""What the plugin costs the person who types: its own work, the way to the screen, the opening of a notebook.

    python -m benchmarks.page_burden [--cells 200] [--cells 1000] [--part own] [--part paint] [--part opening]
        [--keys 1200] [--pace 20] [--rounds 20] [--same] [--openings 7] [--where] [--timeline]

Pages show the same notebook in one Chromium, with the plugin and without it. Keys come by the DevTools protocol, 20 a
second. In a notebook of a thousand cells JupyterLab itself does not keep up with that; keystroke to paint then needs a
slower pace, else the ratio is one of queues.

Own work: a clock around the plugin's functions, in the scripts that the browser is given (clocked.mjs). Only the
outermost one counts, and with it whatever it calls in JupyterLab and the browser. Work is summed from one keydown to
the next, so that what a burst costs when it closes falls to the keystroke before it. It is time as it passes: while the
processor is with others the clock runs on. A control adds a known load to the plugin and must see it in the figure.
Left out is what no function of the plugin is asked for: collecting garbage between them, and the browser's other
threads.

Keystroke to paint: from the keydown's time stamp to the first task after the main thread drew the next frame. The
browser draws a frame as soon as there is something new, not 60 times a second: else waiting for the frame would be most
of the figure and hide the rest. Nothing blinks, and cells out of sight are there already. Rounds of 100 keys take
turns. A control compares the page without the plugin with itself.

Opening: from the navigation to the first frame in which the notebook is loaded and an editor is there, each time in a
browser context with empty caches.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from statistics import mean, median, stdev

from .figures import Limit, Target, figure, percentile
from .lab_pages import LabPage, Pair, lab_pair, notebook_of
from .own_work import REWRITTEN, OwnWork, cleared, clock, load, own_work

PER_SECOND = 20

ROUND_KEYS = 100

WARM_KEYS = 1_200
"""A minute of typing before own work is clocked: by then the browser has compiled what it compiles."""

LIGHT, UNFELT = Target(at_most=0.5), Target(at_most=1.05)

AT_ONCE = ("--disable-frame-rate-limit", "--disable-gpu-vsync")

STARTS = "window.keyStarts = []; addEventListener('keydown', event => keyStarts.push(event.timeStamp), true);"

PAINTS = """
window.keyPaints = [];
addEventListener('keydown', event => {
    const index = keyPaints.push(null) - 1;
    requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { keyPaints[index] = performance.now() - event.timeStamp; };
        port2.postMessage(null);
    });
}, true);
"""

STILL = """
addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style');
    style.textContent = '*, *::before, *::after { animation: none !important; transition: none !important }';
    document.head.append(style);
});
"""
"""A blinking caret would be drawn without end where frames do not wait for their time."""

OPENED = """
const look = () => {
    const panel = window.jupyterapp?.shell.currentWidget;
    if (panel?.context?.isReady && panel.content.widgets.length > 1 && document.querySelector('.jp-Cell .cm-content')) {
        window.openedAfter = performance.now();
    } else {
        requestAnimationFrame(look);
    }
};
requestAnimationFrame(look);
"""

LOAD_MS = 1
"""The control's load, ms a keystroke."""

LOAD = """
addEventListener('keydown', function load() {
    const until = performance.now() + %d;
    while (performance.now() < until);
}, true);
//# sourceURL=http://127.0.0.1/lab/extensions/jupyterlab-prompter/load.js
"""


def own(pair: Pair, cells: int, keys: int, *, where: bool, timeline: bool) -> None:
    """Print the plugin's own work a keystroke; if so wished, with the timeline in view."""
    # A clock in each function would be felt. So where the plugin is entered is learned in a page of its own.
    with pair.page(notebook_of(cells), plugin=True, script=STARTS, prepare=clock) as page:
        page.open()
        if timeline:
            page.show_timeline()
        page.edit(cells // 2)
        _, everywhere = _worked(page, 3 * ROUND_KEYS)
    entered = partial(clock, only=everywhere.entries)
    with pair.page(notebook_of(cells), plugin=True, script=STARTS, prepare=entered) as page:
        page.open()
        if timeline:
            page.show_timeline()
        page.edit(cells // 2)
        page.settle()
        page.type(WARM_KEYS, PER_SECOND)
        starts, work = _worked(page, keys)
        load(page.page, LOAD_MS)
        loaded_starts, loaded = _worked(page, max(ROUND_KEYS, keys // 10))
    each = work.between(starts)
    name = f"own work a keystroke, {cells} cells" + (", timeline in view" if timeline else "")
    figure(f"{name}, mean", mean(each), "ms")
    figure(f"{name}, p50", median(each), "ms")
    figure(f"{name}, p90", percentile(each, 90), "ms")
    figure(f"{name}, p99", percentile(each, 99), "ms", target=LIGHT if cells == 200 else None)
    figure(f"{name}, most", max(each), "ms")
    figure(f"{name}, p99 of the longest at a stretch", percentile(work.longest(starts), 99), "ms")
    more = mean(loaded.between(loaded_starts)) - mean(each)
    figure(f"control, {cells} cells: what the mean grew by", more, "ms", Limit("added load", LOAD_MS))
    if where:
        for entry, took in work.by_entry()[:25]:
            all_ = 1000 * sum(took)
            print(f"  {all_ / keys:8.1f} µs a keystroke  {all_ / len(took):8.1f} a call, {len(took):6,} calls  {entry}")


def _worked(page: LabPage, keys: int) -> tuple[list[float], OwnWork]:
    """The moments of so many keys, ms, and what the plugin did meanwhile."""
    cleared(page.page)
    page.page.evaluate("() => { keyStarts.length = 0; }")
    page.type(keys, PER_SECOND)
    page.sent()
    starts: list[float] = page.page.evaluate("() => keyStarts")
    return starts, own_work(page.page)


def paint(pair: Pair, cells: int, rounds: int, pace: float, *, same: bool) -> None:
    """Print the time from keystroke to paint, with and without the plugin; if the same, twice without."""
    notebook = notebook_of(cells)
    with (
        pair.page(notebook, plugin=not same, script=PAINTS + STILL) as with_,
        pair.page(notebook, plugin=False, script=PAINTS + STILL) as without,
    ):
        for page in (with_, without):
            page.open()
            page.settle()
        took: dict[LabPage, list[list[float]]] = {with_: [], without: []}
        # The first round of each warms the page's code.
        for number in range(rounds + 1):
            for page in (with_, without) if number % 2 else (without, with_):
                took[page].append(_painted(page, (number * 7) % cells, pace))
    first, second = (took[page][1:] for page in (with_, without))
    name = f"keystroke to paint, {cells} cells"
    every = [[ms for one in some for ms in one] for some in (first, second)]
    for percent, target in ((50, UNFELT), (95, None)):
        value, other = (percentile(some, percent) for some in every)
        figure(f"{name}, p{percent}", value, "ms", Limit("without the plugin", other), target)
    ratios = [median(one) / median(other) for one, other in zip(first, second, strict=True)]
    error = stdev(ratios) / len(ratios) ** 0.5
    print(f"  ratios of the rounds' medians: {min(ratios):.2f} to {max(ratios):.2f}", flush=True)
    print(f"  their mean: {mean(ratios):.3f} ± {error:.3f} (standard error)", flush=True)


def _painted(page: LabPage, index: int, pace: float) -> list[float]:
    page.page.bring_to_front()
    page.edit(index)
    page.settle()
    before = _paints(page)
    page.type(ROUND_KEYS, pace)
    return _paints(page)[len(before) :]


def _paints(page: LabPage) -> list[float]:
    # Not asked at each frame: that would make the browser draw without end.
    page.page.wait_for_function("() => keyPaints.every(ms => ms !== null)", polling=100)
    found: list[float] = page.page.evaluate("() => keyPaints")
    return found


def opening(pair: Pair, cells: int, rounds: int) -> None:
    """Print how long a notebook takes to open, with and without the plugin."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds + 1):
        for plugin in (True, False) if number % 2 else (False, True):
            with pair.page(notebook_of(cells), plugin=plugin, script=OPENED) as page:
                page.goto()
                page.page.wait_for_function("() => window.openedAfter !== undefined")
                took[plugin].append(page.page.evaluate("() => openedAfter"))
    # The servers read the files for the first time in the first round.
    first, second = took[True][1:], took[False][1:]
    figure(f"opening, {cells} cells", median(first), "ms", Limit("without the plugin", median(second)))
    print(f"  {rounds} rounds: {_spread(first)} with the plugin, {_spread(second)} without", flush=True)


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):,.0f} to {max(values):,.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_burden", description=__doc__.split("\n")[0])
    parser.add_argument("--cells", action="append", type=int, help="of a notebook; 200 and 1000 if not given")
    parser.add_argument("--part", action="append", choices=("own", "paint", "opening"), help="all if not given")
    parser.add_argument("--keys", type=int, default=2_400, help="whose own work is clocked")
    parser.add_argument("--pace", type=float, default=PER_SECOND, help="keys a second to paint")
    parser.add_argument("--rounds", type=int, default=20, help="of 100 keys to paint, with the plugin and without")
    parser.add_argument("--same", action="store_true", help="the control of paint: both pages without the plugin")
    parser.add_argument("--openings", type=int, default=7)
    parser.add_argument("--where", action="store_true", help="say where the plugin is entered, and what that takes")
    parser.add_argument("--timeline", action="store_true", help="own work with the session's timeline in view")
    options = parser.parse_args()
    sizes = options.cells or (200, 1000)
    parts = options.part or ("own", "paint", "opening")
    for size in sizes:
        if "own" in parts:
            with lab_pair([size], REWRITTEN) as pair:
                own(pair, size, options.keys, where=options.where, timeline=options.timeline)
        if "paint" in parts:
            with lab_pair([size], *AT_ONCE) as pair:
                paint(pair, size, options.rounds, options.pace, same=options.same)
        if "opening" in parts:
            with lab_pair([size]) as pair:
                opening(pair, size, options.openings)


if __name__ == "__main__":
    main()

"""Timelines of long sessions and large studies: how fast they are made, opened, moved and zoomed.

    python -m benchmarks.timelines [--events 50000] [--cells 200] [--sessions 200]

One session (``long_session.py``) is folded into its model and written as a page. Chromium opens the page: usable is the
second frame after the scripts ran, seen from outside, from the navigation on. Then the wheel zooms in, moves, and
zooms out again, a turn a frame. What the main thread works for a turn, in its own processor time, must fit into a frame
of 60 a second. The page also notes the time between frames, beside the same while nothing happens; that suffers from
whatever else the machine does. The same then for a study of many sessions of the tests' made-up kind, one row each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from msgspec.structs import replace
from playwright.sync_api import Browser, CDPSession, Page

from prompter_events import Event, Position
from prompter_projections.timeline import build, render, render_study, session_row, study_timeline
from support.chromium import chromium
from support.lifelike import lifelike
from support.studies import CONDITIONS, DAY, in_condition

from .figures import Limit, Target, figure, percentile
from .long_session import LongSession

MODEL, USABLE, SMOOTH = Target(at_most=3), Target(at_most=2), Target(at_most=16.7)

TURNS = 40
"""Turns of the wheel, each way."""

FRAMES = """
window.frames_ = [];
let last = performance.now();
(function note() {
    const now = performance.now();
    frames_.push(now - last);
    last = now;
    requestAnimationFrame(note);
})();
"""

TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def one_session(events: int, cells: int, folder: Path, browser: Browser) -> None:
    """Print the figures of one long session."""
    made = placed(LongSession(cells).events(events))
    name = f"{events:,} events, {cells} cells"
    began = time.perf_counter()
    timeline = build(made)
    figure(f"model, {name}", time.perf_counter() - began, "s", target=MODEL)
    for suffix in (".html", ".svg"):
        began = time.perf_counter()
        written = render([timeline], suffix)
        figure(f"{suffix[1:]}, {name}", time.perf_counter() - began, "s")
        figure(f"{suffix[1:]}, {name}", len(written) / 2**20, "MiB")
        (folder / f"session{suffix}").write_bytes(written)
    measured(name, folder / "session.html", "svg.figure", browser)


def study(sessions: int, folder: Path, browser: Browser) -> None:
    """Print the figures of a study."""
    name = f"study of {sessions} sessions"
    rows = []
    for number in range(sessions):
        events = in_condition(lifelike(number), CONDITIONS[number % 3], number // 8 * DAY + number % 8 * 1_800_000_000)
        rows.append(session_row(build(events)))
    began = time.perf_counter()
    written = render_study(study_timeline(rows), name, ".html")
    figure(f"html, {name}", time.perf_counter() - began, "s")
    figure(f"html, {name}", len(written) / 2**20, "MiB")
    (folder / "study.html").write_bytes(written)
    measured(name, folder / "study.html", ".study-rows", browser)


def measured(name: str, file: Path, drawing: str, browser: Browser) -> None:
    """Open a page several times, then zoom and move in it."""
    opened = []
    for _ in range(5):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        began = time.perf_counter()
        page.goto(file.as_uri())
        page.evaluate(TWO_FRAMES)
        opened.append(time.perf_counter() - began)
        if len(opened) < 5:
            page.close()
    figure(f"usable, {name}", median(opened), "s", target=USABLE)
    box = page.locator(drawing).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 600, box["y"] + 200)
    page.evaluate(FRAMES)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    still = frames(page, [(0, 0)] * TURNS, ctrl=False)
    for told, turns, ctrl in (
        ("zooming in", [(0, -60)] * TURNS, True),
        ("moving", [(40, 0)] * TURNS, False),
        ("zooming out", [(0, 60)] * TURNS, True),
    ):
        before = worked(session)
        passed = frames(page, turns, ctrl=ctrl)
        figure(f"{told}, {name}: work a turn", (worked(session) - before) / TURNS, "ms", target=SMOOTH)
        figure(f"{told}, {name}: frames, p95", percentile(passed, 95), "ms", Limit("still", percentile(still, 95)))
        print(f"  {len(passed)} frames, median {median(passed):.1f} ms, longest {max(passed):.1f} ms", flush=True)
    page.close()


def frames(page: Page, turns: Sequence[tuple[int, int]], *, ctrl: bool) -> list[float]:
    """The times between frames while the wheel turns, ms."""
    page.evaluate("frames_.length = 0")
    if ctrl:
        page.keyboard.down("Control")
    for across, down in turns:
        page.mouse.wheel(across, down)
        page.evaluate("new Promise(requestAnimationFrame)")
    if ctrl:
        page.keyboard.up("Control")
    passed: list[float] = page.evaluate("frames_.slice()")
    return passed


def worked(session: CDPSession) -> float:
    """The processor time that the page's main thread took so far, ms."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration") * 1000


def placed(events: Iterable[Event]) -> list[Event]:
    """Events as a log holds them: with positions, and recorded when they occurred."""
    return [
        replace(event, position=Position(number), recorded_at=event.occurred_at)
        for number, event in enumerate(events, 1)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timelines", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        one_session(options.events, options.cells, Path(folder), browser)
        study(options.sessions, Path(folder), browser)


if __name__ == "__main__":
    main()

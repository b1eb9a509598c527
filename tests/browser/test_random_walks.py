"""Whatever people do to a notebook, the log replays it: cell for cell, id for id, at every instant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import SessionOpened
from support.awaiting import awaited
from support.lab import TOKEN, Lab
from support.notebooks import write_notebook
from support.walking import SOURCES, Action, Walker, judge, make_walk, shrunk
from support.walking.actions import script_of, walk_of

LENGTH = 300
"""Actions of a walk."""

WHOLE = {"save", "change on disk", "revert", "checkpoint", "rename"}
"""Actions on the file, which in a shared notebook the server writes: only when everybody has everything."""

COUNTS = {"lab": 10, "notebook": 3, "collaboration": 3}
"""How many walks of each kind: in JupyterLab, in Notebook 7, and by two people in one notebook."""

Walk = Callable[[str, Sequence[Action]], str | None]
"""``walk(kind, actions)``: what is wrong with the log afterwards; none if nothing is."""


class Labs:
    """One server of each kind for all walks, each with a log of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._labs: dict[str, Lab] = {}
        self._walks = 0

    def get(self, kind: str) -> Lab:
        if kind not in self._labs:
            home = self._home / kind
            home.mkdir()
            together = kind == "collaboration"
            application = "lab" if together else kind
            lab = Lab(home, application, {"PROMPTER_LOG": f"sqlite:///{home}/log.db"}, collaboration=together)
            self._labs[kind] = lab
            lab.start()
        return self._labs[kind]

    def new_name(self) -> str:
        """A notebook that no walk has had."""
        self._walks += 1
        return f"walk{self._walks}"

    def events(self, kind: str, name: str) -> list[Event]:
        """What the log tells of the sessions on one notebook, whatever it was renamed to."""
        events = awaited(_read(f"sqlite:///{self._home / kind}/log.db"))
        sessions = {
            event.session_id
            for event in events
            if isinstance(event.body, SessionOpened)
            and re.fullmatch(rf"{name}(-\d+)?\.ipynb", event.body.notebook_path)
        }
        return [event for event in events if event.session_id in sessions]

    def stop(self) -> None:
        for lab in self._labs.values():
            lab.stop()


async def _read(url: str) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read()]


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labs]:
    started = Labs(tmp_path_factory.mktemp("walks"))
    yield started
    started.stop()


@pytest.fixture
def walk(browser: Browser, labs: Labs) -> Walk:
    def perform(kind: str, actions: Sequence[Action]) -> str | None:
        lab, name = labs.get(kind), labs.new_name()
        tokens = ("token-of-heron", "token-of-wren") if kind == "collaboration" else (TOKEN,)
        write_notebook(lab.root / f"{name}.ipynb", *SOURCES, heading="A walk")
        errors: list[str] = []
        with ExitStack() as opened:
            walkers = []
            for token in tokens:
                context = opened.enter_context(browser.new_context(viewport={"width": 1280, "height": 800}))
                page = context.new_page()
                page.on("pageerror", lambda error: errors.append(f"{error.message}\n{error.stack}"))
                walkers.append(Walker(page, lab, name, token))
            for walker in walkers:
                walker.begin()
            for action in actions:
                # Who acts hangs on the action alone, so that it stays the same in a shorter walk.
                acting = walkers[int(action.place * 1000) % len(walkers)]
                if action.name in WHOLE:
                    alike(walkers)
                acting.perform(action)
            for walker in walkers:
                walker.rest()
            alike(walkers)
            for walker in walkers:
                walker.finish()
        ours = [error for error in errors if "prompter" in error.lower()]
        if ours:
            return ours[0]
        events = labs.events(kind, name)
        faults = (judge(walker.seen, [event for event in events if walker.made(event)]) for walker in walkers)
        return next((fault for fault in faults if fault), None)

    return perform


def alike(walkers: Sequence[Walker]) -> None:
    """Until all people see the same notebook."""
    for walker in walkers[1:]:
        walker.wait_until_like(walkers[0])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        option = metafunc.config.getoption
        first, more = option("--walk-seed"), option("--walks")
        metafunc.parametrize(
            ("kind", "seed"),
            [(kind, first + number) for kind, count in COUNTS.items() for number in range(more or count)],
        )


def test_any_walk_is_replayed_as_it_was_seen(kind: str, seed: int, walk: Walk, request: pytest.FixtureRequest) -> None:
    actions = make_walk(seed, LENGTH)
    fault = walk(kind, actions)
    if fault is None:
        return
    seconds = request.config.getoption("--walk-shrink")
    short = shrunk(actions, lambda fewer: walk(kind, fewer) is not None, seconds)
    pytest.fail(f"seed {seed}, {kind}: {fault}\n{len(short)} actions are enough:\n{script_of(short)}")


def test_a_script(walk: Walk, request: pytest.FixtureRequest) -> None:
    """With ``--walk-script FILE`` the walk that it holds, else a short one that does a little of everything."""
    file = request.config.getoption("--walk-script")
    script = Path(file).read_text("utf-8") if file else EVERYTHING
    assert walk("lab", walk_of(script)) is None


EVERYTHING = """\
{"name": "type", "cell": 0.5, "place": 0.5, "text": "😀 数据"}
{"name": "split", "cell": 0.5, "place": 0.5}
{"name": "merge", "cell": 0.4, "count": 3}
{"name": "save"}
"""

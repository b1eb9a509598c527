"""Whatever people do to a notebook, the log replays it: cell for cell, id for id, at every instant."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

from prompter.storage import open_study_log
from prompter_events import Event, SessionId
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellTypeChanged,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_events.codec import pack
from support.awaiting import awaited
from support.lab import TOKEN, Lab
from support.notebooks import write_notebook
from support.person import PATIENCE
from support.walking import SOURCES, Action, Seen, Walker, judge, make_walk, shrunk
from support.walking.actions import script_of, walk_of

LENGTH = 300
"""Actions of a walk."""

WHOLE = {"save", "change on disk", "revert", "checkpoint", "rename"}
"""Actions on the file, which in a shared notebook the server writes: only when everybody has everything."""

COUNTS = {"lab": 10, "notebook": 3, "collaboration": 3}
"""How many walks of each kind: in JupyterLab, in Notebook 7, and by two people in one notebook."""

Judge = Callable[[Seen, Sequence[Event]], str | None]
"""What is wrong with the events of a page; none if nothing is."""


class Walk(Protocol):
    """``walk(kind, actions)``: what the judge finds wrong with the log afterwards; none if nothing is."""

    def __call__(self, kind: str, actions: Sequence[Action], judge: Judge = judge) -> str | None: ...


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
        """What the log tells of the sessions on one notebook, whatever it was renamed to, once its runs are over."""
        return awaited(_read(f"sqlite:///{self._home / kind}/log.db", re.compile(rf"{name}(-\d+)?\.ipynb")))

    def stop(self) -> None:
        for lab in self._labs.values():
            lab.stop()


async def _read(url: str, path: re.Pattern[str]) -> list[Event]:
    """The events of the sessions on some files, once each run in them has ended.

    JupyterLab says nothing of the end of a run whose cell was moved meanwhile, so the page gives it a second. After
    half a minute a run that has not ended never will, which is for the judge to say.
    """
    sessions: set[SessionId | None] = set()
    told: list[Event] = []
    running: set[object] = set()
    async with open_study_log(url) as log:
        head = (await log.head()).position
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE / 1000):
                async for event in log.follow():
                    body = event.body
                    if isinstance(body, SessionOpened) and path.fullmatch(body.notebook_path):
                        sessions.add(event.session_id)
                    if event.session_id in sessions:
                        told.append(event)
                        if isinstance(body, RunScheduled):
                            running.add(body.run_id)
                        elif isinstance(body, RunFinished):
                            running.discard(body.run_id)
                    if event.position >= head and not running:
                        break
    return told


@pytest.fixture(scope="module")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labs]:
    started = Labs(tmp_path_factory.mktemp("walks"))
    yield started
    started.stop()


@pytest.fixture
def walk(browser: Browser, labs: Labs) -> Walk:
    def perform(kind: str, actions: Sequence[Action], judge: Judge = judge) -> str | None:
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
            for action in unbreakable(actions) if kind == "collaboration" else actions:
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
            events = labs.events(kind, name)
        ours = [error for error in errors if "prompter" in error.lower()]
        if ours:
            return ours[0]
        faults = (judge(walker.seen, [event for event in events if walker.made(event)]) for walker in walkers)
        return next((fault for fault in faults if fault), None)

    return perform


def unbreakable(actions: Sequence[Action]) -> list[Action]:
    """The same actions, with no two emoji whose first halves are the same.

    A tool that writes a cell changes no more units of UTF-16 than it must, so it puts halves of such emoji together;
    Yjs in the page and Yjs on the server then make different texts of them, and two people see different notebooks.
    """
    return [replace(action, text=action.text.replace("👩‍👩‍👧", "😀")) for action in actions]


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


def test_runs_are_over_though_their_cells_were_moved_meanwhile(walk: Walk) -> None:
    assert walk("lab", walk_of(MOVED_WHILE_WAITING)) is None


def test_no_fault_of_a_log_escapes_the_judge(walk: Walk) -> None:
    """The control: of what a walk wrote, one event is left out or told wrongly, each in its turn."""

    def escaped(seen: Seen, events: Sequence[Event]) -> str | None:
        told = judge(seen, events)
        assert told is None, told
        kinds = {"notebook.saved", "notebook.reloaded", "run.finished"}
        telling = [event for event in events if event.type.startswith("cell.") or event.type in kinds]
        assert {event.type for event in telling} >= CELL_EVENTS | kinds
        for event in telling:
            for wrong in ([], [garbled(event)]):
                if (
                    wrong != [event]
                    and judge(seen, [each for one in events for each in (wrong if one is event else [one])]) is None
                ):
                    return f"{'told wrongly' if wrong else 'left out'}: position {event.position}, {event.body}"
        return None

    assert walk("lab", walk_of(EVERYTHING), escaped) is None


CELL_EVENTS = {f"cell.{kind}" for kind in ("added", "removed", "moved", "type_changed", "edited")}


def garbled(event: Event) -> Event:
    """The same event with one thing told wrongly; the event itself where nothing can be."""
    body = event.body
    if isinstance(body, CellEdited):
        body = replace(body, changes=[(dt, list(map(misheard, ops))) for dt, ops in body.changes])
    elif isinstance(body, CellMoved):
        body = replace(body, to=body.to + 1 if body.to == 0 else body.to - 1)
    elif isinstance(body, CellAdded):
        body = replace(body, source=body.source + "x")
    elif isinstance(body, CellRemoved | CellTypeChanged):
        body = replace(body, cell_id="another")
    else:
        return event
    return replace(event, payload=pack(body))


def test_a_failing_walk_becomes_short() -> None:
    walk = make_walk(1, LENGTH)
    split, merge = (next(action for action in walk if action.name == name) for name in ("split", "merge"))
    tried = []

    def fails(fewer: Sequence[Action]) -> bool:
        tried.append(len(fewer))
        return split in fewer and merge in fewer

    assert sorted(map(str, shrunk(walk, fails, seconds=60))) == sorted(map(str, (split, merge)))
    assert len(tried) < LENGTH
    assert walk_of(script_of(walk)) == walk


def misheard(op: str | int) -> str | int:
    """One letter more is written; what is deleted stays."""
    return op + "x" if isinstance(op, str) else abs(op)


EVERYTHING = """\
{"name": "type", "cell": 0.3, "place": 0.5, "text": "😀 数据"}
{"name": "split", "cell": 0.3, "place": 0.5}
{"name": "merge", "cell": 0.3, "count": 2}
{"name": "save"}
{"name": "move down", "cell": 0.3}
{"name": "to raw", "cell": 0.99}
{"name": "cut", "cell": 0.5}
{"name": "undo"}
{"name": "paste", "cell": 0.1}
{"name": "type", "cell": 0.3, "place": 0.9, "text": "one of two with one id"}
{"name": "move up", "cell": 0.7}
{"name": "delete", "cell": 0.99}
{"name": "run", "cell": 0.0}
{"name": "run", "cell": 0.3}
{"name": "editor undo", "cell": 0.3, "count": 2}
{"name": "save"}
{"name": "insert text", "cell": 0.3, "place": 0.2, "text": "to be lost"}
{"name": "revert"}
{"name": "insert text", "cell": 0.3, "place": 0.2, "text": "👩‍👩‍👧"}
{"name": "reload"}
{"name": "add above", "cell": 0.3}
{"name": "save"}
"""

MOVED_WHILE_WAITING = """\
{"name": "run long", "cell": 0.99}
{"name": "run", "cell": 0.0, "count": 4}
{"name": "move down", "cell": 0.2}
{"name": "move down", "cell": 0.2}
{"name": "move down", "cell": 0.0}
"""

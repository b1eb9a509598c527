"""People type and run cells while sockets, servers and the database fail; the log tells it all, once and in order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, expect

from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.catalogue.runs import RunFinished
from prompter_projections.notebook import EMPTY, fold
from support.awaiting import awaited
from support.chaos import Chaos, Kind
from support.lab import Lab, servers_of_one_log
from support.mariadb import MariaDB
from support.notebooks import write_notebook
from support.person import Person

SEEDS = range(1, 11)

LONGEST_PAUSE_MS = 90_000
"""A page that was refused often tries again half a minute later at most, and may be refused once more."""


class Worker:
    """One person, in a page whose socket is harmed by a plan of its own."""

    def __init__(self, person: Person, chaos: Chaos, address: str, seed: int) -> None:
        self._person = person
        self._address = address
        self.chaos = chaos
        self.seed = seed
        self._dice = random.Random(f"{seed}/person")
        self._count = 0
        self._typed: list[list[str]] = []
        self.runs = 0

    def open(self, *, recording: bool) -> None:
        """Open the notebook, or open it again and lose what was not saved."""
        self._person.open(self._address, recording=recording)
        self._typed.append([])
        self._person.edit(0)

    def work(self) -> None:
        """Type a line; now and then run the cell, save, or reload the page in the middle of typing."""
        self._count += 1
        line = f"v{self._count} = '{'😀' if self._dice.random() < 0.2 else self.seed}'"
        self._person.type(line)
        self._typed[-1].append(line)
        chance = self._dice.random()
        if chance < 0.05:
            self.open(recording=False)
            return
        if chance < 0.25:
            self._person.run(0)
            self.runs += 1
            self._person.edit(0)
        elif chance < 0.35:
            self._person.save()
        self._person.page.keyboard.press("Enter")

    @property
    def reloads(self) -> int:
        """How many pages went away."""
        return len(self._typed) - 1

    def rest(self) -> None:
        """Until everything of this page is in the log."""
        self._person.save()  # which ends the burst
        status = self._person.status
        expect(status).to_have_attribute("data-unsent", "0", timeout=LONGEST_PAUSE_MS)
        expect(status).to_have_attribute("data-state", "recording", timeout=LONGEST_PAUSE_MS)

    def fault(self, events: Sequence[Event]) -> str | None:
        """What the log tells wrongly of this person's notebook; none if nothing."""
        sessions: dict[object, list[Event]] = {}
        for event in events:
            sessions.setdefault(event.session_id, []).append(event)
        # Ids of sessions are of version 7: in the order in which the page was opened.
        visits = [sessions[session] for session in sorted(sessions, key=str)]
        if len(visits) != len(self._typed):
            return f"the page was opened {len(self._typed)} times, the log knows {len(visits)} sessions"
        for number, (told, typed) in enumerate(zip(visits, self._typed, strict=True)):
            if _typed_in(told) != "".join(typed):
                return f"visit {number}: typed was {''.join(typed)!r}, the log tells {_typed_in(told)!r}"
        state = EMPTY
        for event in visits[-1]:
            state = fold(state, event)
        shown = self._person.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells.map(c => c.getSource())"
        )
        if state.notes or [cell.source for cell in state.cells] != shown:
            return f"the screen shows {shown}, the log replays {state.cells}, {state.notes}"
        finished = [event.body.run_id for event in events if isinstance(event.body, RunFinished)]
        if len(finished) != self.runs or len(set(finished)) != self.runs:
            return f"{self.runs} runs were made, the log tells of {len(finished)} ends of {len(set(finished))} runs"
        return None


def _typed_in(events: Sequence[Event]) -> str:
    """What was typed, but line ends: a page that no server has welcomed tells what a burst came to, with them in it."""
    return "".join(
        op.replace("\n", "")
        for event in events
        if isinstance(event.body, CellEdited) and event.body.cause == "user"
        for _, ops in event.body.changes
        for op in ops
        if isinstance(op, str)
    )


def in_order(events: Sequence[Event]) -> str | None:
    """Which producer's numbers are not 1, 2, 3 … in the order of the log; none if all are."""
    numbers: dict[object, list[int]] = {}
    for event in events:
        numbers.setdefault(event.producer_id, []).append(event.producer_seq)
    wrong = {who: seqs for who, seqs in numbers.items() if seqs != list(range(1, len(seqs) + 1))}
    return f"{wrong}" if wrong else None


@pytest.fixture
def servers(tmp_path: Path, mariadb: MariaDB) -> Iterator[tuple[list[Lab], str]]:
    """JupyterLab, and two more servers that may take its pages' sockets, all on one log."""
    url = awaited(mariadb.fresh_database(*DIRECTORIES))
    settings = {"PROMPTER_LOG": url, "PROMPTER_DB_PASSWORD": mariadb.password, "JP_PLUGIN_USER": "heron"}
    with servers_of_one_log(tmp_path, ("lab", "server", "server"), settings) as labs:
        yield labs, url


@pytest.mark.timeout(2400)  # ten people on one slow machine
def test_nothing_is_lost_or_told_twice_whatever_dies(
    browser: Browser, servers: tuple[list[Lab], str], mariadb: MariaDB, request: pytest.FixtureRequest
) -> None:
    labs, url = servers
    rounds = request.config.getoption("--chaos-rounds")
    with ExitStack() as stack:
        workers = [_worker(stack, browser, labs, seed) for seed in SEEDS]
        for number in range(rounds):
            for worker in workers:
                worker.work()
            match number % 10:
                case 3 | 7:
                    # JupyterLab's own server lives on: with it the kernels would die.
                    dying = labs[1 + number // 4 % 2]
                    dying.kill()
                    dying.start()
                case 5:
                    mariadb.kill()
                    mariadb.start()
        for worker in workers:
            worker.chaos.calm()
        for worker in workers:
            worker.rest()
        events = awaited(_events(url, closed=sum(worker.reloads for worker in workers)))
        assert in_order(events) is None
        for worker in workers:
            mine = [event for event in events if event.session_id in _sessions(events, worker.seed)]
            assert worker.fault(mine) is None, (worker.seed, worker.chaos.done)
            # The control: one burst less, or once more, is noticed.
            burst = next(event for event in mine if event.type == "cell.edited")
            assert worker.fault([event for event in mine if event is not burst]) is not None
            assert worker.fault([*mine, burst]) is not None
            assert in_order([event for event in events if event is not burst]) is not None
        done = sum((worker.chaos.done for worker in workers), Counter())
        assert set(done) == {*get_args(Kind), "sockets"}, done


def _worker(stack: ExitStack, browser: Browser, labs: Sequence[Lab], seed: int) -> Worker:
    chaos = stack.enter_context(Chaos(seed, labs))
    page = stack.enter_context(browser.new_context()).new_page()
    name = f"seed{seed}.ipynb"
    write_notebook(labs[0].root / name, "")
    worker = Worker(Person(page), chaos, chaos.through(labs[0].page(name)), seed)
    worker.open(recording=False)
    return worker


def _sessions(events: Sequence[Event], seed: int) -> set[object]:
    return {
        event.session_id
        for event in events
        if event.type == "session.opened" and getattr(event.body, "notebook_path", "") == f"seed{seed}.ipynb"
    }


async def _events(url: str, closed: int) -> list[Event]:
    """All events, once so many pages are told to be closed, or if that does not come.

    What a page that went away left is sent by the next one beside its own, and its end comes last.
    """
    async with open_study_log(url) as log:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_PAUSE_MS / 1000):
                async for event in log.follow():
                    closed -= event.type == "session.closed"
                    if closed <= 0:
                        break
        return [event async for event in log.read()]

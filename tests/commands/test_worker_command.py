"""``prompter worker`` and ``prompter rebuild``: read models kept, and made anew, by processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from test_commands import prompter

from prompter.storage import DIRECTORIES, kept_current, open_study_log
from prompter.study import WITHOUT_STUDY
from prompter_events import Event, migrate
from prompter_events.catalogue.prompts import PromptIssued
from prompter_projections import standings
from prompter_projections.relations import CELL, DEAD_LETTER, SESSION, STATE
from support.lifelike import lifelike
from support.mariadb import MariaDB

NAMES = [projection.name for projection in kept_current(WITHOUT_STUDY, ())]

PATIENCE_SECONDS = 60.0
"""A worker that hangs must fail; none takes nearly that long."""


@pytest.fixture(params=["sqlite", "mysql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty log."""
    if request.param == "mysql":
        server: MariaDB = request.getfixturevalue("mariadb")
        return await server.fresh_database(*DIRECTORIES)
    made = f"sqlite:///{tmp_path}/study.db"
    await migrate(made, directories=DIRECTORIES)
    return made


async def record(url: str, recorded: list[Event] | None = None) -> int:
    """A lifelike session; the head afterwards, at least."""
    async with open_study_log(url) as log:
        for event in recorded or lifelike():
            await log.append(event.producer_id, [event])
        return (await log.head()).position


class Worker:
    """A ``prompter worker``, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    async def says(self, words: str) -> str:
        """The next line with these words."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await self.process.stderr.readline()).decode():
                self.said.append(line)
                if words in line:
                    return line
        raise AssertionError(f"the worker ended without {words!r}: {self.said}")

    async def ended(self, how: signal.Signals) -> int | None:
        """Its exit code, after a signal."""
        self.process.send_signal(how)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


@asynccontextmanager
async def worker(url: str, **environment: str) -> AsyncIterator[Worker]:
    """A worker at work; killed in the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "prompter.commands", "worker", "--log", url),
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    running = Worker(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def once(url: str, **environment: str) -> Any:
    return await asyncio.to_thread(prompter, "worker", "--once", "--log", url, **environment)


async def table(url: str) -> dict[str, int]:
    """How many sessions and cells the read models hold."""
    async with open_study_log(url) as log:
        return {relation.name: len(await log.rows(relation, {})) for relation in (SESSION, CELL)}


async def lags(url: str) -> list[int]:
    async with open_study_log(url) as log:
        return [standing.behind for standing in await standings(log, NAMES)]


async def test_once_catches_up_and_ends(url: str) -> None:
    await record(url)
    password = os.environ.get("PROMPTER_DB_PASSWORD", "")
    done = await once(url, PROMPTER_DB_PASSWORD=password)
    assert done.returncode == 0, done.stderr
    assert "4 projections at position" in done.stdout
    # What the policy asked stands in the log behind what it was asked of, and is folded by the next one.
    again = await once(url, PROMPTER_DB_PASSWORD=password)
    assert again.returncode == 0, again.stderr
    assert await lags(url) == [0, 0, 0, 0]
    assert (await table(url))["session_row"] == 1
    async with open_study_log(url) as log:
        assert all(not standing.leased_until for standing in await standings(log, NAMES))


async def test_a_worker_goes_on_with_the_log_and_ends_in_order(url: str) -> None:
    async with worker(url) as running:
        told = await running.says("keeping")
        assert all(name in told for name in NAMES)
        await record(url)
        # It has the leases, so this waits for what it does.
        assert (await once(url, PROMPTER_DB_PASSWORD=os.environ.get("PROMPTER_DB_PASSWORD", ""))).returncode == 0
        assert (await table(url))["session_row"] == 1
        assert await running.ended(signal.SIGTERM) == 0
    async with open_study_log(url) as log:
        assert all(not standing.leased_until for standing in await standings(log, NAMES))


async def test_one_of_several_works_and_another_takes_over(url: str) -> None:
    password = os.environ.get("PROMPTER_DB_PASSWORD", "")
    first_half, second_half = lifelike()[:60], lifelike()[60:]
    async with worker(url) as one, worker(url) as two:
        await asyncio.gather(one.says("keeping"), two.says("keeping"))
        await record(url, first_half)
        assert (await once(url, PROMPTER_DB_PASSWORD=password)).returncode == 0
        await one.ended(signal.SIGKILL)
        await record(url, second_half)
        assert (await once(url, PROMPTER_DB_PASSWORD=password)).returncode == 0
        assert await two.ended(signal.SIGINT) == 0
    assert (await once(url, PROMPTER_DB_PASSWORD=password)).returncode == 0
    async with open_study_log(url) as log:
        asked = [event.body async for event in log.read(types=["prompt.issued"])]
        about = [(one.cell_id, one.cell_version) for one in asked if isinstance(one, PromptIssued)]
        assert about
        assert len(set(about)) == len(about), "something was decided twice"
        assert not await log.rows(DEAD_LETTER, {})
    many = await table(url)
    await asyncio.to_thread(prompter, "rebuild", "--log", url, PROMPTER_DB_PASSWORD=password)
    assert await table(url) == many


async def test_a_database_that_goes_away_is_waited_for_in_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    server = MariaDB()
    try:
        await asyncio.to_thread(server.start)
        url = await server.fresh_database(*DIRECTORIES)
        password = {"PROMPTER_DB_PASSWORD": server.password}
        async with worker(url, **password) as running:
            await running.says("keeping")
            await asyncio.to_thread(server.kill)
            told = await running.says("waits for the log")
            assert "cannot be reached" in told
            away = await once(url, **password)
            assert (away.returncode, away.stderr.strip().count("\n")) == (1, 0), away.stderr
            await asyncio.to_thread(server.start)
            monkeypatch.setenv("PROMPTER_DB_PASSWORD", server.password)
            await record(url)
            assert (await once(url, **password)).returncode == 0
            assert await running.ended(signal.SIGTERM) == 0
            assert not any("Traceback" in line for line in running.said)
    finally:
        server.remove()


async def test_a_log_that_was_restored_is_opened_again(url: str) -> None:
    async with worker(url) as running:
        await running.says("keeping")
        async with open_study_log(url) as log:
            await log.renew_epoch()
        await running.says("opening it again")
        await running.says("keeping")
        await record(url)
        assert (await once(url, PROMPTER_DB_PASSWORD=os.environ.get("PROMPTER_DB_PASSWORD", ""))).returncode == 0


def test_a_log_without_tables_ends_it_with_one_line(tmp_path: Path) -> None:
    done = prompter("worker", "--log", f"sqlite:///{tmp_path}/nothing.db")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "prompter migrate" in done.stderr


async def test_a_rebuild_says_what_it_did_and_leaves_no_older_rows(url: str) -> None:
    password = {"PROMPTER_DB_PASSWORD": os.environ.get("PROMPTER_DB_PASSWORD", "")}
    await record(url)
    await once(url, **password)
    await once(url, **password)
    before, head = await table(url), await record(url)
    done = await asyncio.to_thread(prompter, "rebuild", "--log", url, "--json", **password)
    assert done.returncode == 0, done.stderr
    rebuilt = json.loads(done.stdout)
    assert [(one["projection"], one["events"], one["generation"]) for one in rebuilt] == [
        (name, head, 2) for name in ("current", "prompts", "snapshots")
    ]
    assert await table(url) == before
    async with open_study_log(url) as log:
        assert (await log.head()).position == head, "a rebuild writes no event"
        states = await log.rows(STATE, {"projection": "current"})
        assert {row["generation"] for row in states} == {2}
    shown = await asyncio.to_thread(prompter, "rebuild", "prompts", "--log", url, **password)
    assert f"prompts: {head:,} events folded" in shown.stdout
    assert "generation 3 is in force" in shown.stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("prompting", "prompting decides, and what it decided is a fact"),
        ("timekeeping", "timekeeping decides, and what it decided is a fact"),
        ("nonsense", "nonsense is no projection"),
    ],
)
def test_what_cannot_be_rebuilt_is_said_in_one_line(tmp_path: Path, name: str, says: str) -> None:
    done = prompter("rebuild", name, "--log", f"sqlite:///{tmp_path}/study.db")
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (1, 1, "")
    assert says in done.stderr
    assert "rebuild current, prompts, snapshots" in done.stderr

"""An upgrade in place: a log of an older version gets the new tables, keeps what it has, and goes on.

The older program is this one with the migrations that it had: the first two of the log, the first of the read models.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from test_commands import prompter

from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import Event, Log, LogNotMigrated, LogTooNew, migrate, open_log, verify
from prompter_events.numbered import EVENTS, Directory, migrations_in, with_events
from prompter_projections import MIGRATIONS, CurrentProjection, Worker, standings
from prompter_projections.relations import CELL, SESSION
from support.lifelike import lifelike
from support.mariadb import MariaDB

OLDER = {EVENTS[0]: 2, MIGRATIONS[0]: 1}
"""The last migration of each package that the older program knows."""

HALF = len(lifelike()) // 2


@pytest.fixture
def older(tmp_path: Path) -> list[Directory]:
    """The migrations of the older program."""
    directories = []
    for package, path in (EVENTS, MIGRATIONS):
        shutil.copytree(path, tmp_path / package)
        for file in (tmp_path / package).rglob("*.sql"):
            if int(file.name[:4]) > OLDER[package]:
                file.unlink()
        directories.append((package, tmp_path / package))
    return directories


@pytest.fixture(params=["sqlite", "mysql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, older: list[Directory]) -> str:
    """A log of the older program, with half a session in it and read models of that."""
    if request.param == "mysql":
        made = await request.getfixturevalue("mariadb").fresh_database(*older)
    else:
        made = f"sqlite:///{tmp_path}/study.db"
        await migrate(made, directories=older)
    async with open_log(made, migrations=older) as log:
        await append(log, lifelike()[:HALF])
        await keep_current(log)
    return made


async def append(log: Log, recorded: list[Event]) -> None:
    for event in recorded:
        await log.append(event.producer_id, [event])


async def keep_current(log: Log) -> None:
    worker = Worker(log, CurrentProjection())
    running = asyncio.create_task(worker.run())
    await worker.caught_up((await log.head()).position)
    worker.stop()
    await running


async def everything(log: Log) -> list[Event]:
    return [event async for event in log.read()]


async def upgrade(url: str, request: pytest.FixtureRequest) -> str:
    """``prompter migrate``, as an operator runs it; what it says."""
    if url.startswith("sqlite"):
        done = await asyncio.to_thread(prompter, "migrate", "--log", url)
        assert done.returncode == 0, done.stderr
        return done.stdout
    # The tests' administrator signs in by the server's socket, which the command has no option for.
    server: MariaDB = request.getfixturevalue("mariadb")
    return "ran " + ", ".join(await migrate(url, admin=server.admin, directories=DIRECTORIES))


async def test_a_log_is_upgraded_with_what_it_holds_and_goes_on(
    url: str, older: list[Directory], request: pytest.FixtureRequest
) -> None:
    async with open_log(url, migrations=older) as log:
        before, epoch = await everything(log), log.epoch
        cells = await log.rows(CELL, {})
    with pytest.raises(LogNotMigrated, match=r"needs \d more migrations; run `prompter migrate`"):
        await open_study_log(url)

    said = await upgrade(url, request)
    missing = [
        f"{one.package} {one.number:04} {one.name}"
        for one in migrations_in(with_events(DIRECTORIES), "sqlite")
        if one.number > OLDER[one.package]
    ]
    assert len(missing) >= 3
    assert f"ran {', '.join(missing)}" in said

    async with open_study_log(url) as log:
        assert log.epoch == epoch, "pages go on: nothing was restored"
        assert await everything(log) == before
        assert await log.rows(CELL, {}) == cells
        await append(log, lifelike())  # what the page sends again, and what is new
        head = await log.head()
        assert head.position == len(lifelike())
        assert await verify(log) == head.position
        await keep_current(log)
        assert len(await log.rows(SESSION, {})) == len({event.session_id for event in lifelike()})
        [standing] = await standings(log, ["current"])
        assert standing.behind == 0
        assert not standing.letters


async def test_a_reader_of_before_refuses_an_upgraded_log_and_says_what_to_do(
    url: str, older: list[Directory], request: pytest.FixtureRequest
) -> None:
    await upgrade(url, request)
    with pytest.raises(
        LogTooNew, match=r"was migrated to prompter_events \d+, this program knows 2: upgrade the program"
    ):
        await open_log(url, migrations=older)
    with pytest.raises(LogTooNew):
        await migrate(
            url,
            admin=request.getfixturevalue("mariadb").admin if url.startswith("mysql") else None,
            directories=older,
        )
    async with open_study_log(url) as log:
        assert (await log.head()).position == HALF


async def test_check_tells_that_a_log_waits_for_its_upgrade(url: str, request: pytest.FixtureRequest) -> None:
    password = {"PROMPTER_DB_PASSWORD": os.environ.get("PROMPTER_DB_PASSWORD", "")}
    waiting = await asyncio.to_thread(prompter, "check", "--log", url, **password)
    assert waiting.returncode == 1
    assert "run `prompter migrate`" in waiting.stdout
    await upgrade(url, request)
    done = await asyncio.to_thread(prompter, "check", "--log", url, **password)
    assert done.returncode == 0, done.stdout

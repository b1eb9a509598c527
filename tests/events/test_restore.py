"""A backup was put in place of the log: what was read before is void, and the pages send again what is missing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest

from prompter_events import (
    START,
    Checkpoint,
    Event,
    Log,
    LogError,
    LogRestored,
    LogUnavailable,
    Position,
    ProducerId,
    open_log,
    verify,
)
from prompter_events.catalogue.study import CaptureLost
from prompter_events.url import MysqlUrl, SqliteUrl, parse_url
from support.events import event, events, new_producer
from support.mariadb import APP_USER, MariaDB

CLIENTS, BEFORE, AFTER = 6, 150, 150


async def everything(log: Log) -> list[Event]:
    return [one async for one in log.read()]


async def append_one(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 1))


async def move_a_checkpoint(log: Log) -> None:
    async with log.transaction() as transaction:
        transaction.move("cells", Checkpoint(START, 1), Checkpoint(Position(1), 1))


class TestEpoch:
    @pytest.mark.parametrize(
        "use",
        [
            lambda log: log.head(),
            everything,
            lambda log: log.wait(Position(2)),
            append_one,
            move_a_checkpoint,
            lambda log: anext(aiter(log.follow())),
        ],
    )
    async def test_positions_read_before_are_void(self, stored_url: str, use: Callable[[Log], Awaitable[Any]]) -> None:
        producer = new_producer()
        async with open_log(stored_url) as elsewhere, open_log(stored_url) as here:
            await elsewhere.append(producer, events(producer, 1, 2))
            before = elsewhere.epoch
            renewed = await here.renew_epoch()
            assert (here.epoch, elsewhere.epoch) == (renewed, before)
            with pytest.raises(LogRestored, match="opened again"):
                async with asyncio.timeout(60):  # else a follower would wait for ever
                    await use(elsewhere)
            assert (await here.append(producer, events(producer, 1, 3))).stored == 1
        async with open_log(stored_url) as log:
            assert log.epoch == renewed
            assert await verify(log) == 3

    async def test_a_waiting_reader_hears_of_it(self, stored_url: str) -> None:
        async with open_log(stored_url) as elsewhere, open_log(stored_url) as here:
            waiting = asyncio.create_task(elsewhere.wait(START))
            await here.renew_epoch()
            with pytest.raises(LogRestored):
                async with asyncio.timeout(60):
                    await waiting

    async def test_a_log_that_became_shorter_was_restored_though_nobody_said_so(self, sqlite_url: str) -> None:
        producer = new_producer()
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        async with open_log(sqlite_url) as log:
            await log.append(producer, events(producer, 1, 5))
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("UPDATE log_head SET position = 3")
            with pytest.raises(LogRestored, match="ends at 3 and went on to 5"):
                await log.head()

    async def test_a_file_that_was_put_in_place_of_the_log_is_noticed(self, sqlite_url: str, tmp_path: Path) -> None:
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        producer = new_producer()
        async with open_log(sqlite_url) as log:
            await log.append(producer, events(producer, 1, 5))
            await asyncio.to_thread(back_up, path, tmp_path / "backup.db")
            os.replace(tmp_path / "backup.db", path)
            with pytest.raises(LogRestored, match=r"another file stands at .*study\.db"):
                await log.append(producer, events(producer, 6, 7))
            with pytest.raises(LogRestored):
                await log.head()
            path.unlink()
            # Not yet: whoever opened it again now would begin a new log where the backup is about to be put.
            with pytest.raises(LogUnavailable, match="is gone"):
                await log.append(producer, events(producer, 6, 7))

    async def test_memory_has_epochs_too(self) -> None:
        async with open_log("memory://") as log:
            before = log.epoch
            assert await log.renew_epoch() == log.epoch != before


class Client:
    """What a page's outbox does: keeps what was acknowledged lately, and resends from where the log stands."""

    def __init__(self, keeps: int) -> None:
        self.producer = new_producer()
        self.keeps = keeps
        self.made: list[Event] = []
        self.acknowledged = 0
        self.lost = 0
        """How many events no one holds any more."""

    def type(self, count: int) -> None:
        self.made += events(self.producer, len(self.made) + 1, len(self.made) + count)

    async def drain(self, log: Log) -> None:
        """Ask where the log stands, and send everything after it."""
        durable = await log.last_seq(self.producer)
        oldest = max(1, self.acknowledged - self.keeps + 1)
        if durable + 1 < oldest:
            self._renumber(durable, oldest)
            durable = 0
        while durable < len(self.made):
            receipt = await log.append(self.producer, self.made[durable : durable + 7])
            durable = self.acknowledged = receipt.last_seq

    def _renumber(self, durable: int, oldest: int) -> None:
        """A new producer, which begins by saying what is lost."""
        lost = CaptureLost(
            count=oldest - durable - 1,
            reason="the log was restored from a copy older than what the page held",
            producer_id=self.producer,
            first_seq=durable + 1,
            last_seq=oldest - 1,
        )
        self.lost = lost.count
        held = [one.body for one in self.made[oldest - 1 :]]
        self.producer = new_producer()
        self.made = [event(self.producer, number, body) for number, body in enumerate([lost, *held], 1)]
        self.acknowledged = 0


async def test_a_backup_restored_under_load_loses_nothing_that_pages_hold(
    stored_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = request.getfixturevalue("mariadb") if stored_url.startswith("mysql") else None
    backup = tmp_path / "backup"
    patient = [Client(keeps=10_000) for _ in range(CLIENTS)]
    forgetful = Client(keeps=20)
    clients = [*patient, forgetful]
    first_producers = {client.producer: client for client in clients}

    async def work(log: Log, client: Client, count: int) -> None:
        for _ in range(count // 3):
            client.type(3)
            await client.drain(log)

    async with open_log(stored_url) as log:
        halfway = asyncio.gather(*(work(log, client, BEFORE) for client in clients))
        await log.wait(Position(100))
        await take_backup(stored_url, server, backup)  # while they work
        await halfway
        await asyncio.gather(*(work(log, client, AFTER) for client in clients))
        acknowledged = {client.producer: client.acknowledged for client in clients}
        assert set(acknowledged.values()) == {BEFORE + AFTER}
        working = asyncio.gather(*(work(log, client, AFTER) for client in clients), return_exceptions=True)
        await put_back(stored_url, server, backup)
        async with open_log(stored_url) as restored:
            assert 100 <= (await restored.head()).position < len(clients) * (BEFORE + AFTER)
            await restored.renew_epoch()
        assert all(isinstance(one, LogError) or one is None for one in await working)
        with pytest.raises(LogError):
            await log.head()

    async with open_log(stored_url) as log:
        held = {producer: await log.last_seq(producer) for producer in first_producers}
        await asyncio.gather(*(client.drain(log) for client in clients))
        stored: dict[ProducerId, list[Event]] = {}
        for one in await everything(log):
            stored.setdefault(one.producer_id, []).append(one)
        for client in patient:
            assert client.lost == 0
            assert [one.payload for one in stored[client.producer]] == [one.payload for one in client.made]
        assert all(
            [one.producer_seq for one in numbered] == list(range(1, len(numbered) + 1)) for numbered in stored.values()
        )
        [old] = [producer for producer, client in first_producers.items() if client is forgetful]
        told = stored[forgetful.producer][0].body
        assert isinstance(told, CaptureLost)
        assert (told.producer_id, told.first_seq, told.count) == (old, held[old] + 1, forgetful.lost)
        assert forgetful.lost > 0
        assert await verify(log) == sum(map(len, stored.values()))


def back_up(path: Path, to: Path) -> None:
    """SQLite's own online backup."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


async def take_backup(url: str, server: MariaDB | None, to: Path) -> None:
    target = parse_url(url)
    if isinstance(target, SqliteUrl):
        await asyncio.to_thread(back_up, target.path, to)
        return
    assert isinstance(target, MysqlUrl)
    assert server is not None
    with to.open("wb") as file:
        command = server.client("mariadb-dump", "--single-transaction", "--triggers", target.database)
        await asyncio.to_thread(subprocess.run, command, stdout=file, check=True)


async def put_back(url: str, server: MariaDB | None, backup: Path) -> None:
    target = parse_url(url)
    if isinstance(target, SqliteUrl):
        for suffix in ("-wal", "-shm"):
            target.path.with_name(target.path.name + suffix).unlink(missing_ok=True)
        await asyncio.to_thread(shutil.copy, backup, target.path.with_name("coming.db"))
        os.replace(target.path.with_name("coming.db"), target.path)
        return
    assert isinstance(target, MysqlUrl)
    assert server is not None
    # Whoever wrote while the tables are replaced one by one would leave events behind the head.
    await server.run(url, f"ALTER USER {APP_USER}@'%' ACCOUNT LOCK")
    try:
        for (connection,) in await server.run(
            url, "SELECT id FROM information_schema.processlist WHERE user = %s", APP_USER
        ):
            with contextlib.suppress(pymysql.err.MySQLError):  # it may have ended by itself
                await server.run(url, f"KILL CONNECTION {connection}")
        with backup.open("rb") as file:
            await asyncio.to_thread(subprocess.run, server.client("mariadb", target.database), stdin=file, check=True)
    finally:
        await server.run(url, f"ALTER USER {APP_USER}@'%' ACCOUNT UNLOCK")

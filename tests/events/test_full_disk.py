"""A disk or a table without room: one clear line, nothing acknowledged that is not there, and on it goes with room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prompter_events import LogReadOnly, open_log, verify
from prompter_events.mysql.store import MysqlStore
from prompter_events.stored import StoredLog
from support.checking import number_faults, position_faults
from support.events import event, new_producer, note
from support.filling import PORTION, TEXT, fill, may_mount
from support.hand import extent
from support.mariadb import MariaDB

# Everybody can limit the size of files; a small file system takes a system that lets its users have one.
WAYS = ("limit", "disk") if may_mount() else ("limit",)

SAID = {
    "limit": ("LogUnavailable", "cannot be read or written: check the disk"),
    "disk": ("LogReadOnly", "takes no writes: the disk is full"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_sqlite_on_a_full_disk(tmp_path: Path, way: str) -> None:
    story = await fill(way, tmp_path)
    # What was acknowledged is there and nothing else, whole; it can be read and opened all the while.
    assert story.stored_while_full == story.opened_while_full == story.acknowledged > 10 * PORTION
    assert story.faults_while_full == []
    kind, text = SAID[way]
    for found, said in story.errors:
        assert found == kind
        assert text in said
        assert str(tmp_path / "study.db") in said
        assert "\n" not in said
    # The same producer goes on with the next number when there is room.
    assert story.acknowledged_later == story.acknowledged + 3 * PORTION
    assert story.faults == []
    if way == "disk":
        kind, said = story.read_only
        assert kind == "LogReadOnly"
        assert str(tmp_path / "study.db") in said
        assert "\n" not in said


@pytest.fixture
def small_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MariaDB]:
    """A server all of whose tables share one file, not started yet."""
    server = MariaDB()
    monkeypatch.setenv("PROMPTER_DB_PASSWORD", server.password)
    yield server
    server.remove()


def _room(megabytes: int) -> tuple[str, str]:
    return "--innodb-file-per-table=0", f"--innodb-data-file-path=ibdata1:12M:autoextend:max:{megabytes}M"


async def test_a_full_table_of_a_server(small_server: MariaDB) -> None:
    small_server.start(*_room(20))
    url = await small_server.fresh_database()
    producer = new_producer()
    acknowledged = 0

    async def write(appends: int) -> None:
        nonlocal acknowledged
        for _ in range(appends):
            some = [event(producer, acknowledged + n, note(20 * TEXT)) for n in range(1, PORTION + 1)]
            acknowledged = (await log.append(producer, some)).last_seq

    async with open_log(url) as log:
        assert isinstance(log, StoredLog)
        assert isinstance(log._store, MysqlStore)
        log._store._statement_bytes = 5 * 20 * len(TEXT)  # several INSERTs an append
        for _ in range(3):
            with pytest.raises(LogReadOnly, match=rf"^mysql://\S+:{small_server.port}/\S+ takes no writes .*full"):
                await write(100)
            assert await log.last_seq(producer) == acknowledged
            assert await verify(log) == acknowledged
            whole = await extent(url)
            assert position_faults(whole.head, whole.last, whole.count, {}) == []
        assert acknowledged > PORTION
    small_server.restart(*_room(200))
    before = acknowledged
    async with open_log(url) as log:
        await write(5)
        stored = [one async for one in log.read()]
        assert await verify(log) == len(stored) == acknowledged == before + 5 * PORTION
    assert number_faults(stored, {producer: acknowledged}) == []

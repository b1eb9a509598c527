"""A running server whose log is put back to a backup: pages come again, and send what the backup lacks."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from prompter_events import open_log, verify
from support.lab import Lab
from support.page import ADDED, OPENED, Page, page, stored


def note(number: int) -> tuple[str, dict[str, Any]]:
    kind, body = ADDED
    return kind, {**body, "cell_id": f"cell {number}", "index": 0}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Lab, Path]]:
    path = tmp_path / "log.db"
    lab = Lab(tmp_path, "server", {"PROMPTER_LOG": f"sqlite:///{path}", "JP_PLUGIN_USER": "heron", "MODE": "EXP_CTS"})
    lab.start()
    yield lab, path
    lab.stop()


def prompter(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "prompter.commands", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    return done.stdout


@asynccontextmanager
async def again(lab: Lab, before: Page) -> AsyncIterator[tuple[Page, dict[str, Any]]]:
    """Connect as the same page until the server records; the new connection and its welcome."""
    while True:
        async with page(lab) as talk:
            talk.producer, talk.session = before.producer, before.session
            try:
                welcome = await talk.hello()
            except AssertionError:  # closed: the log is being opened
                continue
            yield talk, welcome
            return


async def test_a_page_sends_again_what_a_backup_lacks(server: tuple[Lab, Path], tmp_path: Path) -> None:
    lab, path = server
    url = f"sqlite:///{path}"
    async with page(lab) as talk:
        first = await talk.hello()
        await talk.send(1, OPENED, *map(note, range(2, 11)))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(tmp_path / "backup.db")) as target:
            source.backup(target)
        assert (await talk.send(11, *map(note, range(11, 21))))["producer_seq"] == 20

        (tmp_path / "erased.txt").write_text("")
        prompter("restored", "--log", f"sqlite:///{tmp_path / 'backup.db'}", "--list", tmp_path / "erased.txt")
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.replace(tmp_path / "backup.db", path)
        # Nobody sends anything: the server finds out by itself.
        assert await talk.closed() == 1001

    async with again(lab, talk) as (resending, welcome):
        assert welcome["producer_seq"] == 10
        assert welcome["epoch"] != first["epoch"]
        assert (await resending.send(11, *map(note, range(11, 21))))["producer_seq"] == 20
    lab.stop()
    seqs = [one.producer_seq for one in await stored(url, talk.session) if one.producer_id == talk.producer]
    assert seqs == list(range(1, 21))
    async with open_log(url) as log:
        await verify(log)
    assert "Prompter is not recording: another file stands at" in lab.output


async def test_a_renewed_epoch_has_every_page_come_again(server: tuple[Lab, Path], tmp_path: Path) -> None:
    lab, path = server
    async with page(lab) as talk:
        first = await talk.hello()
        await talk.send(1, OPENED)
        await asyncio.to_thread(prompter, "restored", "--log", f"sqlite:///{path}", "--list", tmp_path / "none.txt")
        assert await talk.closed() == 1001
    async with again(lab, talk) as (_, welcome):
        assert (welcome["producer_seq"], welcome["epoch"] != first["epoch"]) == (1, True)


async def test_somebody_erased_while_they_work_leaves_nothing(server: tuple[Lab, Path], tmp_path: Path) -> None:
    lab, path = server
    url = f"sqlite:///{path}"
    async with page(lab) as talk:
        await talk.hello()
        await talk.send(1, OPENED, *map(note, range(2, 30)))
        lab.catch_up()
        assert rows(path, talk.session) > 10
        erased = tmp_path / "erased.txt"
        said = await asyncio.to_thread(
            prompter, "erase", "--participant", "heron", "--yes", "--log", url, "--list", erased
        )
        assert "30 payloads of 1 session removed" in said
        await talk.say(type="events", first_seq=30, events=[])
        await talk.say(type="events", first_seq=30, events=[talk.wire(*note(30))])
        assert await talk.closed() == 4403
    lab.catch_up()
    lab.stop()
    assert rows(path, talk.session) == 0
    assert [one.payload for one in await stored(url, talk.session)] == [None] * 30
    assert b"cell 17" not in path.read_bytes()

    # An old backup brings them back; the list sends them away again.
    assert "1 participant of" in prompter("restored", "--log", url, "--list", erased)


def rows(path: Path, session: UUID) -> int:
    """How many rows of the read models, and states, speak of a session."""
    with closing(sqlite3.connect(path)) as connection:
        count = 0
        for table, column in (
            ("session_row", "session_id"),
            ("cell_row", "session_id"),
            ("run_row", "session_id"),
            ("prompt_row", "session_id"),
            ("projection_state", "state_key"),
        ):
            [found] = connection.execute(
                f"SELECT COUNT(*) FROM {table} WHERE {column} = ?", (session.bytes,)
            ).fetchone()
            count += found
    return count

"""What is particular to the log in an SQLite file."""

# A test may block its own loop.

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from prompter_events import (
    LogCorrupt,
    LogError,
    LogNotMigrated,
    LogReadOnly,
    LogUnavailable,
    Position,
    open_log,
    verify,
)
from prompter_events.numbered import EVENTS, migrations_in
from prompter_events.rows import EVENT_COLUMNS
from prompter_events.sqlite import SqliteStore, database, network_filesystem, turn
from prompter_events.sqlite.errors import translate
from prompter_events.sqlite.inserting import insert
from prompter_events.sqlite.turn import Turn
from prompter_events.store import DataRefused
from prompter_events.stored import StoredLog
from prompter_events.transaction import NEW_CHECKPOINT, Checkpoint
from support.busy import NAME as BUSY
from support.busy import busy
from support.events import events, new_producer

NOBODY = 65534


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


async def test_a_file_that_is_not_there_is_made_only_on_demand(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'a b#%3f.db'}"
    with pytest.raises(LogNotMigrated, match="prompter migrate"):
        await open_log(url)
    assert list(tmp_path.iterdir()) == []
    async with open_log(url, migrate=True) as log:
        assert (await log.head()).position == 0
    async with open_log(url) as log:
        assert (await log.head()).position == 0


async def test_a_relative_path_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_log("sqlite:///study.db", migrate=True) as log:
        monkeypatch.chdir("/")
        producer = new_producer()
        await log.append(producer, events(producer, 1, 1))
    assert (tmp_path / "study.db").exists()


async def test_an_empty_file_has_no_tables_yet(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    with pytest.raises(LogNotMigrated, match="no tables yet"):
        await open_log(f"sqlite:///{tmp_path / 'x.db'}")


async def test_commits_are_synced_to_a_wal(path: Path) -> None:
    with closing(database.connect(path, writing=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


async def test_what_is_made_of_the_log_alone_does_not_wait_for_the_disk(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    finish = database.Database._finish

    def watched(self: database.Database, connection: sqlite3.Connection, function: Callable[..., object]) -> object:
        synced.append(connection.execute("PRAGMA synchronous").fetchone() == (2,))
        return finish(self, connection, function)

    monkeypatch.setattr(database.Database, "_finish", watched)
    async with open_log(sqlite_url) as log:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        async with log.transaction() as transaction:
            transaction.move("cells", NEW_CHECKPOINT, Checkpoint(Position(1), 1))
        async with log.transaction() as transaction:
            transaction.move("cells", Checkpoint(Position(1), 1), Checkpoint(Position(2), 1))
            transaction.append(producer, events(producer, 3, 3))
        async with log.transaction() as transaction:
            transaction.move("cells", Checkpoint(Position(2), 1), Checkpoint(Position(3), 1))
        await log.append(producer, events(producer, 4, 4))
    assert synced == [True, False, True, False, True]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 64, 65, 999])
def test_rows_go_in_by_whatever_statements_in_their_order(count: int) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE sheep (place INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, legs)")
        rows = [(f"sheep {number}", number) for number in range(count)]
        insert(connection, "sheep", ("name", "legs"), rows)
        assert connection.execute("SELECT name, legs FROM sheep ORDER BY place").fetchall() == rows
        again = "ON CONFLICT (name) DO UPDATE SET legs = excluded.legs"
        insert(connection, "sheep", ("name", "legs"), [(name, 4) for name, _ in rows], again)
        assert connection.execute("SELECT COUNT(*) FROM sheep WHERE legs = 4").fetchone() == (count,)


def test_a_wide_table_takes_fewer_rows_at_once() -> None:
    columns = [f"c{number}" for number in range(130)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        connection.execute(f"CREATE TABLE wide ({', '.join(columns)})")
        insert(connection, "wide", columns, [[number] * 130 for number in range(20)])
        assert connection.execute("SELECT COUNT(*) FROM wide").fetchone() == (20,)


@pytest.mark.parametrize(
    "content", [b"this is no database, whatever its name says\n" * 40, b"SQLite format 3\x00" * 400]
)
async def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    for migrate in (False, True):
        with pytest.raises(LogCorrupt, match=r"x\.db is no SQLite file"):
            await open_log(f"sqlite:///{path}", migrate=migrate)
    assert path.read_bytes() == content


async def test_a_directory_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="cannot be opened"):
        await open_log(f"sqlite:///{tmp_path}")
    (tmp_path / "file").touch()
    with pytest.raises(LogUnavailable, match="cannot be"):
        await open_log(f"sqlite:///{tmp_path}/file/x.db", migrate=True)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that another user may enter."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


async def test_a_file_without_the_right_to_write_is_read_only(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = open_directory / "study.db"
    url = f"sqlite:///{path}"
    async with open_log(url, migrate=True) as log:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 1))
    path.chmod(0o444)
    open_directory.chmod(0o555)
    # Read before: whoever root becomes below may not enter root's home, where the package may be installed.
    own = migrations_in([EVENTS], "sqlite")
    monkeypatch.setattr("prompter_events.sqlite.tables.migrations_in", lambda directories, dialect: own)
    user = os.geteuid()
    if user == 0:  # root may write everything
        os.seteuid(NOBODY)
    try:
        with pytest.raises(LogReadOnly, match="check the rights"):
            await open_log(url)
    finally:
        os.seteuid(user)
        open_directory.chmod(0o755)


async def test_a_full_disk_is_said_and_the_log_goes_on_when_there_is_room(path: Path, sqlite_url: str) -> None:
    producer = new_producer()
    async with open_log(sqlite_url) as log:
        assert isinstance(log, StoredLog)
        store = log._store
        assert isinstance(store, SqliteStore)
        await store._writer.write(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
        with pytest.raises(LogReadOnly, match="disk is full"):
            await log.append(producer, events(producer, 1, 400))
        await store._writer.write(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
        assert (await log.append(producer, events(producer, 1, 400))).stored == 400
        assert await verify(log) == 400


async def test_a_locked_file_is_waited_for(path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    producer = new_producer()
    async with open_log(sqlite_url) as log:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(log.append(producer, events(producer, 1, 2)))
            assert (await log.head()).position == 0  # reading goes on
            other.execute("COMMIT")
            assert (await waiting).stored == 2
            monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LogUnavailable, match="locked by another process"):
                await log.append(producer, events(producer, 3, 4))
            other.execute("ROLLBACK")
        assert (await log.append(producer, events(producer, 3, 4))).stored == 2


class TestTurns:
    """Processes take turns at writing. A turn is what SQLite's lock lacks."""

    async def test_whoever_has_the_turn_waits_for_one_transaction_at_most(
        self, path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with busy(sqlite_url, "fair"):
            passed = await transactions_passed(path, 150, monkeypatch)
        assert max(passed) <= 1

    async def test_a_process_that_takes_no_turns_would_be_caught(
        self, path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with busy(sqlite_url, "rude"):
            # Who passes whom is the system's choice: on a loaded machine it may take long.
            for _ in range(40):
                passed = await transactions_passed(path, 150, monkeypatch)
                if max(passed) > 1:
                    break
        assert max(passed) > 1

    def test_the_turn_is_given_back_before_the_transaction_begins_its_work(self, path: Path) -> None:
        mine, theirs = Turn(path), Turn(path)
        with closing(mine), closing(theirs):
            assert mine.take()
            mine.give_back()
            assert theirs.take()
            theirs.give_back()

    async def test_nobody_has_the_turn_while_a_transaction_runs(self, path: Path) -> None:
        log_file = database.Database(path, writing=True)
        with closing(Turn(path)) as turn:

            def look(connection: sqlite3.Connection) -> bool:
                return turn.take()

            assert await log_file.write(look)
        await log_file.aclose()

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
    async def test_a_process_that_dies_or_halts_with_the_turn_stops_nobody(
        self, path: Path, sqlite_url: str, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turn, "TURN_SECONDS", 0.05)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "import pathlib, sys\n"
            "from prompter_events.sqlite.turn import Turn\n"
            "print(Turn(pathlib.Path(sys.argv[1])).take(), flush=True)\n"
            "sys.stdin.read()",
            path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"True\n"
        with closing(Turn(path)) as mine:
            assert not mine.take()
        process.send_signal(how)
        if how == signal.SIGKILL:
            await process.wait()
        producer = new_producer()
        async with open_log(sqlite_url) as log:
            assert (await log.append(producer, events(producer, 1, 2))).stored == 2
        if how == signal.SIGSTOP:
            process.kill()
        await process.communicate()

    async def test_where_no_turns_can_be_had_writing_goes_on(self, path: Path, sqlite_url: str) -> None:
        path.with_name(f"{path.name}-turn").unlink(missing_ok=True)
        path.with_name(f"{path.name}-turn").symlink_to(path.parent / "nowhere" / "turn")
        producer = new_producer()
        async with open_log(sqlite_url) as log:
            assert (await log.append(producer, events(producer, 1, 2))).stored == 2
        with closing(Turn(path)) as turn:
            assert not turn.take()

    async def test_everybody_who_may_open_the_log_may_take_turns(self, path: Path, sqlite_url: str) -> None:
        path.chmod(0o660)
        before = os.umask(0o077)
        try:
            producer = new_producer()
            async with open_log(sqlite_url) as log:
                await log.append(producer, events(producer, 1, 2))
        finally:
            os.umask(before)
        assert path.with_name(f"{path.name}-turn").stat().st_mode & 0o777 == 0o660


async def transactions_passed(path: Path, writes: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many transactions of the busy process were committed between our turn and our lock, for each write."""
    at_turn = -1

    def position(connection: sqlite3.Connection) -> int:
        row = connection.execute("SELECT position FROM checkpoint WHERE projection = ?", (BUSY,)).fetchone()
        return int(row[0])

    with closing(sqlite3.connect(path, check_same_thread=False)) as beside:

        class Watched(Turn):
            def take(self) -> bool:
                nonlocal at_turn
                taken = super().take()
                at_turn = position(beside)
                return taken

        monkeypatch.setattr(database, "Turn", Watched)
        log_file = database.Database(path, writing=True)
        passed = [await log_file.write(lambda connection: position(connection) - at_turn) for _ in range(writes)]
        await log_file.aclose()
    return passed


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM event WHERE position = 2",
        "DELETE FROM event",
        "UPDATE event SET type = 'x' WHERE position = 2",
        "UPDATE event SET payload = x'80' WHERE position = 2",
        "UPDATE event SET payload = NULL WHERE position = 2",
        "UPDATE event SET payload = NULL, salt = NULL, hash = zeroblob(32) WHERE position = 2",
        "UPDATE event SET position = 9 WHERE position = 2",
        f"INSERT OR REPLACE INTO event SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE position = 2",
        f"REPLACE INTO event SELECT 99, {', '.join(EVENT_COLUMNS[1:])} FROM event WHERE position = 2",
    ],
)
async def test_the_file_itself_is_append_only(path: Path, sqlite_url: str, statement: str) -> None:
    producer = new_producer()
    async with open_log(sqlite_url) as log:
        await log.append(producer, events(producer, 1, 3))
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


async def test_erasure_is_the_one_change(path: Path, sqlite_url: str) -> None:
    producer = new_producer()
    async with open_log(sqlite_url) as log:
        await log.append(producer, events(producer, 1, 3))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE event SET payload = NULL, salt = NULL WHERE position = 2")
        assert await verify(log) == 3


def _raised(run: Callable[[], object]) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as raised:
        run()
    return raised.value


def test_every_driver_error_becomes_one_of_ours(path: Path) -> None:
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as read_only,
        closing(sqlite3.connect(path)) as normal,
    ):
        cases = [
            (_raised(lambda: read_only.execute("DELETE FROM producer")), LogReadOnly, "takes no writes"),
            (_raised(lambda: normal.execute("SELECT * FROM sheep")), LogNotMigrated, "prompter migrate"),
            (_raised(lambda: normal.execute("SELECT sheep FROM event")), LogNotMigrated, "prompter migrate"),
            (_raised(lambda: normal.execute("SELEC")), LogError, "syntax error"),
            (_raised(lambda: normal.execute("UPDATE log_head SET epoch = x'00'")), DataRefused, "CHECK"),
            (_raised(lambda: normal.execute("UPDATE log_head SET position = NULL")), DataRefused, "NOT NULL"),
            (OverflowError("too large"), DataRefused, "too large"),
        ]
    for error, ours, says in cases:
        line = str(translate(error, path))
        assert type(translate(error, path)) is ours, line
        assert says in line
        assert str(path) in line
        assert "\n" not in line


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann/study.db", "nfs4"),
        ("/home/ann/local disk/study.db", None),
        ("/data/study.db", "fuse.sshfs"),
        ("/database/study.db", None),
        ("/tmp/study.db", None),
    ],
)
def test_network_file_systems_are_recognised(tmp_path: Path, path: str, kind: str | None) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n"
        "/dev/sdb /home/ann/local\\040disk ext4 rw 0 0\nann@far: /data fuse.sshfs rw 0 0\n"
    )
    assert network_filesystem(Path(path), mounts) == kind
    assert network_filesystem(Path(path), tmp_path / "none") is None


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    """Two that turn the same new file to write-ahead logging collide, and SQLite's own waiting does not cover that."""
    openers = 4
    for number in range(150):
        path, all_are_there = tmp_path / f"{number}.db", threading.Barrier(openers)

        def open_it(path: Path = path, all_are_there: threading.Barrier = all_are_there) -> None:
            all_are_there.wait()
            database.connect(path, writing=True, create=True).close()

        with ThreadPoolExecutor(openers) as threads:
            for opened in [threads.submit(open_it) for _ in range(openers)]:
                opened.result()

"""One connection to an SQLite file, on a thread of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ..errors import LogRestored, LogUnavailable
from ..store import RESTORED
from ..transaction import Cost
from .errors import DRIVER_ERRORS, is_busy, translate
from .turn import Pauses, Turn

BUSY_SECONDS = 10.0
"""How long a write tries to get the lock before it gives up."""

READ_BUSY_SECONDS = 5.0
"""Readers of a WAL wait for others only while one recovers the file."""

Result = TypeVar("Result")


class Undo(Exception):
    """Raised inside a write to roll it back on purpose."""


class Database:
    """Runs functions with its connection, one after the other.

    A file that is not there is not made. Raises translated errors only.
    """

    def __init__(self, path: Path, *, writing: bool) -> None:
        self._path = path
        self._writing = writing
        self._executor = ThreadPoolExecutor(1, f"prompter-{'writer' if writing else 'reader'}")
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._durable = True
        self._turn = Turn(path)
        self._closed = False

    async def read(self, function: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a function that only reads."""
        return await self._run(lambda: self._translated(lambda: function(self._opened())))

    async def write(
        self,
        function: Callable[[sqlite3.Connection], Result],
        written: Callable[[Cost], None] | None = None,
        *,
        durable: bool = True,
    ) -> Result:
        """Run a function in a transaction; the whole of it again when the file was locked.

        Raises ``LogUnavailable`` when the file stays locked. Returns after COMMIT; ``written`` hears how long the
        file's lock was held. One that is not ``durable`` may be undone by a power cut, whole, until a later one is.
        """
        result, cost = await self._run(lambda: self._translated(lambda: self._write(function, durable)))
        if written is not None:
            written(cost)
        return result

    async def scrub(self) -> None:
        """Carry the WAL over into the file and empty it, so that neither holds what was erased.

        While others read, SQLite puts that off until the next commits or the last close.
        """
        await self.read(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    async def aclose(self) -> None:
        """Close the connection, after what runs."""
        if not self._closed:
            self._closed = True
            try:
                await asyncio.get_running_loop().run_in_executor(self._executor, self._close)
            except RuntimeError:  # an interpreter that ends has let the thread go; nothing else uses the connection
                self._close()
            self._executor.shutdown()

    async def _run(self, job: Callable[[], Result]) -> Result:
        if self._closed:
            raise LogUnavailable("the log is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)

    def _translated(self, job: Callable[[], Result]) -> Result:
        try:
            return job()
        except DRIVER_ERRORS as error:
            raise translate(error, self._path) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path, writing=self._writing)
            self._durable = True
            self._file = _identity(self._path)
        elif (found := _identity(self._path)) is None:
            raise LogUnavailable(f"{self._path} is gone: put it back, or restart to begin a new log")
        elif found != self._file:
            # SQLite would go on writing to the old file, which nobody will ever read again.
            raise LogRestored(f"another file stands at {self._path}: {RESTORED}")
        return self._connection

    def _write(self, function: Callable[[sqlite3.Connection], Result], durable: bool) -> tuple[Result, Cost]:
        connection = self._opened()
        self._sync(connection, durable)
        deadline = time.monotonic() + BUSY_SECONDS
        pauses = Pauses()
        while True:
            try:
                self._begin(connection, deadline)
                return self._finish(connection, function)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
            pauses.one()

    def _sync(self, connection: sqlite3.Connection, durable: bool) -> None:
        """Have COMMIT wait for the disk, or not. The WAL is written in order: one sync makes all before it durable."""
        if durable != self._durable:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _begin(self, connection: sqlite3.Connection, deadline: float) -> None:
        """Get the file's lock."""
        has_turn = self._turn.take()
        pauses = Pauses()
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if not is_busy(error) or time.monotonic() > deadline:
                        raise
                pauses.one()
        finally:
            if has_turn:
                self._turn.give_back()

    def _finish(
        self, connection: sqlite3.Connection, function: Callable[[sqlite3.Connection], Result]
    ) -> tuple[Result, Cost]:
        began = time.monotonic()
        try:
            result = function(connection)
            done = time.monotonic()
            connection.execute("COMMIT")
        except BaseException:
            # Some errors have rolled back already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result, Cost(done - began, time.monotonic() - done)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._turn.close()


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file; none if it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def connect(path: Path, *, writing: bool, create: bool = False) -> sqlite3.Connection:
    """Open the file with the settings that the promises need. Raises the driver's errors."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=READ_BUSY_SECONDS,
        isolation_level=None,  # transactions begin and end where this package says
        check_same_thread=False,
    )
    try:
        if writing:
            _use_wal(connection)
            # FULL syncs the WAL with each COMMIT: durable before acknowledged.
            connection.execute("PRAGMA synchronous = FULL")
            # What is erased or forgotten is overwritten, not only unlinked. Debian builds SQLite so anyway.
            connection.execute("PRAGMA secure_delete = ON")
            # From here on writes wait by `_begin`.
            connection.execute("PRAGMA busy_timeout = 0")
        else:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Have the file write ahead; a new file needs its lock for that, and SQLite does not wait for that one."""
    deadline = time.monotonic() + BUSY_SECONDS
    pauses = Pauses()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
        pauses.one()

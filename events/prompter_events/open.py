"""Opening a log by its URL."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

from . import mysql
from .clock import now_micros
from .log import Log
from .memory import MemoryLog
from .numbered import Directory, with_events
from .sqlite import SqliteStore
from .sqlite import tables as sqlite_tables
from .stored import StoredLog
from .url import MemoryUrl, SqliteUrl, parse_url


def open_log(
    url: str,
    *,
    password: str | None = None,
    migrate: bool = False,
    migrations: Sequence[Directory] = (),
    clock: Callable[[], int] = now_micros,
    new_id: Callable[[], UUID] = uuid4,
) -> Opening:
    """Open a log: ``async with open_log(url) as log``, or ``log = await open_log(url)`` and later ``log.aclose()``.

    ``url`` is ``memory://``, ``sqlite:///path/study.db`` or ``mysql://user@host:port/database``. A MySQL password
    comes from ``password``, PROMPTER_DB_PASSWORD, the file that PROMPTER_DB_PASSWORD_FILE names, or ``~/.my.cnf``.
    With ``migrate`` an SQLite file is created and upgraded first (MySQL needs an administrator: ``prompter
    migrate``). ``migrations`` names the directories of further packages whose tables must be there. ``clock`` gives
    µs since the epoch, UTC, and ``new_id`` the ids of participants and notebooks.

    Raises ``LogUrlInvalid``, ``LogNotMigrated``, ``LogTooNew``, ``LogUnavailable``, ``LogReadOnly`` or ``LogCorrupt``.
    """
    return Opening(url, password, migrate, with_events(migrations), clock=clock, new_id=new_id)


class Opening:
    """A log about to be opened; see ``open_log``."""

    def __init__(
        self,
        url: str,
        password: str | None,
        migrate: bool,
        directories: Sequence[Directory],
        *,
        clock: Callable[[], int],
        new_id: Callable[[], UUID],
    ) -> None:
        self._url = parse_url(url)
        self._password = password
        self._migrate = migrate
        self._directories = directories
        self._clock = clock
        self._new_id = new_id
        self._log: Log | None = None

    def __await__(self) -> Generator[Any, None, Log]:
        return self._open().__await__()

    async def __aenter__(self) -> Log:
        self._log = await self._open()
        return self._log

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._log is not None:
            await self._log.aclose()

    async def _open(self) -> Log:
        if isinstance(self._url, MemoryUrl):
            return MemoryLog(clock=self._clock, new_id=self._new_id)
        if isinstance(self._url, SqliteUrl):
            path = self._url.path.absolute()
            if self._migrate:
                await sqlite_tables.migrate(path, self._directories)
            else:
                await sqlite_tables.check(path, self._directories)
            return await _log_of(SqliteStore(path, self._clock, self._new_id))
        store = await mysql.open_store(self._url, self._password, self._directories, self._clock, self._new_id)
        return await _log_of(store)


async def _log_of(store: SqliteStore | mysql.MysqlStore) -> StoredLog:
    try:
        return StoredLog(store, await store.epoch(), (await store.head()).position)
    except BaseException:
        await store.aclose()
        raise

"""Connections to one MySQL server: opened when needed, kept while sound, and work that is run again when one breaks."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiomysql

from ..errors import LogUnavailable
from ..url import MysqlUrl
from .errors import DRIVER_ERRORS, is_contended, is_unknown_setting, may_pass, translate

CONNECT_SECONDS = 5.0

WORK_SECONDS = 30.0
"""The longest one transaction may take before its connection counts as lost: a dead network gives no error."""

RETRY_SECONDS = 15.0
"""How long work is tried again: a server that was killed is back within that time."""

LONGEST_PAUSE = 1.0
"""Between two tries to reach a server that is away, seconds."""

CONTENDED_PAUSE = 0.1
"""Between two tries against contention, seconds. With three nodes of a cluster writing without a pause, a transaction
was behind for up to 9.6 s when it waited for up to 1 s between tries, and for up to 1.2 s with this."""

# Strict: a value that does not fit is an error and is never cut to size.
SQL_MODE = "'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"

# One lock wait must end before WORK_SECONDS do, so that the server's own error is seen.
SETTINGS = ("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET SESSION innodb_lock_wait_timeout = 10")

# On a Galera cluster a node applies what others committed a moment later. With this a read, and the beginning of a
# transaction, first waits for all that was committed anywhere before it. Servers that know no clusters refuse it, and
# those that are in none pass over it.
CLUSTER_SETTING = "SET SESSION wsrep_sync_wait = 1"

Result = TypeVar("Result")


class _Cursor(aiomysql.Cursor):  # type: ignore[misc]  # aiomysql has no types
    """Does not fetch warnings: strict mode makes errors of those that matter, and each would cost a round trip.

    Bytes go as hexadecimal literals. The driver escapes them as text, character by character: 6.5 ms for 100 KiB,
    in which nothing else in the process goes on, where this takes 0.2. Either at most doubles them.
    """

    async def _show_warnings(self, conn: object) -> None:
        return

    def _escape_args(self, args: Sequence[object], conn: aiomysql.Connection) -> tuple[str, ...]:
        return tuple([f"x'{arg.hex()}'" if isinstance(arg, bytes) else conn.escape(arg) for arg in args])


@dataclass(frozen=True)
class Account:
    """Who connects to which server and database."""

    url: MysqlUrl
    user: str
    password: str | None = field(repr=False)
    unix_socket: str | None = None

    async def connect(self, *, database: bool = True) -> aiomysql.Connection:
        """A new connection. Raises the driver's errors."""
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aiomysql.connect(
                host=self.url.host,
                port=self.url.port,
                user=self.user,
                password=self.password or "",
                db=self.url.database if database else None,
                unix_socket=self.unix_socket,
                charset="utf8mb4",
                sql_mode=SQL_MODE,
                autocommit=True,  # single reads need no transaction; writes begin and commit one
                connect_timeout=CONNECT_SECONDS,
                cursorclass=_Cursor,
                program_name="prompter",
            )
            try:
                for setting in SETTINGS:
                    await execute(connection, setting)
                await _read_what_others_committed(connection)
            except BaseException:
                connection.close()
                raise
            return connection


class Connections:
    """At most ``size`` connections at a time. Raises translated errors only."""

    def __init__(self, account: Account, size: int) -> None:
        self._account = account
        self._idle: list[aiomysql.Connection] = []
        self._free = asyncio.Semaphore(size)
        self._closed = False

    @property
    def where(self) -> str:
        """The server, as errors name it."""
        return str(self._account.url)

    async def run(self, work: Callable[[aiomysql.Connection], Awaitable[Result]]) -> Result:
        """Run work on a connection; the whole of it again after contention or a lost connection.

        Raises ``LogUnavailable`` when that lasts.
        """
        deadline = time.monotonic() + RETRY_SECONDS
        pause = 0.01
        while True:
            if self._closed:
                raise LogUnavailable("the log is closed")
            try:
                async with self._use() as connection, asyncio.timeout(WORK_SECONDS):
                    return await work(connection)
            except DRIVER_ERRORS as error:
                if not may_pass(error) or time.monotonic() > deadline:
                    raise translate(error, self.where, self._account.user) from error
                contended = is_contended(error)
            except RuntimeError as error:  # PyMySQL's way to ask for the cryptography package
                raise translate(error, self.where, self._account.user) from error
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311
            pause = min(pause * 2, CONTENDED_PAUSE if contended else LONGEST_PAUSE)

    async def transact(self, work: Callable[[aiomysql.Connection], Awaitable[Result]]) -> Result:
        """Run work in a transaction, as ``run`` does. Returns after COMMIT; an error rolls back."""

        async def whole(connection: aiomysql.Connection) -> Result:
            await connection.begin()
            result = await work(connection)
            await connection.commit()
            return result

        return await self.run(whole)

    @asynccontextmanager
    async def _use(self) -> AsyncIterator[aiomysql.Connection]:
        async with self._free:
            connection = self._idle.pop() if self._idle else await self._account.connect()
            try:
                yield connection
            except BaseException:
                # Its state is unknown, and closing it rolls back. What else lies idle is probably as dead.
                connection.close()
                self._drop_idle()
                raise
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    async def aclose(self) -> None:
        """Say goodbye to the server."""
        self._closed = True
        while self._idle:
            await goodbye(self._idle.pop())

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


async def _read_what_others_committed(connection: aiomysql.Connection) -> None:
    try:
        await execute(connection, CLUSTER_SETTING)
    except DRIVER_ERRORS as error:
        if not is_unknown_setting(error):
            raise


async def goodbye(connection: aiomysql.Connection) -> None:
    """Close a connection in order, or at all."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connection.ensure_closed()
    except DRIVER_ERRORS:
        connection.close()


async def query(connection: aiomysql.Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run one statement and fetch all its rows."""
    async with connection.cursor() as cursor:
        await cursor.execute(sql, values or None)
        return list(await cursor.fetchall())


async def query_all(connection: aiomysql.Connection, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """Run statements in one round trip, in their order, and fetch all rows of each; a statement has none of its own.

    The first that fails ends it: its error is raised, and those after it were not run.
    """
    async with connection.cursor() as cursor:
        await cursor.execute(";".join(statements))
        found = [list(await cursor.fetchall())]
        while await cursor.nextset():
            found.append(list(await cursor.fetchall()))
        return found


async def execute(connection: aiomysql.Connection, sql: str, *values: Any) -> int:
    """Run one statement; how many rows it affected."""
    async with connection.cursor() as cursor:
        affected: int = await cursor.execute(sql, values or None)
        return affected

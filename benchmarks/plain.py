"""The limit of appending and reading: a plain program with the same driver, the same finished rows and a like table.

The table has the log's columns, checks, primary key and indexes, and no triggers. The rows come numbered, salted and
hashed, and nothing else is read or written: no head, no producers.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import aiomysql

from prompter_events.mysql.password import find_password
from prompter_events.rows import EVENT_COLUMNS, EventRow
from prompter_events.url import MysqlUrl, SqliteUrl, parse_url

COLUMNS = ", ".join(EVENT_COLUMNS)

PAGE_ROWS = 500
"""As many as the log reads at once."""


class Plain(ABC):
    """One connection to a table."""

    @abstractmethod
    async def insert(self, groups: Sequence[Sequence[EventRow]]) -> None:
        """Insert the rows, one commit for each group."""

    @abstractmethod
    async def fetch(self, upto: int) -> None:
        """Fetch all rows up to a position, page by page."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close the connection."""


async def plain_table(url: str) -> Plain:
    """Connect to a log's table of events, past the log."""
    target = parse_url(url)
    if isinstance(target, SqliteUrl):
        return PlainSqlite(target.path)
    assert isinstance(target, MysqlUrl)
    return PlainMysql(await _connected(target))


async def stored_bytes(url: str) -> int:
    """How much room all tables and indexes of a log take."""
    target = parse_url(url)
    if isinstance(target, SqliteUrl):
        with closing(sqlite3.connect(target.path)) as file:
            [pages], [size] = (file.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
            return int(pages) * int(size)
    assert isinstance(target, MysqlUrl)
    connection = await _connected(target)
    async with connection.cursor() as cursor:
        # Else the server tells what it once estimated.
        await cursor.execute("ANALYZE TABLE event, notebook_snapshot")
        await cursor.execute(
            "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        [(total,)] = await cursor.fetchall()
    await connection.ensure_closed()
    return int(total)


async def _connected(target: MysqlUrl) -> aiomysql.Connection:
    return await aiomysql.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        password=find_password(None, target.user) or "",
        db=target.database,
        charset="utf8mb4",
    )


class PlainSqlite(Plain):
    """``executemany``, with the log's durability."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    async def insert(self, groups: Sequence[Sequence[EventRow]]) -> None:
        # Those of the other tables cost an INSERT nothing; the MySQL log has none for INSERT.
        self._connection.execute("DROP TRIGGER IF EXISTS event_no_replace")
        sql = f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join('?' * len(EVENT_COLUMNS))})"
        for group in groups:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(sql, group)
            self._connection.execute("COMMIT")

    async def fetch(self, upto: int) -> None:
        sql = f"SELECT {COLUMNS} FROM event WHERE position > ? AND position <= ? ORDER BY position"
        for after in range(0, upto, PAGE_ROWS):
            self._connection.execute(sql, (after, min(after + PAGE_ROWS, upto))).fetchall()

    async def aclose(self) -> None:
        self._connection.close()


class PlainMysql(Plain):
    """The driver's ``executemany``, which makes one INSERT of many rows."""

    def __init__(self, connection: aiomysql.Connection) -> None:
        self._connection = connection

    async def insert(self, groups: Sequence[Sequence[EventRow]]) -> None:
        sql = f"INSERT INTO event (log_id, {COLUMNS}) VALUES ({', '.join(['%s'] * (len(EVENT_COLUMNS) + 1))})"
        async with self._connection.cursor() as cursor:
            for group in groups:
                await cursor.executemany(sql, [(1, *row) for row in group])
                await self._connection.commit()

    async def fetch(self, upto: int) -> None:
        sql = f"SELECT {COLUMNS} FROM event WHERE log_id = 1 AND position > %s AND position <= %s ORDER BY position"
        async with self._connection.cursor() as cursor:
            for after in range(0, upto, PAGE_ROWS):
                await cursor.execute(sql, (after, min(after + PAGE_ROWS, upto)))
                await cursor.fetchall()

    async def aclose(self) -> None:
        await self._connection.ensure_closed()

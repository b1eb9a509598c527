"""The limit of an append: a plain program that inserts the same finished rows into a table like the log's.

The table has the log's columns, checks, primary key and indexes, and no triggers. The rows come numbered, salted and
hashed, and nothing else is read or written: no head, no producers.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import aiomysql

from prompter_events.mysql.password import find_password
from prompter_events.rows import EVENT_COLUMNS, EventRow
from prompter_events.url import MysqlUrl, SqliteUrl, parse_url


class Plain(ABC):
    """One connection to a table."""

    @abstractmethod
    async def insert(self, groups: Sequence[Sequence[EventRow]]) -> None:
        """Insert the rows, one commit for each group."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close the connection."""


async def plain_table(url: str) -> Plain:
    """Make a plain table of an empty log, and connect to it."""
    target = parse_url(url)
    if isinstance(target, SqliteUrl):
        return PlainSqlite(target.path)
    assert isinstance(target, MysqlUrl)
    connection = await aiomysql.connect(
        host=target.host,
        port=target.port,
        user=target.user,
        password=find_password(None, target.user) or "",
        db=target.database,
        charset="utf8mb4",
    )
    return PlainMysql(connection)


class PlainSqlite(Plain):
    """``executemany``, with the log's durability."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        for [name] in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self._connection.execute(f"DROP TRIGGER {name}")

    async def insert(self, groups: Sequence[Sequence[EventRow]]) -> None:
        insert = f"INSERT INTO event ({', '.join(EVENT_COLUMNS)}) VALUES ({', '.join('?' * len(EVENT_COLUMNS))})"
        for group in groups:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(insert, group)
            self._connection.execute("COMMIT")

    async def aclose(self) -> None:
        self._connection.close()


class PlainMysql(Plain):
    """The driver's ``executemany``, which makes one INSERT of many rows."""

    def __init__(self, connection: aiomysql.Connection) -> None:
        self._connection = connection

    async def insert(self, groups: Sequence[Sequence[EventRow]]) -> None:
        marks = ", ".join(["%s"] * (len(EVENT_COLUMNS) + 1))
        insert = f"INSERT INTO event (log_id, {', '.join(EVENT_COLUMNS)}) VALUES ({marks})"
        async with self._connection.cursor() as cursor:
            for group in groups:
                await cursor.executemany(insert, [(1, *row) for row in group])
                await self._connection.commit()

    async def aclose(self) -> None:
        await self._connection.ensure_closed()

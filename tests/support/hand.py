"""A log's tables, written and read by hand: transactions that begin and end when a test says so."""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

from prompter_events import Event, open_log
from prompter_events.append import Batch
from prompter_events.mysql.connections import Account, execute, goodbye, query
from prompter_events.rows import EVENT_COLUMNS, event_row, row_event
from prompter_events.url import MysqlUrl, SqliteUrl, parse_url

from .events import events, new_producer

COLUMNS = ", ".join(EVENT_COLUMNS)


@dataclass(frozen=True)
class Extent:
    """How far a log goes, all of one moment: the head row's position, the last event's, and the number of events."""

    head: int
    last: int
    count: int


class Hand(ABC):
    """One connection, its transactions begun and ended by hand. ``%s`` marks a parameter in both databases."""

    @abstractmethod
    async def begin(self) -> None:
        """Begin a transaction that writes."""

    @abstractmethod
    async def begin_view(self) -> None:
        """Begin a transaction that sees the log as it is now, whatever is committed later."""

    @abstractmethod
    async def end(self, *, commit: bool = True) -> None:
        """Commit or roll back."""

    @abstractmethod
    async def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement, its rows."""

    async def insert(self, some: Sequence[Event]) -> None:
        """Insert events where they say, and touch nothing else."""
        for event in some:
            await self.run(
                f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join(['%s'] * len(EVENT_COLUMNS))})", *event_row(event)
            )

    async def move_head(self, event: Event) -> None:
        """Say that the log ends with this event."""
        await self.run("UPDATE log_head SET position = %s, last_hash = %s", event.position, event.hash)

    async def page(self, after: int, upto: int, count: int) -> list[Event]:
        """Events in (after, upto], as this connection sees them."""
        rows = await self.run(
            f"SELECT {COLUMNS} FROM event WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
            after,
            upto,
            count,
        )
        return [row_event(row) for row in rows]

    async def extent(self) -> Extent:
        """How far the log goes now."""
        await self.begin_view()
        [(head,)] = await self.run("SELECT position FROM log_head")
        [(last, count)] = await self.run("SELECT COALESCE(MAX(position), 0), COUNT(*) FROM event")
        await self.end()
        return Extent(head, last, count)


class _SqliteHand(Hand):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    async def begin_view(self) -> None:
        self._connection.execute("BEGIN")
        # The view is fixed by the first read.
        self._connection.execute("SELECT position FROM log_head").fetchone()

    async def end(self, *, commit: bool = True) -> None:
        self._connection.execute("COMMIT" if commit else "ROLLBACK")

    async def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.replace("%s", "?"), values).fetchall()


class _MysqlHand(Hand):
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def begin(self) -> None:
        await execute(self._connection, "START TRANSACTION")

    async def begin_view(self) -> None:
        await execute(self._connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await execute(self._connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT")

    async def end(self, *, commit: bool = True) -> None:
        await execute(self._connection, "COMMIT" if commit else "ROLLBACK")

    async def run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return await query(self._connection, sql, *values)

    async def insert(self, some: Sequence[Event]) -> None:
        marks = ", ".join(["%s"] * len(EVENT_COLUMNS))
        for event in some:
            await self.run(f"INSERT INTO event (log_id, {COLUMNS}) VALUES (1, {marks})", *event_row(event))


@asynccontextmanager
async def by_hand(url: str) -> AsyncIterator[Hand]:
    """A connection to the log's database, as the application's user; the password comes from the environment."""
    target = parse_url(url)
    if isinstance(target, SqliteUrl):
        with closing(sqlite3.connect(target.path, isolation_level=None)) as connection:
            yield _SqliteHand(connection)
    else:
        assert isinstance(target, MysqlUrl)
        server = await Account(target, target.user, os.environ["PROMPTER_DB_PASSWORD"]).connect()
        try:
            yield _MysqlHand(server)
        finally:
            await goodbye(server)


async def extent(url: str) -> Extent:
    """How far a log goes now."""
    async with by_hand(url) as hand:
        return await hand.extent()


async def first_events(count: int) -> list[Event]:
    """The first ``count`` events of a log, of one producer: numbered, stamped, chained, and on no disk yet."""
    producer = new_producer()
    async with open_log("memory://") as log:
        await log.append_batches([Batch(producer, events(producer, 1, count))])
        return [event async for event in log.read()]

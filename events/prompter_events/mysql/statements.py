"""The SQL of events and of the head. Every function takes a connection; those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

import aiomysql
import pymysql

from ..append import Batch, Head, Plan, ProducerState, plan_append
from ..errors import LogCorrupt
from ..event import Event, ParticipantId, Position, ProducerId, SessionId
from ..rows import EVENT_COLUMNS, EventRow, event_row, row_event, uuid_of
from ..store import check_epoch
from .connections import execute, query, query_all
from .errors import is_duplicate

LOG_ID = 1
"""One database holds one log today; the id stands in every key so that it can be a shard key later."""

INSERT_EVENT = f"INSERT INTO event (log_id, {', '.join(EVENT_COLUMNS)}) VALUES "
SELECT_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE log_id = {LOG_ID}"

_LOCK_HEAD = (
    "SELECT position, last_hash, epoch, (SELECT COUNT(*) FROM erased WHERE erased.log_id = log_head.log_id)"
    f" FROM log_head WHERE log_id = {LOG_ID} FOR UPDATE"
)

# All columns of an event but its payload, as SQL text, are shorter than this; so is a typical read model's row.
_ROW_BYTES = 900

_IDS_AT_ONCE = 1000

Item = TypeVar("Item")


async def append(
    connection: aiomysql.Connection, batches: Sequence[Batch], now: int, statement_bytes: int, *, epoch: UUID
) -> Plan:
    """Append, and tell what was; nothing may be.

    ``now`` in µs. No statement is longer than ``statement_bytes``, but one row always goes. Raises ``LogRestored`` if
    the log's epoch is another.
    """
    ids = {batch.producer_id.bytes: batch.producer_id for batch in batches}
    # What is read, and what is written, goes in one round trip each: others wait for the head meanwhile.
    head_row, *producer_rows = await query_all(connection, [_LOCK_HEAD, *_lock_producers(list(ids))])
    head, erasures = _head(head_row, epoch)
    erased = await _erased(connection, batches) if erasures else set()
    producers = {
        ids[producer_id]: ProducerState(last, ParticipantId(uuid_of(participant_id)))
        for rows in producer_rows
        for producer_id, participant_id, last in rows
    }
    plan = plan_append(head, producers, batches, now, erased)
    if not plan.events:
        return plan
    # Statements are bounded before their values are written in hexadecimal, and here they are written.
    for some in chunks(_writes(plan, statement_bytes), len, 2 * statement_bytes):
        try:
            await query_all(connection, some)
        except pymysql.err.IntegrityError as error:
            if is_duplicate(error):
                raise LogCorrupt(plan.events[0].position, "events lie behind the head") from error
            raise
    return plan


def _lock_producers(ids: Sequence[bytes]) -> Iterator[str]:
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ",".join(map(_hex, ids[start : start + _IDS_AT_ONCE]))
        yield (
            "SELECT producer_id, participant_id, last_seq FROM producer"
            f" WHERE log_id = {LOG_ID} AND producer_id IN ({some}) FOR UPDATE"
        )


def _writes(plan: Plan, statement_bytes: int) -> Iterator[str]:
    for chunk in chunks(map(event_row, plan.events), _event_bytes, statement_bytes):
        yield INSERT_EVENT + ",".join(map(_event_sql, chunk))
    for some in chunks(plan.producers.items(), lambda _: _ROW_BYTES, statement_bytes):
        yield (
            "INSERT INTO producer (log_id, producer_id, participant_id, last_seq) VALUES "
            + ",".join(itertools.starmap(_producer_sql, some))
            + " ON DUPLICATE KEY UPDATE last_seq = VALUES(last_seq)"
        )
    position, last_hash = plan.head.position, _hex(plan.head.hash)
    yield f"UPDATE log_head SET position = {position:d}, last_hash = {last_hash} WHERE log_id = {LOG_ID}"


# Values of appends are written out here: the driver takes four times as long to find each one's type and to escape it.
# Nothing in hexadecimal needs escaping, and ``d`` lets integers pass only.


def _event_sql(row: EventRow) -> str:
    return (
        f"({LOG_ID},{row[0]:d},{_hex(row[1])},{_hex(row[2])},{row[3]:d},{_hex(row[4])},"
        f"_utf8mb4 {_hex(row[5].encode())},{row[6]:d},{row[7]:d},{row[8]:d},"
        f"{_hex(row[9])},{_hex(row[10])},{_hex(row[11])},{_hex(row[12])})"
    )


def _producer_sql(producer_id: ProducerId, state: ProducerState) -> str:
    return f"({LOG_ID},{_hex(producer_id.bytes)},{_hex(state.participant_id.bytes)},{state.last_seq:d})"


def _hex(value: bytes | None) -> str:
    return "NULL" if value is None else f"x'{value.hex()}'"


def _event_bytes(row: EventRow) -> int:
    return _ROW_BYTES + len(row[9] or b"")


def chunks(items: Iterable[Item], size_of: Callable[[Item], int], limit: int) -> Iterator[list[Item]]:
    """Items in lists of at most ``limit`` together, by ``size_of``; one that is larger stands alone."""
    chunk: list[Item] = []
    size = 0
    for item in items:
        size += size_of(item)
        if chunk and size > limit:
            yield chunk
            chunk, size = [], size_of(item)
        chunk.append(item)
    if chunk:
        yield chunk


async def lock_head(connection: aiomysql.Connection, epoch: UUID) -> tuple[Head, int]:
    """The head row, which nobody else moves before this transaction ends, and how many participants were erased."""
    return _head(await query(connection, _LOCK_HEAD), epoch)


async def claim_head(connection: aiomysql.Connection, head: Head) -> None:
    """Make this transaction one that wrote the head row, though it leaves it as it is.

    Locks hold on one node of a cluster; between nodes only written rows count at COMMIT.
    """
    for position in (head.position + 1, head.position):
        await execute(connection, "UPDATE log_head SET position = %s WHERE log_id = %s", position, LOG_ID)


async def _erased(connection: aiomysql.Connection, batches: Sequence[Batch]) -> set[ParticipantId]:
    found = await query(connection, "SELECT participant_id FROM erased WHERE log_id = %s", LOG_ID)
    return {ParticipantId(UUID(bytes=raw)) for (raw,) in found} & {batch.events[0].participant_id for batch in batches}


async def read_head(connection: aiomysql.Connection, epoch: UUID) -> Head:
    """The head row. Raises ``LogRestored`` if the log's epoch is another."""
    rows = await query(connection, "SELECT position, last_hash, epoch, 0 FROM log_head WHERE log_id = %s", LOG_ID)
    return _head(rows, epoch)[0]


def _head(rows: Sequence[tuple[Any, ...]], epoch: UUID) -> tuple[Head, int]:
    if not rows:
        raise LogCorrupt(0, "the head row is gone")
    [(position, last_hash, found, erasures)] = rows
    check_epoch(found, epoch)
    return Head(Position(position), last_hash), erasures


async def read_epoch(connection: aiomysql.Connection) -> UUID:
    """See ``Log.epoch``."""
    rows = await query(connection, "SELECT epoch FROM log_head WHERE log_id = %s", LOG_ID)
    if not rows:
        raise LogCorrupt(0, "the head row is gone")
    return UUID(bytes=rows[0][0])


async def page(
    connection: aiomysql.Connection,
    after: Position,
    upto: Position,
    count: int,
    *,
    session: SessionId | None,
    types: Collection[str] | None,
) -> list[Event]:
    """At most ``count`` events in (after, upto]."""
    if types is not None and not types:
        return []
    sql = f"{SELECT_EVENT} AND position > %s AND position <= %s"
    values: list[object] = [after, upto]
    if session is not None:
        sql += " AND session_id = %s"
        values.append(session.bytes)
    if types is not None:
        sql += f" AND type IN ({', '.join(['%s'] * len(types))})"
        values.extend(types)
    rows = await query(connection, f"{sql} ORDER BY position LIMIT %s", *values, count)
    return [row_event(row) for row in rows]


async def beyond_head(connection: aiomysql.Connection) -> Position | None:
    """The first event behind the head."""
    [(found,)] = await query(
        connection,
        "SELECT MIN(position) FROM event WHERE log_id = %s"
        " AND position > (SELECT position FROM log_head WHERE log_id = %s)",
        LOG_ID,
        LOG_ID,
    )
    return None if found is None else Position(found)


async def producer(connection: aiomysql.Connection, producer_id: ProducerId) -> ProducerState | None:
    """See ``Store.producer``."""
    rows = await query(
        connection,
        "SELECT last_seq, participant_id FROM producer WHERE log_id = %s AND producer_id = %s",
        LOG_ID,
        producer_id.bytes,
    )
    return ProducerState(int(rows[0][0]), ParticipantId(uuid_of(rows[0][1]))) if rows else None


async def session_owner(connection: aiomysql.Connection, session_id: SessionId) -> ParticipantId | None:
    """See ``Log.session_owner``."""
    rows = await query(
        connection,
        "SELECT participant_id FROM event WHERE log_id = %s AND session_id = %s ORDER BY position LIMIT 1",
        LOG_ID,
        session_id.bytes,
    )
    return ParticipantId(UUID(bytes=rows[0][0])) if rows else None


async def renew_epoch(connection: aiomysql.Connection, epoch: UUID) -> None:
    """See ``Log.renew_epoch``."""
    await execute(connection, "UPDATE log_head SET epoch = %s WHERE log_id = %s", epoch.bytes, LOG_ID)

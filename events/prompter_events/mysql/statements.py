"""The SQL of the MySQL log. Every function takes a connection; those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeVar
from uuid import UUID, uuid4

import aiomysql
import pymysql

from ..append import Batch, Head, Outcome, ProducerState, plan_append
from ..errors import CheckpointMoved, LogCorrupt
from ..event import Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from ..rows import EVENT_COLUMNS, EventRow, event_row, row_event, uuid_of
from ..store import check_epoch
from ..transaction import (
    NEW_CHECKPOINT,
    Checkpoint,
    Forgetting,
    Move,
    Relation,
    Row,
    Value,
    prefix_range,
    stored_row,
    stored_value,
)
from .connections import execute, query
from .errors import is_duplicate

LOG_ID = 1
"""One database holds one log today; the id stands in every key so that it can be a shard key later."""

INSERT_EVENT = f"INSERT INTO event (log_id, {', '.join(EVENT_COLUMNS)}) VALUES "
SELECT_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE log_id = {LOG_ID}"

# All columns of an event but its payload, as SQL text, are shorter than this; so is a typical read model's row.
_ROW_BYTES = 900

_IDS_AT_ONCE = 1000

Item = TypeVar("Item")


async def append(
    connection: aiomysql.Connection, batches: Sequence[Batch], now: int, statement_bytes: int, *, epoch: UUID
) -> tuple[list[Outcome], Position, bool]:
    """Append; the outcomes, the new head, and whether anything was written.

    ``now`` in µs. No statement is longer than ``statement_bytes``, but one row always goes. Raises ``LogRestored`` if
    the log's epoch is another.
    """
    head, erasures = await _lock_head(connection, epoch)
    erased = await _erased(connection, batches) if erasures else set()
    plan = plan_append(head, await _producers(connection, batches), batches, now, erased)
    if not plan.events:
        return plan.outcomes, head.position, False
    for chunk in _chunks(map(event_row, plan.events), _event_bytes, statement_bytes):
        try:
            await execute(connection, INSERT_EVENT + ",".join(map(_event_sql, chunk)))
        except pymysql.err.IntegrityError as error:
            if is_duplicate(error):
                raise LogCorrupt(chunk[0][0], "events lie behind the head") from error
            raise
    for some in _chunks(plan.producers.items(), lambda _: _ROW_BYTES, statement_bytes):
        await execute(
            connection,
            "INSERT INTO producer (log_id, producer_id, participant_id, last_seq) VALUES "
            + ",".join(itertools.starmap(_producer_sql, some))
            + " ON DUPLICATE KEY UPDATE last_seq = VALUES(last_seq)",
        )
    await execute(
        connection,
        "UPDATE log_head SET position = %s, last_hash = %s WHERE log_id = %s",
        plan.head.position,
        plan.head.hash,
        LOG_ID,
    )
    return plan.outcomes, plan.head.position, True


async def _producers(connection: aiomysql.Connection, batches: Sequence[Batch]) -> dict[ProducerId, ProducerState]:
    ids = {batch.producer_id.bytes: batch.producer_id for batch in batches}
    found = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = list(ids)[start : start + _IDS_AT_ONCE]
        for producer_id, participant_id, last in await query(
            connection,
            "SELECT producer_id, participant_id, last_seq FROM producer"
            f" WHERE log_id = {LOG_ID} AND producer_id IN ({','.join(map(_hex, some))}) FOR UPDATE",
        ):
            found[ids[producer_id]] = ProducerState(last, ParticipantId(uuid_of(participant_id)))
    return found


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


def _chunks(items: Iterable[Item], size_of: Any, limit: int) -> Iterator[list[Item]]:
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


async def _lock_head(connection: aiomysql.Connection, epoch: UUID) -> tuple[Head, int]:
    """The head row, which nobody else moves before this transaction ends, and how many participants were erased."""
    return _head(
        await query(
            connection,
            "SELECT position, last_hash, epoch, (SELECT COUNT(*) FROM erased WHERE erased.log_id = log_head.log_id)"
            " FROM log_head WHERE log_id = %s FOR UPDATE",
            LOG_ID,
        ),
        epoch,
    )


async def _claim_head(connection: aiomysql.Connection, head: Head) -> None:
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


async def last_seq(connection: aiomysql.Connection, producer_id: ProducerId) -> int:
    """See ``Log.last_seq``."""
    rows = await query(
        connection,
        "SELECT last_seq FROM producer WHERE log_id = %s AND producer_id = %s",
        LOG_ID,
        producer_id.bytes,
    )
    return int(rows[0][0]) if rows else 0


async def session_owner(connection: aiomysql.Connection, session_id: SessionId) -> ParticipantId | None:
    """See ``Log.session_owner``."""
    rows = await query(
        connection,
        "SELECT participant_id FROM event WHERE log_id = %s AND session_id = %s ORDER BY position LIMIT 1",
        LOG_ID,
        session_id.bytes,
    )
    return ParticipantId(UUID(bytes=rows[0][0])) if rows else None


async def participant(connection: aiomysql.Connection, name: str, now: int) -> ParticipantId:
    """See ``Log.participant``."""
    digest = text_digest(name)
    await execute(
        connection,
        "INSERT INTO participant (log_id, participant_id, name, name_digest, created_at) VALUES (%s, %s, %s, %s, %s)"
        " ON DUPLICATE KEY UPDATE created_at = created_at",
        LOG_ID,
        uuid4().bytes,
        name,
        digest,
        now,
    )
    [(found,)] = await query(
        connection, "SELECT participant_id FROM participant WHERE log_id = %s AND name_digest = %s", LOG_ID, digest
    )
    return ParticipantId(UUID(bytes=found))


async def participant_names(connection: aiomysql.Connection) -> dict[ParticipantId, str]:
    """See ``Log.participant_names``."""
    rows = await query(
        connection,
        "SELECT participant_id, name FROM participant WHERE log_id = %s ORDER BY created_at, name",
        LOG_ID,
    )
    return {ParticipantId(UUID(bytes=raw)): name for raw, name in rows}


async def notebook(
    connection: aiomysql.Connection, participant_id: ParticipantId, study: str, path: str, now: int
) -> NotebookId:
    """See ``Log.notebook``."""
    digest = _notebook_digest(participant_id.bytes, study, path)
    await execute(
        connection,
        "INSERT INTO notebook (log_id, notebook_id, participant_id, study, path, path_digest, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE created_at = created_at",
        LOG_ID,
        uuid4().bytes,
        participant_id.bytes,
        study,
        path,
        digest,
        now,
    )
    [(found,)] = await query(
        connection, "SELECT notebook_id FROM notebook WHERE log_id = %s AND path_digest = %s", LOG_ID, digest
    )
    return NotebookId(UUID(bytes=found))


async def rename_notebook(connection: aiomysql.Connection, notebook_id: NotebookId, path: str) -> None:
    """See ``Log.rename_notebook``. Whatever had that path before lost its file."""
    rows = await query(
        connection,
        "SELECT participant_id, study FROM notebook WHERE log_id = %s AND notebook_id = %s FOR UPDATE",
        LOG_ID,
        notebook_id.bytes,
    )
    if not rows:
        return
    digest = _notebook_digest(rows[0][0], rows[0][1], path)
    await execute(
        connection,
        "UPDATE notebook SET path = NULL, path_digest = NULL"
        " WHERE log_id = %s AND path_digest = %s AND notebook_id <> %s",
        LOG_ID,
        digest,
        notebook_id.bytes,
    )
    await execute(
        connection,
        "UPDATE notebook SET path = %s, path_digest = %s WHERE log_id = %s AND notebook_id = %s",
        path,
        digest,
        LOG_ID,
        notebook_id.bytes,
    )


async def save(connection: aiomysql.Connection, relation: Relation, rows: Sequence[Row], statement_bytes: int) -> None:
    """Insert or replace rows by their key."""
    names = ("log_id", *relation.key, *relation.columns)
    changing = relation.columns or relation.key[:1]
    updates = ", ".join(f"`{name}` = VALUES(`{name}`)" for name in changing)
    marks = f"({', '.join(['%s'] * len(names))})"
    stored = ((LOG_ID, *stored_row(relation, row)) for row in rows)
    for chunk in _chunks(stored, _values_bytes, statement_bytes):
        await execute(
            connection,
            f"INSERT INTO `{relation.name}` ({_quoted(names)}) VALUES {', '.join([marks] * len(chunk))}"
            f" ON DUPLICATE KEY UPDATE {updates}",
            *(value for row in chunk for value in row),
        )


async def forget(connection: aiomysql.Connection, forgetting: Forgetting) -> None:
    """Delete rows of a read model."""
    conditions = ["log_id = %s", *(f"`{name}` <=> %s" for name in forgetting.equal)]
    values: list[object] = [LOG_ID, *(stored_value(value) for value in forgetting.equal.values())]
    if forgetting.prefix is not None:
        conditions.append(f"`{forgetting.prefix[0]}` BETWEEN %s AND %s")
        values.extend(prefix_range(forgetting.prefix[1]))
    await execute(connection, f"DELETE FROM `{forgetting.relation.name}` WHERE {' AND '.join(conditions)}", *values)


async def bar(
    connection: aiomysql.Connection, participant_id: ParticipantId, now: int, epoch: UUID
) -> dict[ProducerId, int]:
    """Refuse the participant's events from now on, and forget their names; their producers' last numbers."""
    # Whoever appends holds the head's lock: their events are all here, or will be refused.
    head, _ = await _lock_head(connection, epoch)
    await _claim_head(connection, head)
    await execute(
        connection,
        # The eraser may insert here and no more; with ON DUPLICATE KEY UPDATE it would need another right.
        "INSERT IGNORE INTO erased (log_id, participant_id, erased_at) VALUES (%s, %s, %s)",
        LOG_ID,
        participant_id.bytes,
        now,
    )
    whose = (LOG_ID, participant_id.bytes)
    await execute(connection, "DELETE FROM participant WHERE log_id = %s AND participant_id = %s", *whose)
    await execute(
        connection,
        "UPDATE notebook SET path = NULL, path_digest = NULL WHERE log_id = %s AND participant_id = %s",
        *whose,
    )
    found = await query(
        connection, "SELECT producer_id, last_seq FROM producer WHERE log_id = %s AND participant_id = %s", *whose
    )
    return {ProducerId(UUID(bytes=producer_id)): last_seq for producer_id, last_seq in found}


async def erase(
    connection: aiomysql.Connection, producer_id: ProducerId, first: int, last: int
) -> tuple[int, set[SessionId]]:
    """Remove the payloads of these numbers; how many there were, and whose sessions they are all of."""
    which = (LOG_ID, producer_id.bytes, first, last)
    where = "WHERE log_id = %s AND producer_id = %s AND producer_seq BETWEEN %s AND %s"
    found = await query(connection, f"SELECT DISTINCT session_id FROM event {where}", *which)
    erased = await execute(
        connection, f"UPDATE event SET payload = NULL, salt = NULL {where} AND payload IS NOT NULL", *which
    )
    return erased, {SessionId(UUID(bytes=raw)) for (raw,) in found}


async def renew_epoch(connection: aiomysql.Connection, epoch: UUID) -> None:
    """See ``Log.renew_epoch``."""
    await execute(connection, "UPDATE log_head SET epoch = %s WHERE log_id = %s", epoch.bytes, LOG_ID)


def _values_bytes(values: Iterable[object]) -> int:
    # 4 bytes for a character of a text.
    return sum(
        4 * len(value) if isinstance(value, str) else len(value) if isinstance(value, bytes) else 24 for value in values
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


async def rows(
    connection: aiomysql.Connection, relation: Relation, equal: Mapping[str, Value], present: Iterable[str]
) -> list[dict[str, Value]]:
    """See ``Log.rows``."""
    names = (*relation.key, *relation.columns)
    conditions = ["log_id = %s"]
    conditions += [f"`{name}` <=> %s" for name in equal]
    conditions += [f"`{name}` IS NOT NULL" for name in present]
    found = await query(
        connection,
        f"SELECT {_quoted(names)} FROM `{relation.name}` WHERE {' AND '.join(conditions)}"
        f" ORDER BY {_quoted(relation.key)}",
        LOG_ID,
        *(stored_value(value) for value in equal.values()),
    )
    return [dict(zip(names, row, strict=True)) for row in found]


async def checkpoint(connection: aiomysql.Connection, projection: str) -> Checkpoint:
    """See ``Log.checkpoint``."""
    found = await query(
        connection,
        "SELECT position, generation FROM checkpoint WHERE log_id = %s AND projection = %s",
        LOG_ID,
        projection,
    )
    return Checkpoint(Position(found[0][0]), found[0][1]) if found else NEW_CHECKPOINT


async def move(connection: aiomysql.Connection, moving: Move) -> None:
    """Compare-and-set. Raises ``CheckpointMoved``."""
    if moving.expected == NEW_CHECKPOINT:
        # A row to lock: without one, two workers would both find none.
        await _ensure_checkpoint(connection, moving.projection)
    found, held = await _locked_checkpoint(connection, moving)
    if found != moving.expected or not held:
        raise CheckpointMoved(moving.projection, moving.expected.position, found.position)
    # As for the head: a checkpoint that stays where it is must count as written, or a lease that another node gave away
    # meanwhile would not stop this transaction.
    positions = [moving.to.position] if moving.to != moving.expected else [moving.to.position + 1, moving.to.position]
    for position in positions:
        await execute(
            connection,
            "UPDATE checkpoint SET position = %s, generation = %s WHERE log_id = %s AND projection = %s",
            position,
            moving.to.generation,
            LOG_ID,
            moving.projection,
        )


async def was_moved(connection: aiomysql.Connection, moving: Move) -> bool:
    """Whether this move is in the log already: nobody but the lease's holder can have made it.

    Waits for a commit that the server is still at. False for one that moves nothing or has no holder.
    """
    if moving.holder is None or moving.to == moving.expected:
        return False
    return await _locked_checkpoint(connection, moving) == (moving.to, True)


async def _locked_checkpoint(connection: aiomysql.Connection, moving: Move) -> tuple[Checkpoint, bool]:
    """The checkpoint, which nobody else moves before this transaction ends, and whether the holder has the lease."""
    rows = await query(
        connection,
        "SELECT position, generation, lease_holder FROM checkpoint WHERE log_id = %s AND projection = %s FOR UPDATE",
        LOG_ID,
        moving.projection,
    )
    if not rows:
        return NEW_CHECKPOINT, moving.holder is None
    [(position, generation, holder)] = rows
    return Checkpoint(Position(position), generation), moving.holder is None or holder == moving.holder.bytes


async def lease(connection: aiomysql.Connection, projection: str, holder: UUID, now: int, until: int) -> bool:
    """See ``Log.lease``; times in µs."""
    await _ensure_checkpoint(connection, projection)
    [(owner, lasts_until)] = await query(
        connection,
        "SELECT lease_holder, lease_until FROM checkpoint WHERE log_id = %s AND projection = %s FOR UPDATE",
        LOG_ID,
        projection,
    )
    if owner not in (None, holder.bytes) and lasts_until > now:
        return False
    await execute(
        connection,
        "UPDATE checkpoint SET lease_holder = %s, lease_until = %s WHERE log_id = %s AND projection = %s",
        holder.bytes,
        until,
        LOG_ID,
        projection,
    )
    return True


async def _ensure_checkpoint(connection: aiomysql.Connection, projection: str) -> None:
    await execute(
        connection,
        "INSERT INTO checkpoint (log_id, projection, position, generation) VALUES (%s, %s, %s, %s)"
        " ON DUPLICATE KEY UPDATE position = position",
        LOG_ID,
        projection,
        NEW_CHECKPOINT.position,
        NEW_CHECKPOINT.generation,
    )


async def release(connection: aiomysql.Connection, projection: str, holder: UUID) -> None:
    """See ``Log.release``."""
    await execute(
        connection,
        "UPDATE checkpoint SET lease_holder = NULL, lease_until = 0"
        " WHERE log_id = %s AND projection = %s AND lease_holder = %s",
        LOG_ID,
        projection,
        holder.bytes,
    )


def text_digest(*texts: str) -> bytes:
    """BLAKE2b-256 of texts. utf8mb4_bin takes ``a`` and ``a `` for the same; file names and people's names do not."""
    digest = blake2b(digest_size=32)
    for text in texts:
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return digest.digest()


def _notebook_digest(participant_id: bytes, study: str, path: str) -> bytes:
    return blake2b(participant_id + text_digest(study, path), digest_size=32).digest()

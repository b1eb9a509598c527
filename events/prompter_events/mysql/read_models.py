"""The SQL of read models, checkpoints and leases. Those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import aiomysql

from ..errors import CheckpointMoved
from ..event import Position
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
from .statements import LOG_ID, chunks


async def save(connection: aiomysql.Connection, relation: Relation, rows: Sequence[Row], statement_bytes: int) -> None:
    """Insert or replace rows by their key."""
    names = ("log_id", *relation.names)
    changing = relation.columns or relation.key[:1]
    updates = ", ".join(f"`{name}` = VALUES(`{name}`)" for name in changing)
    marks = f"({', '.join(['%s'] * len(names))})"
    stored = ((LOG_ID, *stored_row(relation, row)) for row in rows)
    for chunk in chunks(stored, _values_bytes, statement_bytes):
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
    names = relation.names
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

"""The SQL of read models, checkpoints and leases. Those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

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
from .inserting import insert


def save(connection: sqlite3.Connection, relation: Relation, rows: Sequence[Row]) -> None:
    """Insert or replace rows by their key."""
    names = relation.names
    updates = ", ".join(f"{name} = excluded.{name}" for name in relation.columns)
    insert(
        connection,
        relation.name,
        names,
        [stored_row(relation, row) for row in rows],
        f"ON CONFLICT ({', '.join(relation.key)}) DO {f'UPDATE SET {updates}' if updates else 'NOTHING'}",
    )


def forget(connection: sqlite3.Connection, forgetting: Forgetting) -> None:
    """Delete rows of a read model."""
    conditions = [f"{name} IS ?" for name in forgetting.equal]
    values = [stored_value(value) for value in forgetting.equal.values()]
    if forgetting.prefix is not None:
        conditions.append(f"{forgetting.prefix[0]} BETWEEN ? AND ?")
        values.extend(prefix_range(forgetting.prefix[1]))
    connection.execute(f"DELETE FROM {forgetting.relation.name} WHERE {' AND '.join(conditions)}", values)


def rows(
    connection: sqlite3.Connection, relation: Relation, equal: Mapping[str, Value], present: Iterable[str]
) -> list[dict[str, Value]]:
    """See ``Log.rows``."""
    names = relation.names
    conditions = [f"{name} IS ?" for name in equal] + [f"{name} IS NOT NULL" for name in present]
    found = connection.execute(
        f"SELECT {', '.join(names)} FROM {relation.name} WHERE {' AND '.join(conditions) or '1'}"
        f" ORDER BY {', '.join(relation.key)}",
        [stored_value(value) for value in equal.values()],
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def checkpoint(connection: sqlite3.Connection, projection: str) -> Checkpoint:
    """See ``Log.checkpoint``."""
    row = connection.execute(
        "SELECT position, generation FROM checkpoint WHERE projection = ?", (projection,)
    ).fetchone()
    return Checkpoint(Position(row[0]), row[1]) if row else NEW_CHECKPOINT


def move(connection: sqlite3.Connection, moving: Move) -> None:
    """Compare-and-set. Raises ``CheckpointMoved``."""
    found = checkpoint(connection, moving.projection)
    if found != moving.expected or not _held(connection, moving):
        raise CheckpointMoved(moving.projection, moving.expected.position, found.position)
    connection.execute(
        "INSERT INTO checkpoint (projection, position, generation) VALUES (?, ?, ?)"
        " ON CONFLICT (projection) DO UPDATE SET position = excluded.position, generation = excluded.generation",
        (moving.projection, moving.to.position, moving.to.generation),
    )


def _held(connection: sqlite3.Connection, moving: Move) -> bool:
    if moving.holder is None:
        return True
    held = connection.execute(
        "SELECT 1 FROM checkpoint WHERE projection = ? AND lease_holder = ?", (moving.projection, moving.holder.bytes)
    )
    return held.fetchone() is not None


def lease(connection: sqlite3.Connection, projection: str, holder: UUID, now: int, until: int) -> bool:
    """See ``Log.lease``; times in µs."""
    connection.execute(
        "INSERT INTO checkpoint (projection, position, generation) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (projection, NEW_CHECKPOINT.position, NEW_CHECKPOINT.generation),
    )
    taken = connection.execute(
        "UPDATE checkpoint SET lease_holder = ?, lease_until = ?"
        " WHERE projection = ? AND (lease_holder IS NULL OR lease_holder = ? OR lease_until <= ?)",
        (holder.bytes, until, projection, holder.bytes, now),
    )
    return taken.rowcount == 1


def release(connection: sqlite3.Connection, projection: str, holder: UUID) -> None:
    """See ``Log.release``."""
    connection.execute(
        "UPDATE checkpoint SET lease_holder = NULL, lease_until = 0 WHERE projection = ? AND lease_holder = ?",
        (projection, holder.bytes),
    )

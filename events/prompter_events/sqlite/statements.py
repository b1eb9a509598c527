"""The SQL of the SQLite log. Every function takes a connection; those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID, uuid4

from ..append import Batch, Head, Outcome, ProducerState, plan_append
from ..errors import CheckpointMoved, LogCorrupt
from ..event import Event, NotebookId, ParticipantId, Position, ProducerId, SessionId
from ..rows import EVENT_COLUMNS, event_row, row_event, uuid_of
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

INSERT_EVENT = f"INSERT INTO event ({', '.join(EVENT_COLUMNS)}) VALUES ({', '.join('?' * len(EVENT_COLUMNS))})"
SELECT_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM event"

_THERE_ALREADY = (
    sqlite3.SQLITE_CONSTRAINT_TRIGGER,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
)

# SQLite takes at most 999 parameters in old builds.
_IDS_AT_ONCE = 500


def append(
    connection: sqlite3.Connection, batches: Sequence[Batch], now: int, epoch: UUID
) -> tuple[list[Outcome], Position]:
    """Append; the outcomes and the new head. ``now`` in µs. Raises ``LogRestored`` if the log's epoch is another."""
    head = read_head(connection, epoch)
    plan = plan_append(head, _producers(connection, batches), batches, now, _erased(connection, batches))
    if plan.events:
        try:
            connection.executemany(INSERT_EVENT, map(event_row, plan.events))
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode in _THERE_ALREADY:
                raise LogCorrupt(plan.events[0].position, "events lie behind the head") from error
            raise
        connection.executemany(
            "INSERT INTO producer (producer_id, participant_id, last_seq) VALUES (?, ?, ?)"
            " ON CONFLICT (producer_id) DO UPDATE SET last_seq = excluded.last_seq",
            [
                (producer_id.bytes, state.participant_id.bytes, state.last_seq)
                for producer_id, state in plan.producers.items()
            ],
        )
        connection.execute("UPDATE log_head SET position = ?, last_hash = ?", (plan.head.position, plan.head.hash))
    return plan.outcomes, plan.head.position


def _producers(connection: sqlite3.Connection, batches: Sequence[Batch]) -> dict[ProducerId, ProducerState]:
    ids = {batch.producer_id.bytes: batch.producer_id for batch in batches}
    found = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = list(ids)[start : start + _IDS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        for producer_id, participant_id, last_seq in connection.execute(
            f"SELECT producer_id, participant_id, last_seq FROM producer WHERE producer_id IN ({marks})",
            some,
        ):
            found[ids[producer_id]] = ProducerState(last_seq, ParticipantId(uuid_of(participant_id)))
    return found


def _erased(connection: sqlite3.Connection, batches: Sequence[Batch]) -> set[ParticipantId]:
    # Nobody, in nearly every log, and never many.
    erased = {ParticipantId(UUID(bytes=raw)) for (raw,) in connection.execute("SELECT participant_id FROM erased")}
    return erased and erased & {batch.events[0].participant_id for batch in batches}


def read_head(connection: sqlite3.Connection, epoch: UUID) -> Head:
    """The head row. Raises ``LogRestored`` if the log's epoch is another."""
    row = connection.execute("SELECT position, last_hash, epoch FROM log_head").fetchone()
    if row is None:
        raise LogCorrupt(0, "the head row is gone")
    check_epoch(row[2], epoch)
    return Head(Position(row[0]), row[1])


def read_epoch(connection: sqlite3.Connection) -> UUID:
    """See ``Log.epoch``."""
    row = connection.execute("SELECT epoch FROM log_head").fetchone()
    if row is None:
        raise LogCorrupt(0, "the head row is gone")
    return UUID(bytes=row[0])


def page(
    connection: sqlite3.Connection,
    after: Position,
    upto: Position,
    count: int,
    *,
    session: SessionId | None,
    types: Collection[str] | None,
) -> list[Event]:
    """At most ``count`` events in (after, upto]."""
    where = "position > ? AND position <= ?"
    values: list[object] = [after, upto]
    if session is not None:
        where += " AND session_id = ?"
        values.append(session.bytes)
    if types is not None:
        where += f" AND type IN ({', '.join('?' * len(types))})"
        values.extend(types)
    rows = connection.execute(f"{SELECT_EVENT} WHERE {where} ORDER BY position LIMIT ?", (*values, count))
    return list(map(row_event, rows))


def beyond_head(connection: sqlite3.Connection) -> Position | None:
    """The first event behind the head."""
    [found] = connection.execute(
        "SELECT MIN(position) FROM event WHERE position > (SELECT position FROM log_head)"
    ).fetchone()
    return None if found is None else Position(found)


def last_seq(connection: sqlite3.Connection, producer_id: ProducerId) -> int:
    """See ``Log.last_seq``."""
    row = connection.execute("SELECT last_seq FROM producer WHERE producer_id = ?", (producer_id.bytes,)).fetchone()
    return row[0] if row else 0


def session_owner(connection: sqlite3.Connection, session_id: SessionId) -> ParticipantId | None:
    """See ``Log.session_owner``."""
    row = connection.execute(
        "SELECT participant_id FROM event WHERE session_id = ? ORDER BY position LIMIT 1", (session_id.bytes,)
    ).fetchone()
    return ParticipantId(UUID(bytes=row[0])) if row else None


def participant(connection: sqlite3.Connection, name: str, now: int) -> ParticipantId:
    """See ``Log.participant``."""
    connection.execute(
        "INSERT INTO participant (participant_id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (uuid4().bytes, name, now),
    )
    [found] = connection.execute("SELECT participant_id FROM participant WHERE name = ?", (name,)).fetchone()
    return ParticipantId(UUID(bytes=found))


def participant_names(connection: sqlite3.Connection) -> dict[ParticipantId, str]:
    """See ``Log.participant_names``."""
    rows = connection.execute("SELECT participant_id, name FROM participant ORDER BY created_at, name")
    return {ParticipantId(UUID(bytes=raw)): name for raw, name in rows}


def notebook(
    connection: sqlite3.Connection, participant_id: ParticipantId, study: str, path: str, now: int
) -> NotebookId:
    """See ``Log.notebook``."""
    key = (participant_id.bytes, study, path)
    connection.execute(
        "INSERT INTO notebook (notebook_id, participant_id, study, path, created_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (participant_id, study, path) DO NOTHING",
        (uuid4().bytes, *key, now),
    )
    [found] = connection.execute(
        "SELECT notebook_id FROM notebook WHERE participant_id = ? AND study = ? AND path = ?", key
    ).fetchone()
    return NotebookId(UUID(bytes=found))


def rename_notebook(connection: sqlite3.Connection, notebook_id: NotebookId, path: str) -> None:
    """See ``Log.rename_notebook``. Whatever had that path before lost its file."""
    connection.execute(
        "UPDATE notebook SET path = NULL WHERE path = ? AND notebook_id <> ? AND (participant_id, study) ="
        " (SELECT participant_id, study FROM notebook WHERE notebook_id = ?)",
        (path, notebook_id.bytes, notebook_id.bytes),
    )
    connection.execute("UPDATE notebook SET path = ? WHERE notebook_id = ?", (path, notebook_id.bytes))


def save(connection: sqlite3.Connection, relation: Relation, rows: Sequence[Row]) -> None:
    """Insert or replace rows by their key."""
    names = (*relation.key, *relation.columns)
    updates = ", ".join(f"{name} = excluded.{name}" for name in relation.columns)
    connection.executemany(
        f"INSERT INTO {relation.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({', '.join(relation.key)}) DO {f'UPDATE SET {updates}' if updates else 'NOTHING'}",
        [stored_row(relation, row) for row in rows],
    )


def forget(connection: sqlite3.Connection, forgetting: Forgetting) -> None:
    """Delete rows of a read model."""
    conditions = [f"{name} IS ?" for name in forgetting.equal]
    values = [stored_value(value) for value in forgetting.equal.values()]
    if forgetting.prefix is not None:
        conditions.append(f"{forgetting.prefix[0]} BETWEEN ? AND ?")
        values.extend(prefix_range(forgetting.prefix[1]))
    connection.execute(f"DELETE FROM {forgetting.relation.name} WHERE {' AND '.join(conditions)}", values)


def bar(connection: sqlite3.Connection, participant_id: ParticipantId, now: int) -> dict[ProducerId, int]:
    """Refuse the participant's events from now on, and forget their names; their producers' last numbers."""
    raw = (participant_id.bytes,)
    connection.execute(
        "INSERT INTO erased (participant_id, erased_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (*raw, now)
    )
    connection.execute("DELETE FROM participant WHERE participant_id = ?", raw)
    connection.execute("UPDATE notebook SET path = NULL WHERE participant_id = ?", raw)
    found = connection.execute("SELECT producer_id, last_seq FROM producer WHERE participant_id = ?", raw)
    return {ProducerId(UUID(bytes=producer_id)): last_seq for producer_id, last_seq in found}


def erase(connection: sqlite3.Connection, producer_id: ProducerId, first: int, last: int) -> tuple[int, set[SessionId]]:
    """Remove the payloads of these numbers; how many there were, and whose sessions they are all of."""
    which = (producer_id.bytes, first, last)
    where = "WHERE producer_id = ? AND producer_seq BETWEEN ? AND ?"
    found = connection.execute(f"SELECT DISTINCT session_id FROM event {where}", which).fetchall()
    erased = connection.execute(
        f"UPDATE event SET payload = NULL, salt = NULL {where} AND payload IS NOT NULL", which
    ).rowcount
    return erased, {SessionId(UUID(bytes=raw)) for (raw,) in found}


def renew_epoch(connection: sqlite3.Connection, epoch: UUID) -> None:
    """See ``Log.renew_epoch``."""
    connection.execute("UPDATE log_head SET epoch = ?", (epoch.bytes,))


def rows(
    connection: sqlite3.Connection, relation: Relation, equal: Mapping[str, Value], present: Iterable[str]
) -> list[dict[str, Value]]:
    """See ``Log.rows``."""
    names = (*relation.key, *relation.columns)
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

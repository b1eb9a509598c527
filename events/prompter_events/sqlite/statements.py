"""The SQL of events and of the head. Every function takes a connection; those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from uuid import UUID

from ..append import Batch, Head, Plan, ProducerState, plan_append
from ..errors import LogCorrupt
from ..event import Event, ParticipantId, Position, ProducerId, SessionId
from ..rows import EVENT_COLUMNS, event_row, row_event, uuid_of
from ..store import check_epoch
from .inserting import PARAMETERS, insert

SELECT_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM event"

_THERE_ALREADY = (
    sqlite3.SQLITE_CONSTRAINT_TRIGGER,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
)

_IDS_AT_ONCE = PARAMETERS // 2


def append(connection: sqlite3.Connection, batches: Sequence[Batch], now: int, epoch: UUID) -> Plan:
    """Append, and tell what was. ``now`` in µs. Raises ``LogRestored`` if the log's epoch is another."""
    head = read_head(connection, epoch)
    plan = plan_append(head, _producers(connection, batches), batches, now, _erased(connection, batches))
    if plan.events:
        try:
            insert(connection, "event", EVENT_COLUMNS, list(map(event_row, plan.events)))
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode in _THERE_ALREADY:
                raise LogCorrupt(plan.events[0].position, "events lie behind the head") from error
            raise
        insert(
            connection,
            "producer",
            ("producer_id", "participant_id", "last_seq"),
            [
                (producer_id.bytes, state.participant_id.bytes, state.last_seq)
                for producer_id, state in plan.producers.items()
            ],
            "ON CONFLICT (producer_id) DO UPDATE SET last_seq = excluded.last_seq",
        )
        connection.execute("UPDATE log_head SET position = ?, last_hash = ?", (plan.head.position, plan.head.hash))
    return plan


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


def producer(connection: sqlite3.Connection, producer_id: ProducerId) -> ProducerState | None:
    """See ``Store.producer``."""
    row = connection.execute(
        "SELECT last_seq, participant_id FROM producer WHERE producer_id = ?", (producer_id.bytes,)
    ).fetchone()
    return ProducerState(row[0], ParticipantId(uuid_of(row[1]))) if row else None


def session_owner(connection: sqlite3.Connection, session_id: SessionId) -> ParticipantId | None:
    """See ``Log.session_owner``."""
    row = connection.execute(
        "SELECT participant_id FROM event WHERE session_id = ? ORDER BY position LIMIT 1", (session_id.bytes,)
    ).fetchone()
    return ParticipantId(UUID(bytes=row[0])) if row else None


def renew_epoch(connection: sqlite3.Connection, epoch: UUID) -> None:
    """See ``Log.renew_epoch``."""
    connection.execute("UPDATE log_head SET epoch = ?", (epoch.bytes,))

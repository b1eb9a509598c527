"""The SQL of participants and their notebooks, and of erasing them. Those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
from uuid import UUID

from ..errors import ErasedParticipant
from ..event import NotebookId, ParticipantId, ProducerId, SessionId


def participant(connection: sqlite3.Connection, name: str, now: int, new_id: UUID) -> ParticipantId:
    """See ``Log.participant``. ``new_id`` is for one who is not known yet."""
    connection.execute(
        "INSERT INTO participant (participant_id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (new_id.bytes, name, now),
    )
    [found] = connection.execute("SELECT participant_id FROM participant WHERE name = ?", (name,)).fetchone()
    return ParticipantId(UUID(bytes=found))


def participant_names(connection: sqlite3.Connection) -> dict[ParticipantId, str]:
    """See ``Log.participant_names``."""
    rows = connection.execute("SELECT participant_id, name FROM participant ORDER BY created_at, name")
    return {ParticipantId(UUID(bytes=raw)): name for raw, name in rows}


def notebook(
    connection: sqlite3.Connection, participant_id: ParticipantId, study: str, path: str, *, now: int, new_id: UUID
) -> NotebookId:
    """See ``Log.notebook``. ``new_id`` is for one that is not known yet."""
    if is_erased(connection, participant_id):
        raise ErasedParticipant(participant_id)
    key = (participant_id.bytes, study, path)
    connection.execute(
        "INSERT INTO notebook (notebook_id, participant_id, study, path, created_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (participant_id, study, path) DO NOTHING",
        (new_id.bytes, *key, now),
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
    connection.execute(
        "UPDATE notebook SET path = ? WHERE notebook_id = ? AND participant_id NOT IN"
        " (SELECT participant_id FROM erased)",
        (path, notebook_id.bytes),
    )


def is_erased(connection: sqlite3.Connection, participant_id: ParticipantId) -> bool:
    """See ``Log.is_erased``."""
    found = connection.execute("SELECT 1 FROM erased WHERE participant_id = ?", (participant_id.bytes,))
    return found.fetchone() is not None


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

"""The SQL of participants and their notebooks, and of erasing them. Those that write run inside a transaction."""

# Names of tables and columns are constants or checked relations; values always are parameters.
# ruff: noqa: S608

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

import aiomysql

from ..errors import ErasedParticipant
from ..event import NotebookId, ParticipantId, ProducerId, SessionId
from .connections import execute, query
from .statements import LOG_ID, claim_head, lock_head


async def participant(connection: aiomysql.Connection, name: str, now: int, new_id: UUID) -> ParticipantId:
    """See ``Log.participant``. ``new_id`` is for one who is not known yet."""
    digest = text_digest(name)
    await execute(
        connection,
        "INSERT INTO participant (log_id, participant_id, name, name_digest, created_at) VALUES (%s, %s, %s, %s, %s)"
        " ON DUPLICATE KEY UPDATE created_at = created_at",
        LOG_ID,
        new_id.bytes,
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
    connection: aiomysql.Connection, participant_id: ParticipantId, study: str, path: str, *, now: int, new_id: UUID
) -> NotebookId:
    """See ``Log.notebook``. ``new_id`` is for one that is not known yet."""
    if await _is_erased(connection, participant_id.bytes):
        raise ErasedParticipant(participant_id)
    digest = _notebook_digest(participant_id.bytes, study, path)
    await execute(
        connection,
        "INSERT INTO notebook (log_id, notebook_id, participant_id, study, path, path_digest, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON DUPLICATE KEY UPDATE created_at = created_at",
        LOG_ID,
        new_id.bytes,
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
    if not rows or await _is_erased(connection, rows[0][0]):
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


async def _is_erased(connection: aiomysql.Connection, participant_id: bytes) -> bool:
    # Shared, so that it waits for an erasure that is just beginning.
    return bool(
        await query(
            connection,
            "SELECT 1 FROM erased WHERE log_id = %s AND participant_id = %s LOCK IN SHARE MODE",
            LOG_ID,
            participant_id,
        )
    )


async def is_erased(connection: aiomysql.Connection, participant_id: ParticipantId) -> bool:
    """See ``Log.is_erased``."""
    return bool(
        await query(
            connection,
            "SELECT 1 FROM erased WHERE log_id = %s AND participant_id = %s",
            LOG_ID,
            participant_id.bytes,
        )
    )


async def bar(
    connection: aiomysql.Connection, participant_id: ParticipantId, now: int, epoch: UUID
) -> dict[ProducerId, int]:
    """Refuse the participant's events from now on, and forget their names; their producers' last numbers."""
    # Whoever appends holds the head's lock: their events are all here, or will be refused.
    head, _ = await lock_head(connection, epoch)
    await claim_head(connection, head)
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

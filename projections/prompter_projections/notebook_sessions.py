"""Which sessions a participant had on one notebook."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from prompter_events.catalogue.notebook import NotebookRenamed, SessionAccepted, SessionOpened
from prompter_events.event import NotebookId, ParticipantId, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Value

from .current import CurrentProjection
from .fold import body_of
from .relations import SESSION

_TELLING = ("session.accepted", "session.opened", "notebook.renamed")
"""What tells of a notebook's sessions and of its path; a session is accepted before it is opened."""


@dataclass(frozen=True)
class NotebookSessions:
    """The sessions, the one with the latest event last; empty if there are none."""

    sessions: tuple[SessionId, ...]
    path: str
    """Of the file, in the latest session; empty if there is none."""


async def sessions_of(log: Log, participant_id: ParticipantId, notebook_id: NotebookId) -> NotebookSessions:
    """By the read model, and by what the log holds beyond its checkpoint."""
    while True:
        checkpoint = await log.checkpoint(CurrentProjection.name)
        wanted: dict[str, Value] = {
            "generation": checkpoint.generation,
            "participant_id": participant_id,
            "notebook_id": notebook_id,
        }
        rows = await log.rows(SESSION, wanted)
        if (await log.checkpoint(CurrentProjection.name)).generation == checkpoint.generation:
            break
    known = [msgspec.convert(row, _Row, builtin_types=(bytes,)) for row in rows]
    known.sort(key=lambda row: row.last_position)
    sessions = dict.fromkeys(SessionId(row.session_id) for row in known)
    path = known[-1].notebook_path if known else ""
    async for event in log.read(after=checkpoint.position, types=_TELLING):
        body = body_of(event) if event.participant_id == participant_id else None
        if isinstance(body, SessionAccepted) and body.notebook_id == notebook_id:
            sessions[event.session_id] = None
        elif event.session_id in sessions:
            match body:
                case SessionOpened(notebook_path=told) | NotebookRenamed(path=told):
                    path = told
    return NotebookSessions(tuple(sessions), path)


class _Row(msgspec.Struct):
    session_id: UUID
    notebook_path: str
    last_position: int

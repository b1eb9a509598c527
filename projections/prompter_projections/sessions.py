"""The sessions that a log holds, straight from its events, so that they are right where no worker ever ran."""

from __future__ import annotations

from collections.abc import AsyncIterable
from uuid import UUID

import msgspec

from prompter_events.catalogue.notebook import CellEdited, NotebookRenamed, SessionAccepted, SessionOpened
from prompter_events.event import NO_SESSION, Event, ParticipantId, SessionId
from prompter_events.log import Log

from .current import BY_THE_SERVER
from .fold import body_of

ERASED = "(erased)"
"""In place of a path that was erased."""

# Counted without being read, but for edits in shared notebooks.
_COUNTED = {"cell.edited": "edits", "run.scheduled": "runs", "prompt.issued": "asked", "prompt.answered": "answered"}


_APART = frozenset({"consent.given", "consent.withdrawn"})
"""About all notebooks of a person: their sessions hold nothing else."""


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One session in a line. Times in µs since the epoch, UTC, by the page's clock."""

    session_id: UUID
    participant: str
    """The name; the id where the log has no name."""
    participant_id: UUID
    study: str
    condition: str
    notebook: str
    """The file's path, the latest one."""
    began_at: int
    last_at: int
    """When the last event happened in the page."""
    closed: bool
    edits: int
    """Bursts of typing."""
    runs: int
    asked: int
    answered: int

    @property
    def length(self) -> int:
        """From the first to the last event, µs."""
        return self.last_at - self.began_at


async def sessions(log: Log) -> list[SessionSummary]:
    """All sessions, in the order of their first events."""
    names = await log.participant_names()
    return [drawn.summary(names) for drawn in (await _drawn(log.read())).values()]


class _Drawn:
    """A summary while the log is being read."""

    def __init__(self, event: Event) -> None:
        self.session_id = event.session_id
        self.participant_id = event.participant_id
        self.study = self.condition = self.path = ""
        self.began_at: int | None = None
        self.last_at = event.occurred_at
        self.first_at = event.occurred_at
        self.closed = False
        self.shared = False
        self.counts = dict.fromkeys(_COUNTED.values(), 0)

    def take(self, event: Event) -> None:
        if event.type not in BY_THE_SERVER:
            if self.began_at is None:
                self.began_at = self.last_at = event.occurred_at
            self.last_at = max(self.last_at, event.occurred_at)
            self.closed = event.type == "session.closed"
        if event.type in _COUNTED:
            self.counts[_COUNTED[event.type]] += not (self.shared and _is_remote(event))
        elif event.type in ("session.opened", "session.accepted", "notebook.renamed"):
            match body_of(event):
                case SessionOpened(notebook_path=path, shared=shared):
                    self.path, self.shared = path, shared
                case NotebookRenamed(path=path):
                    self.path = path
                case SessionAccepted(study=study, condition=condition):
                    self.study, self.condition = study, condition
                case None if event.payload is None:
                    self.path = ERASED

    def summary(self, names: dict[ParticipantId, str]) -> SessionSummary:
        return SessionSummary(
            session_id=self.session_id,
            participant=names.get(self.participant_id, str(self.participant_id)),
            participant_id=self.participant_id,
            study=self.study,
            condition=self.condition,
            notebook=self.path,
            began_at=self.first_at if self.began_at is None else self.began_at,
            last_at=self.last_at,
            closed=self.closed,
            **self.counts,
        )


def _is_remote(event: Event) -> bool:
    """Whether a collaborator made it: it counts in their own session."""
    body = body_of(event) if event.type == "cell.edited" else None
    return isinstance(body, CellEdited) and body.cause == "remote"


async def _drawn(events: AsyncIterable[Event]) -> dict[SessionId, _Drawn]:
    found: dict[SessionId, _Drawn] = {}
    async for event in events:
        if event.session_id != NO_SESSION and event.type not in _APART:
            if event.session_id not in found:
                found[event.session_id] = _Drawn(event)
            found[event.session_id].take(event)
    return found

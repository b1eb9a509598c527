"""One call of ``decide``: what it has come to so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from msgspec.structs import replace

from prompter_events import ParticipantId, Position, SessionId
from prompter_events.catalogue import Body
from prompter_projections.fold import Emission

from .memory import ParticipantMemory, Place, cell_of, with_cell
from .pacer import DAY

PROMPTS = UUID("b1f6a1b4-53a7-5b34-8d57-0a4c6b7d9e02")
"""Namespace of prompt ids: the same decision gives the same id, so that a simulation can be compared."""


@dataclass
class Decision:
    """The memory as it is now, and what is to be said."""

    memory: ParticipantMemory
    now: int
    """µs since the epoch."""
    after: Position
    emissions: list[Emission] = field(default_factory=list)

    def emit(self, session_id: UUID, body: Body) -> None:
        """Say something in a session."""
        participant_id = ParticipantId(self.memory.participant_id)
        self.emissions.append(Emission(SessionId(session_id), participant_id, body))

    def count(self) -> None:
        """A question is asked now: the caps know it."""
        kept = (moment for moment in self.memory.asked_at if moment > self.now - DAY)
        self.memory = replace(self.memory, asked_at=(*kept, self.now))

    def mark(self, place: Place, version: int, source: str) -> None:
        """A version of a cell counts as asked about from now on. ``source``: empty if it is not known."""
        cell = cell_of(self.memory, place)
        asked = replace(
            cell,
            asked_source=source or cell.asked_source,
            asked_digest=b"" if source else cell.asked_digest,
            asked_version=max(cell.asked_version, version),
        )
        self.memory = replace(self.memory, cells=with_cell(self.memory, place, asked))

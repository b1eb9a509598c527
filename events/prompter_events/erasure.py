"""What every log's ``erase`` has in common: the event that tells of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid5

from .catalogue.study import ParticipantErased
from .event import NO_SESSION, Event, ParticipantId, ProducerId, draft

NO_PARTICIPANT = ParticipantId(UUID(int=0))
"""Whose events are nobody's: what the log says about itself."""

ERASE_EVENTS = 500
"""How many events lose their payload in one transaction, so that appends get their turn between."""

Progress = Callable[[int, int], None]
"""(events looked at so far, events in all)."""

_ERASING = UUID("5a1d1bb6-3d0c-5f39-9a0e-6f3c1f0d7a55")
"""Namespace of the producers that tell of erasures: one for each participant, so that it is told exactly once."""


def erasure_event(body: ParticipantErased, occurred_at: int) -> Event:
    """The event that tells of an erasure; ``occurred_at`` in µs since the epoch, UTC."""
    return draft(
        body,
        session_id=NO_SESSION,
        producer_id=ProducerId(uuid5(_ERASING, str(body.participant_id))),
        producer_seq=1,
        participant_id=NO_PARTICIPANT,
        occurred_at=occurred_at,
    )

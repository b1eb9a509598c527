"""Builders of small events."""

from __future__ import annotations

from uuid import UUID, uuid4

from prompter_events import Event, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.study import NoteAdded

ALICE = ParticipantId(UUID(int=0xA11CE))
BOB = ParticipantId(UUID(int=0xB0B))
"""The same in every process of a test."""

OCCURRED = 1_790_000_000_000_000
"""µs since the epoch: an afternoon of September 2026."""


def new_producer() -> ProducerId:
    """A page load, or a server's process."""
    return ProducerId(uuid4())


def new_session() -> SessionId:
    """A notebook that was opened."""
    return SessionId(uuid4())


def note(text: str = "") -> Body:
    """The smallest body with a text."""
    return NoteAdded(text=text, at=0, by="test")


def event(
    producer_id: ProducerId,
    producer_seq: int,
    body: Body | None = None,
    *,
    participant_id: ParticipantId = ALICE,
    session_id: SessionId | None = None,
) -> Event:
    """One event; a note that bears its number, unless a body is given. One session for each producer."""
    return draft(
        body or note(f"number {producer_seq}"),
        session_id=session_id or SessionId(producer_id),
        producer_id=producer_id,
        producer_seq=producer_seq,
        participant_id=participant_id,
        occurred_at=OCCURRED + producer_seq,
    )


def events(
    producer_id: ProducerId,
    first: int,
    last: int,
    *,
    participant_id: ParticipantId = ALICE,
    session_id: SessionId | None = None,
) -> list[Event]:
    """The producer's events from ``first`` to ``last``, both included."""
    return [
        event(producer_id, number, participant_id=participant_id, session_id=session_id)
        for number in range(first, last + 1)
    ]

"""Forgetting a participant who was erased: every row and every state that a projection made of their events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from prompter_events.catalogue.study import ParticipantErased
from prompter_events.event import NO_SESSION, Event, ParticipantId, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Transaction

from .fold import Projection, body_of
from .relations import DEAD_LETTER, STATE


def taken_together(events: Sequence[Event]) -> Sequence[Event]:
    """How many of these events one step may fold: all up to an erasure, or the erasure alone.

    What a step forgets must be there already, and not come with the same step.
    """
    for at, event in enumerate(events):
        if event.type == "participant.erased":
            return events[: max(at, 1)]
    return events


def erasure_in(events: Sequence[Event]) -> ParticipantErased | None:
    """The erasure that these events of one step are, if they are one."""
    body = body_of(events[0]) if events else None
    return body if isinstance(body, ParticipantErased) else None


def forget(transaction: Transaction, projection: Projection[Any], erased: ParticipantErased, generation: int) -> None:
    """Have a transaction delete what one generation of a projection holds of a participant."""
    for relation in projection.relations:
        if "participant_id" in relation.columns:
            transaction.forget(relation, {"generation": generation, "participant_id": erased.participant_id})
        else:
            for session_id in erased.sessions:
                transaction.forget(relation, {"generation": generation, "session_id": session_id})
    for begin in _begins(projection, erased):
        transaction.forget(STATE, {"projection": projection.name, "generation": generation}, ("state_key", begin))
    # A traceback may quote anybody; those without a session may quote this participant.
    for session_id in (*erased.sessions, NO_SESSION):
        transaction.forget(DEAD_LETTER, {"projection": projection.name, "session_id": session_id})


def is_forgotten(projection: Projection[Any], erased: ParticipantErased, key: bytes) -> bool:
    """Whether a state's key belongs to the participant."""
    return key.startswith(tuple(_begins(projection, erased)))


async def forget_everywhere(log: Log, projections: Iterable[Projection[Any]], erased: ParticipantErased) -> None:
    """Delete it now, under every generation, without waiting for a worker to come to the erasure.

    A worker that is behind may write some of it once more; it deletes that when it comes there.
    """
    for projection in projections:
        name = projection.name
        newest = max((await log.checkpoint(name)).generation, (await log.checkpoint(f"{name}/rebuild")).generation)
        async with log.transaction() as transaction:
            for generation in range(1, newest + 1):
                forget(transaction, projection, erased, generation)


def _begins(projection: Projection[Any], erased: ParticipantErased) -> Collection[bytes]:
    return projection.keys_begin(
        ParticipantId(UUID(bytes=erased.participant_id.bytes)), [SessionId(session) for session in erased.sessions]
    )

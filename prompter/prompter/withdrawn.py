"""Who withdrew their consent and is still in the log."""

from __future__ import annotations

from dataclasses import dataclass

from prompter_events import Log, ParticipantId
from prompter_events.catalogue.study import ParticipantErased
from prompter_projections.fold import body_of

from .consents import CONSENT_TYPES

_WITHDRAWN = "consent.withdrawn"

_TYPES = CONSENT_TYPES | {"participant.erased"}


@dataclass(frozen=True)
class Withdrawn:
    """Somebody whose latest word is that they withdraw."""

    participant_id: ParticipantId
    name: str
    """Empty if the log has none any more."""
    at: int
    """When they said it, µs since the epoch by their page's clock."""


async def withdrawn(log: Log) -> list[Withdrawn]:
    """Who withdrew, did not agree anew to any version since, and was not erased; in the order in which they did.

    Whoever was erased in part is still among them: only ``participant.erased`` says that an erasure came to its end.
    """
    said: dict[ParticipantId, int] = {}
    async for event in log.read(types=_TYPES):
        body = body_of(event)
        if isinstance(body, ParticipantErased):
            said.pop(ParticipantId(body.participant_id), None)
            continue
        said.pop(event.participant_id, None)
        # By its type: an erasure that was interrupted may have taken what it says.
        if event.type == _WITHDRAWN:
            said[event.participant_id] = event.occurred_at
    names = await log.participant_names()
    return [Withdrawn(participant_id, names.get(participant_id, ""), at) for participant_id, at in said.items()]

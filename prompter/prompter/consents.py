"""Who has agreed to which text, as the log tells: the latest word of each participant on each version counts."""

from __future__ import annotations

from prompter_events import Event, Log, ParticipantId
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn
from prompter_projections.fold import body_of

from .study import Consent

CONSENT_TYPES = frozenset({"consent.given", "consent.withdrawn"})
"""The events by which people agree and withdraw."""


class Consents:
    """What people said to one text, fed with events in the log's order. Without a text there is nothing to say."""

    def __init__(self, consent: Consent | None) -> None:
        self._version = None if consent is None else consent.version
        self._agreed: dict[ParticipantId, int] = {}

    async def read(self, log: Log) -> None:
        """Take what the log holds already: one pass over it, and only where a text asks for it."""
        if self._version is not None:
            async for event in log.read(types=CONSENT_TYPES):
                self.take(event)

    def take(self, event: Event) -> bool | None:
        """Take an event. Returns whether its participant agrees from here on; none if it says nothing of that."""
        body = body_of(event)
        if not isinstance(body, ConsentGiven | ConsentWithdrawn) or self._version is None:
            return None
        if isinstance(body, ConsentWithdrawn):
            # Whichever version they name: who withdraws wants nothing more to be recorded.
            self._agreed.pop(event.participant_id, None)
            return False
        if body.version != self._version:
            return None
        self._agreed[event.participant_id] = event.occurred_at
        return True

    def agreed_at(self, participant_id: ParticipantId) -> int | None:
        """When they agreed, µs since the epoch; none if they have not, or withdrew."""
        return self._agreed.get(participant_id)

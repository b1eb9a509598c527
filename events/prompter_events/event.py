"""The event: one immutable fact, with its place in the log."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NewType
from uuid import UUID

import msgspec

from .catalogue import Body, type_of
from .codec import pack, unpack

ParticipantId = NewType("ParticipantId", UUID)
SessionId = NewType("SessionId", UUID)
ProducerId = NewType("ProducerId", UUID)
NotebookId = NewType("NotebookId", UUID)
Position = NewType("Position", int)
"""An event's place in the log, counted from 1 without holes, in commit order; 0 is before the first."""

START = Position(0)

NO_SESSION = SessionId(UUID(int=0))
"""The session of events that belong to no notebook: a study loaded, a participant assigned."""


# Flat values, of which there are many: the garbage collector need not look at them.
class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event. The fields from ``position`` on are set by the log."""

    session_id: SessionId
    producer_id: ProducerId
    producer_seq: int
    """1, 2, 3 … without holes within the producer."""
    participant_id: ParticipantId
    type: str
    schema_version: int
    occurred_at: int
    """µs since the epoch, UTC, by the producer's clock; never decreasing within a producer."""
    payload: bytes | None
    """One packed msgpack map, stored as it came; none once it was erased."""

    position: Position = START
    recorded_at: int = 0
    """µs since the epoch, UTC, by the server's clock."""
    salt: bytes | None = None
    """16 random bytes; gone with the payload, so that the digest of an erased payload cannot be guessed."""
    payload_digest: bytes = b""
    """BLAKE2b-256 of the payload, keyed with the salt."""
    hash: bytes = b""
    """BLAKE2b-256 over the previous event's hash and this event's fields; see ``chain.py``."""

    @property
    def body(self) -> Body:
        """The typed payload. Raises ``EventInvalid`` if it cannot be read, ``ValueError`` if it was erased."""
        if self.payload is None:
            raise ValueError(f"the payload of the event at position {self.position} was erased")
        return unpack(self.type, self.schema_version, self.payload)


_PAYLOAD, _TYPE = attrgetter("payload"), attrgetter("type")


# Each event on its way is looked at by several rooms; these go through many without a step of Python for each.
def payload_bytes(events: Iterable[Event]) -> int:
    """How many bytes the payloads have together; those that were erased have none."""
    return sum(map(len, filter(None, map(_PAYLOAD, events))))


def is_any_erased(events: Iterable[Event]) -> bool:
    """Whether one of them has lost its payload."""
    return None in map(_PAYLOAD, events)


def has_type(events: Iterable[Event], name: str) -> bool:
    """Whether one of them is of this type."""
    return name in map(_TYPE, events)


def draft(
    body: Body,
    *,
    session_id: SessionId,
    producer_id: ProducerId,
    producer_seq: int,
    participant_id: ParticipantId,
    occurred_at: int,
) -> Event:
    """An event that is not in the log yet, from its typed body. ``occurred_at`` is in µs since the epoch, UTC."""
    entry = type_of(body)
    return Event(
        session_id=session_id,
        producer_id=producer_id,
        producer_seq=producer_seq,
        participant_id=participant_id,
        type=entry.name,
        schema_version=entry.version,
        occurred_at=occurred_at,
        payload=pack(body),
    )

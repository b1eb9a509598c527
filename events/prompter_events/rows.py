"""Events as rows of the ``event`` table, the same in both databases."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from .errors import LogCorrupt
from .event import Event, ParticipantId, Position, ProducerId, SessionId

EVENT_COLUMNS = (
    "position",
    "session_id",
    "producer_id",
    "producer_seq",
    "participant_id",
    "type",
    "schema_version",
    "occurred_at",
    "recorded_at",
    "payload",
    "salt",
    "payload_digest",
    "hash",
)

EventRow = tuple[int, bytes, bytes, int, bytes, str, int, int, int, bytes | None, bytes | None, bytes, bytes]


@lru_cache(maxsize=4096)
def uuid_of(raw: bytes) -> UUID:
    """The id of 16 bytes. Few ids make many events, and building a UUID costs as much as all other fields together."""
    return UUID(bytes=raw)


def event_row(event: Event) -> EventRow:
    """An event's values in the order of ``EVENT_COLUMNS``."""
    return (
        event.position,
        event.session_id.bytes,
        event.producer_id.bytes,
        event.producer_seq,
        event.participant_id.bytes,
        event.type,
        event.schema_version,
        event.occurred_at,
        event.recorded_at,
        event.payload,
        event.salt,
        event.payload_digest,
        event.hash,
    )


def row_event(row: EventRow) -> Event:
    """The event that a row holds.

    Raises ``LogCorrupt`` if ids are no ids, or the payload no bytes: only tampering makes such a row.
    """
    payload = row[9]
    if payload is not None and type(payload) is not bytes:  # SQLite takes a text or a number too
        raise LogCorrupt(row[0], "the payload cannot be read")
    try:
        return Event(
            position=Position(row[0]),
            session_id=SessionId(uuid_of(row[1])),
            producer_id=ProducerId(uuid_of(row[2])),
            producer_seq=row[3],
            participant_id=ParticipantId(uuid_of(row[4])),
            type=row[5],
            schema_version=row[6],
            occurred_at=row[7],
            recorded_at=row[8],
            payload=payload,
            salt=row[10],
            payload_digest=row[11],
            hash=row[12],
        )
    except (TypeError, ValueError, AssertionError) as error:  # UUID asserts that it is given bytes
        raise LogCorrupt(row[0], f"an id cannot be read ({error})") from None

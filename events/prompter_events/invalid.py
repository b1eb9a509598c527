"""What no log holds as it came, and what stands in its place: the same for every log, whatever its columns take."""

from __future__ import annotations

from .catalogue import INTEGER_LIMIT, MAX_EVENT_BYTES
from .catalogue.study import CaptureInvalid
from .event import Event, draft

TYPE_CHARACTERS = 64
"""The longest type, in characters: the width of its column."""

VERSION_LIMIT = 1 << 16
"""Versions lie below this: their column has 16 bits."""

RAW_BYTES = MAX_EVENT_BYTES - 4096
"""The most raw bytes that a ``capture.invalid`` keeps: its other fields need room too."""


def invalidity(event: Event) -> str | None:
    """Why no log holds this event as it came; none if every log does. Ids, and that a payload is there, are given."""
    name, size = event.type, len(event.payload or b"")
    if len(name) > TYPE_CHARACTERS:
        return f"a type of {len(name)} characters; the limit is {TYPE_CHARACTERS}"
    if not name.isascii() and _encodable(name) != name:
        return "a type that is no Unicode text"
    if not 0 <= event.schema_version < VERSION_LIMIT:
        return f"schema_version {event.schema_version} is not in 0 … {VERSION_LIMIT - 1}"
    if not 0 <= event.occurred_at < INTEGER_LIMIT:
        return f"occurred_at {event.occurred_at} is not in 0 … {INTEGER_LIMIT - 1}"
    if size > MAX_EVENT_BYTES:
        return f"a payload of {size} bytes; the limit is {MAX_EVENT_BYTES}"
    return None


def as_invalid(event: Event, reason: str, raw_bytes: int = RAW_BYTES) -> Event:
    """The ``capture.invalid`` that keeps an event under its own number: what it claimed to be, and its first bytes."""
    payload = event.payload or b""
    body = CaptureInvalid(
        reason=_encodable(reason),
        claimed_type=_encodable(event.type)[:512],
        claimed_version=_within(event.schema_version),
        raw=payload[:raw_bytes],
        size=len(payload),
    )
    return draft(
        body,
        session_id=event.session_id,
        producer_id=event.producer_id,
        producer_seq=event.producer_seq,
        participant_id=event.participant_id,
        occurred_at=_within(event.occurred_at),
    )


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _within(number: int) -> int:
    return max(0, min(number, INTEGER_LIMIT - 1))

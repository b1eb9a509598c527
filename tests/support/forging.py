"""A log as a forger would show it: the same events, but for one change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

from msgspec.structs import fields, replace

from prompter_events import Event, Head, Position, ProducerId, chain

Forgery = Callable[[Sequence[Event], int], list[Event]]
"""(events, position of the first that will be wrong) → what the forger makes of them."""


class Forged:
    """What ``verify`` needs of a log, over events that somebody changed."""

    def __init__(self, events: Sequence[Event], head: Head) -> None:
        self._events = events
        self._head = head

    async def head(self) -> Head:
        return self._head

    async def read(self, limit: int) -> AsyncIterator[Event]:
        for event in self._events[:limit]:
            yield event

    async def beyond_head(self) -> Position | None:
        return None

    async def last_seq(self, producer_id: ProducerId) -> int:
        return max(event.producer_seq for event in self._events if event.producer_id == producer_id)


def _renumbered(events: Sequence[Event]) -> list[Event]:
    return [replace(event, position=Position(at)) for at, event in enumerate(events, 1)]


def _without(events: Sequence[Event], position: int) -> list[Event]:
    return _renumbered([*events[: position - 1], *events[position:]])


def _with_a_copy(events: Sequence[Event], position: int) -> list[Event]:
    return _renumbered([*events[: position - 1], events[position - 2], *events[position - 1 :]])


def _swapped(events: Sequence[Event], position: int) -> list[Event]:
    first, second = events[position - 1 : position + 1]
    return _renumbered([*events[: position - 1], second, first, *events[position + 1 :]])


def _erased_by_half(events: Sequence[Event], position: int) -> list[Event]:
    return [*events[: position - 1], replace(events[position - 1], payload=None), *events[position:]]


def _with_another_payload(events: Sequence[Event], position: int) -> list[Event]:
    event = events[position - 1]
    assert event.salt is not None
    changed = replace(event, payload=b"\x80", payload_digest=chain.payload_digest(b"\x80", event.salt))
    return [*events[: position - 1], changed, *events[position:]]


def hashed_anew(events: Sequence[Event], position: int) -> list[Event]:
    """A changed event with the hash that it should have had; the one after it gives the forger away."""
    event, before = events[position - 1], events[position - 2]
    changed = replace(event, occurred_at=event.occurred_at + 1)
    changed = replace(changed, hash=chain.event_hash(before.hash, changed))
    return [*events[: position - 1], changed, *events[position:]]


def _with_another(field: str) -> Forgery:
    def forge(events: Sequence[Event], position: int) -> list[Event]:
        event = events[position - 1]
        changed = replace(event, **{field: _another(getattr(event, field))})
        return [*events[: position - 1], changed, *events[position:]]

    return forge


def _another(value: object) -> object:
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1)
    assert isinstance(value, int)
    return value + 1


FORGERIES: dict[str, Forgery] = {
    "removed": _without,
    "inserted": _with_a_copy,
    "swapped": _swapped,
    "erased by half": _erased_by_half,
    "another payload with its digest": _with_another_payload,
    # The position is named by the forgeries above: an event with another one is another event.
    **{f"another {field.name}": _with_another(field.name) for field in fields(Event) if field.name != "position"},
}
"""By name; every field of an event is among them."""

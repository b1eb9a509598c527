"""Lifting: what an older program wrote, read as if it had been written today.

An event type whose fields changed has one pure function for each older version::

    def _remark_became_text(plain: Plain) -> Plain:
        return {**without(plain, "remark"), "text": plain["remark"]}

    @event("note.added", version=2, lifts={1: _remark_became_text})
    class NoteAdded(Body, frozen=True, kw_only=True): ...

Only the outcome is checked, so what a lift is given may be anything that msgpack can say. It reads a field as
``plain["name"]``, and what it computes with by ``integer``; whatever it raises makes the event an invalid one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..errors import EventInvalid

Plain = Mapping[str, Any]
"""A payload as msgpack has it: text, numbers, lists and maps; ids and digests are bytes."""

Lift = Callable[[Plain], Plain]
"""Makes version v + 1 of version v. Pure: it leaves alone what it is given."""


def lifted(payload: bytes, version: int, lifts: Mapping[int, Lift]) -> bytes:
    """A payload of an older version as the newest one, to be decoded like any other.

    Raises ``EventInvalid``, or what the decoder raises, for a payload that cannot be lifted.
    """
    plain = msgspec.msgpack.decode(payload)
    if not isinstance(plain, dict):
        raise EventInvalid(f"a payload of version {version} that is no map")
    for older in range(version, max(lifts) + 1):
        plain = _step(plain, older, lifts[older])
    # Packed again and not converted: so ids, digests and limits are checked by the same decode as today's payloads.
    try:
        return msgspec.msgpack.encode(plain)
    except (OverflowError, TypeError, ValueError, RecursionError) as error:
        raise EventInvalid(f"a payload of version {version}, lifted, cannot be packed: {error}") from None


def _step(plain: Plain, version: int, lift: Lift) -> Plain:
    try:
        return lift(plain)
    except Exception as error:  # the map was never checked, so nothing is known of what a lift meets in it
        raise EventInvalid(f"a payload of version {version} cannot be lifted: {error!r}") from None


def without(plain: Plain, *names: str) -> dict[str, Any]:
    """The map without these fields."""
    return {name: value for name, value in plain.items() if name not in names}


def integer(plain: Plain, name: str) -> int:
    """An integer field; times a thousand, a text would be a thousand texts. Raises ``TypeError`` and ``KeyError``."""
    value = plain[name]
    if type(value) is not int:
        raise TypeError(f"{name} is no integer")
    return value

"""What every event body shares: its base class, its field types, and the register of event types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from .lifts import Lift

#: The largest packed event, in bytes. Capture splits or truncates before numbering, so the page knows it offline too.
MAX_EVENT_BYTES = 1024 * 1024

#: Integers stay below this so that JavaScript's doubles hold them exactly.
INTEGER_LIMIT = 2**53

Micros = Annotated[int, Meta(ge=0, lt=INTEGER_LIMIT, description="µs since the epoch, UTC")]
Millis = Annotated[int, Meta(ge=0, lt=INTEGER_LIMIT, description="milliseconds")]
Count = Annotated[int, Meta(ge=0, lt=INTEGER_LIMIT, description="a number of things")]
Index = Annotated[int, Meta(ge=0, lt=INTEGER_LIMIT, description="place in the notebook, counted from 0")]
Sequence = Annotated[int, Meta(ge=1, lt=INTEGER_LIMIT, description="a number within a producer, counted from 1")]
PositionField = Annotated[
    int, Meta(ge=0, lt=INTEGER_LIMIT, description="a place in the log, counted from 1; 0 is before the first")
]
CellIdField = Annotated[str, Meta(min_length=1, max_length=256, description="the notebook's own cell id")]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32, description="BLAKE2b-256")]
Name = Annotated[str, Meta(max_length=512)]

CellType = Literal["code", "markdown", "raw"]
Cause = Literal[
    "user",
    "paste",
    "cut",
    "drag",
    "split",
    "merge",
    "undo",
    "redo",
    "restore",
    "tool",
    "remote",
    "prompt",
]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of one event: a frozen record that packs to one msgpack map."""


class EventType(msgspec.Struct, frozen=True):
    """One row of the catalogue."""

    name: str
    """Dotted, lower case."""
    version: int
    """The schema version that this program writes."""
    body: type[Body]
    lifts: Mapping[int, Lift]
    """For each older version what makes the next one of it."""


_BY_NAME: dict[str, EventType] = {}
_BY_BODY: dict[type[Body], EventType] = {}

CATALOGUE: Mapping[str, EventType] = MappingProxyType(_BY_NAME)
"""Every event type by name."""

BodyT = TypeVar("BodyT", bound=type[Body])


def event(name: str, version: int = 1, lifts: Mapping[int, Lift] | None = None) -> Callable[[BodyT], BodyT]:
    """Enter a body class in the catalogue under ``name``.

    A change that old payloads do not fit makes a new version: ``lifts`` then has a function for each older one, that
    makes version v + 1 of version v. Every change of the catalogue comes with a migration, so that an older program
    refuses the log instead of passing over what it does not know; ``digest.py`` tells how.
    """

    def enter(body: BodyT) -> BodyT:
        if name in _BY_NAME:
            raise ValueError(f"the catalogue already holds {name!r}")
        older = set(range(1, version))
        if older != set(lifts or {}):
            raise ValueError(f"{name} of version {version} needs lifts from {sorted(older)}, not {sorted(lifts or {})}")
        entry = EventType(name, version, body, MappingProxyType(dict(lifts or {})))
        _BY_NAME[name] = entry
        _BY_BODY[body] = entry
        return body

    return enter


def type_of(body: Body | type[Body]) -> EventType:
    """The catalogue's row for a body or its class. Raises ``KeyError`` for a class that was never entered."""
    return _BY_BODY[body if isinstance(body, type) else type(body)]

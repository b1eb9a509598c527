"""What an OCEL 2.0 log is made of: typed events and objects, attributes that change with time, qualified relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["string", "time", "integer", "float", "boolean"]
"""The types of attributes that OCEL 2.0 knows. ``time`` is µs since the epoch, UTC, until it is written."""

Value = str | int | float | bool

INITIALLY = 0
"""The epoch: so the standard writes what an object was from the beginning."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that a type declares, and how an event's body tells it."""

    name: str
    kind: Kind
    of: Callable[[Any], Value | None]


@dataclass(frozen=True, slots=True)
class OcelEvent:
    """One event."""

    event_id: str
    type: str
    time: int
    """µs since the epoch, UTC."""
    attributes: Mapping[str, Value]
    relationships: tuple[tuple[str, str], ...]
    """Pairs of object and qualifier, each once."""


@dataclass(slots=True)
class OcelObject:
    """One object, filled while its events are read."""

    object_id: str
    type: str
    values: dict[str, list[tuple[int, Value]]] = field(default_factory=dict)
    """Per attribute its values with the time from which each holds, µs since the epoch, in order."""
    relationships: dict[tuple[str, str], None] = field(default_factory=dict)
    """Pairs of object and qualifier, in the order in which they came."""
    since: int | None = None
    """When the first value was set: what is known then holds ``INITIALLY``."""

    def set(self, name: str, value: Value | None, at: int) -> None:
        """A new value from now on; nothing changes if it is the one that held, or none."""
        if value is None:
            return
        if self.since is None:
            self.since = at
        known = self.values.get(name)
        if known is None:
            self.values[name] = [(INITIALLY if at <= self.since else at, value)]
        elif known[-1][1] != value:
            # Two clocks may disagree; an object's own history goes forward.
            known.append((max(at, known[-1][0]), value))

    def relate(self, object_id: str, qualifier: str) -> None:
        """A relation to another object."""
        self.relationships[object_id, qualifier] = None

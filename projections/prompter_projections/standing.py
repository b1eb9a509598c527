"""How projections stand to the log: how far they are, who keeps them current, and what they could not fold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from prompter_events.event import Position
from prompter_events.log import Log
from prompter_events.transaction import Relation

from .relations import DEAD_LETTER

_LEASE = Relation("checkpoint", key=("projection",), columns=("lease_holder", "lease_until"))

_LETTER_PLACE = Relation(DEAD_LETTER.name, key=DEAD_LETTER.key, columns=("session_id",))
"""Where the letters are, without their tracebacks."""


class _Lease(msgspec.Struct, frozen=True):
    """A row of ``_LEASE``."""

    lease_holder: bytes | None = None
    lease_until: int = 0


class _Place(msgspec.Struct, frozen=True):
    """A row of ``_LETTER_PLACE``."""

    position: Position


@dataclass(frozen=True)
class Standing:
    """One projection, as the log tells at one moment."""

    projection: str
    position: Position
    """Everything up to here is folded."""
    behind: int
    """How many events are not."""
    oldest: int | None
    """When the first of them was recorded, µs since the epoch; none if there is none."""
    holder: UUID | None
    """The worker that has the lease, or had it last."""
    leased_until: int
    """When its lease ends or ended, µs since the epoch by the worker's clock; 0 if it was given back."""
    letters: Sequence[Position]
    """The events that it could not fold."""

    def is_kept(self, now: int) -> bool:
        """Whether a worker holds the lease at ``now``, µs since the epoch."""
        return self.holder is not None and self.leased_until > now

    def waited(self, now: int) -> int:
        """For how long the oldest event that is not folded has waited, µs."""
        return 0 if self.oldest is None else max(0, now - self.oldest)


async def standings(log: Log, names: Iterable[str]) -> list[Standing]:
    """How each of these projections stands; one that never ran stands at the beginning."""
    head = (await log.head()).position
    return [await _standing(log, name, head) for name in names]


async def _standing(log: Log, name: str, head: Position) -> Standing:
    position = (await log.checkpoint(name)).position
    rows = await log.rows(_LEASE, {"projection": name})
    lease = msgspec.convert(rows[0], _Lease, builtin_types=(bytes,)) if rows else _Lease()
    oldest = None
    if position < head:
        async for event in log.read(after=position, limit=1):
            oldest = event.recorded_at
    letters = await log.rows(_LETTER_PLACE, {"projection": name})
    return Standing(
        projection=name,
        position=position,
        behind=max(0, head - position),
        oldest=oldest,
        holder=None if lease.lease_holder is None else UUID(bytes=lease.lease_holder),
        leased_until=lease.lease_until,
        letters=[msgspec.convert(row, _Place, builtin_types=(bytes,)).position for row in letters],
    )

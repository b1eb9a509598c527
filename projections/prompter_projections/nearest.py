"""Finding the snapshot from which a question about a session is answered soonest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from prompter_events.errors import LogNotMigrated, LogReadOnly
from prompter_events.event import Event, Position, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Value

from .notebook import NotebookState
from .packing import NotebookUnreadable, fold_digest, unpacked
from .relations import SNAPSHOT, SNAPSHOT_PLACE

P = TypeVar("P", bound="_Place")

SNAPSHOTS = "snapshots"
"""The name of the projection that keeps them."""


@dataclass(frozen=True)
class Snapshot:
    """A session's notebook as it was kept."""

    position: Position
    """The last event that it tells."""
    whole_at: int
    """µs since the epoch. From this instant on all its events are past; see ``moments.whole_at``."""
    notebook: NotebookState
    chain: Position
    """The snapshot that was kept as a whole; those after it, up to this one, as changes."""
    sizes: tuple[int, ...]
    """Bytes of that one and of each change, as kept."""


class _Place(msgspec.Struct, frozen=True):
    """A row of ``SNAPSHOT_PLACE``."""

    chain: int
    position: int
    fold: bytes
    whole_at: int


class _Row(_Place, frozen=True):
    """A row of ``SNAPSHOT``."""

    event_hash: bytes
    notebook: bytes


async def nearest(
    log: Log,
    session_id: SessionId,
    *,
    generation: int | None = None,
    position: int | None = None,
    instant: int | None = None,
) -> Snapshot | None:
    """The newest snapshot that tells nothing beyond a position or an instant; none if there is none to trust.

    Trusted is what this very fold made (``packing.fold_digest``), of a participant who is not erased, at an event that
    stands in the log now: its hash vouches for all events up to there, so that a log which went another way since, as
    after a restore, has none of the old snapshots. ``generation`` is the current one if not given.
    """
    try:
        if generation is None:
            generation = (await log.checkpoint(SNAPSHOTS)).generation
        key: dict[str, Value] = {"generation": generation, "session_id": session_id}
        places = [_converted(row, _Place) for row in await log.rows(SNAPSHOT_PLACE, key)]
        for place in reversed(places):
            if (
                place.fold == fold_digest()
                and (position is None or place.position <= position)
                and (instant is None or place.whole_at <= instant)
            ):
                event = await _event_at(log, session_id, place.position)
                if event is not None and await log.is_erased(event.participant_id):
                    return None
                snapshot = await _read(log, {**key, "chain": place.chain}, place, event)
                if snapshot is not None:
                    return snapshot
    except (LogNotMigrated, LogReadOnly, msgspec.ValidationError):
        # A log without these tables, or whose reader may not see them, or with strange rows in them, is answered from
        # its events.
        return None
    return None


async def _read(log: Log, chain: dict[str, Value], place: _Place, event: Event | None) -> Snapshot | None:
    rows = [_converted(row, _Row) for row in await log.rows(SNAPSHOT, chain)]
    rows = [row for row in rows if row.position <= place.position]
    if (
        event is None
        or not rows
        or (rows[0].position, rows[-1].position) != (place.chain, place.position)
        or rows[-1].event_hash != event.hash
        or any(row.fold != place.fold for row in rows)
    ):
        return None
    whole, *changes = (row.notebook for row in rows)
    try:
        notebook = unpacked(whole, changes)
    except NotebookUnreadable:
        return None
    sizes = tuple(len(row.notebook) for row in rows)
    return Snapshot(event.position, place.whole_at, notebook, Position(place.chain), sizes)


async def _event_at(log: Log, session_id: SessionId, position: int) -> Event | None:
    """The session's event at a position, if there is one."""
    found = [event async for event in log.read(after=Position(position - 1), session=session_id, limit=1)]
    return found[0] if found and found[0].position == position else None


def _converted(row: dict[str, Value], to: type[P]) -> P:
    return msgspec.convert(row, to, builtin_types=(bytes,))

"""Finding the snapshot from which a question about a session is answered soonest."""

from __future__ import annotations

from dataclasses import dataclass

from prompter_events.errors import LogNotMigrated, LogReadOnly
from prompter_events.event import Position, SessionId
from prompter_events.log import Log
from prompter_events.transaction import Value

from .notebook import NotebookState
from .packing import NotebookUnreadable, fold_digest, unpacked
from .relations import SNAPSHOT, SNAPSHOT_PLACE

SNAPSHOTS = "snapshots"
"""The name of the projection that keeps them."""


@dataclass(frozen=True)
class Snapshot:
    """A session's notebook as it was kept."""

    position: Position
    """The last event that it tells."""
    whole_at: int
    """µs since the epoch. From this instant on all its events are past; see ``moments.whole_at``."""
    size: int
    """Bytes, as kept."""
    notebook: NotebookState


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
        own: dict[str, Value] = {"generation": generation, "session_id": session_id}
        for place in reversed(await log.rows(SNAPSHOT_PLACE, own)):
            if place["fold"] == fold_digest() and _is_past(place, position, instant):
                snapshot = await _trusted(log, session_id, {**own, "position": place["position"]})
                if snapshot is not None:
                    return snapshot
    except (LogNotMigrated, LogReadOnly):
        # A log without these tables, or whose reader may not see them, is answered from its events.
        return None
    return None


def _is_past(place: dict[str, Value], position: int | None, instant: int | None) -> bool:
    at, whole_at = place["position"], place["whole_at"]
    return (
        isinstance(at, int)
        and isinstance(whole_at, int)
        and (position is None or at <= position)
        and (instant is None or whole_at <= instant)
    )


async def _trusted(log: Log, session_id: SessionId, key: dict[str, Value]) -> Snapshot | None:
    rows = await log.rows(SNAPSHOT, key)
    if not rows:
        return None
    at, whole_at, event_hash, data = (rows[0][name] for name in ("position", "whole_at", "event_hash", "notebook"))
    if not isinstance(at, int) or not isinstance(whole_at, int) or not isinstance(data, bytes):
        return None
    found = [event async for event in log.read(after=Position(at - 1), session=session_id, limit=1)]
    if not found or found[0].position != at or found[0].hash != event_hash:
        return None
    if await log.is_erased(found[0].participant_id):
        return None
    try:
        return Snapshot(found[0].position, whole_at, len(data), unpacked(data))
    except NotebookUnreadable:
        return None

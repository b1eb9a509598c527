"""A notebook at ten instants of a long session, and what its snapshots cost.

    python -m benchmarks.instants [--log sqlite] [--log mysql] [--events 200000] [--cells 200] [--cells 1000]

The instants are spread over the session; the worst case is one just before a snapshot, so there is one in each tenth at
the place that is furthest behind one. Each is asked for by time and by position, in a log that was just opened.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from prompter_events import Event, Log, Position, SessionId, open_log
from prompter_projections import (
    MIGRATIONS,
    CurrentProjection,
    Projection,
    PromptsProjection,
    SnapshotsProjection,
    notebook_at,
    rebuild,
)
from prompter_projections.relations import SNAPSHOT_PLACE

from .figures import Limit, Target, figure
from .logs import NAMES, fresh_logs
from .long_session import LongSession
from .plain import stored_bytes

AT_MOST = Target(at_most=1)
"""Seconds; the design's section on measures."""

INSTANTS = 10

CALL_EVENTS = 5_000
"""Events of one append."""


async def measure(kind: str, count: int, cells: int) -> None:
    """Print the figures of one kind of log and one session."""
    session = LongSession(cells)
    events = list(session.events(count))
    name = f"{NAMES[kind]}, {cells:,} cells"
    async with fresh_logs(kind, MIGRATIONS) as fresh:
        url = await fresh()
        async with open_log(url, migrations=[MIGRATIONS]) as log:
            for first in range(0, count, CALL_EVENTS):
                some = events[first : first + CALL_EVENTS]
                await log.append(some[0].producer_id, some)
            bare = await stored_bytes(url)
            began = time.perf_counter()
            await notebook_at(log, session.session_id)
            without = Limit("without snapshots", time.perf_counter() - began)
            read = await _bare_read(log, count)
            await _rebuild(log, SnapshotsProjection(), count, name, read)
            snapshots = await stored_bytes(url) - bare
            for other in (CurrentProjection(), PromptsProjection()):
                await _rebuild(log, other, count, name, read)
            asked = await _furthest(log, session.session_id, count)
        took = [await _ask(url, session.session_id, events, position) for position in asked]
    for what, worst in (("position", max(one for one, _ in took)), ("time", max(one for _, one in took))):
        figure(f"notebook at a {what}, worst of {len(took)}, {name}", worst, "s", None, AT_MOST)
        figure(f"notebook at a {what}, worst of {len(took)}, {name}", worst, "s", without)
    figure(f"snapshots, {name}", snapshots / 2**20, "MiB", Limit("the log", bare / 2**20))


async def _bare_read(log: Log, count: int) -> Limit:
    began = time.perf_counter()
    async for _ in log.read():
        pass
    return Limit("bare read", count / (time.perf_counter() - began))


async def _rebuild(log: Log, projection: Projection[Any], count: int, name: str, read: Limit) -> None:
    began = time.perf_counter()
    await rebuild(log, projection)
    figure(f"rebuild of {projection.name}, {name}", count / (time.perf_counter() - began), "events/s", read)


async def _furthest(log: Log, session_id: SessionId, count: int) -> list[Position]:
    """In each tenth of the session the position that is furthest behind a snapshot."""
    generation = (await log.checkpoint(SnapshotsProjection.name)).generation
    rows = await log.rows(SNAPSHOT_PLACE, {"generation": generation, "session_id": session_id})
    places = [0, *(int(str(row["position"])) for row in rows), count + 1]
    behind = {after - 1: after - before for before, after in pairwise(places)}
    found = []
    for tenth in range(INSTANTS):
        inside = range(count * tenth // INSTANTS, count * (tenth + 1) // INSTANTS)
        candidates = [position for position in behind if position in inside] or [inside[-1]]
        found.append(Position(max(candidates, key=lambda position: behind.get(position, 0))))
    return found


async def _ask(url: str, session_id: SessionId, events: Sequence[Event], position: Position) -> tuple[float, float]:
    """Seconds by position and by time."""
    async with open_log(url, migrations=[MIGRATIONS]) as log:
        began = time.perf_counter()
        await notebook_at(log, session_id, position=position)
        middle = time.perf_counter()
        await notebook_at(log, session_id, at=events[position - 1].occurred_at)
        return middle - began, time.perf_counter() - middle


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instants", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--events", type=int, default=200_000, help="of the session")
    parser.add_argument("--cells", action="append", type=int, help="of the notebook; 200 and 1,000 if not given")
    options = parser.parse_args()
    for kind in options.log or NAMES:
        for cells in options.cells or (200, 1_000):
            asyncio.run(measure(kind, options.events, cells))


if __name__ == "__main__":
    main()

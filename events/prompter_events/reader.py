"""Reading a log page by page, without ever skipping a position."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from .errors import LogCorrupt
from .event import Event, Position, payload_bytes

PAGE_EVENTS = 500
"""The most events of one page."""

PAGE_BYTES = 8 * 1024 * 1024
"""Pages shrink towards this many bytes of payload where events are large."""

FIRST_PAGE_EVENTS = 100
"""Before anything is known of the events' size."""

HOLE_SECONDS = 5.0
"""How long a hole below the head may last. Longer than any commit takes to become visible on a replica."""

HOLE_LOOK_SECONDS = 0.05

Fetch = Callable[[Position, Position, int], Awaitable[list[Event]]]
"""(after, up to and with, at most so many) → events in order."""


async def read_pages(
    fetch: Fetch,
    after: Position,
    upto: Position,
    limit: int | None,
    *,
    contiguous: bool,
    hole_seconds: float = HOLE_SECONDS,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Event]:
    """Events in (after, upto], at most ``limit``. Each page is read whole before its first event is handed out.

    With ``contiguous``, position p comes only after p - 1: the reader looks again at a hole until it fills, and raises
    ``LogCorrupt`` if that takes longer than ``hole_seconds``.
    """
    left = limit
    size = FIRST_PAGE_EVENTS
    hole_since: float | None = None
    while after < upto and (left is None or left > 0):
        count = size if left is None else min(size, left)
        page = await fetch(after, upto, count)
        sound = _up_to_hole(page, after) if contiguous else page
        if sound:
            hole_since = None
            size = _next_size(sound)
            if left is not None:
                left -= len(sound)
            for event in sound:
                yield event
            after = sound[-1].position
        elif not contiguous:
            return
        elif hole_since is None:
            hole_since = now()
        elif now() - hole_since >= hole_seconds:
            raise LogCorrupt(after + 1, "the event is missing, though the head is further on")
        else:
            await pause(HOLE_LOOK_SECONDS)


def _up_to_hole(page: Sequence[Event], after: Position) -> Sequence[Event]:
    for offset, event in enumerate(page):
        if event.position != after + 1 + offset:
            return page[:offset]
    return page


def _next_size(page: Sequence[Event]) -> int:
    mean = payload_bytes(page) // len(page)
    return max(1, min(PAGE_EVENTS, PAGE_BYTES // max(mean, 1)))

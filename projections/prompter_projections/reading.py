"""Reading the log for workers: for one, or once for all the workers of a process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from prompter_events.event import Event, Position, has_type, payload_bytes
from prompter_events.log import Log

HELD_EVENTS = 5_000
"""How many of the newest events are held: a quarter of a second of as many as one process takes in."""

HELD_BYTES = 8 * 1024 * 1024
"""How many bytes of payload are held."""

Read = Callable[[Position, int], Awaitable[Sequence[Event]]]
"""(after, at most so many) → events in order, without holes; none if there are no newer ones."""


def reading(log: Log) -> Read:
    """Reads what is asked for."""

    async def read(after: Position, limit: int) -> Sequence[Event]:
        return [event async for event in log.read(after=after, limit=limit)]

    return read


class SharedReading:
    """Reads each event once for several workers that keep up; one that is behind reads for itself.

    The newest events are held until newer ones take their place. What comes from there may be less than the log has:
    the rest comes with the next call.
    """

    def __init__(self, log: Log, *, events: int = HELD_EVENTS, size: int = HELD_BYTES) -> None:
        self._read = reading(log)
        self._most_events = events
        self._most_bytes = size
        self._held: list[Event] = []
        self._taken: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._reading = asyncio.Lock()

    async def read(self, after: Position, limit: int) -> Sequence[Event]:
        """See ``Read``. Raises whatever the log raises."""
        if found := self._find(after, limit):
            return found
        async with self._reading:
            # Somebody else may have read meanwhile what is asked for here.
            if found := self._find(after, limit):
                return found
            events = await self._read(after, limit)
            self.hold(events)
            return events

    def _find(self, after: Position, limit: int) -> Sequence[Event]:
        if not self._held:
            return ()
        start = after + 1 - self._held[0].position
        return self._held[start : start + limit] if start >= 0 else ()

    def hold(self, events: Sequence[Event]) -> None:
        """Keep the newest of these, which follow one another, for the readers. Those of a commit need not be read."""
        end = self._held[-1].position if self._held else 0
        new = events if events and events[0].position > end else [event for event in events if event.position > end]
        if not new:
            return
        if new[0].position > end + 1 or has_type(new, "participant.erased"):
            # What is held ends before what is new, or may be theirs who were erased.
            self._held.clear()
            self._taken.clear()
            self._bytes = 0
        size = payload_bytes(new)
        self._held.extend(new)
        self._taken.append((len(new), size))
        self._bytes += size
        # What came together goes together: each event is looked at once.
        over = 0
        while self._bytes > self._most_bytes or len(self._held) - over > self._most_events:
            count, size = self._taken.popleft()
            over += count
            self._bytes -= size
        del self._held[:over]

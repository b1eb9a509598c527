"""How much one person's pages may send: enough for a day's work at once, and then as fast as a log takes it."""

from __future__ import annotations

RATE = 4 * 1024 * 1024
"""Bytes a second in the long run: above what a log commits, and ten thousand times what somebody types."""

AT_ONCE = 32 * 1024 * 1024
"""Bytes that may come without a pause: what a page kept while it was offline for hours."""

FRAME_BYTES = 1024
"""What a frame counts beside its own bytes: many small ones are work, too."""

EVENT_BYTES = 256
"""What an event counts beside its own bytes."""


class Allowance:
    """A leaky bucket. Times are µs of one clock."""

    def __init__(self) -> None:
        self._level = 0.0
        self._seen: int | None = None

    def spend(self, size: int, now: int) -> float:
        """Take a frame of so many bytes. Returns the seconds after which all would be well again; 0 if all is well."""
        if self._seen is not None:
            self._level = max(0.0, self._level - max(0, now - self._seen) * RATE / 1_000_000)
        self._seen = now
        return self._add(size + FRAME_BYTES)

    def spend_events(self, count: int) -> float:
        """What was in the frame: so many events. Returns what ``spend`` does."""
        return self._add(count * EVENT_BYTES)

    def _add(self, size: int) -> float:
        self._level += size
        return max(0.0, self._level - AT_ONCE) / RATE

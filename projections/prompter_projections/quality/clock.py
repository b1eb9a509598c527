"""Two clocks compared: the page's, by which an event occurred, and the server's, by which it was recorded.

What passes between the two moments of an event is the difference of the clocks and the way to the server, which is
short or long but never negative. So of the events that were recorded within a minute the smallest difference tells of
the clocks, and what exceeds it by far came late. All times are in µs, differences are recorded minus occurred.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MINUTE = 60_000_000

LATE = 10_000_000
"""An event that took so much longer than its neighbours is late: the slowest networks take less, so the page was cut
off. The timeline draws the same limit."""

JUMP = 5_000_000
"""A difference that changes by so much and stays for two minutes is a clock that was set; what networks do passes."""


@dataclass(frozen=True)
class Skew:
    """What the events of one session tell of its clocks."""

    offset: int | None
    """The server's clock minus the page's, with the shortest way there; none where nothing was compared."""
    drift: int
    """By how much it changed between the first third of the session and the last, jumps left out."""
    jumps: tuple[int, ...]
    """By how much the page's clock was set forward (positive) or back, each time."""
    late: int
    """Events that came late."""
    longest: int
    """How late the latest was."""


@dataclass
class _Minute:
    number: int
    least: int
    late: int = 0
    longest: int = 0


@dataclass
class Skewing:
    """Fed with the page's events in the log's order. Memory: a number for each minute in which something came."""

    said: int | None = None
    """What the page and the server measured at hello, if that is known."""
    _now: _Minute | None = None
    _doubted: _Minute | None = None
    """The last minute, if its difference was far from those before."""
    _level: int | None = None
    _shift: int = 0
    _least: list[int] = field(default_factory=list)
    _jumps: list[int] = field(default_factory=list)
    _offset: int | None = None
    _late: int = 0
    _longest: int = 0

    def take(self, occurred_at: int, recorded_at: int) -> None:
        """One event."""
        difference, number = recorded_at - occurred_at, recorded_at // MINUTE
        minute = self._now
        if minute is None or minute.number != number:
            if minute is not None:
                self._over(minute)
            minute = self._now = _Minute(number, difference)
        minute.least = min(minute.least, difference)
        level = self._level if self._level is not None else self.said
        if level is not None and difference - level > LATE:
            minute.late += 1
            minute.longest = max(minute.longest, difference - level)

    def _over(self, minute: _Minute) -> None:
        """A minute is over: it tells of late events, or of a clock that was set."""
        level = self._level if self._level is not None else self.said
        doubted, self._doubted = self._doubted, None
        if doubted is not None:
            if level is not None and abs(minute.least - doubted.least) < JUMP <= abs(minute.least - level):
                self._jumped(doubted.least - level)
                minute.late = minute.longest = 0
                level = doubted.least
            else:
                self._count(doubted)
        if level is not None and abs(minute.least - level) >= JUMP:
            self._doubted = minute
            return
        self._level = minute.least
        self._least.append(minute.least - self._shift)
        if self._offset is None:
            self._offset = minute.least
        self._count(minute)

    def _jumped(self, by: int) -> None:
        # A page's clock that is set forward makes the difference smaller.
        self._jumps.append(-by)
        self._shift += by
        self._level = (self._level if self._level is not None else self.said or 0) + by

    def _count(self, minute: _Minute) -> None:
        self._late += minute.late
        self._longest = max(self._longest, minute.longest)

    def skew(self) -> Skew:
        """What was seen. Nothing may be taken after it."""
        if self._now is not None:
            self._over(self._now)
            self._now = None
        if (doubted := self._doubted) is not None:
            level = self._level if self._level is not None else self.said
            if level is not None and doubted.least < level:
                # Nothing arrives before it happened: the clock was set, even if no second minute tells.
                self._jumped(doubted.least - level)
            else:
                self._count(doubted)
            self._doubted = None
        least, third = self._least, len(self._least) // 3
        drift = min(least[-third:]) - min(least[:third]) if third else 0
        return Skew(self._offset, drift, tuple(self._jumps), self._late, self._longest)

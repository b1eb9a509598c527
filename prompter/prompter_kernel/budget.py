"""How long finding out the facts of one run may take."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Nanoseconds since some moment; only runs forward."""

#: So long may this thread work, in ns; a person waits for it before the next cell. A typical cell takes a tenth of it.
LIMIT_NS = 20_000_000

#: And so long on the clock, in ns, where the processor is with others or something sleeps: twice what a person notices.
WALL_LIMIT_NS = 10 * LIMIT_NS


class Budget:
    """Runs from when it is made. Who works asks it before each step, so that one step may exceed it.

    ``clock`` stands for both clocks, the thread's own and the one on the wall.
    """

    def __init__(self, clock: Clock | None = None, limit_ns: int = LIMIT_NS) -> None:
        self._work, self._clock = clock or time.thread_time_ns, clock or time.perf_counter_ns
        self._worked, self._began = self._work(), self._clock()
        self._limit = limit_ns
        self.truncated = False
        """Whether something was left out, for want of time or of room."""

    def over(self) -> bool:
        """Whether the time is up. Whoever asks leaves out what is not done yet, so that is noted."""
        worked, passed = self._work() - self._worked, self._clock() - self._began
        if worked < self._limit and passed < WALL_LIMIT_NS:
            return False
        self.truncated = True
        return True

    @property
    def took_us(self) -> int:
        """Microseconds since the beginning, on the wall."""
        return max(0, (self._clock() - self._began) // 1000)

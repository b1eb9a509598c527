"""Looks at a log's head that happen when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from prompter_events import START, Position

SOON_SECONDS = 60.0
"""Whoever waits longer was not woken."""

T = TypeVar("T")


async def soon(coming: Awaitable[T]) -> T:
    """The result; raises ``TimeoutError`` if it does not come."""
    async with asyncio.timeout(SOON_SECONDS):
        return await coming


class Looks:
    """A head that the test moves, looked at when the test lets the time between two looks pass."""

    def __init__(self) -> None:
        self.head = START
        self.count = 0
        self.error: Exception | None = None
        self.pauses: list[float] = []
        self._pausing = asyncio.Event()
        self._over = asyncio.Event()

    async def look(self) -> Position:
        self.count += 1
        if self.error:
            raise self.error
        return self.head

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._pausing.set()
        await self._over.wait()
        self._over.clear()

    async def pausing(self) -> None:
        """The moment in which a look is over and the next one has not begun."""
        await soon(self._pausing.wait())

    async def next(self) -> None:
        """Let the pause be over and the next look happen."""
        await self.end_pause()
        await self.pausing()

    async def end_pause(self) -> None:
        """Let the pause be over."""
        await self.pausing()
        self._pausing.clear()
        self._over.set()


async def look_never() -> Position:
    """A look that tells nothing: whoever wakes heard it otherwise."""
    await asyncio.Event().wait()
    raise AssertionError("nobody ends this")

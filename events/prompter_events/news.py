"""Waking whoever waits for something new in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .errors import LogUnavailable
from .event import START, Position

LOOK_SECONDS = 0.15
"""How often the head is looked at for what other processes append, while anybody waits: the contract promises 200 ms,
and a look takes some of them."""


class News:
    """The head as this process knows it. All waiters share one look at the log.

    ``look`` reads the head; a log without other writers has none. ``pause`` passes the seconds between two looks.
    """

    def __init__(
        self,
        seen: Position = START,
        look: Callable[[], Awaitable[Position]] | None = None,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seen = seen
        self._look = look
        self._pause = pause
        self._waiters: dict[asyncio.Future[Position], Position] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def seen(self) -> Position:
        """The newest position that this process knows of."""
        return self._seen

    def announce(self, position: Position) -> None:
        """Something up to ``position`` was committed."""
        self._seen = max(self._seen, position)
        for waiter, after in list(self._waiters.items()):
            if self._seen > after and not waiter.done():
                waiter.set_result(self._seen)

    async def wait(self, after: Position, timeout: float | None) -> Position:
        """Wait for something newer than ``after``, at most ``timeout`` seconds; the head as far as it is known."""
        if self._closed:
            raise LogUnavailable("the log is closed")
        if self._seen > after:
            return self._seen
        waiter: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = after
        if self._look is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._keep_looking(self._look))
        try:
            async with asyncio.timeout(timeout):
                return await waiter
        except TimeoutError:
            return self._seen
        finally:
            del self._waiters[waiter]

    async def aclose(self) -> None:
        """Tell the waiters that nothing comes any more."""
        self._closed = True
        self._fail(LogUnavailable("the log is closed"))
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    async def _keep_looking(self, look: Callable[[], Awaitable[Position]]) -> None:
        while self._waiters:
            try:
                self.announce(await look())
            except Exception as error:  # whatever it is, the waiters must hear of it
                self._fail(error)
                return
            await self._pause(LOOK_SECONDS)

    def _fail(self, error: Exception) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error)

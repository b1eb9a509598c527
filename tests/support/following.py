"""A process that follows a log and says every position that it is given, up to the ``END``.

python -m support.following URL
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prompter_events import Log, open_log
from prompter_events.catalogue.study import StudyEnded

from .events import event, new_producer
from .processes import python

END = StudyEnded(by="test")
"""The event that tells followers that nothing comes after it."""


async def end(log: Log) -> None:
    """Append the ``END``."""
    producer = new_producer()
    await log.append(producer, [event(producer, 1, END)])


async def follow(log: Log, seen: list[int], told: Callable[[int], object] = lambda position: None) -> None:
    """Follow a log up to its ``END``, noting the positions, and telling each of them."""
    async for one in log.follow():
        seen.append(one.position)
        told(one.position)
        if one.type == "study.ended":
            return


class Follower:
    """A process that follows, as its test sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._seen: list[int] = []
        self._listening = asyncio.create_task(self._listen())

    async def seen(self, patience: float) -> list[int]:
        """The positions that it was given, once it came to the ``END`` or after so many seconds."""
        await asyncio.wait({self._listening}, timeout=patience)
        return self._seen

    async def end(self) -> None:
        """Kill the process if it still runs."""
        if self._process.returncode is None:
            self._process.kill()
        await self._listening
        await self._process.wait()

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._seen.append(int(line))


@asynccontextmanager
async def following(url: str) -> AsyncIterator[Follower]:
    """A following process, until the block ends."""
    follower = Follower(await python("support.following", url))
    try:
        yield follower
    finally:
        await follower.end()


def _say(position: int) -> None:
    sys.stdout.write(f"{position}\n")
    sys.stdout.flush()


async def main(url: str) -> None:
    """The process."""
    async with open_log(url) as log:
        await follow(log, [], _say)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

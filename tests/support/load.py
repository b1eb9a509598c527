"""Several writing processes at once, and what they were told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from uuid import UUID

from prompter_events import ProducerId

from .events import new_producer
from .processes import python

PATIENCE_SECONDS = 120.0
"""A load that hangs must fail; none takes nearly that long."""


def own_producers(processes: int, each: int = 1) -> list[list[ProducerId]]:
    """Producers for so many processes, none shared."""
    return [[new_producer() for _ in range(each)] for _ in range(processes)]


class Load:
    """Processes of ``support.writing``, one for each list of producers. An async context manager.

    What still runs at the end of its block is killed.
    """

    def __init__(self, url: str, producers: Sequence[Sequence[ProducerId]], *, appends: int, sizes: str) -> None:
        self._url = url
        self._producers = producers
        self._appends = appends
        self._sizes = sizes
        self._processes: list[asyncio.subprocess.Process] = []
        self._listening: list[asyncio.Task[None]] = []
        self._news = asyncio.Condition()
        self.acknowledged: dict[ProducerId, int] = {}
        """The highest number of each producer that the log acknowledged."""
        self.acknowledgements = 0
        self.position = 0
        """The highest head that any of them was told."""
        self.losses: list[str] = []
        """What a process found missing that was acknowledged to it."""

    async def under_way(self, acknowledgements: int) -> None:
        """Wait until so many more acknowledgements came, and one at least to each producer.

        Or until a process found a loss.
        """
        wanted = self.acknowledgements + acknowledgements
        everybody = {producer for some in self._producers for producer in some}

        def reached() -> bool:
            return self.acknowledgements >= wanted and self.acknowledged.keys() == everybody

        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: reached() or bool(self.losses))

    async def ended(self) -> list[int | None]:
        """Wait until all processes ended; their exit codes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*self._listening)
            return [await process.wait() for process in self._processes]

    def kill(self) -> None:
        """Kill all processes."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()

    async def __aenter__(self) -> Self:
        for some in self._producers:
            process = await python("support.writing", self._url, self._appends, self._sizes, *some)
            self._processes.append(process)
            self._listening.append(asyncio.create_task(self._listen(process)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        await self.ended()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = line.decode()
            if not said.endswith("\n"):  # killed in the middle of a line
                return
            async with self._news:
                if said.startswith("lost"):
                    self.losses.append(said.strip())
                else:
                    self._take(*said.split())
                self._news.notify_all()

    def _take(self, producer: str, number: str, position: str) -> None:
        producer_id = ProducerId(UUID(producer))
        self.acknowledged[producer_id] = max(int(number), self.acknowledged.get(producer_id, 0))
        self.acknowledgements += 1
        self.position = max(self.position, int(position))

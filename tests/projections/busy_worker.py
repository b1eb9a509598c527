"""A worker in a process of its own that catches up on a long log, one event in each transaction, until it is killed.

    python -m busy_worker URL

It says ``at work`` after the first transaction.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers import Tally

from prompter_events import open_log
from prompter_projections import MIGRATIONS, Worker
from support.processes import python


@asynccontextmanager
async def worker_beside(url: str) -> AsyncIterator[None]:
    """The process, at work until the block ends."""
    process = await python("busy_worker", url)
    try:
        if process.stdout is None or not await process.stdout.readline():
            raise RuntimeError("the worker ended early")
        yield
    finally:
        process.kill()
        await process.communicate()


async def work(url: str) -> None:
    """Be that process."""
    async with open_log(url, migrations=[MIGRATIONS]) as log:
        worker = Worker(log, Tally(), batch=1)
        running = asyncio.create_task(worker.run())
        await worker.caught_up(1)
        sys.stdout.write("at work\n")
        sys.stdout.flush()
        await running


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))

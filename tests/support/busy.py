"""A process that writes to an SQLite log without a pause, until it is killed: transactions, or a worker's work.

    python -m support.busy URL fair|rude

It counts its transactions in the checkpoint ``busy``, and says ``at work`` after the first. ``rude`` takes no turns.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from prompter_events import START, Checkpoint, Position, open_log
from prompter_events.sqlite.turn import Turn

from .processes import python

NAME = "busy"

Manners = Literal["fair", "rude"]


@asynccontextmanager
async def busy(url: str, manners: Manners) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, at work until the block ends."""
    process = await python("support.busy", url, manners)
    try:
        if process.stdout is None or not await process.stdout.readline():
            raise RuntimeError("the busy process ended early")
        yield process
    finally:
        process.kill()
        await process.communicate()


async def work(url: str, manners: str) -> None:
    """Move the checkpoint again and again."""
    if manners == "rude":
        setattr(Turn, "take", lambda turn: False)  # noqa: B010 - no two turns of this process shall be queued
    async with open_log(url) as log:
        at = Checkpoint(START, 1)
        while True:
            to = Checkpoint(Position(at.position + 1), 1)
            async with log.transaction() as transaction:
                transaction.move(NAME, at, to)
            if at.position == 0:
                sys.stdout.write("at work\n")
                sys.stdout.flush()
            at = to


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))

"""A process that appends to a log and says on standard output what was acknowledged.

    python -m support.writing URL BATCHES SIZE

Writes ``BATCHES`` appends of ``SIZE`` events by one producer, or without end if ``BATCHES`` is 0. The first line is the
producer's id; each line after it is the last number that the log acknowledged.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from prompter_events import open_log

from .events import events, new_producer


def say(what: object) -> None:
    """One line that the test can wait for."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


async def write(url: str, batches: int, size: int) -> None:
    producer = new_producer()
    say(producer)
    async with open_log(url) as log:
        for batch in range(batches) if batches else count():
            receipt = await log.append(producer, events(producer, batch * size + 1, (batch + 1) * size))
            say(receipt.last_seq)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

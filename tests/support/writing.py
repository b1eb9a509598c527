"""A process that appends to a log and says on standard output what was acknowledged.

    python -m support.writing URL APPENDS SIZES PRODUCER…

All producers at once make ``APPENDS`` appends each, one after the other; without end if ``APPENDS`` is 0. ``SIZES`` is
a number of events, or ``1..200`` for sizes that differ. Each line is one acknowledgement: the producer's id, the number
up to which it knows its events durable, and the head.

A client that forgets what was acknowledged: if the log does not hold all of that any more, no resending heals it. Then
the last lines begin with ``lost``, and the process fails.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from prompter_events import Event, Log, LogUnavailable, ProducerId, Receipt, open_log

from .events import events


def portions(producer: ProducerId, sizes: str) -> Iterator[tuple[int, int]]:
    """The first and the last number of each append of a producer; the same in every process, and without end."""
    least, _, most = sizes.partition("..")
    drawn = random.Random(producer.int)
    last = 0
    while True:
        first, last = last + 1, last + drawn.randint(int(least), int(most or least))
        yield first, last


def say(*what: object) -> None:
    """One line that the test can wait for."""
    sys.stdout.write(f"{' '.join(map(str, what))}\n")
    sys.stdout.flush()


class Lost(Exception):
    """The log lacks what it acknowledged."""


async def write(log: Log, producer: ProducerId, appends: int, sizes: str) -> None:
    """One producer's work."""
    for first, last in islice(portions(producer, sizes), appends or None):
        receipt = await _append(log, producer, events(producer, first, last))
        if receipt.last_seq < last:
            raise Lost(f"{producer} was acknowledged up to {first - 1}, and the log ends at {receipt.last_seq}")
        say(producer, last, receipt.position)


async def _append(log: Log, producer: ProducerId, some: list[Event]) -> Receipt:
    while True:
        try:
            return await log.append(producer, some)
        except LogUnavailable as error:
            sys.stderr.write(f"{error}\n")


async def main(url: str, appends: str, sizes: str, *producers: str) -> int:
    """All producers of the process; the exit code."""
    found: list[str] = []
    try:
        async with open_log(url) as log, asyncio.TaskGroup() as group:
            for producer in producers:
                group.create_task(write(log, ProducerId(UUID(producer)), int(appends), sizes))
    except* Lost as losses:
        found += map(str, losses.exceptions)
    for loss in found:
        say("lost", loss)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))

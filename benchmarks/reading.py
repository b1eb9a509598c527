"""Reading a whole log, and verifying it.

    python -m benchmarks.reading [--log sqlite] [--log mysql] [--rounds 5] [--events 50000]

The plain read is the log's rows fetched by the driver, page by page, and nothing made of them.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from prompter_events import Log, Position, open_log, verify

from .figures import Limit, figure, middle_rate, peak_memory
from .logs import NAMES, fresh_logs
from .pages import Page, append_all, queues
from .plain import Plain, plain_table

PAGES = 50


async def measure(kind: str, rounds: int, events: int) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind) as fresh:
        url = await fresh()
        async with open_log(url) as log:
            await append_all(log, queues([Page() for _ in range(PAGES)], events, 25))
            count = (await log.head()).position
            plain = await plain_table(url)
            read, verified, fetched = [], [], []
            for _ in range(rounds):
                read.append(await _read(log))
                verified.append(await _verify(log))
                fetched.append(await _fetch(plain, count))
            await plain.aclose()
    limit = Limit("plain read", middle_rate(count, fetched))
    figure(f"log.read, {NAMES[kind]}", middle_rate(count, read), "events/s", limit)
    figure(f"verify, {NAMES[kind]}", middle_rate(count, verified), "events/s", limit)


async def _read(log: Log) -> float:
    began = time.perf_counter()
    async for _ in log.read():
        pass
    return time.perf_counter() - began


async def _verify(log: Log) -> float:
    began = time.perf_counter()
    await verify(log)
    return time.perf_counter() - began


async def _fetch(plain: Plain, upto: Position) -> float:
    began = time.perf_counter()
    await plain.fetch(upto)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=50_000, help="in the log")
    options = parser.parse_args()
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.rounds, options.events))
    figure("peak memory", peak_memory(), "MiB")


if __name__ == "__main__":
    main()

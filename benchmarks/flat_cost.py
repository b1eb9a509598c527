"""The cost of an event in small logs and large ones, and with one page or many.

    python -m benchmarks.flat_cost [--log sqlite] [--log mysql] [--events 1000000] [--rounds 15]

Logs of 10,000 events, ten times as many, and so on up to ``--events`` lie side by side. In each round every log appends
some events, and reads some from a place drawn at random; so all see the same moments of the machine. Then one page, ten
pages and so on queue the same number of events at once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import median

from prompter_events import Log, Position, open_log

from .figures import Limit, Target, figure, peak_memory
from .logs import NAMES, Fresh, fresh_logs
from .pages import Page, append_all, queues

SMALLEST = 10_000

PAGES = 50
"""Pages at work at a time. Each reloads after its session, so that producers become as many as in real logs."""

FILL_EVENTS = 20_000
"""How many events are made at once while a log is filled."""

APPENDED, READ = 1_000, 2_000
"""Events of one log in one round: few, so that the small log stays small."""

CROWDS = (1, 10, 100, 1000)

CALL_EVENTS = 5

QUEUED = 5_000
"""Events that a crowd queues at once."""

FLAT = Target(at_most=1.5)


async def measure(kind: str, events: int, rounds: int) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind) as fresh, AsyncExitStack() as stack:
        logs: dict[int, Log] = {}
        memory = {}
        for size in _sizes(events):
            logs[size] = await stack.enter_async_context(open_log(await fresh()))
            await _fill(logs[size], size)
            await _read(logs[size], Position(0), size)
            memory[size] = peak_memory()
        _spread(f"peak memory, {NAMES[kind]}, filled and read whole", memory, "events", "MiB")
        await _by_size(kind, logs, rounds)
    async with fresh_logs(kind) as fresh:
        await _by_pages(kind, fresh, rounds)


async def _by_size(kind: str, logs: dict[int, Log], rounds: int) -> None:
    pages = {size: [Page() for _ in range(PAGES)] for size in logs}
    appended: dict[int, list[float]] = {size: [] for size in logs}
    read: dict[int, list[float]] = {size: [] for size in logs}
    for _ in range(rounds):
        for size, log in logs.items():
            queued = queues(pages[size], APPENDED, CALL_EVENTS)
            began = time.perf_counter()
            await append_all(log, queued)
            appended[size].append(_micros(began, APPENDED))
            after = Position(random.randrange(size - READ))
            began = time.perf_counter()
            await _read(log, after, READ)
            read[size].append(_micros(began, READ))
    for what, took in (("append", appended), ("read", read)):
        _spread(f"{what}, {NAMES[kind]}", {size: median(some) for size, some in took.items()}, "events", "µs an event")


async def _by_pages(kind: str, fresh: Fresh, rounds: int) -> None:
    took: dict[int, list[float]] = {crowd: [] for crowd in CROWDS}
    async with AsyncExitStack() as stack:
        logs = {crowd: await stack.enter_async_context(open_log(await fresh())) for crowd in CROWDS}
        for _ in range(rounds):
            for crowd, log in logs.items():
                queued = queues([Page() for _ in range(crowd)], QUEUED, CALL_EVENTS)
                began = time.perf_counter()
                await append_all(log, ([call] for calls in queued for call in calls))
                took[crowd].append(_micros(began, QUEUED))
    _spread(
        f"append, {NAMES[kind]}, queued at once by",
        {crowd: median(some) for crowd, some in took.items()},
        "pages",
        "µs an event",
    )


def _spread(name: str, values: dict[int, float], of: str, unit: str) -> None:
    for at, value in values.items():
        figure(f"{name}, {at:,} {of}", value, unit)
    figure(f"{name}, dearest", max(values.values()), unit, Limit("cheapest", min(values.values())), FLAT)


def _sizes(events: int) -> Iterator[int]:
    size = SMALLEST
    while size <= events:
        yield size
        size *= 10


async def _fill(log: Log, size: int) -> None:
    pages = [Page() for _ in range(PAGES)]
    while (left := size - (await log.head()).position) > 0:
        await append_all(log, queues(pages, min(left, FILL_EVENTS), 25))


async def _read(log: Log, after: Position, count: int) -> None:
    async for _ in log.read(after, limit=count):
        pass


def _micros(began: float, events: int) -> float:
    return (time.perf_counter() - began) / events * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flat_cost", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="in the largest log: 10,000 or a power of ten above"
    )
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.events, options.rounds))


if __name__ == "__main__":
    main()

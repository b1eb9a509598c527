"""Does an event cost the same in a long log as in a short one, and from one page as from a thousand?

    python -m benchmarks.flat_cost [--log sqlite] [--log mysql] [--events 1000000]

The log is filled to 10,000 events, 100,000 and so on up to ``--events``; at each length events are appended by many
pages, and the latest ones read. The largest, 10,000,000, takes minutes and some gigabytes of disk (TMPDIR).
"""

from __future__ import annotations

import argparse
import asyncio
import time
from statistics import median

from prompter_events import Log, Position, open_log

from .figures import Limit, Target, figure, peak_memory
from .logs import NAMES, fresh_logs
from .pages import Page

SHORTEST = 10_000
FLAT = Target(at_most=1.5)

MEASURED = 5_000
"""Events of one measurement, and of one commit in which the log is filled."""

CALL_EVENTS = 5
"""Events of one call: what a page sends after a burst of typing."""

ROUNDS = 9
CROWDS = (1, 10, 100, 1000)


async def measure(kind: str, events: int) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind) as fresh:
        async with open_log(await fresh()) as log:
            appends, reads, memory = {}, {}, {}
            length = SHORTEST
            while length <= events:
                await _fill(log, length)
                appends[length] = await _append_cost(log, 100)
                reads[length] = await _read_cost(log)
                memory[length] = peak_memory()
                figure(f"append, {NAMES[kind]}, {length:,} events in the log", appends[length], "µs an event")
                figure(f"read, {NAMES[kind]}, {length:,} events in the log", reads[length], "µs an event")
                length *= 10
        _flat(f"append, {NAMES[kind]}, dearest length", appends)
        _flat(f"read, {NAMES[kind]}, dearest length", reads)
        _flat(f"peak memory, {NAMES[kind]}, longest log", memory, unit="MiB")

        async with open_log(await fresh()) as log:
            await _fill(log, SHORTEST)
            crowds = {pages: await _append_cost(log, pages) for pages in CROWDS}
        for pages, cost in crowds.items():
            figure(f"append, {NAMES[kind]}, {pages:,} pages at once", cost, "µs an event")
        _flat(f"append, {NAMES[kind]}, dearest number of pages", crowds)


async def _fill(log: Log, length: int) -> None:
    page = Page()
    while (missing := length - (await log.head()).position) > 0:
        group = [page.events(min(missing, 500)) for _ in range(MEASURED // 500)]
        await asyncio.gather(*(log.append(producer_id, some) for producer_id, some in group))


async def _append_cost(log: Log, pages: int) -> float:
    """µs for an event, with so many pages whose queued calls fill each commit: the same calls, whoever makes them."""
    costs = []
    crowd = [Page() for _ in range(pages)]
    for _ in range(ROUNDS):
        calls = [crowd[number % pages].events(CALL_EVENTS) for number in range(MEASURED // CALL_EVENTS)]
        count = sum(len(events) for _, events in calls)
        began = time.perf_counter()
        await asyncio.gather(*(log.append(producer_id, events) for producer_id, events in calls))
        costs.append((time.perf_counter() - began) / count)
    return median(costs) * 1e6


async def _read_cost(log: Log) -> float:
    """µs for each of the latest events."""
    head = (await log.head()).position
    costs = []
    for _ in range(ROUNDS):
        began, count = time.perf_counter(), 0
        async for _event in log.read(after=Position(max(0, head - SHORTEST))):
            count += 1
        costs.append((time.perf_counter() - began) / count)
    return median(costs) * 1e6


def _flat(name: str, values: dict[int, float], unit: str = "µs an event") -> None:
    figure(name, max(values.values()), unit, Limit("cheapest", min(values.values())), FLAT)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flat_cost", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--events", type=int, default=1_000_000, help="the longest log")
    options = parser.parse_args()
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.events))


if __name__ == "__main__":
    main()

"""How soon a committed event reaches those who follow the log, and what a hundred of them cost.

    python -m benchmarks.following [--log sqlite] [--log mysql] [--here 1000] [--there 150]

Delivery counts from the moment in which the append was acknowledged, that is, right after COMMIT.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from prompter_events import Log, Position, open_log
from prompter_events.append import Head
from prompter_events.mysql import MysqlStore
from prompter_events.sqlite import SqliteStore
from prompter_events.store import Store

from .figures import Limit, Target, figure, peak_memory, percentile
from .logs import NAMES, fresh_logs
from .pages import Page

STORES: dict[str, type[Store]] = {"sqlite": SqliteStore, "mysql": MysqlStore}

LEAST_PAUSE, LONGEST_PAUSE = 0.05, 0.35
"""Seconds between two appends that another process follows: out of step with its looks at the log."""

FOLLOWERS = 100

IDLE_SECONDS = 5.0

PROMISED_MS = 200.0
"""How late another process may be, by the contract."""


async def measure(kind: str, here: int, there: int) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind) as fresh:
        url = await fresh()
        async with open_log(url) as log:
            own = await _delays_here(log, here)
            figure(f"COMMIT to delivery, {NAMES[kind]}, same process, p50", percentile(own, 50), "ms")
            figure(f"COMMIT to delivery, {NAMES[kind]}, same process, p99", percentile(own, 99), "ms")
            other = await _delays_there(log, url, there)
            figure(f"COMMIT to delivery, {NAMES[kind]}, another process, p50", percentile(other, 50), "ms")
            late = Limit("promised", PROMISED_MS)
            figure(
                f"COMMIT to delivery, {NAMES[kind]}, another process, p99",
                percentile(other, 99),
                "ms",
                late,
                Target(at_most=1),
            )
        await _cost_of_waiting(kind, url)


async def follow(log: Log, delivered: Callable[[Position], None]) -> None:
    """Deliver every event from now on, until cancelled. The head, from where it begins, is told first."""
    after = (await log.head()).position
    delivered(after)
    while True:
        await log.wait(after)
        async for event in log.read(after):
            delivered(event.position)
            after = event.position


async def _delays_here(log: Log, count: int) -> list[float]:
    """ms from the acknowledgement of an event to its delivery in this process."""
    page, delays = Page(), []
    arrived: asyncio.Queue[int] = asyncio.Queue()
    follower = asyncio.create_task(follow(log, lambda _: arrived.put_nowait(time.monotonic_ns())))
    await arrived.get()
    for _ in range(count):
        await log.append(*page.events(1))
        acknowledged = time.monotonic_ns()
        delays.append((await arrived.get() - acknowledged) / 1e6)
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    return delays


async def _delays_there(log: Log, url: str, count: int) -> list[float]:
    """ms from the acknowledgement of an event to its delivery in another process, whose clock is the same."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.following", "--follow", url), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    page, delays = Page(), []
    try:
        await process.stdout.readline()
        for _ in range(count):
            await asyncio.sleep(random.uniform(LEAST_PAUSE, LONGEST_PAUSE))
            receipt = await log.append(*page.events(1))
            acknowledged = time.monotonic_ns()
            position, at = map(int, (await process.stdout.readline()).split())
            if position != receipt.position:
                raise RuntimeError(f"the event at {receipt.position} was not delivered, but that at {position}")
            delays.append((at - acknowledged) / 1e6)
    finally:
        process.kill()
        await process.wait()
    return delays


async def _cost_of_waiting(kind: str, url: str) -> None:
    one, many = [await _idle(kind, url, followers) for followers in (1, FOLLOWERS)]
    for name, unit, ours, single, target in zip(
        ("looks at the log", "processor time"),
        ("a second", "ms a second"),
        many,
        one,
        (Target(at_most=1.1), None),
        strict=True,
    ):
        figure(f"{FOLLOWERS} waiting followers, {NAMES[kind]}, {name}", ours, unit, Limit("one", single), target)


async def _idle(kind: str, url: str, followers: int) -> tuple[float, float]:
    """What so many followers cost while nothing happens: looks at the log a second, ms of processor time a second."""
    async with open_log(url) as log:
        waiting: asyncio.Queue[Position] = asyncio.Queue()
        tasks = [asyncio.create_task(follow(log, waiting.put_nowait)) for _ in range(followers)]
        for _ in tasks:
            await waiting.get()
        with _looks(kind) as looks:
            began, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(IDLE_SECONDS)
            seconds, used = time.perf_counter() - began, time.process_time() - used
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return len(looks) / seconds, 1000 * used / seconds


@contextmanager
def _looks(kind: str) -> Iterator[list[Position]]:
    """The positions at which the head was found, one for each look at the log."""
    store, looks = STORES[kind], list[Position]()
    head = store.head

    async def look(self: Store) -> Head:
        found = await head(self)
        looks.append(found.position)
        return found

    with patch.object(store, "head", look):
        yield looks


async def _be_followed(url: str) -> None:
    """Be the other process: print each position with the time of its delivery, until killed."""
    async with open_log(url) as log:
        await follow(log, lambda position: print(position, time.monotonic_ns(), flush=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.following", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--here", type=int, default=1000, help="events that the same process follows")
    parser.add_argument("--there", type=int, default=150, help="events that another process follows")
    parser.add_argument("--follow", metavar="URL", help="be the other process")
    options = parser.parse_args()
    if options.follow:
        asyncio.run(_be_followed(options.follow))
        return
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.here, options.there))
    figure("peak memory", peak_memory(), "MiB")


if __name__ == "__main__":
    main()

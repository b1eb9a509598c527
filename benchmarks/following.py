"""Following the log: how soon an event arrives after its commit, and what waiting costs.

    python -m benchmarks.following [--log sqlite] [--log mysql] [--events 300]

One page appends an event at a time. A follower in the same process is woken by the commit; one in another process looks
at the head by itself. Then nobody appends, and 1 and 100 followers wait.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prompter_events import Log, Position, open_log
from prompter_events.news import LOOK_SECONDS

from .figures import Limit, Target, figure, peak_memory, percentile
from .logs import NAMES, fresh_logs
from .pages import Page

WITHIN_MS = 200.0
"""An event of another process arrives within this time."""

IDLE_SECONDS = 3.0
FOLLOWERS = 100


async def measure(kind: str, events: int) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind) as fresh:
        url = await fresh()
        async with open_log(url) as log:
            arrivals: dict[int, float] = {}
            here = asyncio.create_task(_note(log, arrivals, events))
            commits = await _append(log, events, pause=0.0)
            await here
            _print(f"following, {NAMES[kind]}, in the same process", commits, arrivals)

            async with _elsewhere(url, events) as output:
                # Pauses of no fixed length, so that commits fall anywhere between two looks.
                commits = await _append(log, events, pause=LOOK_SECONDS / 7)
                lines = [(await output.readline()).split() for _ in range(events)]
            arrivals = {int(position): float(at) for position, at in lines}
            _print(f"following, {NAMES[kind]}, in another process", commits, arrivals, Target(at_most=WITHIN_MS))

            one = await _idle(log, 1)
            many = await _idle(log, FOLLOWERS)
            looks, cpu = many
            figure(
                f"looks at the head of {FOLLOWERS} followers, {NAMES[kind]}",
                looks,
                "a second",
                Limit("of 1 follower", one[0]),
                Target(at_most=1.1),
            )
            figure(f"processor time of {FOLLOWERS} waiting followers, {NAMES[kind]}", cpu * 1000, "ms a second")


async def _append(log: Log, events: int, pause: float) -> dict[int, float]:
    """When each append was durable, by position."""
    page = Page()
    commits: dict[int, float] = {}
    for number in range(events):
        producer_id, some = page.events(1)
        receipt = await log.append(producer_id, some)
        commits[receipt.position] = time.monotonic()
        await asyncio.sleep(pause * (number % 11) / 5)
    return commits


async def _note(log: Log, arrivals: dict[int, float], events: int) -> None:
    async for event in log.follow((await log.head()).position):
        arrivals[event.position] = time.monotonic()
        if len(arrivals) == events:
            return


@asynccontextmanager
async def _elsewhere(url: str, events: int) -> AsyncIterator[asyncio.StreamReader]:
    """A follower in a process of its own: a line of position and time for each event."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.following", "--follow", url, "--events", str(events),
        stdout=asyncio.subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()  # it is there
    yield process.stdout
    await process.wait()


async def _follow(url: str, events: int) -> None:
    async with open_log(url) as log:
        head = (await log.head()).position
        print("following", flush=True)
        arrivals: dict[int, float] = {}
        async for event in log.follow(head):
            arrivals[event.position] = time.monotonic()
            if len(arrivals) == events:
                break
        for position, at in arrivals.items():
            print(position, at, flush=True)


async def _idle(log: Log, followers: int) -> tuple[float, float]:
    """Looks at the head, and seconds of processor time, for each second that so many followers wait."""
    head, looks = log.head, 0

    async def counted() -> object:
        nonlocal looks
        looks += 1
        return await head()

    position: Position = (await log.head()).position
    log.head = counted  # type: ignore[method-assign,assignment]  # what `wait` looks with
    waiting = [asyncio.ensure_future(log.wait(position)) for _ in range(followers)]
    began, used = time.monotonic(), time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    passed, cpu = time.monotonic() - began, time.process_time() - used
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    log.head = head  # type: ignore[method-assign]
    return looks / passed, cpu / passed


def _print(name: str, commits: dict[int, float], arrivals: dict[int, float], target: Target | None = None) -> None:
    late = [max(0.0, arrivals[position] - at) * 1000 for position, at in commits.items()]
    figure(f"{name}, p50", percentile(late, 50), "ms")
    figure(f"{name}, p99", percentile(late, 99), "ms", target=target)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.following", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--follow", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.follow:
        asyncio.run(_follow(options.follow, options.events))
        return
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.events))
    figure("peak memory", peak_memory(), "MiB")


if __name__ == "__main__":
    main()

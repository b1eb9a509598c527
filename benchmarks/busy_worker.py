"""Appends beside a worker that catches up, and a worker beside appends: in one process, and in two.

    python -m benchmarks.busy_worker [--log sqlite] [--log mysql] [--events 40000] [--appends 600]

A worker and a rebuild never rest: when they are done they begin anew. Appends come one after the other, 3 ms apart.
Each figure stands beside the same one without company, measured in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import mean
from typing import Any
from uuid import uuid4

from prompter_events import Log, Position, open_log
from prompter_projections import MIGRATIONS, CurrentProjection, Worker, rebuild
from support.events import events, new_producer
from support.mariadb import MariaDB

from .figures import Limit, Target, figure
from .logs import NAMES
from .pages import Page, append_all, queues

CALL_EVENTS = 5
"""Events of one append: about what a page has to say twice a second."""

SPACING_SECONDS = 0.003
"""Mean time between two appends: many more than a class of 30 would send."""

REBUILT = {"sqlite": Target(at_least=50_000), "mysql": Target(at_least=30_000)}

PAGES = 40


async def append_latencies(log: Log, count: int, spacing: float = SPACING_SECONDS) -> list[float]:
    """How long each of so many appends took, in ms."""
    producer = new_producer()
    took = []
    for number in range(count):
        await asyncio.sleep(random.uniform(0, 2 * spacing))
        some = events(producer, number * CALL_EVENTS + 1, (number + 1) * CALL_EVENTS)
        began = time.perf_counter()
        await log.append(producer, some)
        took.append(1000 * (time.perf_counter() - began))
    return sorted(took)


async def bare_read(log: Log, upto: Position) -> float:
    """Events read in a second."""
    began = time.perf_counter()
    async for _ in log.read(limit=upto):
        pass
    return upto / (time.perf_counter() - began)


async def work(log: Log, upto: Position) -> float:
    """A worker that starts from nothing; events folded in a second."""
    projection = CurrentProjection()
    projection.name = f"current-{uuid4()}"
    worker = Worker(log, projection)
    began = time.perf_counter()
    running = asyncio.create_task(worker.run())
    try:
        await worker.caught_up(upto)
        return upto / (time.perf_counter() - began)
    finally:
        worker.stop()
        await running


async def make_anew(log: Log, upto: Position) -> float:
    """A rebuild; events folded in a second."""
    began = time.perf_counter()
    done = await rebuild(log, CurrentProjection())
    return done.position / (time.perf_counter() - began)


async def flood(log: Log, upto: Position) -> float:
    """Appends without a pause; events in a second."""
    return 1000 * CALL_EVENTS / mean(await append_latencies(log, 100, spacing=0))


COMPANY: dict[str, Callable[[Log, Position], Coroutine[Any, Any, float]]] = {
    "a worker": work,
    "a rebuild": make_anew,
    "appends": flood,
}


@asynccontextmanager
async def beside_here(log: Log, what: str, upto: Position) -> AsyncIterator[None]:
    """Company in this process."""

    async def again_and_again() -> None:
        while True:
            await COMPANY[what](log, upto)

    running = asyncio.create_task(again_and_again())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def beside_there(url: str, what: str, upto: Position) -> AsyncIterator[None]:
    """Company in another process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.busy_worker",
        "--company",
        what,
        url,
        str(upto),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *map(os.path.abspath, sys.path)])},
    )
    try:
        if process.stdout is None or not await process.stdout.readline():
            raise RuntimeError("the other process ended early")
        yield
    finally:
        process.kill()
        await process.wait()


async def keep_company(what: str, url: str, upto: Position) -> None:
    """Be the other process, until killed."""
    async with open_log(url, migrations=[MIGRATIONS]) as log:
        sys.stdout.write("at work\n")
        sys.stdout.flush()
        while True:
            await COMPANY[what](log, upto)


async def measure(kind: str, url: str, count: int, appends: int) -> None:
    """Print the figures of one kind of log."""
    name = NAMES[kind]
    async with open_log(url, migrate=kind == "sqlite", migrations=[MIGRATIONS]) as log:
        await append_all(log, queues([Page() for _ in range(PAGES)], count, 25))
        upto = (await log.head()).position
        alone = await append_latencies(log, appends)
        for what in ("a worker", "a rebuild"):
            async with beside_here(log, what, upto):
                _latencies(f"{name}, beside {what} of the same process", await append_latencies(log, appends), alone)
            async with beside_there(url, what, upto):
                _latencies(f"{name}, beside {what} of another process", await append_latencies(log, appends), alone)
        read = await bare_read(log, upto)
        rebuilt = await make_anew(log, upto)
        figure(f"rebuild, {name}", rebuilt, "events/s", None, REBUILT[kind])
        figure(f"rebuild, {name}", rebuilt, "events/s", Limit("bare read", read))
        worked = await work(log, upto)
        figure(f"worker catching up, {name}", worked, "events/s", Limit("bare read", read))
        async with beside_there(url, "appends", upto):
            beside = await work(log, upto)
        figure(f"worker beside appends of another process, {name}", beside, "events/s", Limit("without", worked))


def _latencies(name: str, took: Sequence[float], alone: Sequence[float]) -> None:
    for label, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        at = min(len(took) - 1, int(part * len(took)))
        figure(f"append {label}, {name}", took[at], "ms", Limit("alone", alone[at]))


async def measure_kind(kind: str, count: int, appends: int) -> None:
    """Make a log of one kind, and measure."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
            await measure(kind, f"sqlite:///{Path(directory) / 'log.db'}", count, appends)
        return
    server = MariaDB()
    try:
        server.start()
        os.environ["PROMPTER_DB_PASSWORD"] = server.password
        await measure(kind, await server.fresh_database(MIGRATIONS), count, appends)
    finally:
        server.remove()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.busy_worker", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--events", type=int, default=40_000, help="of the log that the workers read")
    parser.add_argument("--appends", type=int, default=600, help="for each figure")
    parser.add_argument("--company", nargs=3, metavar=("WHAT", "URL", "UPTO"), help="be the other process")
    options = parser.parse_args()
    if options.company:
        what, url, upto = options.company
        asyncio.run(keep_company(what, url, Position(int(upto))))
        return
    for kind in options.log or NAMES:
        asyncio.run(measure_kind(kind, options.events, options.appends))


if __name__ == "__main__":
    main()

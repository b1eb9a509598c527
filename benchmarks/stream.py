"""Pages on real sockets: how soon they are answered, how much gets through, and what a page costs the server.

    python -m benchmarks.stream [--log sqlite] [--log mysql] [--pages 1 --pages 100 ...] [--seconds 15]

The server is Jupyter's, with everything that Prompter does there: it stores, folds, decides and tells. Pages type two
bursts of five keys a second each, each page another person's; then they send as fast as they are answered, ten bursts
to a frame, and a hundred: the plugin sends up to five hundred at once when it was away. Both sides share the machine.
Beside it: a socket that only sends frames back, and ``log.append`` of as many bursts without a socket.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import msgpack
import psutil

from prompter.storage import DIRECTORIES
from prompter_events import Event, ParticipantId, open_log
from prompter_events.event import ProducerId, SessionId
from support.lab import Lab

from .callers import Caller, at_full_speed, callers, paced
from .echo import echo_server
from .figures import Limit, Target, figure, percentile
from .logs import NAMES, fresh_logs
from .pages import append_all

PER_SECOND = 2

SIZES = (10, 100)
"""Bursts to a frame, at full speed."""

MANY = 100
"""Fewer pages, each of which waits for its last frame, cannot fill the log."""

PROMPT, THROUGH = Target(at_most=50), Target(at_least=0.4)


async def measure(kind: str, sizes: Sequence[int], seconds: float) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind, *DIRECTORIES) as fresh:
        for pages in sizes:
            name = f"{NAMES[kind]}, {pages} pages"
            before = {size: await _append_alone(await fresh(), pages, size) for size in SIZES}
            echo = await _echo(pages, seconds)
            with _server(await fresh()) as lab:
                rates = await _pages(name, lab, pages, seconds, echo=echo)
            for size, rate in rates.items():
                # Before and after: what else a machine does changes by the minute.
                alone = (before[size] + await _append_alone(await fresh(), pages, size)) / 2
                limit = Limit("log.append", alone)
                target = THROUGH if pages >= MANY else None
                figure(f"through the socket, {name}, {size} a frame", rate, "events/s", limit, target)


async def _pages(name: str, lab: Lab, pages: int, seconds: float, *, echo: Sequence[float]) -> dict[int, float]:
    """Print how pages are answered. Returns how many events a second get through, by the size of the frames."""
    process = psutil.Process(lab.pid)
    async with AsyncExitStack() as stack:
        before = process.memory_info().rss
        crowd = await callers(stack, pages, lab.stream)
        held = process.memory_info().rss - before
        worked = _worked(process)
        answers = await paced(crowd, PER_SECOND, seconds)
        cost = (_worked(process) - worked) / len(answers)
        for percent in (50, 99):
            limit = Limit("echo", percentile(echo, percent) * 1000)
            value = percentile(answers, percent) * 1000
            figure(f"ack, {name}, {PER_SECOND} bursts a second each, p{percent}", value, "ms", limit)
        slow = PROMPT if pages == 500 else None
        figure(f"ack, {name}, p99", percentile(answers, 99) * 1000, "ms", target=slow)
        figure(f"ack, {name}, longest", max(answers) * 1000, "ms", Limit("echo", max(echo) * 1000))
        figure(f"server's work for an event, {name}", cost * 1e6, "µs")
        if pages > 1:
            figure(f"server's memory for a page, {name}", held / pages / 1024, "KiB")
        return {size: await _at_full_speed(name, lab, crowd, size, seconds) for size in SIZES}


async def _at_full_speed(name: str, lab: Lab, crowd: Sequence[Caller], size: int, seconds: float) -> float:
    figures = lab.metrics()
    rate = await at_full_speed(crowd, size, seconds)
    then = lab.metrics()
    commits, events = (
        then[f"prompter_commit_events_{part}"] - figures[f"prompter_commit_events_{part}"] for part in ("count", "sum")
    )
    figure(f"events a commit, {name}, {size} a frame", events / commits, "")
    return rate


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _server(url: str) -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
        settings = {"PROMPTER_LOG": url, "MODE": "EXP_CTS"}
        password = {name: os.environ[name] for name in ("PROMPTER_DB_PASSWORD",) if name in os.environ}
        lab = Lab(Path(directory), "server", {**settings, **password}, people=True)
        lab.start()
        try:
            yield lab
        finally:
            lab.stop()


async def _echo(pages: int, seconds: float) -> list[float]:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(echo_server())
        return await paced(await callers(stack, pages, f"ws://127.0.0.1:{port}/"), PER_SECOND, seconds)


async def _append_alone(url: str, pages: int, size: int) -> float:
    """Bursts a second of as many callers without sockets, as many to a call."""
    calls = max(1, 60_000 // (pages * size))
    queued = [_calls(calls, size) for _ in range(pages)]
    async with open_log(url) as log:
        began = time.perf_counter()
        await append_all(log, queued)
        return pages * calls * size / (time.perf_counter() - began)


def _calls(count: int, size: int) -> list[tuple[ProducerId, list[Event]]]:
    producer, session, person = ProducerId(uuid4()), SessionId(uuid4()), ParticipantId(uuid4())
    bodies = [msgpack.packb(Caller.typed(number)) for number in range(2)]
    return [
        (
            producer,
            [
                Event(
                    session_id=session,
                    producer_id=producer,
                    producer_seq=seq,
                    participant_id=person,
                    type="cell.edited",
                    schema_version=1,
                    occurred_at=1_790_000_000_000_000,
                    payload=bodies[seq % 2],
                )
                for seq in range(call * size + 1, (call + 1) * size + 1)
            ],
        )
        for call in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--pages", action="append", type=int, help="so many; 1, 10, 100, 500 and 1000 if not given")
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.pages or (1, 10, 100, 500, 1000), options.seconds))


if __name__ == "__main__":
    main()

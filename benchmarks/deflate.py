"""What permessage-deflate would save and cost: bytes, the server's work for a frame, its memory for a page.

    python -m benchmarks.deflate [--pages 200] [--seconds 10]

A bare echo with and without it, in turns, and the same pages as in ``benchmarks.stream``: two bursts of five keys a
second each, 220 bytes in a frame. Bytes are those that the loopback interface carried, TCP's own included.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack

import psutil

from .callers import callers, paced
from .echo import echo_server
from .figures import Limit, figure

PER_SECOND = 2

ROUNDS = 3


async def measure(pages: int, seconds: float) -> None:
    """Print the figures."""
    sums = {False: [0.0, 0.0, 0.0], True: [0.0, 0.0, 0.0]}
    for _ in range(ROUNDS):
        for deflate, total in sums.items():
            for place, value in enumerate(await _one(pages, seconds, deflate=deflate)):
                total[place] += value / ROUNDS
    for name, unit, plain, squeezed in zip(
        ("bytes for a frame and its echo", "the server's work for a frame", "its memory for a page"),
        ("", "µs", "KiB"),
        sums[False],
        sums[True],
        strict=True,
    ):
        figure(f"{name}, with permessage-deflate", squeezed, unit, Limit("without", plain))


async def _one(pages: int, seconds: float, *, deflate: bool) -> tuple[float, float, float]:
    async with AsyncExitStack() as stack:
        port, pid = await stack.enter_async_context(echo_server(deflate=deflate))
        server = psutil.Process(pid)
        before = server.memory_info().rss
        crowd = await callers(stack, pages, f"ws://127.0.0.1:{port}/", deflate=deflate)
        worked, carried = _worked(server), _carried()
        answers = await paced(crowd, PER_SECOND, seconds)
        carried, worked = _carried() - carried, _worked(server) - worked
        held = server.memory_info().rss - before
        return carried / len(answers), worked / len(answers) * 1e6, held / pages / 1024


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _carried() -> int:
    carried: int = psutil.net_io_counters(pernic=True)["lo"].bytes_sent
    return carried


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deflate", description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    asyncio.run(measure(options.pages, options.seconds))


if __name__ == "__main__":
    main()

"""Appending queued events, beside the same rows inserted by a plain program.

    python -m benchmarks.append [--log sqlite] [--log mysql] [--rounds 25] [--events 4000]

In each round many pages append at once, each of them again as soon as it is acknowledged. Then the rows that came of it
go into a plain table, in the groups in which the log had committed them. Rounds are short, so that both see the same
moments of the machine; each figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from itertools import groupby

from prompter_events import Log, Position, open_log
from prompter_events.rows import EVENT_COLUMNS, EventRow, event_row

from .figures import Limit, Target, figure, middle_rate, peak_memory
from .logs import NAMES, fresh_logs
from .pages import Page, append_all, queues
from .plain import plain_table

TARGETS = {"sqlite": Target(at_least=0.5), "mysql": Target(at_least=0.7)}

LOADS = ((1000, 1), (100, 10), (20, 100))
"""(pages, events of one call): together more than one commit takes, as behind a slow one."""


async def measure(kind: str, rounds: int, events: int) -> None:
    """Print the figures of one kind of log."""
    async with fresh_logs(kind) as fresh:
        for pages, size in LOADS:
            async with open_log(await fresh()) as log:
                plain = await plain_table(await fresh())
                crowd = [Page() for _ in range(pages)]
                ours, theirs, commits = [], [], []
                for _ in range(rounds):
                    seconds, groups = await _append(log, crowd, events, size)
                    rows = sum(map(len, groups))
                    ours.append(seconds / rows)
                    commits.append(rows / len(groups))
                    began = time.perf_counter()
                    await plain.insert(groups)
                    theirs.append((time.perf_counter() - began) / rows)
                await plain.aclose()
            figure(
                f"log.append, {NAMES[kind]}, {pages} pages, {size} events a call, {sum(commits) / rounds:.0f} a commit",
                middle_rate(1, ours),
                "events/s",
                Limit("plain executemany", middle_rate(1, theirs)),
                TARGETS[kind],
            )


async def _append(log: Log, pages: list[Page], events: int, size: int) -> tuple[float, list[list[EventRow]]]:
    queued = queues(pages, events, size)
    before = (await log.head()).position
    began = time.perf_counter()
    await append_all(log, queued)
    seconds = time.perf_counter() - began
    return seconds, await _groups(log, before)


async def _groups(log: Log, after: Position) -> list[list[EventRow]]:
    """The rows behind a position, one list for each commit: its events bear the same time."""
    rows = [event_row(event) async for event in log.read(after)]
    recorded_at = EVENT_COLUMNS.index("recorded_at")
    return [list(group) for _, group in groupby(rows, key=lambda row: row[recorded_at])]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.append", description=__doc__.split("\n")[0])
    parser.add_argument("--log", action="append", choices=NAMES, help="kind of log; both if not given")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--events", type=int, default=4_000, help="of one round")
    options = parser.parse_args()
    for kind in options.log or NAMES:
        asyncio.run(measure(kind, options.rounds, options.events))
    figure("peak memory", peak_memory(), "MiB")


if __name__ == "__main__":
    main()

"""Workers that are killed at a step of their transaction, the first, the second, the third … as the test says.

    python -m dying_worker URL VARIANT

For each line ``STEP POSITION`` on standard input one process runs the worker of ``Recounting`` up to that position, and
kills itself at that step of its first transaction; see ``support.dying`` for what a step is, and for the variant
``torn``. It says where it died; ``over`` ends what is said of one process.
"""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers import Recounting

from prompter_events import Log, Position, Transaction, open_log
from prompter_events.stored import StoredLog
from prompter_projections import MIGRATIONS, Worker
from support.dying import Steps, fork_for_each_line, watch_mysql, watch_sqlite
from support.processes import python

WRITTEN = "committed, before the worker knows"

LEASE_SECONDS = 0.001
"""So that the next worker need not wait for a dead one's lease."""


class DyingWorker:
    """The program, as its test sees it."""

    def __init__(self, program: asyncio.subprocess.Process) -> None:
        self._program = program

    async def at(self, step: int, upto: int) -> str:
        """Let a worker die at its step of this number, counted from 1; where that was, empty if it needed fewer."""
        if self._program.stdin is None or self._program.stdout is None:
            raise RuntimeError("the program has no pipes")
        self._program.stdin.write(f"{step} {upto}\n".encode())
        died = ""
        async with asyncio.timeout(60):
            async for line in self._program.stdout:
                match line.decode().strip().split(" ", 1):
                    case ["dies", where]:
                        died = where
                    case ["over"]:
                        return died
                    case ["failed", why]:
                        raise RuntimeError(f"the worker of step {step} failed by itself: {why}")
        raise RuntimeError("the program ended early")


@asynccontextmanager
async def dying_worker(url: str, variant: str = "sound") -> AsyncIterator[DyingWorker]:
    """The program, until the block ends."""
    program = await python("dying_worker", url, variant, stdin=subprocess.PIPE)
    try:
        yield DyingWorker(program)
    finally:
        if program.stdin is not None:
            program.stdin.close()
        await program.communicate()


def watch_transactions(log: Log, steps: Steps) -> None:
    """Count the steps of the first transaction, and one after it."""
    if not isinstance(log, StoredLog):
        raise TypeError("this log dies with its process")
    store = log._store
    transact = store.transact

    @functools.wraps(transact)
    async def watched(transaction: Transaction) -> Position:
        store.transact = transact  # type: ignore[method-assign]
        steps.armed = True
        position = await transact(transaction)
        steps.take(WRITTEN)
        steps.armed = False
        return position

    store.transact = watched  # type: ignore[method-assign]


async def work(url: str, variant: str, steps: Steps, upto: int) -> None:
    """The process that dies."""
    watch_sqlite(steps, torn=variant == "torn")
    watch_mysql(steps, torn=variant == "torn")
    async with open_log(url, migrations=[MIGRATIONS]) as log:
        watch_transactions(log, steps)
        worker = Worker(log, Recounting(), lease_seconds=LEASE_SECONDS)
        running = asyncio.create_task(worker.run())
        await worker.caught_up(upto)
        worker.stop()
        await running


def main(url: str, variant: str) -> None:
    """Work once for each line."""

    async def die(step: str, upto: str) -> None:
        await work(url, variant, Steps(int(step)), int(upto))

    fork_for_each_line(die)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Processes that are killed at a step of an append, the first, the second, the third … as the test says.

    python -m support.dying URL VARIANT

For each line ``STEP KNOWN NEW`` on standard input one process appends the events of ``appends``, first ``KNOWN``'s own
and then those of both producers at once, and kills itself at that step of the second append. It says what was
acknowledged and where it died; ``over`` ends what is said of one process.

A step is a statement of SQLite about to run, or a packet to a MySQL server not sent yet, half sent, sent; and the
commit that succeeded, before its receipt is given out. No step is made by the product: the drivers are wrapped here.

``VARIANT`` is ``sound``, or a way to break the log that a test must notice: ``torn`` commits each statement by itself,
``hasty`` acknowledges before it appends.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiomysql

from prompter_events import Batch, Log, ProducerId, open_log
from prompter_events.append import Plan
from prompter_events.mysql.store import MysqlStore
from prompter_events.stored import StoredLog

from .events import events, new_producer
from .processes import python

COMMITTED = "committed, before the receipt"

# So few that the events of one append take several round trips.
STATEMENT_BYTES = 1000

TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK")


def appends(known: ProducerId, new: ProducerId) -> tuple[list[Batch], list[Batch]]:
    """What is acknowledged before, and the append that is interrupted."""
    return [Batch(known, events(known, 1, 3))], [Batch(known, events(known, 4, 9)), Batch(new, events(new, 1, 4))]


@dataclass
class Death:
    """What one process left behind."""

    known: ProducerId
    new: ProducerId
    at: str = ""
    """The step at which it died; empty if the append needed fewer steps."""
    acknowledged: dict[ProducerId, int] = field(default_factory=dict)
    """The last number of each producer that was acknowledged."""


class Dying:
    """The program, as its test sees it."""

    def __init__(self, program: asyncio.subprocess.Process) -> None:
        self._program = program

    async def at(self, step: int) -> Death:
        """Let an append die at its step of this number, counted from 1."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        death = Death(new_producer(), new_producer())
        self._program.stdin.write(f"{step} {death.known} {death.new}\n".encode())
        async with asyncio.timeout(60):
            async for line in self._program.stdout:
                match line.decode().strip().split(" ", 2):
                    case ["acknowledged", producer, number]:
                        death.acknowledged[ProducerId(UUID(producer))] = int(number)
                    case ["dies", *where]:
                        death.at = " ".join(where)
                    case ["over"]:
                        return death
                    case ["failed", *_]:
                        break
        raise RuntimeError(f"the append of step {step} failed by itself")


@asynccontextmanager
async def dying(url: str, variant: str = "sound") -> AsyncIterator[Dying]:
    """The program, until the block ends."""
    program = await python("support.dying", url, variant, stdin=subprocess.PIPE)
    try:
        yield Dying(program)
    finally:
        assert program.stdin is not None
        program.stdin.close()
        await program.communicate()


class Steps:
    """Counts steps, and kills the process at the last one."""

    def __init__(self, last: int) -> None:
        self._left = last
        self.armed = False

    def take(self, name: str) -> None:
        """One step."""
        if self.armed:
            self._left -= 1
            if self._left == 0:
                say("dies", name)
                os.kill(os.getpid(), signal.SIGKILL)

    @property
    def last_is_next(self) -> bool:
        """Whether the next step is the last one."""
        return self.armed and self._left == 1


def say(*what: object) -> None:
    """One line to the test."""
    sys.stdout.write(f"{' '.join(map(str, what))}\n")
    sys.stdout.flush()


def _words(sql: str) -> str:
    return " ".join(sql.split()[:3])


def watch_sqlite(steps: Steps, *, torn: bool) -> None:
    """Take a step before each statement of each connection that is opened from now on."""

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            if torn and sql.startswith(TRANSACTION):
                return super().execute("SELECT 1")
            return super().execute(sql, parameters)

    opening = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = opening(*arguments, factory=Connection, **options)
        connection.set_trace_callback(lambda sql: steps.take(f"before {_words(sql)}"))
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]  # fewer overloads


def watch_mysql(steps: Steps, *, torn: bool) -> None:
    """Take three steps with each packet that is sent."""
    send = aiomysql.Connection._write_bytes

    def write_bytes(connection: aiomysql.Connection, data: bytes) -> Any:
        # Four bytes of header and one that says what kind of packet it is. Values are hexadecimal, so no ";" is theirs.
        name = "; ".join(map(_words, data[5:].decode(errors="replace").split(";")))
        steps.take(f"before {name}")
        if steps.last_is_next:
            send(connection, data[: len(data) // 2])
        steps.take(f"half of {name}")
        sent = send(connection, data)
        steps.take(f"sent {name}")
        return sent

    aiomysql.Connection._write_bytes = write_bytes
    if torn:
        for name in ("begin", "commit"):
            setattr(aiomysql.Connection, name, lambda connection: asyncio.sleep(0))


def watch_commits(log: Log, steps: Steps) -> None:
    """Take a step after each commit of this log."""
    assert isinstance(log, StoredLog)
    store = log._store
    commit = store.commit

    @functools.wraps(commit)
    async def watched(batches: Sequence[Batch]) -> Plan:
        plan = await commit(batches)
        steps.take(COMMITTED)
        return plan

    store.commit = watched  # type: ignore[method-assign]
    if isinstance(store, MysqlStore):
        store._statement_bytes = STATEMENT_BYTES


def acknowledge(batches: Iterable[Batch]) -> None:
    """Say that all these are durable."""
    for batch in batches:
        say("acknowledged", batch.producer_id, batch.events[-1].producer_seq)


async def append(url: str, variant: str, steps: Steps, known: ProducerId, new: ProducerId) -> None:
    """The process that dies."""
    watch_sqlite(steps, torn=variant == "torn")
    watch_mysql(steps, torn=variant == "torn")
    before, interrupted = appends(known, new)
    async with open_log(url) as log:
        watch_commits(log, steps)
        await log.append_batches(before)
        acknowledge(before)
        if variant == "hasty":
            acknowledge(interrupted)
        steps.armed = True
        await log.append_batches(interrupted)
        steps.armed = False
        acknowledge(interrupted)


def fork_for_each_line(work: Callable[..., Coroutine[Any, Any, None]]) -> None:
    """Run ``work`` with the words of each line of standard input, each time in a process of its own.

    They are forked, so that everything is imported but once.
    """
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(work(*line.split()))
            except BaseException as error:
                say("failed", repr(error))
            os._exit(0)
        os.waitpid(child, 0)
        say("over")


def main(url: str, variant: str) -> None:
    """Append once for each line."""

    async def die(step: str, known: str, new: str) -> None:
        await append(url, variant, Steps(int(step)), ProducerId(UUID(known)), ProducerId(UUID(new)))

    fork_for_each_line(die)


if __name__ == "__main__":
    main(*sys.argv[1:])

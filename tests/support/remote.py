"""Processes that serve a log over a socket, one frame an append, and that a test may kill.

    python -m support.remote

is asked on standard input for one process a line, as JSON ``{url, password, path, fault}``, forks it, and the fork says
its id on standard output once it listens at ``path``. Forking spares each new process the imports.

A request is a msgpack map. ``{tag, producer_id}`` is a hello, answered by ``{tag, last_seq}``; ``{tag, producer_id,
first_seq, texts, die}`` holds events, answered so too, after COMMIT, or by ``{tag, error}``. ``die`` says where in this
append the process kills itself: ``before commit``, ``after commit``, or nowhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any
from uuid import UUID

import msgpack

from prompter_events import Log, ProducerId, open_log
from prompter_events.mysql import statements as mysql_statements
from prompter_events.sqlite import statements as sqlite_statements

from .events import event, note
from .faults import FAULTS

READ_BYTES = 64 * 1024


def say(what: object) -> None:
    """One line to the test."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def die() -> None:
    """As by a crash: nothing is flushed, closed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


class Server:
    """Answers requests from one log. With ``hasty`` it answers before it stores, and stores when the next one comes."""

    def __init__(self, log: Log, *, hasty: bool) -> None:
        self._log = log
        self._hasty = hasty
        self._owed: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Start on each request as it comes, so that what came together is committed together."""
        requests = msgpack.Unpacker()
        while data := await reader.read(READ_BYTES):
            requests.feed(data)
            for request in requests:
                task = asyncio.create_task(self._serve(request, writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _serve(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: dict[str, Any] = {"tag": request["tag"]}
        try:
            answer["last_seq"] = await self._last_seq(request)
        except Exception as error:
            answer["error"] = repr(error)
        writer.write(msgpack.packb(answer))
        await writer.drain()

    async def _last_seq(self, request: dict[str, Any]) -> int:
        while self._owed:
            await self._store(self._owed.pop())
        if "texts" not in request:
            return await self._log.last_seq(_producer(request))
        if self._hasty:
            self._owed.append(request)
            return int(request["first_seq"]) + len(request["texts"]) - 1
        return await self._store(request)

    async def _store(self, request: dict[str, Any]) -> int:
        producer = _producer(request)
        if request["die"] == "before commit":
            _die_before_commit()
        events = [event(producer, at, note(text)) for at, text in enumerate(request["texts"], request["first_seq"])]
        receipt = await self._log.append(producer, events)
        if request["die"] == "after commit":
            die()
        return receipt.last_seq


def _producer(request: dict[str, Any]) -> ProducerId:
    return ProducerId(UUID(bytes=request["producer_id"]))


def _die_before_commit() -> None:
    """Let the next append write all it has to, and die before its COMMIT."""
    in_sqlite, in_mysql = sqlite_statements.append, mysql_statements.append

    def append(*arguments: Any, **options: Any) -> Any:
        in_sqlite(*arguments, **options)
        die()

    async def append_async(*arguments: Any, **options: Any) -> Any:
        await in_mysql(*arguments, **options)
        die()

    sqlite_statements.append = append
    mysql_statements.append = append_async


async def serve(url: str, password: str | None, path: str, fault: str | None) -> None:
    """Serve until the process is killed."""
    if fault in FAULTS:
        FAULTS[fault](url)
    async with open_log(url, password=password) as log:
        server = Server(log, hasty=fault == "acknowledges first")
        async with await asyncio.start_unix_server(server.connected, path):
            say(os.getpid())
            await asyncio.Event().wait()


def main() -> None:
    """Fork a process for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    for line in sys.stdin:
        if os.fork() == 0:
            try:
                asyncio.run(serve(**json.loads(line)))
            except BaseException as error:
                say(repr(error))
            os._exit(1)


if __name__ == "__main__":
    main()

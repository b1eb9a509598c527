"""A proxy between pages and servers that harms the pages' sockets, by a seeded plan.

What is no socket of ours passes as it is, to the first server: JupyterLab and its kernels are not on trial here.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

from .lab import Lab

OURS = b"GET /prompter/stream"

READ_BYTES = 64 * 1024

Kind = Literal["cut", "half to server", "half to page", "stall", "delay", "late", "deaf", "away"]
"""What is done to a socket.

``cut``: both sides at once. ``half``: the next bytes in this direction pass by half, then it is cut. ``stall``: nothing
passes for a while, then all of it. ``delay``: everything comes late for a while. ``late``: the page's side is cut, and
what it had sent comes to the server when the page is back on another socket. ``deaf``: the server's side is cut, and
the page hears of it later. ``away``: cut, and no server takes a new one for a while.
"""


@dataclass(frozen=True)
class Fault:
    """One fault of a socket."""

    kind: Kind
    after: float
    """Seconds since the socket was opened, or since its fault before this one ended."""
    lasts: float
    """Seconds."""


def plan(seed: int, socket: int) -> Iterator[Fault]:
    """The faults of a proxy's n-th socket. It never ends; most faults end the socket."""
    dice = random.Random(f"{seed}/{socket}")
    while True:
        # Evenly on a scale of powers: some sockets break at hello, some carry a few frames first.
        yield Fault(dice.choice(get_args(Kind)), 0.02 * 250 ** dice.random(), 0.1 + 2 * dice.random())


@dataclass
class End:
    """One side of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def cut(self) -> None:
        """Without a goodbye."""
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Cut, and wait until it is."""
        self.cut()
        with suppress(OSError):
            await self.writer.wait_closed()


class Wire:
    """One socket, and what is done to it now."""

    def __init__(self, page: End, server: End, done: Counter[str]) -> None:
        self._page = page
        self._server = server
        self._done = done
        self._open = asyncio.Event()
        self._open.set()
        self._held = asyncio.Event()
        self._delay = 0.0
        self._halved: End | None = None

    async def carry(self, faults: Iterator[Fault], calm: asyncio.Event) -> Fault | None:
        """Pass bytes on until an end is gone. Returns the fault that ended it, if it was one."""
        ways = ((self._page, self._server), (self._server, self._page))
        passing = [asyncio.create_task(self._pass(*way)) for way in ways]
        harming = asyncio.create_task(self._harm(faults, calm))
        try:
            await asyncio.wait({*passing, harming}, return_when=asyncio.FIRST_COMPLETED)
            return harming.result() if harming.done() else None
        finally:
            # First, for whoever ends the proxy may cancel this, too.
            self._page.cut()
            self._server.cut()
            for task in (*passing, harming):
                task.cancel()
            await asyncio.gather(*passing, harming, return_exceptions=True)
            await asyncio.gather(self._page.gone(), self._server.gone())

    async def _pass(self, source: End, target: End) -> None:
        with suppress(OSError):
            while data := await source.reader.read(READ_BYTES):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if source is self._page:
                    self._held.set()
                await self._open.wait()
                if self._halved is target:
                    self._done["half to server" if target is self._server else "half to page"] += 1
                    target.writer.write(data[: len(data) // 2])
                    await target.writer.drain()
                    return
                target.writer.write(data)
                await target.writer.drain()
        if not self._open.is_set():
            # Both sides look open for as long as a fault says so.
            await self._open.wait()

    async def _harm(self, faults: Iterator[Fault], calm: asyncio.Event) -> Fault | None:
        for fault in faults:
            if await _set_within(calm, fault.after):
                break
            match fault.kind:
                case "cut" | "away":
                    self._done[fault.kind] += 1
                    return fault
                case "half to server":
                    self._halved = self._server
                case "half to page":
                    self._halved = self._page
                case "stall":
                    self._done[fault.kind] += 1
                    self._open.clear()
                    await asyncio.sleep(fault.lasts)
                    self._open.set()
                case "delay":
                    self._done[fault.kind] += 1
                    self._delay = fault.lasts / 4
                    await asyncio.sleep(3 * fault.lasts)
                    self._delay = 0.0
                case "late":
                    self._open.clear()
                    self._held.clear()
                    if await _set_within(self._held, 3):
                        self._done[fault.kind] += 1
                    self._page.cut()
                    await asyncio.sleep(fault.lasts)
                    self._open.set()
                    # What was held goes out now; the server may have given this socket up long ago.
                    await asyncio.sleep(0.1)
                    return fault
                case "deaf":
                    self._done[fault.kind] += 1
                    self._open.clear()
                    self._server.cut()
                    await asyncio.sleep(fault.lasts)
                    return fault
        return await asyncio.get_running_loop().create_future()


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    # Not wait_for, which in Python 3.11 may swallow a cancellation that comes as the event does.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


class Chaos:
    """The proxy, in a thread of its own. As long as the block runs; ``calm`` ends the faults before."""

    def __init__(self, seed: int, servers: Sequence[Lab]) -> None:
        self._seed = seed
        self._servers = [urlsplit(lab.url).port or 0 for lab in servers]
        self._dice = random.Random(f"{seed}/servers")
        self._sockets = 0
        self._away_until = 0.0
        self._loop = asyncio.new_event_loop()
        self._calm = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0
        self.done: Counter[str] = Counter()
        """How often each fault was done to bytes on their way, and how many ``sockets`` there were."""

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self._run(self._serve())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def through(self, address: str) -> str:
        """An address of the first server, by way of this proxy."""
        there = urlsplit(address)
        return there._replace(netloc=f"127.0.0.1:{self.port}").geturl()

    def calm(self) -> None:
        """No faults from now on; those that have begun still end."""
        self._loop.call_soon_threadsafe(self._calm.set)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", limit=READ_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._carry(End(reader, writer)))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _carry(self, page: End) -> None:
        try:
            with suppress(OSError):
                await self._converse(page)
        finally:
            await page.gone()

    async def _converse(self, page: End) -> None:
        first = await page.reader.read(READ_BYTES)
        ours = first.startswith(OURS)
        if ours and self._loop.time() < self._away_until:
            return
        port = self._dice.choice(self._servers) if ours else self._servers[0]
        server = End(*await asyncio.open_connection("127.0.0.1", port, limit=READ_BYTES))
        server.writer.write(first)
        faults: Iterator[Fault] = iter(())
        if ours:
            self._sockets += 1
            self.done["sockets"] += 1
            faults = plan(self._seed, self._sockets)
        ended = await Wire(page, server, self.done).carry(faults, self._calm)
        if ended is not None and ended.kind == "away":
            self._away_until = self._loop.time() + ended.lasts

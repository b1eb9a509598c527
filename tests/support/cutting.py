"""A way to a MySQL server that can be cut at a COMMIT: before the server gets it, or before the client hears of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from prompter_events.url import MysqlUrl, parse_url

COMMIT = b"\x03COMMIT"
"""A packet that runs a statement, without its length."""

Cut = Literal["before", "after"]


class Way:
    """Passes bytes on between clients and the server. ``cut_next`` cuts the connection that commits next."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._cut: Cut | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.cuts = 0
        """How often it was cut."""

    def cut_next(self, cut: Cut) -> None:
        """Cut before the server gets the next COMMIT, or after its answer came here."""
        self._cut = cut

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until either side ends."""
        self._clients.add(asyncio.create_task(self._serve(reader, writer)))

    async def aclose(self) -> None:
        """Cut all connections."""
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._server)
        answers = asyncio.create_task(_pass_on(from_server, writer))
        try:
            while data := await reader.read(64 * 1024):
                if COMMIT in data and self._cut is not None:
                    cut, self._cut = self._cut, None
                    self.cuts += 1
                    if cut == "after":
                        answers.cancel()
                        await asyncio.gather(answers, return_exceptions=True)
                        to_server.write(data)
                        await from_server.read(64 * 1024)
                    break
                to_server.write(data)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            for end in (to_server, writer):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def way_to(url: str) -> AsyncIterator[tuple[Way, str]]:
    """A way to the server of this log, and the log's URL on it."""
    target = parse_url(url)
    if not isinstance(target, MysqlUrl):
        raise TypeError(f"{url} is on no server")
    way = Way(target.host, target.port)
    async with await asyncio.start_server(way.connected, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        try:
            yield way, f"mysql://{target.user}@127.0.0.1:{port}/{target.database}"
        finally:
            await way.aclose()

"""The least that a socket can do: a Tornado server that sends back each frame it gets.

python -m benchmarks.echo PORT [--deflate]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import tornado.web
from tornado.websocket import WebSocketHandler

from prompter.wire.messages import SUBPROTOCOL
from support.ports import free_port


class Echo(WebSocketHandler):
    """One socket."""

    deflate = False

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """As Prompter's."""
        return SUBPROTOCOL

    def get_compression_options(self) -> dict[str, Any] | None:
        """None: frames go as they are."""
        return {} if self.deflate else None

    async def on_message(self, message: str | bytes) -> None:
        """Back it goes."""
        await self.write_message(message, binary=True)


async def serve(port: int) -> None:
    """Until the process is ended."""
    tornado.web.Application([("/", Echo)]).listen(port, "127.0.0.1")
    print("ready", flush=True)
    await asyncio.Event().wait()


@asynccontextmanager
async def echo_server(*, deflate: bool = False) -> AsyncIterator[tuple[int, int]]:
    """One in a process of its own; its port and the process's id."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.echo", str(port), *(["--deflate"] if deflate else [])]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.echo", description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--deflate", action="store_true", help="allow permessage-deflate")
    options = parser.parse_args()
    Echo.deflate = options.deflate
    asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()

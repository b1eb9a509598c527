"""The least that a socket can do: a Tornado server that sends back each frame it gets.

python -m benchmarks.echo PORT [--deflate]
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

import tornado.web
from tornado.websocket import WebSocketHandler

from prompter.wire.messages import SUBPROTOCOL


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.echo", description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--deflate", action="store_true", help="allow permessage-deflate")
    options = parser.parse_args()
    Echo.deflate = options.deflate
    asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()

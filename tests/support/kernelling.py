"""A participant's own server behind a Hub, and code that runs in a kernel there, as in a cell of theirs."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from .hub import Visitor

_SPAWN_SECONDS = 180.0
_RUN_SECONDS = 120.0


@dataclass(frozen=True)
class Server:
    """A server that runs, and what its page was given."""

    address: str
    """With a slash at the end."""
    token: str
    """The page's own."""
    visitor: Visitor

    @classmethod
    def of(cls, visitor: Visitor, name: str) -> Server:
        """The server of somebody who has signed in; it is started if it does not run."""
        until = time.monotonic() + _SPAWN_SECONDS
        while time.monotonic() < until:
            page = visitor.follow(visitor.get("/hub/spawn"))
            if page.status == 200 and f'"baseUrl": "/user/{name}/"' in page.text:
                found = re.search(r'"token": "([^"]+)"', page.text)
                assert found is not None, "the page has no token"
                return cls(f"http://127.0.0.1:{visitor.port}/user/{name}/", found[1], visitor)
            time.sleep(0.5)
        raise AssertionError(f"no server for {name}: {page.status} {page.text[:2000]}")


def run_in_kernel(server: Server, code: str) -> str:
    """What the code printed, in a new kernel of that server. An exception of the code's fails the test."""
    return asyncio.run(_run(server, code))


async def _run(server: Server, code: str) -> str:
    shown = {"Authorization": f"token {server.token}"}
    client = AsyncHTTPClient()
    made = await client.fetch(f"{server.address}api/kernels", method="POST", headers=shown, body="{}")
    kernel = json.loads(made.body)["id"]
    address = f"ws{server.address.removeprefix('http')}api/kernels/{kernel}/channels"
    socket = await websocket_connect(HTTPRequest(address, headers=shown))
    asked = uuid4().hex
    header = {"msg_id": asked, "msg_type": "execute_request", "username": "", "session": uuid4().hex, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
    await socket.write_message(
        json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"})
    )
    printed: list[str] = []
    async with asyncio.timeout(_RUN_SECONDS):
        while (message := await socket.read_message()) is not None:
            told: dict[str, Any] = json.loads(message)
            if told.get("parent_header", {}).get("msg_id") != asked:
                continue
            match told["msg_type"]:
                case "stream" if told["content"]["name"] == "stdout":
                    printed.append(told["content"]["text"])
                case "error":
                    raise AssertionError("\n".join(told["content"]["traceback"]))
                case "status" if told["content"]["execution_state"] == "idle":
                    break
    socket.close()
    await client.fetch(f"{server.address}api/kernels/{kernel}", method="DELETE", headers=shown)
    return "".join(printed)

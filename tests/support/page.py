"""A page of a few lines: it speaks to a real server as the plugin does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID, uuid4

import msgpack
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from prompter.storage import open_study_log
from prompter_events import Event, SessionId
from prompter_events.clock import now_micros

from .lab import TOKEN


class Serving(Protocol):
    """A server that pages may connect to."""

    @property
    def stream(self) -> str:
        """The address of the pages' socket."""


class Page:
    """A page of a few lines: says hello, sends numbered events, hears answers."""

    def __init__(self, socket: WebSocketClientConnection, *, token: str | None = None) -> None:
        self._socket = socket
        self._token = token
        self._passed: list[dict[str, Any]] = []
        self.producer = uuid4()
        self.session = uuid4()

    async def say(self, **message: Any) -> None:
        await self._socket.write_message(msgpack.packb(message), binary=True)

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; others may be heard later. An acknowledgement may come after what follows it."""
        for passed in self._passed:
            if passed["type"] == kind:
                self._passed.remove(passed)
                return passed
        while True:
            frame = await self._socket.read_message()
            assert frame is not None, f"closed with {self._socket.close_code} {self._socket.close_reason}"
            message: dict[str, Any] = msgpack.unpackb(frame)
            if message["type"] == kind:
                return message
            self._passed.append(message)

    async def hello(self) -> dict[str, Any]:
        await self.greet()
        return await self.hear("welcome")

    async def greet(self, sent_at: int | None = None) -> None:
        """Say hello, ``sent_at`` by the page's clock or now, and wait for nothing."""
        shown = {} if self._token is None else {"token": self._token}
        sessions = [self.session.bytes]
        hello = {"type": "hello", "protocol": 1, "producer_id": self.producer.bytes, "sessions": sessions}
        await self.say(**hello, sent_at=now_micros() if sent_at is None else sent_at, **shown)

    async def send(self, first_seq: int, *events: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        await self.say(type="events", first_seq=first_seq, events=[self.wire(*event) for event in events])
        return await self.hear("ack")

    def wire(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """An event as a frame holds it."""
        return {
            "session_id": self.session.bytes,
            "type": kind,
            "schema_version": 1,
            "occurred_at": now_micros(),
            "payload": msgpack.packb(body),
        }

    async def closed(self) -> int | None:
        """The close code, once the server closed."""
        while self._socket.close_code is None and await self._socket.read_message() is not None:
            pass
        return self._socket.close_code

    @property
    def why(self) -> str:
        """The reason that the server gave for closing."""
        return self._socket.close_reason or ""


@asynccontextmanager
async def page(lab: Serving, subprotocols: Sequence[str] = ("prompter.v1",)) -> AsyncIterator[Page]:
    request = HTTPRequest(lab.stream, headers={"Authorization": f"token {TOKEN}"})
    socket = await websocket_connect(request, subprotocols=list(subprotocols) or None)
    talk = Page(socket)
    try:
        yield talk
    finally:
        socket.close()
        await talk.closed()


OPENED: tuple[str, dict[str, Any]] = (
    "session.opened",
    {
        "notebook_path": "loans.ipynb",
        "kernel_name": "prompter",
        "client": {"lab": "test", "extension": "0", "browser": "none"},
        "cells": [{"cell_id": "a", "cell_type": "code", "source": "1"}],
    },
)
ADDED: tuple[str, dict[str, Any]] = (
    "cell.added",
    {"cell_id": "b", "index": 1, "cell_type": "code", "source": "loans.head()", "cause": "user"},
)


async def stored(url: str, session: UUID) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read(session=SessionId(session))]

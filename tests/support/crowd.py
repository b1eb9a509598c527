"""Scripted pages without a browser: they keep what is not acknowledged, and come back whenever their socket ends."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

import msgpack
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

from prompter.wire.messages import SUBPROTOCOL
from prompter_events.clock import now_micros

from .events import new_producer
from .lab import TOKEN
from .outbox import Outbox

FRAME_EVENTS = 20

SILENCE_SECONDS = 15
"""A socket on which nothing comes for so long is given up."""

OFTEN, SELDOM = 0.05, 2.0
"""Seconds to the next attempt, at first and at most."""


class ScriptedPage:
    """One page: everything that was ever made is in ``outbox.held``."""

    def __init__(self, address: str, seed: int) -> None:
        self._address = address
        self._dice = random.Random(seed)
        self.outbox = Outbox()
        self.session = new_producer()
        self._news = asyncio.Event()
        self._settled = asyncio.Event()
        self.connections = 0

    def make(self) -> None:
        """One more burst."""
        self.outbox.add(f"{self.outbox.producer}/{len(self.outbox.held) + 1}")
        self._settled.clear()
        self._news.set()

    def __str__(self) -> str:
        made, durable = len(self.outbox.held), self.outbox.acknowledged
        return f"{self.outbox.producer}: {made} made, {durable} durable, {self.connections} connections"

    @property
    def is_settled(self) -> bool:
        """Whether all is acknowledged."""
        return self._settled.is_set()

    async def settled(self) -> None:
        """Wait until all is acknowledged."""
        await self._settled.wait()

    async def live(self) -> None:
        """Connect, send and connect again, until cancelled."""
        pause = OFTEN
        while True:
            before = self.outbox.acknowledged
            with suppress(OSError, HTTPClientError, WebSocketError, TimeoutError, _Ended):
                await self._converse()
            self.outbox.disconnected()
            pause = OFTEN if self.outbox.acknowledged > before else min(2 * pause, SELDOM)
            await asyncio.sleep(pause * self._dice.random())

    async def _converse(self) -> None:
        request = HTTPRequest(self._address, headers={"Authorization": f"token {TOKEN}"}, connect_timeout=5)
        opening = websocket_connect(request, subprotocols=[SUBPROTOCOL])
        async with asyncio.timeout(SILENCE_SECONDS):
            socket = await opening
        self.connections += 1
        sending: asyncio.Task[None] | None = None
        try:
            sessions = [self.session.bytes]
            hello = {"type": "hello", "protocol": 1, "producer_id": self.outbox.producer.bytes, "sessions": sessions}
            await _say(socket, {**hello, "sent_at": now_micros()})
            while True:
                # With nothing to be answered, only the server's heart is heard.
                async with asyncio.timeout(None if self._settled.is_set() else SILENCE_SECONDS):
                    frame = await socket.read_message()
                if frame is None:
                    raise _Ended
                message = msgpack.unpackb(frame)
                match message["type"]:
                    case "welcome":
                        self.outbox.welcome(message["producer_seq"])
                        self._note()
                        sending = asyncio.create_task(self._send(socket))
                    case "ack":
                        self.outbox.answered(message["producer_seq"])
                        self._note()
                        self._news.set()
                    case "ping":
                        await _say(socket, {"type": "pong", "t": message["t"], "sent_at": now_micros()})
        finally:
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            socket.close()

    async def _send(self, socket: WebSocketClientConnection) -> None:
        while True:
            self._news.clear()
            while (frame := self.outbox.next(FRAME_EVENTS)) is not None:
                first, texts = frame
                events = [self._wire(text) for text in texts]
                await _say(socket, {"type": "events", "first_seq": first, "events": events})
            await self._news.wait()

    def _note(self) -> None:
        if self.outbox.acknowledged == len(self.outbox.held):
            self._settled.set()

    def _wire(self, text: str) -> dict[str, Any]:
        return {
            "session_id": self.session.bytes,
            "type": "kernel.started",
            "schema_version": 1,
            "occurred_at": now_micros(),
            "payload": msgpack.packb({"kernel_id": text, "name": ""}),
        }


class _Ended(Exception):
    """The other side closed."""


async def _say(socket: WebSocketClientConnection, message: dict[str, Any]) -> None:
    await socket.write_message(msgpack.packb(message), binary=True)

"""Scripted pages on real sockets: they type, send what they typed, and time the answers."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import msgpack
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from prompter.wire.messages import SUBPROTOCOL
from prompter_events.clock import now_micros
from support.people import token_of_stranger

CELL = "5f2c7a10"

KEYS = 5
"""Of a burst: somebody practised types as many in half a second."""

_OPENED = {
    "kernel_name": "python3",
    "client": {"lab": "JupyterLab 4", "extension": "0", "browser": "b"},
    "cells": [{"cell_id": CELL, "cell_type": "code", "source": ""}],
}


class Caller:
    """One page. Its cell does not grow: what a burst writes, the next one takes away."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._producer, self._session = uuid4().bytes, uuid4().bytes
        self._made = self._acked = 0
        self._sent: dict[int, float] = {}
        self._progress = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear())
        self.answered: list[float] = []
        """Seconds from each frame to its acknowledgement."""

    async def greet(self) -> None:
        """Say hello, and open a notebook."""
        sessions = [self._session]
        hello = {"type": "hello", "protocol": 1, "producer_id": self._producer, "sessions": sessions}
        await self._say({**hello, "sent_at": now_micros()})
        opened = {**_OPENED, "notebook_path": f"{self._producer.hex()}.ipynb"}
        await self._send([self._wire("session.opened", opened)])
        await self.settled()
        self.answered.clear()

    async def burst(self, count: int = 1) -> None:
        """Send so many bursts of typing in one frame."""
        await self._send([self._wire("cell.edited", self.typed(self._made + n)) for n in range(count)])

    async def settled(self) -> None:
        """Wait until everything is acknowledged."""
        while self._acked < self._made:
            self._progress.clear()
            await self._progress.wait()

    async def aclose(self) -> None:
        """Leave."""
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)
        self._socket.close()

    @staticmethod
    def typed(number: int) -> dict[str, Any]:
        """The body of a burst: five keys, or five strokes of the backspace."""
        ops: Sequence[list[Any]] = [[n, "x"] if n else ["x"] for n in range(KEYS)]
        if number % 2 == 0:
            ops = [[-1]] * KEYS
        changes = [[90 * n, op] for n, op in enumerate(ops)]
        return {"cell_id": CELL, "changes": changes, "cause": "user"}

    def _wire(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "session_id": self._session,
            "type": kind,
            "schema_version": 1,
            "occurred_at": now_micros(),
            "payload": msgpack.packb(body),
        }

    async def _send(self, events: list[dict[str, Any]]) -> None:
        first = self._made + 1
        self._made += len(events)
        self._sent[self._made] = time.perf_counter()
        await self._say({"type": "events", "first_seq": first, "events": events})

    async def _say(self, message: dict[str, Any]) -> None:
        await self._socket.write_message(msgpack.packb(message), binary=True)

    async def _hear(self) -> None:
        while (frame := await self._socket.read_message()) is not None:
            message = msgpack.unpackb(frame)
            if message["type"] == "ack":
                self._answered(message["producer_seq"])
            elif message["type"] == "events":  # an echo
                self._answered(message["first_seq"] + len(message["events"]) - 1)
            elif message["type"] == "ping":
                await self._say({"type": "pong", "t": message["t"], "sent_at": now_micros()})
        raise RuntimeError(f"the server closed with {self._socket.close_code} {self._socket.close_reason}")

    def _answered(self, seq: int) -> None:
        self.answered.append(time.perf_counter() - self._sent.pop(seq))
        self._acked = seq
        self._progress.set()


async def callers(stack: AsyncExitStack, count: int, address: str, *, deflate: bool = False) -> list[Caller]:
    """The pages of so many people, who have greeted; they leave with the stack. ``deflate``: they offer to compress."""
    crowd = []
    for number in range(count):
        headers = {"Authorization": f"token {token_of_stranger(number)}"}
        request = HTTPRequest(address, headers=headers, connect_timeout=60, request_timeout=60)
        compression: dict[str, Any] | None = {} if deflate else None
        opening = websocket_connect(request, subprotocols=[SUBPROTOCOL], compression_options=compression)
        caller = Caller(await opening)
        stack.push_async_callback(caller.aclose)
        await caller.greet()
        crowd.append(caller)
    return crowd


async def paced(crowd: Sequence[Caller], per_second: float, seconds: float) -> list[float]:
    """Each page sends so many bursts a second, out of step with the others. Returns the seconds of all answers."""

    async def work(caller: Caller) -> None:
        due = asyncio.get_running_loop().time() + random.random() / per_second
        end = due + seconds
        while due < end:
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            await caller.burst()
            due += 1 / per_second
        await caller.settled()

    await asyncio.gather(*(work(caller) for caller in crowd))
    return _answers(crowd)


async def at_full_speed(crowd: Sequence[Caller], size: int, seconds: float) -> float:
    """Each page sends frames of so many bursts, the next one once the last is acknowledged. Returns bursts a second."""
    began = time.perf_counter()

    async def work(caller: Caller) -> int:
        sent = 0
        while time.perf_counter() < began + seconds:
            await caller.burst(size)
            await caller.settled()
            sent += size
        return sent

    count = sum(await asyncio.gather(*(work(caller) for caller in crowd)))
    elapsed = time.perf_counter() - began
    _answers(crowd)
    return count / elapsed


def _answers(crowd: Sequence[Caller]) -> list[float]:
    answers = [seconds for caller in crowd for seconds in caller.answered]
    for caller in crowd:
        caller.answered.clear()
    return answers

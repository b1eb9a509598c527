"""What the follower says while a page is being greeted reaches it after the greeting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from prompter.allowance import Allowance
from prompter.connection import Connection, Greet
from prompter.handlers import StreamHandler
from prompter.pages import Pages
from prompter.study import WITHOUT_STUDY
from prompter.wire.messages import ServerMessage, Withdraw
from prompter_events import ParticipantId, ProducerId


class SlowSocket(StreamHandler):
    """A handler without a socket: keeps what it sends, and lets the follower speak during each send."""

    def __init__(self, told_meanwhile: ServerMessage) -> None:
        self.initialize(None, Pages())  # type: ignore[arg-type]  # the greeting asks the service nothing
        self._participant_id = ParticipantId(uuid4())
        self.sent: list[str] = []
        self._told_meanwhile = told_meanwhile

    async def _send(self, messages: Sequence[ServerMessage]) -> None:
        for message in messages:
            self.write_message(msgspec.msgpack.encode(message), binary=True)
            self._push(self._told_meanwhile)

    def write_message(self, message: bytes, binary: bool = False) -> asyncio.Future[None]:  # type: ignore[override]
        self.sent.append(msgspec.msgpack.decode(message)["type"])
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        written.set_result(None)
        return written


class Greeted:
    """A recording that knows nothing of the page yet."""

    epoch = uuid4()

    async def last_seq(self, producer_id: ProducerId) -> int:
        return 0

    async def known_sessions(self, greet: Greet) -> list[Any]:
        return []

    async def prompts(self) -> list[Any]:
        return []

    async def reviews(self) -> list[Any]:
        return []

    async def course(self, sessions: Sequence[Any]) -> list[Any]:
        return []


async def test_a_prompt_that_ends_during_the_greeting_is_withdrawn_after_it() -> None:
    socket = SlowSocket(Withdraw(prompt_id=uuid4()))
    connection = Connection(ParticipantId(uuid4()), WITHOUT_STUDY, Allowance(), asking="now")
    socket._connection = connection
    await socket._greet(Greet(ProducerId(uuid4()), [], 0), connection, Greeted())  # type: ignore[arg-type]
    assert socket.sent == ["welcome", "state", "withdraw", "withdraw"]

"""The table of dialogues, spoken to the server's side of the protocol. The page's side is spoken to by the same table
in ``lab-extension/src/delivery/__tests__/dialogues.spec.ts``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgpack
import pytest
from talking import CONSENT, Server, Socket

from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn

Step = Sequence[Any]

TABLE = json.loads(Path(__file__).with_name("dialogues.json").read_text("utf-8"))

PADDING = bytes(500_000)

OF_THE_PAGE = frozenset(
    {
        "page makes",
        "page opens a session",
        "page agrees",
        "page declines",
        "page withdraws",
        "page holds",
        "page shows",
        "page asks",
        "page was told of ends",
        "page works on",
        "page is not connected",
        "page lets go of what is old",
        "page gives the connection up",
        "page says, unheard",
    }
)
"""What the server sees nothing of."""


def _dialogues() -> list[Any]:
    """Every dialogue for the server; one with a list of steps for ``each`` once for each of them."""
    found = []
    for dialogue in TABLE:
        if dialogue.get("for") == "page":
            continue
        for number, one in enumerate(dialogue.get("each", [None])):
            steps = [one if step == ["each"] else step for step in dialogue["steps"]]
            found.append(pytest.param(steps, id=dialogue["name"] + (f" ({number})" if one else "")))
    return found


@pytest.mark.parametrize("steps", _dialogues())
async def test_the_server_speaks_as_the_table_says(steps: Sequence[Step]) -> None:
    dialogue = Dialogue()
    for number, step in enumerate(steps):
        following = steps[number + 1] if number + 1 < len(steps) else [""]
        dialogue.late = following[0] == "commit takes"
        await dialogue.take(step)
    assert [list(socket.said) for socket in dialogue.server.sockets] == [[] for _ in dialogue.server.sockets]


class Dialogue:
    """Takes steps one by one; what the server says must be what the next steps tell."""

    def __init__(self) -> None:
        self.server = Server()
        self.late = False
        self._seq = 0

    async def take(self, step: Step) -> None:
        kind, *given = step
        self.server.late_ms = int(self.late)
        if kind not in OF_THE_PAGE:
            await getattr(self, "_" + kind.replace(",", "").replace(" ", "_"))(*given)

    async def _page_connects(self) -> None:
        self.server.connect()

    async def _page_connects_renumbered(self) -> None:
        self.server.renumber()
        self.server.connect()

    async def _page_says(self, message: dict[str, Any], changes: dict[str, Any] | None = None) -> None:
        await self.server.receive(self.server.frame({**message, **(changes or {})}))

    async def _page_says_on_the_older_socket(self, message: dict[str, Any]) -> None:
        older = self.server.sockets[-2]
        await self.server.receive(self.server.frame(message), older)
        older.said.clear()  # nobody hears it

    async def _page_says_raw(self, digits: str) -> None:
        await self.server.receive(bytes.fromhex(digits))

    async def _page_says_text(self, text: str) -> None:
        await self.server.receive(text)

    async def _page_nests(self, depth: int) -> None:
        await self.server.receive(b"\x91" * depth)

    async def _page_floods(self, options: dict[str, Any]) -> None:
        """Send big frames without heeding anything."""
        until, server = options["until"], self.server
        for _ in range(500):
            self._seq += 1
            frame = {"type": "events", "first_seq": self._seq, "events": [self._seq], "padding": PADDING}
            await server.receive(server.frame(frame))
            told = [message["type"] for message in server.socket.said]
            server.socket.said.clear()
            if until in (server.socket.closed, *told):
                return
            assert server.socket.closed is None
            assert told[:1] == ["ack"], "a frame that is no flood yet is stored"
        pytest.fail(f"no {until}")

    async def _server_says(self, expected: dict[str, Any]) -> None:
        self.hear(self.server.socket, expected)

    _server_says_unheard = _server_says

    async def _server_closes(self, code: int) -> None:
        assert self.server.socket.closed == code
        self.server.leave(self.server.socket)

    _server_closes_unheard = _server_closes

    async def _server_closes_the_older_socket(self, code: int) -> None:
        assert self.server.sockets[-2].closed == code
        self.server.leave(self.server.sockets[-2])

    async def _connection_breaks(self) -> None:
        self.server.leave(self.server.socket)

    async def _another_socket_takes_the_producer_over(self) -> None:
        self.server.connect()
        await self.server.receive(self.server.frame({"type": "hello"}))
        self.server.sockets.pop()  # what is said there is not told

    async def _another_person_owns_the_producer(self) -> None:
        await self.server.owned_by_another(producer=True)

    async def _another_person_owns_the_session(self) -> None:
        await self.server.owned_by_another(producer=False)

    async def _commit_takes(self, ms: int) -> None:
        await self.server.pass_time(ms)
        self.server.acknowledge(self.server.socket, ms)

    async def _time_passes(self, ms: int) -> None:
        await self.server.pass_time(ms)

    async def _study_asks_for_consent(self) -> None:
        self.server.ask_for_consent()

    async def _another_page_agrees(self) -> None:
        await self.server.say_elsewhere(ConsentGiven(version=CONSENT.version))

    async def _another_page_withdraws(self) -> None:
        await self.server.say_elsewhere(ConsentWithdrawn(version=CONSENT.version))

    async def _log_asks(self, name: str) -> None:
        await self.server.ask(name)

    async def _log_asks_by_hand(self, name: str) -> None:
        await self.server.ask(name, author="ada")

    async def _session_is_known(self) -> None:
        await self.server.accept()

    async def _log_ends_the_session(self, by: str) -> None:
        await self.server.end(by)

    async def _log_begins_a_task(self, name: str, minutes: int) -> None:
        await self.server.begin_task(name, minutes)

    async def _log_ends_the_task(self, name: str, by: str) -> None:
        await self.server.end_task(name, by)

    async def _log_withdraws(self, name: str) -> None:
        await self.server.withdraw(name)

    async def _log_is_restored_to(self, keep: int) -> None:
        await self.server.restore(keep)

    async def _log_holds(self, marks: list[Any]) -> None:
        assert await self.server.held() == marks

    def hear(self, socket: Socket, expected: dict[str, Any]) -> None:
        """The next thing that the server said on this socket must be this."""
        assert socket.said, f"the server does not say {expected}"
        said = socket.said.popleft()
        if "prompt" in expected:
            said["prompt"] = self.server.prompt_name(said["prompt_id"])
        if "given" in expected:
            said["given"] = said["study"]["consent"]["given"]
        assert {key: said.get(key) for key in expected} == expected


def test_the_table_is_about_both_sides() -> None:
    sides = [dialogue.get("for", "both") for dialogue in TABLE]
    assert {"both", "server", "page"} == set(sides)
    assert sides.count("both") > len(sides) / 2
    assert len({dialogue["name"] for dialogue in TABLE}) == len(TABLE)


def test_a_server_that_speaks_otherwise_is_found() -> None:
    dialogue = Dialogue()
    socket = Socket(None)  # type: ignore[arg-type]  # nothing is received
    socket.said.append(msgpack.unpackb(msgpack.packb({"type": "ack", "producer_seq": 1})))
    with pytest.raises(AssertionError):
        dialogue.hear(socket, {"type": "ack", "producer_seq": 2})
    with pytest.raises(AssertionError):
        dialogue.hear(Socket(None), {"type": "ack"})  # type: ignore[arg-type]  # as above

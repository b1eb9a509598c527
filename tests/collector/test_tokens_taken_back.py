"""A token that is good no more: the Hub took it back while a page was open, or nobody can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import RequestHandler

from prompter.collector import stream
from prompter.collector.application import make_application
from prompter.collector.people import CannotAsk, Person, TokenRefused
from prompter.collector.settings import CollectorSettings
from prompter.service import Service
from prompter.settings import read_settings
from support.collecting import PREFIX, collected
from support.page import ADDED, OPENED


class People:
    """Says what the test has written down; ``asked`` is set at each question."""

    def __init__(self) -> None:
        self.answer: Callable[[], Person] = lambda: Person("p01")
        self.asked = asyncio.Event()

    async def person(self, token: str) -> Person:
        self.asked.set()
        return self.answer()

    async def visitor(self, handler: RequestHandler) -> Person | None:
        return None

    def sign_in(self, handler: RequestHandler) -> None:
        handler.send_error(403)

    def handlers(self, prefix: str) -> Sequence[tuple[str, Any, dict[str, Any]]]:
        return []


@pytest.fixture
async def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[People, str]]:
    monkeypatch.setattr(stream, "RECHECK_SECONDS", 0.02)
    people = People()
    service = Service(lambda: read_settings({"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}))
    socket, port = bind_unused_port()
    settings = CollectorSettings("127.0.0.1", port, PREFIX, "", "", "", None, b"secret", behind_hub=False)
    server = HTTPServer(make_application(service, people, settings))
    server.add_socket(socket)
    service.start()
    yield people, f"ws://127.0.0.1:{port}{PREFIX}stream"
    server.stop()
    await service.aclose()
    await server.close_all_connections()


def refuse() -> Person:
    raise TokenRefused("your server was stopped, or you are signed out: reload the page")


def away() -> Person:
    raise CannotAsk("the Hub is away")


async def test_a_page_whose_server_stopped_is_told_to_reload(people: tuple[People, str]) -> None:
    hub, address = people
    async with collected(address, "token") as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        hub.answer = refuse
        assert await mine.closed() == 4401
        assert "reload the page" in mine.why


async def test_a_hub_that_does_not_answer_takes_nothing_back(people: tuple[People, str]) -> None:
    hub, address = people
    async with collected(address, "token") as mine:
        await mine.hello()
        hub.answer = away
        for _ in range(3):
            hub.asked.clear()
            await hub.asked.wait()
        assert (await mine.send(1, OPENED, ADDED))["producer_seq"] == 2


async def test_while_the_hub_is_away_a_new_page_is_asked_to_come_again(people: tuple[People, str]) -> None:
    hub, address = people
    hub.answer = away
    async with collected(address, "token") as mine:
        await mine.greet()
        assert await mine.closed() == 1013


async def test_a_token_that_is_somebody_elses_now_records_nothing_more(people: tuple[People, str]) -> None:
    hub, address = people
    async with collected(address, "token") as mine:
        await mine.hello()
        hub.answer = lambda: Person("p02")
        assert await mine.closed() == 4403


async def test_a_socket_that_says_nothing_is_closed(
    people: tuple[People, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HELLO_SECONDS", 0.01)
    async with collected(people[1], "token") as mine:
        assert await mine.closed() == 4400
    assert not people[0].asked.is_set()

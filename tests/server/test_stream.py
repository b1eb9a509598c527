"""The pages' socket of a real Jupyter server, spoken to as a page would, and as a stranger would."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.clock import now_micros
from support.lab import Lab
from support.page import ADDED, OPENED, page, stored


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    home = tmp_path_factory.mktemp("server")
    url = f"sqlite:///{home}/log.db"
    lab = Lab(home, "server", {"PROMPTER_LOG": url, "JP_PLUGIN_USER": "heron", "MODE": "EXP_CTS"})
    lab.start()
    yield lab, url
    lab.stop()


async def test_what_was_acknowledged_is_in_the_log_once(server: tuple[Lab, str]) -> None:
    lab, url = server
    async with page(lab) as mine:
        assert (await mine.hello())["producer_seq"] == 0
        assert (await mine.send(1, OPENED, ADDED))["producer_seq"] == 2
        assert (await mine.send(1, OPENED, ADDED))["producer_seq"] == 2
    assert [event.type for event in await stored(url, mine.session)] == [
        "session.accepted",
        "session.opened",
        "cell.added",
    ]


async def test_the_server_says_whose_a_session_is_and_under_which_condition(server: tuple[Lab, str]) -> None:
    lab, url = server
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        # The greeting tells of none.
        assert (await mine.hear("state"))["sessions"] == []
        [told] = (await mine.hear("state"))["sessions"]
    accepted = (await stored(url, mine.session))[0].body
    assert isinstance(accepted, SessionAccepted)
    assert accepted.condition == "EXP_CTS"
    assert told == {"session_id": mine.session.bytes, "notebook_id": accepted.notebook_id.bytes}


async def test_a_hole_is_answered_with_where_to_go_on(server: tuple[Lab, str]) -> None:
    lab, url = server
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        assert (await mine.send(3, ADDED))["producer_seq"] == 1
        assert (await mine.send(2, ADDED))["producer_seq"] == 2
    assert len(await stored(url, mine.session)) == 3


async def test_after_a_reconnect_the_welcome_names_the_last_durable_number(server: tuple[Lab, str]) -> None:
    lab, _ = server
    async with page(lab) as first:
        await first.hello()
        await first.send(1, OPENED, ADDED)
        async with page(lab) as second:
            second.producer, second.session = first.producer, first.session
            assert (await second.hello())["producer_seq"] == 2
            assert await first.closed() == 4409


async def test_a_hello_that_was_held_up_takes_no_place_from_the_page_that_came_back(server: tuple[Lab, str]) -> None:
    lab, _ = server
    async with page(lab) as late, page(lab) as here:
        early = now_micros()
        here.producer, here.session = late.producer, late.session
        await here.hello()
        await late.greet(early)
        # Not for good: were it the page's only one after all, it would come again.
        assert await late.closed() == 1001
        assert (await here.send(1, OPENED, ADDED))["producer_seq"] == 2
        async with page(lab) as later:
            later.producer, later.session = late.producer, late.session
            assert (await later.hello())["producer_seq"] == 2
            assert await here.closed() == 4409


async def test_a_question_comes_down_the_socket_and_its_answer_ends_it_elsewhere(server: tuple[Lab, str]) -> None:
    lab, _ = server
    run = uuid4().bytes
    async with page(lab) as mine, page(lab) as other:
        await other.hello()
        await mine.hello()
        await mine.send(
            1,
            OPENED,
            ADDED,
            ("run.scheduled", {"run_id": run, "cell_id": "b", "source": "loans.head()"}),
            ("run.finished", {"run_id": run, "status": "ok", "execution_count": 1, "duration_ms": 3}),
        )
        prompt = await mine.hear("prompt")
        assert prompt["cell_id"] == "b"
        assert prompt["question"].startswith("What are you trying")
        assert (await other.hear("prompt"))["prompt_id"] == prompt["prompt_id"]
        async with page(lab) as third:  # a page that comes later is told what is open
            await third.hello()
            assert (await third.hear("prompt"))["prompt_id"] == prompt["prompt_id"]
        answer = {"prompt_id": prompt["prompt_id"], "text": "to look", "choice": None, "drafting_ms": 5}
        await mine.send(5, ("prompt.answered", answer))
        assert (await other.hear("withdraw"))["prompt_id"] == prompt["prompt_id"]


async def test_an_event_that_makes_no_sense_is_kept_and_stops_nobody(server: tuple[Lab, str]) -> None:
    lab, url = server
    async with page(lab) as mine:
        await mine.hello()
        assert (await mine.send(1, OPENED, ("cell.added", {"cell_id": 5}), ADDED))["producer_seq"] == 3
    types = [event.type for event in await stored(url, mine.session)]
    assert types == ["session.accepted", "session.opened", "capture.invalid", "cell.added"]


async def test_a_bad_frame_closes_with_4400(server: tuple[Lab, str]) -> None:
    async with page(server[0]) as mine:
        await mine.say(type="hello", protocol="one")
        assert await mine.closed() == 4400


async def test_who_never_says_hello_is_given_up_after_a_heartbeat(server: tuple[Lab, str]) -> None:
    async with page(server[0]) as silent:
        assert await silent.closed() == 4400


async def test_a_page_without_the_subprotocol_is_turned_away(server: tuple[Lab, str]) -> None:
    async with page(server[0], subprotocols=()) as stranger:
        assert await stranger.closed() == 4426


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}], ids=["nothing", "a wrong token"])
def test_without_a_credential_nobody_connects(server: tuple[Lab, str], headers: dict[str, str]) -> None:
    assert server[0].handshake(headers) == 403


def test_a_page_of_another_origin_cannot_use_the_cookie(server: tuple[Lab, str]) -> None:
    lab, _ = server
    cookie = {"Cookie": lab.cookie()}
    assert lab.handshake({**cookie, "Origin": lab.url.rstrip("/")}) == 101
    assert lab.handshake({**cookie, "Origin": "http://evil.example"}) == 403


async def test_another_persons_producer_and_session_are_refused(
    server: tuple[Lab, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lab, url = server
    stranger = Lab(tmp_path_factory.mktemp("stranger"), "server", {"PROMPTER_LOG": url, "JP_PLUGIN_USER": "wren"})
    stranger.start()
    try:
        async with page(lab) as mine, page(stranger) as producer_thief, page(stranger) as session_thief:
            await mine.hello()
            await mine.send(1, OPENED)
            producer_thief.producer = mine.producer
            await producer_thief.say(
                type="hello",
                protocol=1,
                producer_id=mine.producer.bytes,
                sessions=[],
                sent_at=now_micros(),
            )
            assert await producer_thief.closed() == 4403
            session_thief.session = mine.session
            await session_thief.say(
                type="hello",
                protocol=1,
                producer_id=session_thief.producer.bytes,
                sessions=[mine.session.bytes],
                sent_at=now_micros(),
            )
            assert await session_thief.closed() == 4403
    finally:
        stranger.stop()
    assert len(await stored(url, mine.session)) == 2


def test_the_status_says_what_is_recorded_and_names_no_condition(server: tuple[Lab, str]) -> None:
    lab, url = server
    status = lab.status()
    assert status["recording"] is True
    assert status["reason"] == ""
    assert status["log"] == url
    assert "EXP_CTS" not in str(status)

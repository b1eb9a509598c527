"""The live timeline's endpoint of a real Jupyter server, asked by its person and by others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from prompter.timelines import MOST_EVENTS, Timelines
from prompter_events import Log, ParticipantId, SessionId
from prompter_events.event import Event
from prompter_events.memory import MemoryLog
from prompter_projections import UnknownSession
from prompter_projections.timeline.live import NARROWEST, WIDEST
from support.lab import TOKEN, Lab, servers_of_two_people
from support.lifelike import Desk
from support.page import OPENED, page

HOSTILE = '<img src=x onerror="alert(1)"></script>\u2028\x00 %s {0} \ud800'
RUN = uuid4().bytes
RAN: list[tuple[str, dict[str, Any]]] = [
    ("run.scheduled", {"run_id": RUN, "cell_id": "a", "source": "1"}),
    ("run.finished", {"run_id": RUN, "status": "ok", "execution_count": 1, "duration_ms": 3, "outputs": []}),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Lab]]:
    """Two people's servers on one log."""
    with servers_of_two_people(tmp_path_factory.mktemp("timelines"), {}) as servers:
        yield servers


async def asked(lab: Lab, query: str, *, token: str = TOKEN) -> HTTPResponse:
    headers = {"Authorization": f"token {token}"} if token else {}
    return await AsyncHTTPClient().fetch(f"{lab.url}prompter/timeline?{query}", headers=headers, raise_error=False)


async def told(lab: Lab, session: object, more: str = "") -> Any:
    answer = await asked(lab, f"session_id={session}{more}")
    assert answer.code == 200, answer.body
    return json.loads(answer.body)


async def test_it_grows_with_the_session_and_says_when_nothing_came(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        first = await told(lab, mine.session)
        assert (first["cells"], first["erased"]) == (["a"], False)
        assert first["data"]["lanes"][0]["runs"] == []
        assert "style" not in first
        again = await told(lab, mine.session, f"&after={first['position']}")
        assert again == {"position": first["position"]}
        await mine.send(2, *RAN)
        then = await told(lab, mine.session, f"&after={first['position']}")
        assert then["position"] > first["position"]
        [run] = then["data"]["lanes"][0]["runs"]
        assert (run["outcome"], run["count"]) == ("ok", 1)
        assert then == await told(lab, mine.session)


async def test_the_style_sheet_comes_with_it_if_asked_for(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        assert ":host{" in (await told(lab, mine.session, "&style=1"))["style"]


async def test_whatever_was_typed_is_data(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    cells = [{"cell_id": "a", "cell_type": "code", "source": HOSTILE.replace("\ud800", "")}]
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, ("session.opened", {**OPENED[1], "notebook_path": "<b>.ipynb", "cells": cells}))
        answer = await asked(lab, f"session_id={mine.session}")
        assert answer.headers["Content-Type"].startswith("application/json")
        drawing = json.loads(answer.body)["drawing"]
        assert "<img" not in drawing
        assert "&lt;img src=x" in drawing


async def test_other_people_s_sessions_are_not_there(servers: tuple[Lab, Lab]) -> None:
    mine, theirs = servers
    async with page(theirs) as other:
        await other.hello()
        await other.send(1, OPENED, *RAN)
        # Also right after its own person looked at it.
        await told(theirs, other.session)
        for session in (other.session, uuid4()):
            answer = await asked(mine, f"session_id={session}")
            assert (answer.code, json.loads(answer.body)) == (404, {"message": "there is no such timeline"})


async def test_what_is_no_session_is_not_there(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    session = uuid4()
    strange = ("", "1", str(session)[:-1], f"{session}/..", f"{{{session}}}", str(session).upper(), "%", "é" * 36)
    for value in (*strange, f"{session}\n{session}", "x" * 5_000):
        answer = await asked(lab, f"session_id={quote(value)}")
        assert answer.code == 404, value
    assert (await asked(lab, "")).code == 404
    assert (await asked(lab, f"session_id={session}%00")).code in {400, 404}
    assert (await asked(lab, "session_id=%ff")).code in {400, 404}


async def test_strange_widths_and_positions_mean_nothing(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        plain = await told(lab, mine.session)
        for value in ("-1", "x", "1e3", quote("９"), "9" * 400, "%20"):
            assert await told(lab, mine.session, f"&width={value}&after={value}") == plain, value
        assert (await told(lab, mine.session, "&width=1"))["width"] == NARROWEST
        assert (await told(lab, mine.session, f"&width={10**15 - 1}"))["width"] == WIDEST


async def test_who_is_not_known_sees_nothing(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
        for token in ("", "wrong"):
            assert (await asked(lab, f"session_id={mine.session}", token=token)).code == 403


class CountedLog(MemoryLog):
    """A log that knows how many events were read of it."""

    read_events = 0

    async def read(self, *args: Any, **kwargs: Any) -> AsyncIterator[Event]:
        """As ever."""
        async for event in super().read(*args, **kwargs):
            self.read_events += 1
            yield event


async def filled(log: Log, seed: int, runs: int) -> tuple[Desk, ParticipantId, SessionId]:
    """A log with a session of so many runs more."""
    desk = Desk(seed)
    desk.open(("a", "code", "x = 1"))
    await add(log, desk, runs)
    return desk, desk.participant_id, desk.session_id


async def add(log: Log, desk: Desk, runs: int) -> None:
    for _ in range(runs):
        desk.run("a")
    for producer_id in (desk.page, desk.policy):
        known = await log.last_seq(producer_id)
        mine = [event for event in desk.events if event.producer_id == producer_id and event.producer_seq > known]
        if mine:
            await log.append(producer_id, mine)


async def ask(timelines: Timelines, log: Log, participant: ParticipantId, session: SessionId) -> dict[str, Any]:
    return await timelines.told(log, participant, session, width=900, after=0)


async def test_only_what_came_since_is_read_and_many_may_ask_at_once() -> None:
    async with CountedLog() as log:
        desk, participant, session = await filled(log, 1, 50)
        timelines = Timelines()
        first = await ask(timelines, log, participant, session)
        whole, log.read_events = log.read_events, 0
        assert whole == len(desk.events)
        await add(log, desk, 1)
        answers = await asyncio.gather(*[ask(timelines, log, participant, session) for _ in range(4)])
        assert log.read_events == 3, "a run is three events"
        assert all(answer == answers[0] != first for answer in answers)
        assert answers[0] == await ask(Timelines(), log, participant, session)


async def test_what_is_kept_is_bounded_and_what_was_let_go_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_EVENTS >= 100_000
    monkeypatch.setattr("prompter.timelines.MOST_EVENTS", 100)
    async with CountedLog() as log:
        sessions = [(await filled(log, seed, 20))[1:] for seed in (1, 2, 3)]
        timelines = Timelines()
        answers = [await ask(timelines, log, *one) for one in sessions]
        log.read_events = 0
        assert await ask(timelines, log, *sessions[2]) == answers[2]
        assert log.read_events == 0
        assert await ask(timelines, log, *sessions[0]) == answers[0]
        assert log.read_events > 60


async def test_another_log_shares_nothing_with_the_one_before() -> None:
    timelines = Timelines()
    async with MemoryLog() as log, MemoryLog() as restored:
        _, participant, session = await filled(log, 1, 5)
        await filled(restored, 1, 2)
        assert len((await ask(timelines, log, participant, session))["data"]["lanes"][0]["runs"]) == 5
        assert len((await ask(timelines, restored, participant, session))["data"]["lanes"][0]["runs"]) == 2


async def test_who_was_erased_is_forgotten_at_once() -> None:
    timelines = Timelines()
    async with MemoryLog() as log:
        _, participant, session = await filled(log, 1, 5)
        await ask(timelines, log, participant, session)
        await log.erase(participant, by="test")
        with pytest.raises(UnknownSession):
            await ask(timelines, log, participant, session)

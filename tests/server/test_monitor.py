"""The monitor's endpoints of a running collector: who may come in, what they may do, what they are told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

from prompter.monitor.actions import MAX_BODY
from prompter.monitor.differences import difference
from prompter.monitor.live import MAX_WORDS
from prompter.monitor.watching import first_since
from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.prompts import PromptRequested
from prompter_events.catalogue.study import NoteAdded, StudyEnded
from prompter_events.clock import now_micros
from prompter_events.memory import MemoryLog
from prompter_projections.current import BY_THE_SERVER
from support.crowded import Worker, connect, fill, write_study
from support.events import events, new_producer
from support.monitored import BLINDED, COOKIE, PARTICIPANT, RESEARCHER, Collector, collector

CONDITIONS = {"p01": "EXP_CTS", "p02": "EXP_END", "p03": "EXP_NONE"}

HOSTILE = "<img src=x onerror=alert(1)>\u2028\x00 %s {0}"

XSRF = "2|00000000|00000000000000000000000000000000|1700000000"


@dataclass
class Place:
    """A running collector with three people in it."""

    collector: Collector
    log: str
    workers: dict[str, Worker]

    def id(self, name: str) -> str:
        """A participant's id."""
        return str(self.workers[name].participant_id)

    async def events(self, name: str, *kinds: str) -> list[Event]:
        """What the log holds of somebody's session, of all types or of some."""
        worker = self.workers[name]
        assert worker.session_id is not None
        async with open_study_log(self.log) as log:
            return [event async for event in log.read(session=worker.session_id, types=kinds or None)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Everybody is in the middle of their work; p03 has done nothing for some minutes."""
    home = tmp_path_factory.mktemp("monitor")
    study, url = write_study(home), f"sqlite:///{home}/log.db"
    workers = {name: Worker(name, condition, 30, seed) for seed, (name, condition) in enumerate(CONDITIONS.items())}
    workers["p03"].silent = 12
    asyncio.run(fill(url, study, list(workers.values()), now_micros()))
    with collector(home, {"PROMPTER_LOG": url, "PROMPTER_STUDY": str(study)}) as running:
        yield Place(running, url, workers)


async def asked(
    place: Place, path: str, who: str = RESEARCHER, *, body: object = None, raw: bytes | None = None, **headers: str
) -> HTTPResponse:
    sent = {"Cookie": f"_xsrf={XSRF}" + (f"; {COOKIE}={who}" if who else ""), "X-XSRFToken": XSRF, **headers}
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    return await AsyncHTTPClient().fetch(
        place.collector.url + path,
        method="GET" if data is None else "POST",
        headers=sent,
        body=data,
        raise_error=False,
        follow_redirects=False,
    )


async def done(place: Place, path: str, who: str = RESEARCHER, **body: object) -> tuple[int, str]:
    """The status and the line of an action."""
    answer = await asked(place, path, who, body=body)
    return answer.code, json.loads(answer.body)["message"]


class Looking:
    """A page's side of the monitor's socket: what it was told, put together as the page does."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.rows: dict[str, dict[str, Any]] = {}
        self.rest: dict[str, Any] = {}
        self.frames: list[str] = []

    async def hear(self) -> dict[str, Any]:
        frame = await self.socket.read_message()
        assert isinstance(frame, str), f"closed with {self.socket.close_code} {self.socket.close_reason}"
        self.frames.append(frame)
        message: dict[str, Any] = json.loads(frame)
        if message.pop("whole", False):
            self.rows, self.rest = {}, {}
        for key, fields in message.pop("rows", {}).items():
            known = self.rows.setdefault(key, {"bins": {}})
            bins = known["bins"] | fields.pop("bins", {})
            known |= fields | {"bins": bins}
        for key in message.pop("gone", []):
            del self.rows[key]
        self.rest |= message
        return message

    async def until(self, seen: Any) -> None:
        """Hear until something is so."""
        async with asyncio.timeout(60):
            while not seen():
                await self.hear()

    async def all_there(self) -> None:
        """Hear until the monitor has read the log: before, rows are half and go by other names."""
        await self.until(lambda: set(CONDITIONS) == {row["name"] for row in self.rows.values()} and not self.reading)

    @property
    def reading(self) -> bool:
        return self.rest.get("reading") is not None

    def row(self, name: str) -> dict[str, Any]:
        return next(row for row in self.rows.values() if row["name"] == name)

    async def wish(self, **wishes: object) -> None:
        await self.socket.write_message(json.dumps(wishes))


@asynccontextmanager
async def looking(
    place: Place, who: str = RESEARCHER, path: str = "monitor/live", **headers: str
) -> AsyncIterator[Looking]:
    address = place.collector.url.replace("http", "ws", 1) + path
    socket = await websocket_connect(HTTPRequest(address, headers={"Cookie": f"{COOKIE}={who}", **headers}))
    try:
        yield Looking(socket)
    finally:
        socket.close()


# Who may come in.


@pytest.mark.parametrize("path", ["monitor", "monitor/timeline", "monitor/assets/monitor.js"])
async def test_the_page_is_for_researchers(place: Place, path: str) -> None:
    for who in (RESEARCHER, BLINDED):
        assert (await asked(place, path, who)).code == 200
    assert (await asked(place, path, PARTICIPANT)).code == 403
    nobody = await asked(place, path, "")
    assert (nobody.code, nobody.headers["Location"]) == (302, "/services/prompter/sign-in")


@pytest.mark.parametrize("path", ["monitor/ask", "monitor/note", "monitor/end"])
async def test_nobody_else_does_anything(place: Place, path: str) -> None:
    for who in (PARTICIPANT, ""):
        assert (await asked(place, path, who, body={"participant": place.id("p01")})).code == 403
    assert await place.events("p01", "study.ended") == []


@pytest.mark.parametrize("path", ["monitor/live", "monitor/timeline/live?session=x"])
async def test_the_sockets_are_for_researchers_and_for_this_origin(place: Place, path: str) -> None:
    for who, headers in ((PARTICIPANT, {}), ("", {}), (RESEARCHER, {"Origin": "https://elsewhere.example"})):
        with pytest.raises(HTTPClientError) as refused:
            async with looking(place, who, path, **headers):
                pass
        assert refused.value.code == 403


async def test_what_another_site_sends_is_refused(place: Place) -> None:
    body = json.dumps({"participant": place.id("p01")}).encode()
    for headers in ({"X-XSRFToken": ""}, {"X-XSRFToken": "another"}):
        assert (await asked(place, "monitor/end", raw=body, **headers)).code == 403
    assert await place.events("p01", "study.ended") == []


async def test_the_page_runs_nothing_that_is_not_its_own(place: Place) -> None:
    answer = await asked(place, "monitor")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    page = answer.body.decode()
    assert "{{" not in page
    assert re.findall(r"<script(?![^>]* src=)|style=|onclick", page) == []
    cookies = answer.headers.get_list("Set-Cookie")
    assert all("who" not in cookie for cookie in cookies)


async def test_every_file_of_the_page_is_there_and_no_other(place: Place) -> None:
    seen: set[str] = set()
    wanted = {"monitor.js", "timeline.js", "monitor.css", "timeline.css", "paper.css"}
    while wanted - seen:
        name = (wanted - seen).pop()
        seen.add(name)
        answer = await asked(place, f"monitor/assets/{name}")
        assert answer.code == 200, name
        assert answer.headers["Content-Type"].startswith("text/css" if name.endswith("css") else "text/javascript")
        wanted |= set(re.findall(r"from '\./([a-z-]+\.js)'", answer.body.decode()))
    assert {"figure.js", "room.js", "forms.js"} <= seen
    for name in ("__init__.py", "../actions.py", "%2e%2e/actions.py", "monitor.html", "page.js", "x.js"):
        assert (await asked(place, f"monitor/assets/{name}")).code == 404


# What is told.


async def test_everybody_is_told_whole_and_then_what_changes(place: Place) -> None:
    async with looking(place) as page:
        await page.all_there()
        assert {row["name"]: row["condition"] for row in page.rows.values()} == CONDITIONS
        assert (page.row("p02")["open"], page.row("p02")["held"] > 0) == (0, True)
        assert (page.row("p03")["asks"], page.row("p01")["asks"]) == (False, True)
        assert page.rest["study"] == "loans-2026"
        assert page.rest["totals"]["people"] == 3
        await page.until(lambda: '"rows"' not in page.frames[-1] and len(page.frames[-1]) < 200)


async def test_who_is_connected_is_known_from_their_sockets(place: Place) -> None:
    async with looking(place) as page:
        await page.all_there()

        def why() -> str:
            return str(next(alarm["why"] for alarm in page.row("p03")["alarms"] if alarm["kind"] == "silent"))

        assert why().startswith("not connected to this server")
        socket = await connect(place.collector.stream, "p03")
        await page.until(lambda: why().startswith("connected"))
        socket.close()
        while await socket.read_message() is not None:
            pass
        await page.until(lambda: why().startswith("not connected to this server"))


async def test_whoever_is_opened_is_told_more_of(place: Place) -> None:
    async with looking(place) as page:
        await page.wish(watch=place.id("p01"))
        await page.until(lambda: page.rest.get("closeup"))
        assert page.rest["closeup"]["cell"]["source"]
        assert page.rest["closeup"]["sessions"][0]["session"] == str(place.workers["p01"].session_id)


async def test_a_time_without_work_tells_nobody(place: Place) -> None:
    async with looking(place) as page:
        await page.all_there()
        await page.wish(since=now_micros() // 1000 + 3_600_000)
        await page.until(lambda: not page.rows)
        await page.wish()
        await page.all_there()


@pytest.mark.parametrize("words", ["", "x", "[]", "null", '{"since": "x"}', '{"watch": 7}', '{"more": 1}', "[" * 3000])
async def test_a_page_that_says_what_none_says_is_let_go(place: Place, words: str) -> None:
    async with looking(place) as page:
        await page.hear()
        await page.socket.write_message(words)
        while await page.socket.read_message() is not None:
            pass
        assert page.socket.close_code == 4400


async def test_what_is_too_long_for_a_wish_ends_the_socket(place: Place) -> None:
    async with looking(place) as page:
        await page.hear()
        await page.socket.write_message(" " * (MAX_WORDS + 1))
        while await page.socket.read_message() is not None:
            pass
        assert page.socket.close_code == 1009


async def test_the_timeline_of_a_session_is_pushed(place: Place) -> None:
    path = f"monitor/timeline/live?session={place.workers['p01'].session_id}&width=900"
    async with looking(place, path=path) as page:
        first = await page.hear()
        assert (first["called"]["name"], first["width"], "style" in first) == ("p01", 900, True)
        assert any(lane["prompts"] for lane in first["data"]["lanes"])
        assert await page.hear() == {"current": True}


@pytest.mark.parametrize("session", ["", "x", "../x", "cfdd69bb-b50e-4cb0-9aee-10da23d7521b", "%00", "0" * 3000])
async def test_a_session_that_is_none_has_no_timeline(place: Place, session: str) -> None:
    async with looking(place, path=f"monitor/timeline/live?session={session}") as page:
        while await page.socket.read_message() is not None:
            pass
        assert page.socket.close_code == 4404


# Asking.


def question(place: Place, name: str, text: str = "Why this?", **more: object) -> dict[str, Any]:
    return {"participant": place.id(name), "request": str(uuid4()), "question": text, **more}


async def test_a_question_enters_the_log_once_however_often_it_is_sent(place: Place) -> None:
    said = question(place, "p01", f" {HOSTILE} ", choices=["a", " b ", "a", " "], urgent=True, multiple=True)
    for _ in range(2):
        status, message = await done(place, "monitor/ask", **said)
        assert (status, "asked at the next moment" in message) == (200, True)
    bodies = [event.body for event in await place.events("p01", "prompt.requested")]
    [body] = [body for body in bodies if isinstance(body, PromptRequested) and body.question == HOSTILE]
    assert (body.choices, body.by, body.urgent, body.override) == (["a", "b"], RESEARCHER, True, False)
    assert (body.multiple, body.text, body.language) == (True, "optional", "en")
    assert len({body.request_id for body in bodies if isinstance(body, PromptRequested)}) == len(bodies)


async def test_the_condition_that_asks_nothing_refuses_unless_it_is_overridden(place: Place) -> None:
    status, message = await done(place, "monitor/ask", **question(place, "p03", "refused?"))
    assert (status, message.startswith("p03 is in EXP_NONE, which asks nothing")) == (409, True)
    assert await place.events("p03", "prompt.requested") == []
    status, _ = await done(place, "monitor/ask", **question(place, "p03", "overridden?", override=True))
    assert status == 200
    [event] = await place.events("p03", "prompt.requested")
    assert isinstance(event.body, PromptRequested)
    assert event.body.override


async def test_the_condition_that_asks_at_the_end_keeps_it_for_the_review(place: Place) -> None:
    assert await done(place, "monitor/ask", **question(place, "p02")) == (200, "Kept for the review at the end")
    status, message = await done(place, "monitor/ask", **question(place, "p02", "now", override=True))
    assert (status, message.startswith("Passed on")) == (200, True)


async def test_a_blinded_researcher_is_answered_alike_in_every_condition(place: Place) -> None:
    answers = {await done(place, "monitor/ask", BLINDED, **question(place, name)) for name in CONDITIONS}
    assert len(answers) == 1
    assert answers.pop()[0] == 200
    against = {await done(place, "monitor/ask", BLINDED, **question(place, name, override=True)) for name in CONDITIONS}
    assert len(against) == 1
    assert against.pop()[0] == 403


@pytest.mark.parametrize(
    ("path", "raw", "status"),
    [
        ("monitor/ask", b"", 400),
        ("monitor/ask", b"[" * 2000, 400),
        ("monitor/ask", b"\xff\xfe", 400),
        ("monitor/ask", b'{"participant": "x"}', 400),
        ("monitor/note", b"null", 400),
        ("monitor/end", b"7", 400),
        ("monitor/end", b'{"participant": {"a": 1}}', 400),
        ("monitor/note", b" " * (MAX_BODY + 1), 413),
    ],
)
async def test_a_hostile_body_does_nothing(place: Place, path: str, raw: bytes, status: int) -> None:
    answer = await asked(place, path, raw=raw)
    assert answer.code == status
    assert "\n" not in json.loads(answer.body)["message"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"question": " \n "}, 400),
        ({"question": "x" * 2001}, 400),
        ({"choices": [str(number) for number in range(13)]}, 400),
        ({"choices": ["x" * 513]}, 400),
        ({"text": "none"}, 400),
        ({"text": "long"}, 400),
        ({"by": "somebody"}, 400),
        ({"participant": str(uuid4())}, 404),
    ],
)
async def test_what_is_no_question_is_refused_by_a_line(place: Place, more: dict[str, Any], status: int) -> None:
    code, message = await done(place, "monitor/ask", **(question(place, "p01") | more))
    assert (code, message != "", "\n" in message) == (status, True, False)


# Notes and ends.


async def test_a_note_is_in_the_log_at_the_position_that_it_is_about(place: Place) -> None:
    note = {"participant": place.id("p01"), "request": str(uuid4()), "text": f" {HOSTILE} ", "at": 17}
    async with looking(place) as page:
        await page.wish(watch=place.id("p01"))
        for _ in range(2):
            assert await done(place, "monitor/note", **note) == (200, "Noted")
        await page.until(lambda: (page.rest.get("closeup") or {}).get("notes"))
        assert [(told["text"], told["at"]) for told in page.rest["closeup"]["notes"]] == [(HOSTILE, 17)]
    assert [event.body for event in await place.events("p01", "note.added")] == [
        NoteAdded(text=HOSTILE, at=17, by=RESEARCHER)
    ]
    assert (await done(place, "monitor/note", **(note | {"text": " "})))[0] == 400


async def test_a_note_that_knows_no_position_is_about_the_latest_work(place: Place) -> None:
    note = {"participant": place.id("p03"), "request": str(uuid4()), "text": "stuck", "at": 0}
    assert await done(place, "monitor/note", BLINDED, **note) == (200, "Noted")
    [event] = await place.events("p03", "note.added")
    assert isinstance(event.body, NoteAdded)
    others = ("prompt.", "review.")
    work = [
        one for one in await place.events("p03") if one.type not in BY_THE_SERVER and not one.type.startswith(others)
    ]
    assert event.body.at == work[-1].position


async def test_a_session_ends_once_and_says_by_whom(place: Place, tmp_path: Path) -> None:
    async with looking(place) as page:
        await page.all_there()
        whom = {"participant": place.id("p02")}
        assert await done(place, "monitor/end", **whom) == (200, "The session of p02 is ended")
        await page.until(lambda: page.row("p02")["state"] == "ended")
        # Its questions may be answered now.
        assert (page.row("p02")["open"] > 0, page.row("p02")["held"]) == (True, 0)
    assert await done(place, "monitor/end", **whom) == (409, "p02 has no session open")
    assert (await done(place, "monitor/ask", **question(place, "p02")))[0] == 409
    assert [event.body for event in await place.events("p02", "study.ended")] == [StudyEnded(by=RESEARCHER)]


# Blinded: after all that was done above, nothing that a blinded researcher is sent tells of a condition.


async def test_nothing_that_a_blinded_researcher_is_sent_tells_of_a_condition(place: Place) -> None:
    sent: list[str] = []
    for path in ("monitor", "monitor/timeline"):
        sent.append((await asked(place, path, BLINDED)).body.decode())
    for path in ("ask", "note", "end"):
        for body in ({}, {"participant": str(uuid4())}, question(place, "p03"), question(place, "p02")):
            sent.append((await asked(place, f"monitor/{path}", BLINDED, body=body)).body.decode())
    rows: list[dict[str, Any]] = []
    async with looking(place, BLINDED) as page:
        for name in CONDITIONS:
            await page.wish(watch=place.id(name))
            await page.until(lambda name=name: (page.rest.get("closeup") or {}).get("id") == place.id(name))
        sent += page.frames
        rows = list(page.rows.values())
    for name in CONDITIONS:
        path = f"monitor/timeline/live?session={place.workers[name].session_id}"
        async with looking(place, BLINDED, path) as page:
            told = await page.hear()
            assert all(lane["prompts"] == [] for lane in told["data"]["lanes"])
            work = [one for one in await place.events(name) if not one.type.startswith(("prompt.", "review."))]
            assert told["data"]["last"] == len(work), "positions in the log go on with each question"
            told.pop("style")
            sent.append(json.dumps({key: value for key, value in told.items() if key != "drawing"}))
            assert "dia" not in told["drawing"]
            assert 'data-key="p' not in told["drawing"]
    assert [sorted(row) for row in rows] == [sorted(rows[0])] * 3
    everything = "\n".join(sent)
    assert len(everything) > 20_000
    for word in (
        "EXP_",
        "held",
        "answered",
        "dismissed",
        "expired",
        '"marks"',
        '"asks"',
        "review",
        "What does this score",
    ):
        assert word not in everything, word
    for name in CONDITIONS.values():
        assert name not in everything
    # The same search finds what the others are sent.
    async with looking(place) as page:
        await page.all_there()
        assert all(word in "".join(page.frames) for word in ("EXP_END", "held", "answered", '"asks"'))


# The parts.


def test_a_difference_makes_the_later_of_the_earlier() -> None:
    before = {"a": {"x": 1, "bins": {"1": [1], "2": [2]}}, "b": {"x": 1, "bins": {}}, "c": {"x": 1, "bins": {}}}
    after = {"a": {"x": 2, "bins": {"2": [3], "3": [4]}}, "b": {"x": 1, "bins": {}}, "d": {"x": 9, "bins": {}}}
    changed, gone = difference(before, after)
    assert changed == {"a": {"x": 2, "bins": {"2": [3], "3": [4]}}, "d": {"x": 9, "bins": {}}}
    assert gone == ["c"]
    assert difference(after, after) == ({}, [])


async def test_the_begin_of_a_time_is_found_by_halving() -> None:
    clock = iter(range(10, 10_000, 10))
    async with MemoryLog(clock=lambda: next(clock)) as log:
        producer = new_producer()
        assert await first_since(log, 5) == 0
        for number in range(1, 41):
            await log.append(producer, events(producer, number, number))
        recorded = [event.recorded_at async for event in log.read()]
        for moment in range(0, recorded[-1] + 20, 5):
            assert await first_since(log, moment) == sum(at < moment for at in recorded), moment


def test_ids_of_participants_are_no_names(place: Place) -> None:
    assert all(UUID(place.id(name)).version == 4 for name in CONDITIONS)

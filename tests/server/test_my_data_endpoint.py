"""The endpoint by which people get what was recorded of them, of a real Jupyter server."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_connection
from uuid import uuid4
from zipfile import ZipFile

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from prompter.storage import open_study_log
from support.lab import TOKEN, Lab
from support.page import OPENED, Page, page

RUN = uuid4().bytes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("my-data")


@pytest.fixture(scope="module")
def servers(home: Path) -> Iterator[tuple[Lab, Lab, Lab]]:
    """Three people's servers on one log; the third has done nothing. Nobody is named like a bird: pseudonyms are."""
    labs = []
    for person in ("agota", "balint", "csilla"):
        (home / person).mkdir()
        lab = Lab(home / person, "server", {"PROMPTER_LOG": f"sqlite:///{home}/log.db", "JP_PLUGIN_USER": person})
        lab.start()
        labs.append(lab)
    yield labs[0], labs[1], labs[2]
    for lab in labs:
        lab.stop()


async def asked(lab: Lab, *, token: str = TOKEN, method: str = "GET", query: str = "") -> HTTPResponse:
    headers = {"Authorization": f"token {token}"} if token else {}
    return await AsyncHTTPClient().fetch(
        f"{lab.url}prompter/my-data{query}", headers=headers, method=method, raise_error=False
    )


def ran(text: str) -> list[tuple[str, dict[str, object]]]:
    output = {"mime": "text/plain", "bytes": len(text), "digest": bytes(32), "text": text}
    end = {"run_id": RUN, "status": "ok", "execution_count": 7, "duration_ms": 3, "outputs": [output]}
    return [("run.scheduled", {"run_id": RUN, "cell_id": "a", "source": "1"}), ("run.finished", end)]


async def worked(mine: Page, text: str) -> None:
    await mine.hello()
    await mine.send(1, OPENED, *ran(text))


def archive_of(answer: HTTPResponse) -> ZipFile:
    assert answer.code == 200, answer.body
    return ZipFile(io.BytesIO(answer.body))


def events_in(archive: ZipFile) -> list[dict[str, object]]:
    return [json.loads(line) for line in archive.read("events.jsonl").splitlines()]


async def test_each_person_gets_their_own_and_its_name_names_nobody(servers: tuple[Lab, Lab, Lab]) -> None:
    mine, theirs, _ = servers
    async with page(mine) as one, page(theirs) as other:
        await worked(one, "my output")
        await worked(other, "strange output")
        for lab, own, foreign in ((mine, one, other), (theirs, other, one)):
            # Whatever is asked for: who asks gets their own.
            answer = await asked(lab, query=f"?session_id={foreign.session}&participant=balint")
            archive = archive_of(answer)
            sessions = {event["session_id"] for event in events_in(archive)}
            assert str(own.session) in sessions
            assert str(foreign.session) not in sessions
            headers = answer.headers
            assert headers["Content-Type"] == "application/zip"
            assert headers["Cache-Control"] == "no-store"
            name = r'attachment; filename="my-data-\d{4}-\d\d-\d\d-\d{4}\.zip"'
            assert re.fullmatch(name, headers["Content-Disposition"])
            everything = b"".join(archive.read(name) for name in archive.namelist())
            assert b"balint" not in everything
            assert b"agota" not in everything


async def test_to_ask_whether_there_is_something_brings_no_body(servers: tuple[Lab, Lab, Lab]) -> None:
    mine, _, idle = servers
    async with page(mine) as one:
        await worked(one, "1")
        answer = await asked(mine, method="HEAD")
        assert (answer.code, answer.body) == (200, b"")
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"] == "application/zip"
    assert (await asked(idle, method="HEAD")).code == 404


async def test_who_has_nothing_recorded_is_told_so_in_one_line(servers: tuple[Lab, Lab, Lab]) -> None:
    _, _, idle = servers
    answer = await asked(idle)
    assert (answer.code, json.loads(answer.body)) == (404, {"message": "nothing is recorded of you here"})
    assert "Content-Disposition" not in answer.headers


async def test_who_is_not_known_gets_nothing(servers: tuple[Lab, Lab, Lab]) -> None:
    mine, _, _ = servers
    for token in ("", "wrong"):
        for method in ("GET", "HEAD"):
            assert (await asked(mine, token=token, method=method)).code == 403


async def test_who_was_erased_gets_nothing(servers: tuple[Lab, Lab, Lab], home: Path) -> None:
    _, theirs, _ = servers
    async with page(theirs) as other:
        await worked(other, "to be erased")
        assert (await asked(theirs)).code == 200
    async with open_study_log(f"sqlite:///{home}/log.db") as log:
        await log.erase(await log.participant("balint"), by="test")
    answer = await asked(theirs)
    assert (answer.code, json.loads(answer.body)["message"]) == (404, "nothing is recorded of you here")


async def test_who_stops_reading_holds_one_download_and_nobody_else_s_work(servers: tuple[Lab, Lab, Lab]) -> None:
    mine, _, _ = servers
    noise = "".join(str(uuid4()) for _ in range(10_000))
    async with page(mine) as one:
        await one.hello()
        await one.send(1, OPENED)
        for number in range(40):
            first = 2 + 2 * number
            # All different, so that nothing becomes small by compression.
            await one.send(first, *ran(noise[number:] + str(uuid4()) * 3_000))
        with closing(create_connection(("127.0.0.1", int(mine.url.rsplit(":", 1)[1].strip("/"))))) as stalled:
            request = f"GET /prompter/my-data HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n\r\n"
            stalled.sendall(request.encode())
            begun = await asyncio.to_thread(stalled.recv, 15)
            assert begun == b"HTTP/1.1 200 OK"
            # It reads no further: the server waits for it, yet hears everybody.
            again = await asked(mine)
            assert (again.code, json.loads(again.body)["message"]) == (
                429,
                "your data are on their way already: wait until that download has ended",
            )
            await one.send(82, *ran("still heard"))
        # It went away: the place is free.
        while (answer := await asked(mine)).code == 429:
            pass
        assert any(event["type"] == "run.finished" for event in events_in(archive_of(answer)))

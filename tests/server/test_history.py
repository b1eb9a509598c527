"""The history's endpoints of a real Jupyter server, asked by its person and by others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from support.lab import TOKEN, Lab, servers_of_two_people
from support.page import OPENED, Page, page

RUN = uuid4().bytes
HOSTILE = '<img src=x onerror="alert(1)"></script>\u2028\x00 %s {0}'


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Lab]]:
    """Two people's servers on one log."""
    with servers_of_two_people(tmp_path_factory.mktemp("history"), {}) as servers:
        yield servers


async def asked(lab: Lab, path: str, *, token: str = TOKEN) -> HTTPResponse:
    headers = {"Authorization": f"token {token}"} if token else {}
    return await AsyncHTTPClient().fetch(f"{lab.url}prompter/history/{path}", headers=headers, raise_error=False)


async def told(lab: Lab, path: str) -> Any:
    answer = await asked(lab, path)
    assert answer.code == 200, answer.body
    return json.loads(answer.body)


def opened(continues: UUID | None = None, source: str = "1") -> tuple[str, dict[str, Any]]:
    cells = [{"cell_id": "a", "cell_type": "code", "source": source}]
    return "session.opened", {**OPENED[1], "cells": cells, "continues": continues.bytes if continues else None}


def ran(source: str) -> list[tuple[str, dict[str, Any]]]:
    output = {"mime": "text/plain", "bytes": 3, "digest": bytes(32), "text": HOSTILE * 700}
    error = {"name": HOSTILE, "message": HOSTILE, "traceback": ""}
    end = {"run_id": RUN, "status": "error", "execution_count": 7, "duration_ms": 3, "error": error}
    return [
        ("run.scheduled", {"run_id": RUN, "cell_id": "a", "source": source}),
        ("run.finished", {**end, "outputs": [output] * 25}),
    ]


def typed(text: str) -> tuple[str, dict[str, Any]]:
    return "cell.edited", {"cell_id": "a", "changes": [[0, [text]]], "cause": "user"}


async def worked(lab: Lab, *events: tuple[str, dict[str, Any]]) -> UUID:
    """A session of these events; its id."""
    async with page(lab) as mine:
        await send(mine, *events)
        return mine.session


async def send(mine: Page, *events: tuple[str, dict[str, Any]]) -> None:
    await mine.hello()
    for first in range(0, len(events), 500):  # as many as a page puts into a frame
        await mine.send(first + 1, *events[first : first + 500])


async def test_the_moments_and_the_notebook_as_it_stood(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    session = await worked(lab, opened(), typed("x = "), *ran("x = 1"), typed("yy"))
    history = await told(lab, str(session))
    assert [moment["kind"] for moment in history["moments"]] == ["opened", "ran", "edited"]
    assert (history["first"], history["withheld"]) == (0, [])
    run = history["moments"][1]
    assert (run["session_id"], run["place"], run["status"], run["wrote"]) == (str(session), 1, "error", True)
    then = await told(lab, f"{session}/{run['position']}")
    [cell] = then["cells"]
    assert (cell["id"], cell["type"], cell["source"], cell["status"], cell["count"]) == (
        "a",
        "code",
        "x = 1",
        "error",
        7,
    )
    first = await told(lab, f"{session}/{history['moments'][0]['position']}")
    assert [cell["source"] for cell in first["cells"]] == ["1"]
    last = await told(lab, f"{session}/{10**15 - 1}")
    assert [cell["source"] for cell in last["cells"]] == ["yyx = 1"]


async def test_whatever_was_typed_comes_back_as_it_was(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    session = await worked(lab, opened(source=HOSTILE), *ran(HOSTILE))
    run = (await told(lab, str(session)))["moments"][-1]
    assert run["text"] == HOSTILE.partition("\u2028")[0]
    [cell] = (await told(lab, f"{session}/{run['position']}"))["cells"]
    assert cell["source"] == HOSTILE
    assert cell["error"] == {"name": HOSTILE, "message": HOSTILE}
    assert (len(cell["outputs"]), cell["more_outputs"]) == (20, 5)
    assert cell["outputs"][0]["text"] == (HOSTILE * 700)[:20_000]


async def test_a_page_that_was_loaded_again_keeps_its_history(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    first = await worked(lab, opened(), *ran("1"))
    second = await worked(lab, opened(first))
    history = (await told(lab, str(second)))["moments"]
    assert [(moment["session_id"], moment["kind"]) for moment in history] == [
        (str(first), "opened"),
        (str(first), "ran"),
        (str(second), "opened"),
    ]


async def test_other_people_s_histories_are_not_there(servers: tuple[Lab, Lab]) -> None:
    mine, theirs = servers
    session = await worked(theirs, opened(), *ran("1"))
    claimed = await worked(mine, opened(session))
    assert len((await told(mine, str(claimed)))["moments"]) == 1
    for path in (str(session), f"{session}/5", str(uuid4()), f"{uuid4()}/1"):
        answer = await asked(mine, path)
        assert (answer.code, json.loads(answer.body)) == (404, {"message": "there is no such history"})


async def test_what_is_no_history_is_not_there(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    session = await worked(lab, opened())
    for path in ("", "1", f"{session}/-1", f"{session}/x", f"{session}/{10**15}", f"{session}%00"):
        assert (await asked(lab, path)).code in {404, 400}, path


async def test_who_is_not_known_sees_nothing(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    session = await worked(lab, opened())
    for token in ("", "wrong"):
        assert (await asked(lab, str(session), token=token)).code == 403


async def test_a_long_history_comes_in_pages(servers: tuple[Lab, Lab]) -> None:
    lab, _ = servers
    saved = ("notebook.saved", {"digest": bytes(32)})
    session = await worked(lab, opened(), *[saved] * 2_100)
    latest = await told(lab, str(session))
    assert (latest["first"], len(latest["moments"])) == (1_101, 1_000)
    before = await told(lab, f"{session}?until={latest['first']}")
    assert (before["first"], len(before["moments"])) == (101, 1_000)
    earliest = await told(lab, f"{session}?until={before['first']}")
    assert (earliest["first"], len(earliest["moments"])) == (0, 101)
    positions = [moment["position"] for answer in (earliest, before, latest) for moment in answer["moments"]]
    assert positions == sorted(set(positions))
    for strange in ("-1", "x", "９", "9" * 400):
        assert len((await told(lab, f"{session}?until={strange}".encode().decode("latin-1")))["moments"]) == 1_000


async def test_without_a_log_the_answer_is_one_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("nowhere")
    (home / "50%s").write_text("a file where a directory should be", encoding="utf-8")
    lab = Lab(home, "server", {"PROMPTER_LOG": f"sqlite:///{home}/50%s/log.db"})
    lab.start()
    try:
        answer = await asked(lab, str(uuid4()))
        assert answer.code == 503
        message = json.loads(answer.body)["message"]
        assert message == lab.status()["reason"]
        assert message
        assert "Traceback" not in lab.output
    finally:
        lab.stop()

"""The review's endpoints of a real Jupyter server: asked by the person, by others, and by hostile clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from prompter.storage import open_study_log
from prompter_events import SessionId
from prompter_events.catalogue.study import StudyEnded
from support.holding import CHOICES, hold
from support.lab import TOKEN, Lab, servers_of_two_people
from support.page import OPENED, Page, page, stored

HOSTILE = '<img src=x onerror="alert(1)"></script>\u2028\x00 %s {0}'
NOWHERE = "3f02d484-9115-4de7-ba30-d72c8dd4d91a"
NO_IDS = ("", "x", "' OR 1=1 --", "../../etc/passwd", "0" * 10_000, "\u2028", "{0}", NOWHERE)


class Servers:
    """Two people's servers on one log."""

    def __init__(self, url: str, heron: Lab, wren: Lab) -> None:
        self.url = url
        self.heron = heron
        self.wren = wren


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    home = tmp_path_factory.mktemp("review")
    with servers_of_two_people(home, {"MODE": "EXP_NONE"}) as (heron, wren):
        yield Servers(f"sqlite:///{home}/log.db", heron, wren)


async def asked(lab: Lab, notebook_id: str, *, token: str = TOKEN) -> HTTPResponse:
    headers = {"Authorization": f"token {token}"} if token else {}
    address = f"{lab.url}prompter/review?{urlencode({'notebook_id': notebook_id})}"
    return await AsyncHTTPClient().fetch(address, headers=headers, raise_error=False)


async def ending(lab: Lab, session: object, *, token: str = TOKEN, body: str | None = None) -> HTTPResponse:
    headers = {"Authorization": f"token {token}"} if token else {}
    said = json.dumps({"session_id": session}) if body is None else body
    address = f"{lab.url}prompter/end-session"
    return await AsyncHTTPClient().fetch(
        address, method="POST", headers=headers, body=said, raise_error=False, request_timeout=60
    )


async def ended(lab: Lab, session: UUID) -> Any:
    answer = await ending(lab, str(session))
    assert answer.code == 200, answer.body
    return json.loads(answer.body)


def opened(path: str, *cells: str) -> tuple[str, dict[str, Any]]:
    told = [{"cell_id": cell, "cell_type": "code", "source": f"{cell} = 0"} for cell in cells]
    return "session.opened", {**OPENED[1], "notebook_path": path, "cells": told}


def ran(cell: str, source: str, status: str = "ok", **end: Any) -> list[tuple[str, dict[str, Any]]]:
    run = uuid4().bytes
    told = {"run_id": run, "status": status, "execution_count": 1, "duration_ms": 400, **end}
    return [
        ("run.scheduled", {"run_id": run, "cell_id": cell, "source": source}),
        ("run.finished", told),
    ]


async def worked(lab: Lab, *events: tuple[str, dict[str, Any]]) -> Page:
    """A session of these events, closed; its page."""
    async with page(lab) as mine:
        await mine.hello()
        await mine.send(1, *events)
        return mine


async def test_the_end_is_in_the_log_once_and_tells_each_cell_as_it_stood(servers: Servers) -> None:
    output = {"mime": "text/plain", "bytes": 2, "digest": bytes(32), "text": "42"}
    error = {"name": "KeyError", "message": HOSTILE, "traceback": "a long way down"}
    mine = await worked(
        servers.heron,
        opened("stood.ipynb", "a", "b", "c"),
        *ran("b", "b = 1", outputs=[output]),
        *ran("a", "a = 1", status="error", error=error),
        *ran("b", "b = 2"),
        *ran("b", "b = 3"),
    )
    second = await hold(servers.url, mine.session, "b", run=1, frame=("loans", 9_578, 9_458))
    first = await hold(servers.url, mine.session, "a", question=HOSTILE, choices=[HOSTILE], multiple=True, text="none")
    third = await hold(servers.url, mine.session, "c", run=None, text="required")
    review = await ended(servers.heron, mine.session)
    assert await ended(servers.heron, mine.session) == review
    events = await stored(servers.url, mine.session)
    assert [event.body for event in events if event.type == "study.ended"] == [StudyEnded(by="participant")]

    assert (review["path"], review["ended"]) == ("stood.ipynb", True)
    assert review["then"] is None
    assert [item["prompt_id"] for item in review["items"]] == [str(first), str(second), str(third)]
    a, b, c = review["items"]
    assert (a["question"], a["choices"], a["multiple"], a["text"]) == (HOSTILE, [HOSTILE], True, "none")
    assert a["cell"]["source"] == "a = 1"
    assert a["cell"]["error"] == {"name": "KeyError", "message": HOSTILE}
    assert "a long way down" not in json.dumps(review)
    assert (a["place"], b["place"], c["place"], a["gone"]) == (1, 2, 3, False)
    assert (b["choices"], b["language"], b["fate"], b["answer"]) == (list(CHOICES), "en", "open", None)
    assert (b["cell"]["source"], b["cell"]["number"], b["cell"]["of"]) == ("b = 2", 2, 3)
    assert (b["cell"]["status"], b["cell"]["duration_ms"], b["cell"]["outputs"]) == ("ok", 400, [])
    assert b["cell"]["frames"] == [
        {
            "name": "loans",
            "kind": "pandas.DataFrame",
            "before": {"rows": 9_578, "columns": 8},
            "after": {"rows": 9_458, "columns": 8},
        }
    ]
    # A question about no run: the cell as it stood when the question arose.
    assert (c["cell"]["source"], c["cell"]["number"], c["text"]) == ("c = 0", 0, "required")


async def test_a_review_that_waits_is_told_at_hello_until_nothing_is_left(servers: Servers) -> None:
    mine = await worked(servers.heron, opened("waits.ipynb", "a", "b"), *ran("a", "1"), *ran("b", "2"))
    one = await hold(servers.url, mine.session, "a")
    two = await hold(servers.url, mine.session, "b")
    # Before the end nothing waits, and nothing is told.
    assert await waiting(servers.heron, "waits.ipynb") is None
    notebook_id = (await ended(servers.heron, mine.session))["notebook_id"]
    waits = await waiting(servers.heron, "waits.ipynb")
    assert waits is not None
    assert (str(UUID(bytes=waits["notebook_id"])), waits["questions"]) == (notebook_id, 2)
    assert await waiting(servers.wren, "waits.ipynb") is None

    # On another day, in a new session of the same notebook.
    async with page(servers.heron) as later:
        await later.hello()
        said = {"prompt_id": one.bytes, "text": "yes", "choice": "Clean up", "drafting_ms": 1}
        await later.send(1, opened("waits.ipynb", "b"), ("prompt.answered", {**said, "choices": ["Clean up"]}))
        left = await waiting(servers.heron, "waits.ipynb")
        assert left is not None
        assert left["questions"] == 1
        gone, kept = json.loads((await asked(servers.heron, notebook_id)).body)["items"]
        assert (gone["answer"], gone["fate"]) == ({"choices": ["Clean up"], "text": "yes"}, "answered")
        assert (gone["gone"], gone["place"], kept["place"], kept["fate"]) == (True, 1, 1, "open")
        amended = {"prompt_id": one.bytes, "text": "no", "choice": None}
        await later.send(
            3, ("prompt.amended", amended), ("prompt.dismissed", {"prompt_id": two.bytes, "reason": "skip"})
        )
        items = json.loads((await asked(servers.heron, notebook_id)).body)["items"]
        assert [(item["fate"], item["answer"]) for item in items] == [
            ("answered", {"choices": [], "text": "no"}),
            ("skipped", None),
        ]
        assert await waiting(servers.heron, "waits.ipynb") is None
        await later.send(5, ("review.closed", {"answered": 1, "left": 0}))
        assert json.loads((await asked(servers.heron, notebook_id)).body)["items"] == []


async def waiting(lab: Lab, path: str) -> dict[str, Any] | None:
    """What a page is told at hello of this notebook's review."""
    async with page(lab) as fresh:
        await fresh.hello()
        reviews: list[dict[str, Any]] = (await fresh.hear("state"))["reviews"]
    return next((review for review in reviews if review["notebook_path"] == path), None)


async def test_nobody_ends_or_reads_what_is_not_theirs(servers: Servers) -> None:
    mine = await worked(servers.heron, opened("mine.ipynb", "a"), *ran("a", "secret"))
    await hold(servers.url, mine.session, "a")
    answer = await ending(servers.wren, str(mine.session))
    assert (answer.code, json.loads(answer.body)) == (404, {"message": "there is no such session"})
    assert "study.ended" not in {event.type for event in await stored(servers.url, mine.session)}
    notebook_id = (await ended(servers.heron, mine.session))["notebook_id"]
    answer = await asked(servers.wren, notebook_id)
    assert (answer.code, json.loads(answer.body)) == (404, {"message": "there is no such notebook"})
    assert (await asked(servers.heron, notebook_id, token="")).code in (401, 403)
    assert (await ending(servers.heron, str(mine.session), token="")).code in (401, 403)


@pytest.mark.parametrize("name", NO_IDS)
async def test_what_is_no_id_names_nothing(servers: Servers, name: str) -> None:
    assert (await asked(servers.heron, name)).code == 404
    assert (await ending(servers.heron, name)).code == 404


@pytest.mark.parametrize("body", ["", "[]", "7", "null", "{}", '{"session_id": {"a": [1]}}', "{", "\x00", "[" * 2000])
async def test_a_hostile_body_ends_nothing(servers: Servers, body: str) -> None:
    assert (await ending(servers.heron, "", body=body)).code in (400, 404)


async def test_of_somebody_erased_nothing_is_told_and_nothing_ends(servers: Servers) -> None:
    mine = await worked(servers.wren, opened("erased.ipynb", "a"), *ran("a", "1"))
    await hold(servers.url, mine.session, "a")
    notebook_id = (await ended(servers.wren, mine.session))["notebook_id"]
    async with open_study_log(servers.url) as log:
        participant_id = await log.session_owner(SessionId(mine.session))
        assert participant_id is not None
        await log.erase(participant_id, by="test")
    assert (await asked(servers.wren, notebook_id)).code == 404
    assert (await ending(servers.wren, str(mine.session))).code == 404
    assert await waiting(servers.wren, "erased.ipynb") is None

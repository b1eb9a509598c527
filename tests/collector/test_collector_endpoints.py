"""What is asked of a collector beside the stream: by pages, by the Hub, by researchers who sign in."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from prompter.conditions import assignments
from prompter.roles import Role
from prompter.storage import open_study_log
from support.collecting import ASSIGN_KEY, METRICS_KEY, PREFIX, Collector, collected, link
from support.page import OPENED

STUDY = """\
study: asked
capture: {outputs: none}
periods:
  - {name: one, conditions: [EXP_CTS, EXP_END, EXP_NONE]}
"""


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, str]]:
    home = tmp_path_factory.mktemp("collector")
    (home / "study.yaml").write_text(STUDY, encoding="utf-8")
    url = f"sqlite:///{home}/log.db"
    collector = Collector(home, {"PROMPTER_LOG": url, "PROMPTER_STUDY": f"{home}/study.yaml"})
    collector.start()
    yield collector, url
    collector.kill()


async def asked(
    collector: Collector, path: str, headers: Mapping[str, str] | None = None, body: str | None = None
) -> HTTPResponse:
    return await AsyncHTTPClient().fetch(
        collector.url + path,
        method="GET" if body is None else "POST",
        headers=dict(headers or {}),
        body=body,
        raise_error=False,
        follow_redirects=False,
    )


def shown(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


async def assign(collector: Collector, key: str = ASSIGN_KEY, **body: object) -> HTTPResponse:
    return await asked(collector, "assignments", {"Authorization": f"Bearer {key}"}, json.dumps(body))


@pytest.mark.parametrize("path", ["status", "metrics", "answers?notebook_id=x", "review?notebook_id=x", "timeline"])
async def test_nothing_is_told_to_a_stranger(collector: tuple[Collector, str], path: str) -> None:
    server, _ = collector
    assert (await asked(server, path)).code == 403
    assert (await asked(server, path, shown("junk"))).code == 403
    # A token in an address is logged wherever it passes.
    assert (await asked(server, f"{path}{'&' if '?' in path else '?'}token={link('p01')}")).code == 403


async def test_a_participant_is_told_nothing_of_the_database(collector: tuple[Collector, str]) -> None:
    status = json.loads((await asked(collector[0], "status", shown(link("p01")))).body)
    assert (status["recording"], status["study"], status["log"]) == (True, "asked", None)


async def test_figures_of_the_whole_study_are_for_researchers(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    roles = {Role.PARTICIPANT: 403, Role.BLINDED: 403, Role.RESEARCHER: 200}
    for role, code in roles.items():
        assert (await asked(server, "metrics", shown(link("r02", role=role)))).code == code
    status = json.loads((await asked(server, "status", shown(link("p01")))).body)
    assert (status["position"], status["lag"]) == (None, None)


async def test_a_prometheus_reads_the_figures_by_a_key_that_opens_nothing_else(
    collector: tuple[Collector, str],
) -> None:
    server, _ = collector
    key = {"Authorization": f"Bearer {METRICS_KEY}"}
    told = await asked(server, "metrics", key)
    assert (told.code, b"prompter_recording 1.0" in told.body) == (200, True)
    for path in ("status", "answers?notebook_id=x", "timeline", "monitor"):
        assert (await asked(server, path, key)).code in (302, 403)
    assert (await asked(server, "assignments", key, "{}")).code == 403
    assert (await asked(server, "metrics", {"Authorization": f"Bearer {METRICS_KEY}x"})).code == 403


async def test_a_body_that_is_too_large_is_refused_before_it_is_sent(collector: tuple[Collector, str]) -> None:
    place = urlsplit(collector[0].url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(f"POST {place.path}assignments HTTP/1.1\r\nHost: it\r\nContent-Length: 2000000\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 30)  # up to its end: the server closes
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    writer.close()


async def test_people_see_what_is_their_own_alone(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    async with collected(server.stream, link("p02")) as mine:
        await mine.hello()
        await mine.send(1, OPENED)
    path = f"history/{mine.session}"
    assert (await asked(server, path, shown(link("p02")))).code == 200
    assert (await asked(server, path, shown(link("p03")))).code == 404


async def test_the_hub_has_a_participant_assigned_once(collector: tuple[Collector, str]) -> None:
    server, url = collector
    first = await assign(server, participant="p10", condition="EXP_NONE")
    assert (first.code, json.loads(first.body)) == (200, {"participant": "p10"})
    assert (await assign(server, participant="p10", condition="EXP_NONE")).code == 200
    assert (await assign(server, participant="p10")).code == 200
    contradicted = await assign(server, participant="p10", condition="EXP_CTS")
    assert contradicted.code == 409
    assert b"EXP" not in contradicted.body
    async with open_study_log(url) as log:
        names = await log.participant_names()
        facts = [one.fact for one in await assignments(log) if names.get(one.participant_id) == "p10"]
    assert [(fact.condition, fact.by) for fact in facts] == [("EXP_NONE", "link")]


async def test_without_a_condition_the_study_assigns(collector: tuple[Collector, str]) -> None:
    server, url = collector
    assert (await assign(server, participant="p11")).code == 200
    async with open_study_log(url) as log:
        names = await log.participant_names()
        [fact] = [one.fact for one in await assignments(log) if names.get(one.participant_id) == "p11"]
    assert (fact.by, fact.place > 0) == ("block", True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"participant": "P12"}, 400),
        ({"participant": "p12", "condition": "EXP_SOMETIMES"}, 409),
        ({"participant": "p12", "surprise": 1}, 400),
        ({"participant": "p12", "condition": 1}, 400),
        ({}, 400),
    ],
)
async def test_what_the_hub_cannot_mean_is_refused(
    collector: tuple[Collector, str], body: dict[str, object], code: int
) -> None:
    assert (await assign(collector[0], **body)).code == code


async def test_nobody_else_has_anybody_assigned(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    assert (await assign(server, key="guessed", participant="p13")).code == 403
    assert (await asked(server, "assignments", shown(link("p13")), "{}")).code == 403


async def signed_in(server: Collector, token: str, *, following: str = "", xsrf: bool = True) -> HTTPResponse:
    """Fill the start page in, as a browser would."""
    form = await asked(server, "sign-in")
    cookie = form.headers["Set-Cookie"].partition(";")[0]
    found = re.search(rb'name="_xsrf" value="([^"]+)"', form.body)
    assert found is not None
    sent = f"link={token}&next={following}" + (f"&_xsrf={found[1].decode()}" if xsrf else "")
    return await asked(server, "sign-in", {"Cookie": cookie}, sent)


async def test_a_link_that_is_only_opened_signs_nobody_in(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    opened = await asked(server, f"sign-in?token={link('r01', role=Role.RESEARCHER)}")
    assert opened.code == 200
    assert not any("prompter-link" in cookie for cookie in opened.headers.get_list("Set-Cookie"))
    assert opened.headers["Referrer-Policy"] == "no-referrer"


async def test_the_start_page_signs_in_and_leads_back(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    token = link("r01", role=Role.RESEARCHER)
    done = await signed_in(server, token, following=f"{PREFIX}monitor?x=1")
    assert (done.code, done.headers["Location"]) == (302, f"{PREFIX}monitor?x=1")
    assert "HttpOnly" in done.headers["Set-Cookie"]
    assert (await signed_in(server, token, xsrf=False)).code == 403
    elsewhere = await signed_in(server, token, following="https://elsewhere.test/")
    assert elsewhere.headers["Location"] == f"{PREFIX}monitor"


async def test_a_link_that_is_not_good_is_said_so(collector: tuple[Collector, str]) -> None:
    refused = await signed_in(collector[0], link("r01", hours=-1))
    assert refused.code == 403
    assert b"no longer valid" in refused.body

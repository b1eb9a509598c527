"""The collector, spoken to as participants' pages do, and as a stranger would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from prompter.roles import Role
from prompter.storage import DIRECTORIES, open_study_log
from prompter_events.catalogue.notebook import SessionAccepted
from support.collecting import Collector, collected, link
from support.mariadb import MariaDB
from support.page import ADDED, OPENED, stored

STUDY = """\
study: links
capture: {outputs: none}
periods:
  - {name: one, conditions: [EXP_CTS, EXP_END]}
"""


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, str]]:
    home = tmp_path_factory.mktemp("collector")
    (home / "study.yaml").write_text(STUDY, encoding="utf-8")
    url = f"sqlite:///{home}/log.db"
    collector = Collector(home, {"PROMPTER_LOG": url, "PROMPTER_STUDY": f"{home}/study.yaml"})
    collector.start()
    yield collector, url
    assert collector.stop() == 0
    collector.kill()


async def test_who_a_page_is_comes_from_its_token(collector: tuple[Collector, str]) -> None:
    server, url = collector
    async with collected(server.stream, link("p01", "EXP_END")) as mine:
        welcome = await mine.hello()
        assert welcome["study"]["asking"] == "end"
        await mine.send(1, OPENED, ADDED)
    accepted = (await stored(url, mine.session))[0].body
    assert isinstance(accepted, SessionAccepted)
    assert accepted.condition == "EXP_END"
    async with open_study_log(url) as log:
        assert (await log.participant_names())[(await stored(url, mine.session))[0].participant_id] == "p01"


async def test_no_condition_is_named_to_a_page(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    async with collected(server.stream, link("p02", "EXP_CTS")) as mine:
        assert "EXP_" not in repr(await mine.hello())


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "junk",
        "\x00\udcff",
        "x" * 100_000,
        link("p03", hours=-1),
        link("p03", key="another key, of somebody else's study"),
    ],
    ids=["none", "empty", "junk", "bytes", "long", "expired", "another study's"],
)
async def test_a_token_that_is_not_good_closes_the_socket_as_signed_out(
    collector: tuple[Collector, str], token: str | None
) -> None:
    server, _ = collector
    shown = token if token is None else token.encode("utf-8", "replace").decode()
    async with collected(server.stream, shown) as mine:
        await mine.greet()
        assert await mine.closed() == 4401


async def test_nothing_is_taken_before_hello(collector: tuple[Collector, str]) -> None:
    server, url = collector
    async with collected(server.stream, link("p04")) as mine:
        await mine.say(type="events", first_seq=1, events=[mine.wire(*OPENED)])
        assert await mine.closed() == 4400
    assert await stored(url, mine.session) == []


async def test_what_follows_a_hello_that_was_refused_is_not_taken(collector: tuple[Collector, str]) -> None:
    server, url = collector
    async with collected(server.stream, "junk") as mine:
        events = mine.say(type="events", first_seq=1, events=[mine.wire(*OPENED)])
        # In one go: once the server has closed, nothing more can be said.
        await asyncio.gather(mine.greet(), events, mine.greet())
        assert await mine.closed() == 4401
    assert await stored(url, mine.session) == []


async def test_another_persons_session_is_not_yours(collector: tuple[Collector, str]) -> None:
    server, url = collector
    async with collected(server.stream, link("p05")) as theirs:
        await theirs.hello()
        await theirs.send(1, OPENED)
    async with collected(server.stream, link("p06")) as mine:
        mine.session = theirs.session
        await mine.greet()
        assert await mine.closed() == 4403
    async with collected(server.stream, link("p06")) as mine:
        await mine.hello()
        mine.session = theirs.session
        await mine.say(type="events", first_seq=1, events=[mine.wire(*ADDED)])
        assert await mine.closed() == 4403
    assert [event.type for event in await stored(url, theirs.session)] == ["session.accepted", "session.opened"]


async def test_a_link_that_contradicts_what_was_assigned_is_refused_and_says_no_condition(
    collector: tuple[Collector, str],
) -> None:
    server, _ = collector
    async with collected(server.stream, link("p07", "EXP_CTS")) as first:
        await first.hello()
    async with collected(server.stream, link("p07", "EXP_END")) as second:
        await second.greet()
        assert await second.closed() == 4403
        assert "does not fit" in second.why
        assert "EXP" not in second.why
    async with collected(server.stream, link("p07")) as third:
        assert (await third.hello())["study"]["asking"] == "now"


async def test_the_studys_team_takes_no_place_in_it(collector: tuple[Collector, str]) -> None:
    server, url = collector
    for role in (Role.RESEARCHER, Role.BLINDED):
        async with collected(server.stream, link("ana", role=role)) as mine:
            await mine.greet()
            assert await mine.closed() == 4403
    async with open_study_log(url) as log:
        assert "ana" not in (await log.participant_names()).values()


async def test_pages_of_another_origin_are_refused(collector: tuple[Collector, str]) -> None:
    server, _ = collector
    with pytest.raises(Exception, match="403"):
        async with collected(server.stream, link("p08"), origin="https://elsewhere.test"):
            pass
    async with collected(server.stream, link("p08"), origin=server.url.partition("/services")[0]) as mine:
        await mine.hello()


async def test_two_collectors_on_one_database_store_once_and_ask_wherever_the_person_is(
    mariadb: MariaDB, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mysql_url = await mariadb.fresh_database(*DIRECTORIES)
    homes = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    (homes[0] / "study.yaml").write_text(STUDY + "pace: {quiet: {typing: 0 s, run: 0 s}}\n", encoding="utf-8")
    environment = {
        "PROMPTER_LOG": mysql_url,
        "PROMPTER_STUDY": f"{homes[0]}/study.yaml",
        "PROMPTER_DB_PASSWORD": mariadb.password,
    }
    first, second = (Collector(home, environment) for home in homes)
    try:
        first.start()
        second.start()
        token = link("p01", "EXP_CTS")
        async with collected(first.stream, token) as here:
            await here.hello()
            await here.send(1, OPENED, ADDED)
        # The same page comes back at the other one, which knows what is durable.
        async with collected(second.stream, token) as there, collected(first.stream, token) as other:
            there.producer, there.session = here.producer, here.session
            assert (await there.hello())["producer_seq"] == 2
            await other.hello()
            assert (await there.send(1, OPENED, ADDED))["producer_seq"] == 2
            run = uuid4().bytes
            await there.send(
                3,
                ("run.scheduled", {"run_id": run, "cell_id": "b", "source": "loans.head()"}),
                ("run.started", {"run_id": run}),
                (
                    "run.finished",
                    {
                        "run_id": run,
                        "status": "ok",
                        "execution_count": 1,
                        "duration_ms": 3,
                        "error": None,
                        "outputs": [],
                    },
                ),
            )
            asked, told = await there.hear("prompt"), await other.hear("prompt")
            assert asked["prompt_id"] == told["prompt_id"]
        kinds = [event.type for event in await stored(mysql_url, here.session)]
        assert kinds.count("session.opened") == kinds.count("session.accepted") == kinds.count("prompt.issued") == 1
    finally:
        first.kill()
        second.kill()

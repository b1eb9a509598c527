"""Which condition holds: from the log, or assigned and put into it exactly once, whoever asks how often."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from prompter.conditions import assign_by_hand, assignments, condition_of, free_place
from prompter.errors import SettingInvalid
from prompter.settings import Condition, Settings
from prompter.study import WITHOUT_STUDY, Assignment, Period, Study
from prompter_events import NO_SESSION, Log, open_log
from prompter_events.catalogue.study import ParticipantAssigned
from support.lab import Lab
from support.page import OPENED, page, stored

CONDITIONS = ("EXP_CTS", "EXP_END", "EXP_NONE")
ONE = Period(name="one", conditions=CONDITIONS, assign=Assignment(seed=7, strata=("site",)))
TWO = Period(name="two", conditions=("EXP_END",))
STUDY = replace(WITHOUT_STUDY, name="loans", digest=b"d" * 32, phase="pilot", periods=(ONE, TWO))


def settings(study: Study = STUDY, condition: Condition | None = None, period: str = "", **traits: str) -> Settings:
    return Settings("memory://", study, condition, None, period, traits)


async def facts(log: Log) -> list[ParticipantAssigned]:
    return [assigned.fact for assigned in await assignments(log)]


async def test_a_participant_is_assigned_once_and_keeps_the_condition(log: Log) -> None:
    wren = await log.participant("wren")
    first = await condition_of(log, settings(site="A"), wren)
    assert [await condition_of(log, settings(site="B"), wren) for _ in range(3)] == [first] * 3
    [fact] = await facts(log)
    assert (fact.study, fact.period, fact.condition, fact.by) == ("loans", "one", first, "block")
    assert (fact.strata, fact.place) == ({"site": "A"}, 1)
    [event] = [event async for event in log.read(session=NO_SESSION)]
    assert event.participant_id == wren


async def test_many_pages_of_one_participant_at_once_make_one_assignment(log: Log) -> None:
    wren = await log.participant("wren")
    got = await asyncio.gather(*(condition_of(log, settings(), wren) for _ in range(10)))
    assert len(set(got)) == 1
    assert len(await facts(log)) == 1


async def test_many_participants_at_once_on_two_servers_share_no_place(stored_url: str) -> None:
    async with open_log(stored_url) as one, open_log(stored_url) as other:
        people = [await one.participant(f"person {number}") for number in range(12)]
        asked = [condition_of((one, other)[number % 2], settings(), who) for number, who in enumerate(people)]
        got = await asyncio.gather(*asked, *(condition_of(one, settings(), who) for who in people))
        assert got[:12] == got[12:]
        assert Counter(got[:12]) == dict.fromkeys(map(Condition, CONDITIONS), 4)
        assert sorted(fact.place for fact in await facts(one)) == list(range(1, 13))


async def test_the_condition_survives_the_server(stored_url: str) -> None:
    async with open_log(stored_url) as log:
        wren = await log.participant("wren")
        before = await condition_of(log, settings(), wren)
    async with open_log(stored_url) as log:
        assert await condition_of(log, settings(), wren) == before
        assert len(await facts(log)) == 1


async def test_another_period_is_assigned_anew(log: Log) -> None:
    wren = await log.participant("wren")
    await condition_of(log, settings(), wren)
    assert await condition_of(log, settings(period="two"), wren) is Condition.EXP_END
    assert [fact.period for fact in await facts(log)] == ["one", "two"]


async def test_what_the_operator_sets_wins_and_is_logged_once(log: Log) -> None:
    wren = await log.participant("wren")
    for _ in range(2):
        assert await condition_of(log, settings(condition=Condition.EXP_NONE), wren) is Condition.EXP_NONE
    [fact] = await facts(log)
    assert (fact.by, fact.condition, fact.place, fact.reason) == ("operator", "EXP_NONE", 0, "MODE is set")
    assert await condition_of(log, settings(), wren) is Condition.EXP_NONE  # it stays, when MODE is unset again
    assert await condition_of(log, settings(condition=Condition.EXP_CTS), wren) is Condition.EXP_CTS
    assert [fact.condition for fact in await facts(log)] == ["EXP_NONE", "EXP_CTS"]


async def test_without_periods_nothing_is_assigned(log: Log) -> None:
    wren = await log.participant("wren")
    plain = replace(STUDY, periods=())
    assert await condition_of(log, settings(plain), wren) is Condition.NO_EXP
    assert await condition_of(log, settings(plain, Condition.EXP_CTS), wren) is Condition.EXP_CTS
    assert await facts(log) == []


async def test_a_freed_place_is_given_again(log: Log) -> None:
    wren, heron = await log.participant("wren"), await log.participant("heron")
    before = await condition_of(log, settings(), wren)
    freed = await free_place(log, STUDY, "one", wren, by="R. Mora", reason="left")
    assert (freed.by, freed.reason, freed.condition) == ("R. Mora", "left", before)
    assert await condition_of(log, settings(), wren) is before
    assert await condition_of(log, settings(), heron) is before
    assert [fact.place for fact in await facts(log)] == [1, 0, 1]


async def test_a_researcher_gives_a_condition_by_hand(log: Log) -> None:
    wren = await log.participant("wren")
    for _ in range(2):
        await assign_by_hand(log, STUDY, "one", wren, "EXP_END", by="R. Mora", reason="asked for it")
    assert await condition_of(log, settings(), wren) is Condition.EXP_END
    assert len(await facts(log)) == 1
    with pytest.raises(SettingInvalid, match="one, two"):
        await assign_by_hand(log, STUDY, "three", wren, "EXP_END", by="R. Mora", reason="asked for it")


async def test_an_erased_participants_place_is_free(sqlite_url: str) -> None:
    async with open_log(sqlite_url) as log:
        wren, heron = await log.participant("wren"), await log.participant("heron")
        await condition_of(log, settings(), wren)
        await log.erase(wren, by="operator")
        await condition_of(log, settings(), heron)
        assert [fact.place for fact in await facts(log)] == [1]


SERVED = """\
study: served
capture: {outputs: none}
periods:
  - {name: one, conditions: [EXP_NONE], assign: {strata: [site]}}
"""


async def test_a_server_tells_its_study_assigns_and_says_so_in_the_session(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    study = tmp_path / "study.yaml"
    study.write_text(SERVED, encoding="utf-8")
    environment = {"PROMPTER_LOG": url, "PROMPTER_STUDY": str(study), "PROMPTER_TRAITS": "site=A"}
    lab = Lab(tmp_path, "server", {**environment, "JP_PLUGIN_USER": "wren"})
    lab.start()
    try:
        async with page(lab) as mine:
            welcome = await mine.hello()
            await mine.send(1, OPENED)
    finally:
        lab.stop()
    assert welcome["study"]["asking"] == "never"
    assert b"EXP_NONE" not in repr(welcome).encode()
    loaded, assigned = await stored(url, NO_SESSION)
    assert loaded.type == "study.loaded"
    assert isinstance(assigned.body, ParticipantAssigned)
    assert (assigned.body.condition, assigned.body.strata) == ("EXP_NONE", {"site": "A"})
    [accepted] = [event for event in await stored(url, mine.session) if event.type == "session.accepted"]
    assert (accepted.body.condition, accepted.body.study) == ("EXP_NONE", "served")  # type: ignore[attr-defined]

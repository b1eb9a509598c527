"""Each rule finds what it is there for, and finds nothing in a session that has nothing of it."""

from __future__ import annotations

import pytest
from telling import BEGIN, Room, Tab, said, session

from prompter.demo.desk import uuid
from prompter_events import Event, SessionId
from prompter_events.catalogue.notebook import NotebookSaved
from prompter_events.catalogue.prompts import PromptExpired, PromptSuppressed, PromptWithdrawn
from prompter_events.catalogue.runs import (
    KernelDied,
    KernelFacts,
    KernelRestarted,
    RunFinished,
    RunOutput,
    RunScheduled,
)
from prompter_events.catalogue.study import CaptureInvalid, CaptureLost, ClockJumped, ConsentWithdrawn
from prompter_projections.quality import RULES, quality
from prompter_projections.quality.facts import Counting
from prompter_projections.quality.rules import Around, findings
from prompter_projections.relations import DEAD_LETTER


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
async def plain(room: Room) -> Tab:
    """Ten minutes in which nothing goes wrong."""
    tab = Tab(room, "plain", person="zoe")
    await tab.open()
    await tab.type(1, 600)
    await tab.run(601, output("all", 3))
    await tab.close(602)
    return tab


def output(text: str | None, size: int) -> RunOutput:
    return RunOutput(mime="text/plain", bytes=size, digest=bytes(32), text=text)


async def test_a_plain_session_is_good_by_every_rule(room: Room, plain: Tab) -> None:
    report = await room.quality()
    found = session(report, plain)
    assert [finding.rule for finding in found.findings] == list(RULES)
    assert {finding.verdict for finding in found.findings} == {"good"}
    assert (found.verdict, found.rules, report.is_good) == ("good", [], True)
    assert said(report, plain, "numbers").text == "no holes in the producers' numbers"


async def test_numbers_with_a_hole_are_bad(room: Room, plain: Tab) -> None:
    """No log has one; only events that somebody tampered with do."""
    events: list[Event] = [event async for event in room.log.read()]
    counting = Counting()
    for event in [*events[:20], *events[22:]]:
        counting.take(event)
    counting.end()
    [facts] = counting.sessions.values()
    assert (facts.holes, counting.holes) == (1, 1)
    assert findings(facts, Around())[0].verdict == "bad"


async def test_lost_events_are_a_look_and_many_are_bad(room: Room, plain: Tab) -> None:
    few, many = Tab(room, "few", person="few"), Tab(room, "many", person="many")
    for tab, count in ((few, 1), (many, 50)):
        await tab.typed_until(600)
        await tab.say(CaptureLost(count=count, reason="the store was full"), 601)
        await tab.close(602)
    report = await room.quality()
    assert said(report, plain, "lost").verdict == "good"
    assert said(report, few, "lost").verdict == "look"
    assert said(report, many, "lost").verdict == "bad"
    assert said(report, few, "lost").text == "1 event lost, 0.8% (1: the store was full)"


async def test_events_that_were_not_understood_are_found(room: Room, plain: Tab) -> None:
    tab = Tab(room)
    await tab.typed_until(1000)
    invalid = CaptureInvalid(reason="unknown", claimed_type="cell.danced", claimed_version=1, raw=b"x", size=9)
    await tab.say(invalid, 1001)
    await tab.close(1002)
    report = await room.quality()
    assert said(report, plain, "invalid").verdict == "good"
    assert said(report, tab, "invalid").verdict == "look"
    assert said(report, tab, "invalid").text == "1 event not understood (1 cell.danced); 1 payload cut"


async def test_a_save_that_replay_does_not_give_is_bad(room: Room, plain: Tab) -> None:
    tab = Tab(room)
    await tab.typed_until(60)
    await tab.say(NotebookSaved(digest=bytes(32)), 61)
    await tab.close(62)
    report = await room.quality()
    assert said(report, plain, "replay").verdict == "good"
    assert said(report, tab, "replay").verdict == session(report, tab).verdict == "bad"
    assert session(report, tab).divergences == 1


async def test_what_a_projection_could_not_fold_is_bad(room: Room, plain: Tab) -> None:
    tab = Tab(room)
    await tab.typed_until(60)
    await tab.close(62)
    letter = {"projection": "current", "position": 3, "session_id": tab.session_id, "traceback": "", "recorded_at": 0}
    async with room.log.transaction() as transaction:
        transaction.save(DEAD_LETTER, [letter])  # type: ignore[list-item]
    report = await room.quality()
    assert said(report, plain, "folded").verdict == "good"
    assert said(report, tab, "folded").verdict == "bad"
    assert "1 in current" in said(report, tab, "folded").text
    assert report.dead_letters == 1


async def test_a_clock_that_is_far_off_or_was_set_or_drifts_is_a_look(room: Room, plain: Tab) -> None:
    off, set_, told, drifting = (Tab(room, name, person=name) for name in ("off", "set", "told", "drifting"))
    off.behind = 90.0
    await off.typed_until(300)
    await set_.typed_until(300)
    set_.behind = -42.0
    await set_.type(301, 600)
    await told.typed_until(300)
    await told.say(ClockJumped(by_ms=1500), 301)
    await drifting.open()
    for minute in range(30):
        drifting.behind = minute * 0.15
        await drifting.type(minute * 60 + 1, minute * 60 + 60)
    for tab in (off, set_, told, drifting):
        await tab.close(1900)
    report = await room.quality()
    assert said(report, plain, "clock").verdict == "good"
    assert {said(report, tab, "clock").verdict for tab in (off, set_, told, drifting)} == {"look"}
    assert said(report, off, "clock").text.startswith("page -90.0 s against the server")
    assert "was set 1 time (+42.0 s)" in said(report, set_, "clock").text
    assert "drift -3" in said(report, drifting, "clock").text
    assert session(report, set_).late == 0, "a clock that was set makes nobody late"


async def test_a_lost_connection_is_no_clock_that_was_set(room: Room, plain: Tab) -> None:
    tab = Tab(room)
    await tab.typed_until(300)
    for at in range(301, 400, 10):
        await tab.type(at, at + 1, late=400 - at)
    await tab.type(401, 700)
    await tab.close(701)
    report = await room.quality()
    found = session(report, tab)
    assert (found.jumps, found.late) == (0, 9)
    assert said(report, tab, "late").verdict == "look"
    assert "the latest by 99 s" in said(report, tab, "late").text
    assert said(report, plain, "late").text == "no event came late"


async def test_two_tabs_at_once_are_a_look_and_one_after_the_other_or_shared_ones_are_not(room: Room) -> None:
    one, other, later = Tab(room, "one"), Tab(room, "other"), Tab(room, "later")
    await one.open(0)
    await other.open(100)
    await one.type(101, 130)
    await other.type(102, 131)
    await one.close(140)
    await other.close(150)
    await later.open(200)
    await later.close(210)
    shared = [Tab(room, name, person="together") for name in ("s1", "s2")]
    for tab in shared:
        await tab.open(300, shared=True)
    for tab in shared:
        await tab.close(400)
    report = await room.quality()
    assert said(report, one, "tabs") == said(report, other, "tabs")
    assert said(report, one, "tabs").verdict == "look"
    assert said(report, one, "tabs").text == "open in two tabs at once for 40 s"
    assert {said(report, tab, "tabs").verdict for tab in (later, *shared)} == {"good"}


async def test_many_cut_outputs_and_facts_are_a_look(room: Room, plain: Tab) -> None:
    tab, none = Tab(room), Tab(room, "none", person="none")
    await tab.open()
    await tab.run(1, output("begin", 9_000), output("all", 3))
    await tab.say(KernelFacts(run_id=None, read=[], bound=[], truncated=True), 2)
    await tab.close(3)
    await none.open()
    await none.run(1, output(None, 9_000))
    await none.close(3)
    report = await room.quality()
    assert said(report, tab, "cut").verdict == "look"
    assert said(report, tab, "cut").text == "cut: 1 of 2 outputs and 1 of 1 report of the kernel"
    assert said(report, plain, "cut").verdict == "good"
    assert said(report, none, "cut").verdict == "good", "what a study does not keep is not cut"


async def test_a_kernel_that_died_is_a_look_and_a_restart_is_not(room: Room, plain: Tab) -> None:
    died, restarted = Tab(room, "died", person="died"), Tab(room, "restarted", person="restarted")
    await died.open()
    run_id = uuid("lost")
    await died.say(RunScheduled(run_id=run_id, cell_id="a", source=""), 1)
    await died.say(KernelDied(kernel_id="k", name="python3"), 2)
    await died.say(RunFinished(run_id=run_id, status="lost", execution_count=None, duration_ms=None), 2)
    await restarted.open()
    for tab in (died, restarted):
        await tab.say(KernelRestarted(kernel_id="k", name="python3"), 3)
        await tab.close(4)
    report = await room.quality()
    assert said(report, died, "kernel").verdict == "look"
    assert said(report, died, "kernel").text == "the kernel died 1 time; 1 run lost; 1 restart"
    assert said(report, restarted, "kernel").verdict == "good"


async def test_a_session_without_end_is_a_look_unless_it_goes_on_or_its_person_withdrew(room: Room) -> None:
    dead, open_, gone = Tab(room, "dead", person="d"), Tab(room, "open", person="o"), Tab(room, "gone", person="g")
    await dead.typed_until(60)
    await gone.typed_until(60)
    gone.session_id, kept = SessionId(uuid("apart")), gone.session_id
    await gone.say(ConsentWithdrawn(version="v"), 61)
    gone.session_id = kept
    await open_.typed_until(900)
    report = await room.quality()
    assert len(report.sessions) == 3, "a withdrawal is no session"
    assert said(report, dead, "end").verdict == "look"
    assert said(report, gone, "end").text == "ended by withdrawal"
    assert said(report, open_, "end").text == "still open where the log ends"


async def test_few_answers_are_a_look_and_delays_are_told_by_rule_and_condition(room: Room) -> None:
    willing, tired = Tab(room, "willing", person="w"), Tab(room, "tired", person="t")
    await willing.open()
    for number, delay in enumerate((10, 20, 30, 40)):
        await willing.ask(100.0 * number, shown=2, answered=delay)
    await tired.open(condition="NO_EXP")
    for number in range(4):
        prompt_id = await tired.ask(100.0 * number, shown=2, answered=5 if number == 0 else None)
        if number == 1:
            await tired.say(PromptExpired(prompt_id=prompt_id, decided_at=BEGIN, after=1), 190, server=True)
    gone = await tired.ask(450)
    await tired.say(PromptWithdrawn(prompt_id=gone, decided_at=BEGIN, after=1), 451, server=True)
    for tab in (willing, tired):
        await tab.run(500)
        await tab.close(501)
    report = await room.quality()
    assert said(report, willing, "response").verdict == "good"
    assert said(report, tired, "response").verdict == "look"
    assert said(report, tired, "response").text == "1 of 4 questions answered"
    assert [(one.condition, one.asked, one.answered, one.rate, one.delays) for one in report.responses] == [
        ("EXP_CTS", 4, 4, 1.0, (17.5, 25.0, 32.5)),
        ("NO_EXP", 5, 1, 0.25, (5.0, 5.0, 5.0)),
    ]
    assert (report.responses[1].expired, report.responses[1].withdrawn) == (1, 1)
    assert (session(report, willing).characterized, session(report, willing).cells_run) == (1, 1)


async def test_a_blinded_report_tells_nothing_of_conditions(room: Room) -> None:
    for condition in ("EXP_CTS", "EXP_NONE"):
        tab = Tab(room, condition, person=condition)
        await tab.open(condition=condition)
        if condition == "EXP_CTS":
            await tab.ask(10, shown=1, answered=5)
        for reason in ("spacing", "condition" if condition == "EXP_NONE" else "review cap"):
            body = PromptSuppressed(cell_id="a", rule="first_run", reason=reason, decided_at=BEGIN, after=1)
            await tab.say(body, 20, server=True)
        await tab.close(30)
    report = await room.quality(blind=True)
    assert {(one.condition, one.asked, one.answered, one.characterized) for one in report.sessions} == {(None,) * 4}
    assert {finding.rule for one in report.sessions for finding in one.findings} == set(RULES) - {"response"}
    assert [one.condition for one in report.responses] == [""]
    assert [(one.reason, one.condition, one.count) for one in report.suppressed] == [("spacing", "", 2)]
    for chosen in report.sessions:
        told = await quality(room.log, [chosen.session_id], blind=True)
        assert (told.responses, told.suppressed) == ((), ()), "of one session alone they would tell its condition"


async def test_a_blinded_report_on_one_person_tells_nothing_of_questions(room: Room) -> None:
    tab = Tab(room)
    await tab.typed_until(60)
    await tab.ask(70, shown=1, answered=1)
    report = await room.quality(blind=True)
    assert (report.responses, report.suppressed) == ((), ())


async def test_only_the_sessions_that_were_asked_for_are_told(room: Room, plain: Tab) -> None:
    tab = Tab(room)
    await tab.typed_until(60)
    await tab.ask(70, shown=1, answered=1)
    report = await quality(room.log, [plain.session_id])
    assert [one.session_id for one in report.sessions] == [plain.session_id]
    assert report.responses == []
    assert report.events > session(report, plain).events, "numbers are checked over the whole log"


async def test_erased_sessions_and_strange_ids_are_borne(room: Room, plain: Tab) -> None:
    tab = Tab(room)
    await tab.typed_until(60)
    await room.log.erase(tab.participant_id, by="test")
    stray = PromptExpired(prompt_id=uuid("never issued"), decided_at=BEGIN, after=1)
    await plain.say(stray, 700, server=True)
    report = await room.quality()
    assert session(report, tab).notebook == "(erased)"
    assert said(report, tab, "end").text == "erased"
    assert session(report, plain).verdict == "good"


async def test_a_session_of_which_only_the_server_speaks_has_a_begin(room: Room) -> None:
    tab = Tab(room)
    await tab.ask(100)
    found = session(await room.quality(), tab)
    assert (found.began_at, found.last_at) == (BEGIN + 100_000_000,) * 2


async def test_an_empty_log_has_nothing_to_judge(room: Room) -> None:
    report = await room.quality()
    assert (report.sessions, report.events, report.is_good) == ([], 0, True)


async def test_the_same_log_gives_the_same_report(room: Room, plain: Tab) -> None:
    assert await room.quality() == await room.quality()
    assert session(await room.quality(), plain).events > 100

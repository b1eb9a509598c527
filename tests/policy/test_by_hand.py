"""What a researcher asks by hand: when the question comes, about which cell, and why it does not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from prompter.study import WITHOUT_STUDY, Pace, Study
from prompter_events import Position
from prompter_events.catalogue.notebook import FocusChanged, IdleBegan, IdleEnded, SessionClosed
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptQuiet,
    PromptSnoozed,
    PromptWithdrawn,
)
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn, StudyEnded
from support.desk import HOUR, MINUTE, SECOND, Desk

STUDY = replace(WITHOUT_STUDY, rules=())
"""Nobody but researchers asks."""

RULES = replace(WITHOUT_STUDY, pace=Pace(hour=99, day=99, apart=0))


def desk(study: Study = STUDY, condition: str = "EXP_CTS") -> Desk:
    """Somebody who is in the middle of writing the second of two cells."""
    made = Desk(study, condition, given=("one", "two"))
    made.wait(MINUTE)
    made.focus("two")
    made.type("two", "x = 1")
    made.wait(2 * SECOND)
    return made


def asked(at: Desk) -> list[tuple[str, str]]:
    """What was asked, and about which cell."""
    return [(prompt.question, prompt.cell_id) for prompt in at.issued]


def held(at: Desk) -> list[tuple[str, str]]:
    """What was not asked, and why."""
    return [(body.question, body.reason) for body in at.suppressed if body.rule == "researcher"]


def test_a_request_waits_for_the_end_of_a_run_and_asks_about_that_cell() -> None:
    at = desk()
    request_id = at.ask("What is x?", choices=["a", "b"], by="ada", multiple=True, text="required", language="de")
    trigger = at.events[-1].position
    at.wait(MINUTE)
    assert at.emitted == []  # a pause in the middle of a line is none
    run_id = at.run("two")
    at.wait(SECOND - 1)
    assert at.emitted == []
    at.wait(1)
    [prompt] = at.issued
    assert prompt == PromptIssued(
        prompt_id=prompt.prompt_id,
        notebook_id=prompt.notebook_id,
        cell_id="two",
        run_id=run_id,
        cell_version=1,
        question="What is x?",
        choices=["a", "b"],
        multiple=True,
        text="required",
        language="de",
        author="ada",
        rule="researcher",
        trigger=trigger,
        deliver="now",
        decided_at=at.now,
        after=prompt.after,
        deviation=False,
    )
    assert request_id not in {prompt.prompt_id}


def test_a_failed_run_is_a_breakpoint_too_and_one_that_was_aborted_is_none() -> None:
    at = desk()
    at.ask("What went wrong?")
    at.run("one", "aborted")
    at.wait(MINUTE)
    assert at.emitted == []
    at.run("two", "error")
    at.wait(SECOND)
    assert asked(at) == [("What went wrong?", "two")]


def test_a_step_to_another_cell_is_a_breakpoint() -> None:
    at = desk()
    at.ask("What next?")
    at.wait(3 * SECOND)
    at.focus("one")
    at.wait(SECOND)
    assert asked(at) == [("What next?", "one")]
    assert (at.issued[0].run_id, at.issued[0].cell_version) == (None, 0)


@pytest.mark.parametrize("late", [False, True])
def test_who_runs_a_cell_by_key_is_asked_about_it_though_the_notebook_went_on_to_the_next(late: bool) -> None:
    at = desk()
    at.ask("Why?")
    run_id = at.schedule("two")
    if late:
        at.finish(run_id)
    at.focus("one")
    if not late:
        at.finish(run_id)
    at.wait(3 * SECOND)
    assert asked(at) == [("Why?", "two")]


def test_who_is_at_a_breakpoint_already_is_asked_at_once() -> None:
    at = desk()
    at.run("two")
    at.wait(10 * SECOND)
    at.ask("And now?")
    assert asked(at) == [("And now?", "two")]


def test_who_just_opened_the_notebook_is_asked_about_the_cell_they_are_at() -> None:
    at = Desk(STUDY, given=("one", "two"))
    at.wait(5 * SECOND)
    at.ask("Where do you begin?")
    assert asked(at) == [("Where do you begin?", "one")]


def test_nothing_is_asked_while_a_run_of_the_session_goes_on() -> None:
    at = desk()
    at.ask("Why?", urgent=True)
    run_id = at.schedule("two")
    at.wait(2 * SECOND)
    at.focus("one")
    at.wait(10 * MINUTE)
    assert at.emitted == []
    at.finish(run_id)
    at.wait(SECOND)
    assert asked(at) == [("Why?", "two")]


def test_typing_in_another_notebook_is_typing() -> None:
    at = desk()
    at.run("two")
    at.turn_to()
    at.page = 1
    for _ in range(5):
        at.wait(SECOND)
        at.type("one", "y")
        at.ask("Why?", page=0, urgent=True) if at.state and not at.state.requests else None
    assert at.emitted == []
    at.wait(2 * SECOND)
    assert len(at.issued) == 1


def test_who_is_away_is_asked_when_they_return() -> None:
    at = desk()
    at.run("two")
    at.wait(MINUTE)
    at.say(IdleBegan(after_ms=60_000))
    at.ask("Still there?")
    at.wait(5 * MINUTE)
    assert at.emitted == []
    at.say(IdleEnded())
    assert asked(at) == [("Still there?", "two")]


def test_who_returns_to_a_cell_that_they_were_writing_is_asked_about_it() -> None:
    at = desk()
    at.ask("Still there?")
    at.wait(MINUTE)
    at.say(IdleBegan(after_ms=60_000))
    at.wait(MINUTE)
    at.say(FocusChanged(cell_id="two", visible=True))
    at.wait(SECOND)
    assert asked(at) == [("Still there?", "two")]


def test_a_cell_that_is_removed_is_not_asked_about() -> None:
    at = desk()
    at.run("two")
    at.remove("two")
    at.ask("Why?", urgent=True)
    at.wait(MINUTE)
    assert at.emitted == []
    at.focus("one")
    at.wait(SECOND)
    assert asked(at) == [("Why?", "one")]


# The caps.


def test_it_waits_for_the_spacing_and_counts_into_it() -> None:
    at = desk()
    at.ask("First?")
    at.ask("Second?")
    at.run("two")
    at.wait(SECOND)
    assert asked(at) == [("First?", "two")]
    at.say(PromptAnswered(prompt_id=at.issued[0].prompt_id, text="so", choice=None, drafting_ms=1))
    at.wait(5 * MINUTE - 1)
    assert len(at.issued) == 1
    at.wait(1)
    assert asked(at) == [("First?", "two"), ("Second?", "two")]


def test_urgent_ones_skip_the_caps_and_come_first() -> None:
    at = desk(replace(STUDY, pace=Pace(hour=1)))
    at.ask("First?")
    at.ask("Second?", urgent=True)
    at.run("two")
    at.wait(SECOND)
    assert asked(at) == [("Second?", "two")]
    assert held(at) == [("First?", "hourly cap")]


def test_a_cap_that_lasts_too_long_is_said_at_once() -> None:
    at = desk(replace(STUDY, pace=Pace(day=0)))
    at.ask("Why?")
    assert held(at) == [("Why?", "daily cap")]


@pytest.mark.parametrize("urgent", [False, True])
def test_the_participants_wish_for_quiet_holds_unless_it_is_urgent(urgent: bool) -> None:
    at = desk()
    at.say(PromptQuiet(for_ms=10 * 60_000))
    at.run("two")
    at.wait(MINUTE)
    at.ask("Why?", urgent=urgent)
    assert len(at.issued) == urgent
    at.wait(9 * MINUTE)
    assert len(at.issued) == 1


def test_a_quiet_hour_outlasts_it() -> None:
    at = desk()
    at.say(PromptQuiet(for_ms=60 * 60_000))
    at.run("two")
    at.ask("Why?")
    at.wait(20 * MINUTE)
    assert held(at) == [("Why?", "quiet hour")]


@pytest.mark.parametrize("urgent", [False, True])
def test_one_is_open_for_each_cell(urgent: bool) -> None:
    at = desk(replace(STUDY, pace=Pace(hour=99, apart=0)))
    at.run("two")
    at.wait(SECOND)
    at.ask("First?")
    at.ask("Second?", urgent=urgent)
    at.wait(MINUTE)
    assert asked(at) == [("First?", "two")]
    at.say(PromptDismissed(prompt_id=at.issued[0].prompt_id, reason="skip"))
    assert asked(at) == [("First?", "two"), ("Second?", "two")]
    at.ask("Third?", urgent=urgent)
    at.wait(MINUTE)
    at.say(PromptSnoozed(prompt_id=at.issued[1].prompt_id, until=0))
    at.wait(19 * MINUTE)
    assert held(at) == [("Third?", "open question")]


@pytest.mark.parametrize("urgent", [False, True])
def test_a_cell_that_is_never_to_be_asked_about_is_not(urgent: bool) -> None:
    at = desk()
    at.run("two")
    at.wait(SECOND)
    at.ask("First?")
    at.say(PromptDismissed(prompt_id=at.issued[0].prompt_id, reason="never"))
    at.wait(10 * MINUTE)
    at.ask("Second?", urgent=urgent)
    at.ask("Third?", urgent=urgent)
    at.wait(20 * MINUTE - 1)
    assert len(at.issued) == 1
    at.focus("one")
    at.wait(1)
    assert held(at) == [("Second?", "stale"), ("Third?", "stale")]


def test_it_lapses_by_itself_where_nobody_works() -> None:
    at = desk()
    at.ask("Why?")
    at.wait(20 * MINUTE - 1)
    assert at.emitted == []
    at.wait(1)
    assert held(at) == [("Why?", "stale")]
    assert [body.cell_id for body in at.suppressed] == ["two"]


# Beside the rules.


def test_it_has_priority_over_every_rule_and_covers_the_version() -> None:
    at = desk(RULES)
    at.ask("Why?")
    at.run("two")
    at.wait(HOUR)
    assert asked(at) == [("Why?", "two")]
    assert [(body.rule, body.reason) for body in at.suppressed] == [("first_run", "asked already")]
    at.run("two")
    at.wait(HOUR)
    assert len(at.issued) == 1  # it says the same as when it was asked about


def test_a_newer_version_is_asked_about_by_the_rules() -> None:
    at = desk(RULES)
    at.ask("Why?")
    at.run("two")
    at.wait(MINUTE)
    at.type("two", "model.fit(X, y)")
    at.run("two")
    at.wait(MINUTE)
    assert [(prompt.rule, prompt.cell_version) for prompt in at.issued] == [
        ("researcher", 1),
        ("substantial_change", 2),
    ]


# Conditions.


def test_the_condition_that_asks_nothing_turns_it_down_at_once() -> None:
    at = desk(condition="EXP_NONE")
    at.ask("Why?", urgent=True)
    assert held(at) == [("Why?", "condition")]
    assert at.state is not None
    assert at.state.asked_at == ()


@pytest.mark.parametrize("condition", ["EXP_NONE", "EXP_END"])
def test_an_override_asks_now_and_says_that_it_deviates(condition: str) -> None:
    at = desk(condition=condition)
    at.ask("Why?", override=True)
    at.run("two")
    at.wait(SECOND)
    assert [(prompt.deliver, prompt.deviation) for prompt in at.issued] == [("now", True)]
    at.wait(20 * MINUTE)
    assert len(at.bodies(PromptExpired)) == 1


def test_an_override_that_overrides_nothing_is_no_deviation() -> None:
    at = desk()
    at.ask("Why?", override=True)
    at.run("two")
    at.wait(SECOND)
    assert [prompt.deviation for prompt in at.issued] == [False]


def test_in_the_condition_of_the_review_it_waits_for_the_review_and_is_the_first_in_it() -> None:
    at = desk(replace(RULES, review_at_most=1), "EXP_END")
    at.ask("Why?")
    at.run("two")
    at.wait(MINUTE)
    at.add("three", "y = 2")
    at.run("three")
    at.wait(MINUTE)
    at.type("two", "model.fit(X, y)")
    at.run("two")
    at.wait(MINUTE)
    assert [(p.rule, p.cell_id, p.deliver, p.deviation) for p in at.issued] == [
        ("researcher", "two", "end", False),
        ("first_run", "three", "end", False),
        ("substantial_change", "two", "end", False),
    ]
    at.say(StudyEnded(by="ada"))
    gone = {body.prompt_id for body in at.bodies(PromptWithdrawn) if isinstance(body, PromptWithdrawn)}
    assert [p.rule for p in at.issued if p.prompt_id not in gone] == ["researcher"]


# When it is over.


def _closes(at: Desk) -> None:
    at.say(SessionClosed(reason="closed"))


def _ends(at: Desk) -> None:
    at.say(StudyEnded(by="time limit"))


def _withdraws(at: Desk) -> None:
    at.say(ConsentWithdrawn(version="v1"))


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(
    ("over", "reason"), [(_closes, "session over"), (_ends, "session over"), (_withdraws, "consent withdrawn")]
)
def test_who_is_gone_is_not_asked(over: Any, reason: str, before: bool) -> None:
    at = desk()
    if before:
        over(at)
    at.ask("Why?", urgent=True, override=True)
    if not before:
        over(at)
    assert held(at) == [("Why?", reason)]


@pytest.mark.parametrize("before", [False, True])
def test_what_was_to_be_asked_in_a_page_that_died_is_over_when_another_takes_its_place(before: bool) -> None:
    at = desk()
    died = at.sessions[0]
    if before:
        at.open(continues=died)
    at.ask("Why?", page=0, urgent=True)
    if not before:
        at.open(continues=died)
    assert held(at) == [("Why?", "session over")]


def test_who_agrees_again_is_asked_again() -> None:
    at = desk()
    at.say(ConsentWithdrawn(version="v1"))
    at.say(ConsentGiven(version="v1"))
    at.open()
    at.wait(5 * SECOND)
    at.ask("Why?")
    assert len(at.issued) == 1


def test_a_session_that_nobody_knows_is_turned_down_in_the_log() -> None:
    at = desk()
    at.sessions.append(at.sessions[0].__class__(int=7))
    at.ask("Why?", page=1)
    assert held(at) == [("Why?", "session unknown")]
    [body] = at.suppressed
    assert body.cell_id == "?"


def test_the_end_of_another_notebook_ends_nothing_here() -> None:
    at = desk()
    at.turn_to()
    at.ask("Why?", page=0)
    at.say(StudyEnded(by="ada"))
    assert held(at) == []


def test_a_request_that_comes_twice_is_asked_once() -> None:
    at = desk()
    for _ in range(2):
        at.ask("Why?", request_id=UUID(int=5))
    at.run("two")
    at.wait(HOUR)
    at.ask("Why?", request_id=UUID(int=5))
    at.wait(HOUR)
    assert (len(at.issued), at.suppressed) == (1, [])


def test_the_same_request_gives_the_same_prompt() -> None:
    prompts = []
    for _ in range(2):
        at = desk()
        at.ask("Why?")
        at.run("two")
        at.wait(SECOND)
        prompts.append(at.issued[0].prompt_id)
    assert prompts[0] == prompts[1]


def test_it_is_remembered_of_few_sessions_where_people_are() -> None:
    at = desk()
    for _ in range(30):
        at.turn_to()
    assert at.state is not None
    assert len(at.state.standing) == 8
    assert at.policy.due(at.state) is None
    assert at.policy.decide(at.state, at.now, Position(0))[1] == ()

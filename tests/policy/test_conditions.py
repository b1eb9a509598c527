"""Conditions differ in delivery only: when and whether a question reaches the person, never what is asked about."""

from __future__ import annotations

from typing import Any

import pytest
from doing import Action, act, actions
from hypothesis import given, settings
from msgspec.structs import replace

from prompter.study import WITHOUT_STUDY, Pace, Rule, Study
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptQuiet,
    PromptWithdrawn,
)
from prompter_events.catalogue.study import StudyEnded
from support.desk import DAY, HOUR, MINUTE, SECOND, Desk

STUDY = replace(WITHOUT_STUDY, adaptive=False, pace=Pace(hour=99, day=99, apart=60_000))

SELECTING = {"condition", "never for this cell", "quiet hour"}
"""Why a version counts as asked about though nobody was asked."""


def selected(desk: Desk) -> list[tuple[str, int, str]]:
    """Which versions of which cells were asked about by which rules, in a condition that asks: or would have been."""
    of: list[Any] = [*desk.issued, *(body for body in desk.suppressed if body.reason in SELECTING)]
    return [(body.cell_id, body.cell_version, body.rule) for body in sorted(of, key=lambda body: body.decided_at)]


def work(desk: Desk) -> Desk:
    """A morning: four cells, changes, an error, a removed cell, answers where there are questions."""
    for cell in ("one", "two", "three", "four"):
        desk.add(cell, f"{cell} = f(1)")
        desk.run(cell)
        desk.wait(2 * MINUTE)
        if cell == "two" and desk.issued and desk.issued[0].deliver == "now":
            desk.say(PromptDismissed(prompt_id=desk.issued[0].prompt_id, reason="never"))
    for cell in ("one", "three"):
        desk.type(cell, f"{cell} = g({cell!r})")
        desk.run(cell, "error")
        desk.run(cell)
        desk.wait(25 * MINUTE)
    desk.remove("four")
    desk.wait(HOUR)
    return desk


@pytest.mark.parametrize("condition", ["EXP_CTS", "EXP_END", "EXP_NONE", "NO_EXP"])
def test_every_condition_selects_the_same(condition: str) -> None:
    desk = work(Desk(STUDY, condition))
    assert selected(desk) == [
        ("one", 1, "first_run"),
        ("two", 1, "first_run"),
        ("three", 1, "first_run"),
        ("four", 1, "first_run"),
        ("one", 3, "error_repaired"),
        ("three", 3, "error_repaired"),
    ]
    asking = {"EXP_CTS": "now", "NO_EXP": "now", "EXP_END": "end"}.get(condition)
    assert {prompt.deliver for prompt in desk.issued} == ({asking} if asking else set())


@settings(max_examples=25, deadline=None)
@given(actions())
def test_one_life_is_asked_about_the_same_in_every_condition(stream: list[Action]) -> None:
    """People answer in the one condition where they are asked; a study that is not adaptive takes no notice."""
    asked = []
    for condition in ("EXP_CTS", "EXP_END", "EXP_NONE"):
        desk = Desk(STUDY, condition, given=("a", "b"))
        for action in stream:
            act(desk, action)
        desk.wait(DAY)
        asked.append(selected(desk))
    assert asked[0] == asked[1] == asked[2]


def test_an_adaptive_study_lets_answers_change_what_is_asked_about() -> None:
    adaptive = replace(STUDY, adaptive=True)
    now, end = work(Desk(adaptive, "EXP_CTS")), work(Desk(adaptive, "EXP_END"))
    assert now.state is not None
    assert end.state is not None
    assert (len(now.state.asked_at), len(end.state.asked_at)) == (5, 6)  # what is never asked takes no place


def test_nothing_is_shown_before_the_end_and_nothing_expires() -> None:
    desk = work(Desk(STUDY, "EXP_END"))
    desk.wait(7 * DAY)
    assert {prompt.deliver for prompt in desk.issued} == {"end"}
    assert desk.bodies(PromptExpired) == desk.bodies(PromptWithdrawn) == []
    assert desk.issued[0].question == "What were you trying to do or find out in this cell?"


def test_the_review_has_one_item_for_each_cell_by_priority_and_the_rest_is_held_back() -> None:
    desk = work(Desk(STUDY, "EXP_END"))
    desk.say(StudyEnded(by="participant"))
    capped = [(held.cell_id, held.cell_version, held.rule) for held in desk.suppressed if held.reason == "review cap"]
    assert capped == [("three", 1, "first_run"), ("one", 1, "first_run")]
    withdrawn = {body.prompt_id for body in desk.bodies(PromptWithdrawn) if isinstance(body, PromptWithdrawn)}
    assert {p.cell_id for p in desk.issued if p.prompt_id in withdrawn} == {"three", "one"}
    assert len(withdrawn) == 2


@pytest.mark.parametrize("most", [0, 1, 3, 15])
def test_the_review_is_no_longer_than_the_study_says(most: int) -> None:
    desk = work(Desk(replace(STUDY, review_at_most=most), "EXP_END"))
    desk.say(StudyEnded(by="researcher"))
    gone = {body.prompt_id for body in desk.bodies(PromptWithdrawn) if isinstance(body, PromptWithdrawn)}
    kept = [prompt for prompt in desk.issued if prompt.prompt_id not in gone]
    assert len(kept) == min(most, 4)
    assert [p.rule for p in kept].count("error_repaired") == min(most, 2)  # the highest priority comes first
    assert len(gone) == len([held for held in desk.suppressed if held.reason == "review cap"])


def test_the_end_comes_once() -> None:
    desk = work(Desk(STUDY, "EXP_END"))
    desk.say(StudyEnded(by="participant"))
    emitted = len(desk.emitted)
    desk.say(StudyEnded(by="researcher"))
    desk.wait(DAY)
    assert len(desk.emitted) == emitted


@pytest.mark.parametrize("condition", ["EXP_CTS", "EXP_END", "EXP_NONE"])
def test_after_the_end_nothing_more_is_asked_in_that_notebook(condition: str) -> None:
    desk = Desk(STUDY, condition)
    desk.add("waits")
    desk.run("waits")
    desk.say(StudyEnded(by="participant"))
    desk.reload()
    desk.add("new")
    desk.run("new")
    desk.wait(DAY)
    assert desk.issued == []
    assert [(held.cell_id, held.reason) for held in desk.suppressed] == [
        ("waits", "study ended"),
        ("new", "study ended"),
    ]


def test_an_answer_from_the_review_and_its_amendment_change_nothing_that_was_decided() -> None:
    desk = work(Desk(STUDY, "EXP_END"))
    desk.say(StudyEnded(by="participant"))
    emitted = len(desk.emitted)
    for prompt in desk.issued:
        answer = PromptAnswered(prompt_id=prompt.prompt_id, text="to see", choice=None, drafting_ms=5)
        desk.wait(SECOND)
        desk.say(answer)
        desk.say(PromptAmended(prompt_id=prompt.prompt_id, text="to look", choice=None))
    desk.wait(DAY)
    assert len(desk.emitted) == emitted
    assert desk.state is not None
    assert desk.state.open == {}


@pytest.mark.parametrize(("adaptive", "second"), [(True, 2), (False, 1)])
def test_a_quiet_hour_is_quiet_and_ends(adaptive: bool, second: int) -> None:
    desk = Desk(replace(STUDY, adaptive=adaptive))
    desk.say(PromptQuiet(for_ms=3_600_000))
    desk.add("one", "a = 1")
    desk.run("one")
    desk.wait(MINUTE)
    assert desk.issued == []
    assert [held.reason for held in desk.suppressed] == ["quiet hour"]
    desk.wait(HOUR)
    desk.run("one")  # in a study that is not adaptive it counts as asked about, as everywhere else
    desk.add("two", "b = 2")
    desk.wait(2 * MINUTE)
    desk.run("two")
    desk.wait(2 * MINUTE)
    assert len(desk.issued) == second


def test_a_quiet_hour_may_be_ended_and_is_never_longer_than_a_day() -> None:
    desk = Desk(STUDY)
    desk.say(PromptQuiet(for_ms=2**50))
    desk.wait(DAY)
    desk.add("one", "a = 1")
    desk.run("one")
    desk.wait(MINUTE)
    assert len(desk.issued) == 1
    desk.say(PromptQuiet(for_ms=3_600_000))
    desk.say(PromptQuiet(for_ms=0))
    desk.add("two", "b = 2")
    desk.run("two")
    desk.wait(2 * MINUTE)
    assert len(desk.issued) == 2


def test_who_never_wants_to_be_asked_about_a_cell_is_not_though_the_selection_stays() -> None:
    desk = work(Desk(STUDY, "EXP_CTS"))
    assert [prompt.cell_id for prompt in desk.issued] == ["one", "two", "three", "four", "three"]
    assert [held.cell_id for held in desk.suppressed if held.reason == "never for this cell"] == ["one"]


def breakpoints() -> Study:
    return replace(WITHOUT_STUDY, rules=(Rule(use="first_run", ask="aim"),), pace=Pace(quiet_run=10_000))


def test_who_moves_to_another_cell_is_asked_at_once() -> None:
    desk = Desk(breakpoints())
    desk.add("new")
    desk.run("new")
    desk.wait(3 * SECOND)
    assert desk.issued == []
    desk.focus("given")
    assert [prompt.cell_id for prompt in desk.issued] == ["new"]


def test_who_moves_on_while_typing_or_while_the_cell_runs_is_asked_later() -> None:
    desk = Desk(breakpoints())
    desk.add("new")
    run_id = desk.schedule("new")
    desk.focus("given")  # Shift+Enter goes to the next cell before the run is over: that is no breakpoint
    desk.wait(3 * SECOND)
    desk.finish(run_id)
    desk.wait(SECOND)
    assert desk.issued == []
    desk.type("given", "2")
    desk.focus("given")
    desk.wait(2 * SECOND - 1)
    assert desk.issued == []
    desk.wait(1)
    assert [prompt.cell_id for prompt in desk.issued] == ["new"]


def test_who_stays_in_the_cell_has_not_moved_on() -> None:
    desk = Desk(breakpoints())
    desk.add("new")
    desk.run("new")
    desk.focus("new")
    desk.wait(3 * SECOND)
    assert desk.issued == []
    desk.wait(7 * SECOND)
    assert len(desk.issued) == 1


def test_a_full_hour_lets_the_next_question_wait_if_it_need_not_wait_long() -> None:
    desk = Desk(replace(WITHOUT_STUDY, pace=Pace(hour=1, apart=0)))
    desk.add("one", "a = 1")
    desk.run("one")
    desk.wait(58 * MINUTE)
    desk.add("two", "b = 2")
    desk.run("two")
    desk.wait(MINUTE)
    assert len(desk.issued) == 1
    desk.wait(2 * MINUTE)
    assert len(desk.issued) == 2
    desk.add("three", "c = 3")
    desk.run("three")
    assert [held.reason for held in desk.suppressed] == ["hourly cap"]

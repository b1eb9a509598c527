"""Which cells are asked about, when, and what is held back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from prompter.study import WITHOUT_STUDY, Pace, Study
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptFocused,
    PromptIssued,
    PromptQuiet,
    PromptSnoozed,
    PromptSuppressed,
    PromptWithdrawn,
)
from prompter_events.catalogue.study import ConsentWithdrawn
from support.desk import MINUTE, SECOND, Desk


def study(**pace: Any) -> Study:
    return replace(WITHOUT_STUDY, pace=replace(Pace(), **pace))


def issued(desk: Desk) -> list[PromptIssued]:
    return [body for body in desk.bodies(PromptIssued) if isinstance(body, PromptIssued)]


def held_back(desk: Desk) -> list[str]:
    return [body.reason for body in desk.bodies(PromptSuppressed) if isinstance(body, PromptSuppressed)]


def test_the_first_successful_run_of_a_new_cell_is_asked_about_after_quiet() -> None:
    desk = Desk(study())
    desk.add("new")
    desk.run("new")
    desk.wait(SECOND - 1)
    assert issued(desk) == []
    desk.wait(1)
    [prompt] = issued(desk)
    assert (prompt.cell_id, prompt.rule, prompt.cell_version) == ("new", "first_run", 1)
    assert prompt.question == "What are you trying to do or find out in this cell?"


def test_a_given_cell_that_is_only_run_is_not_new() -> None:
    desk = Desk(study())
    desk.run("given")
    desk.wait(MINUTE)
    assert desk.emitted == []


def test_a_given_cell_that_the_participant_changed_is_new() -> None:
    desk = Desk(study())
    desk.type("given", "3")
    desk.run("given")
    desk.wait(2 * SECOND)
    assert [prompt.cell_id for prompt in issued(desk)] == ["given"]


@pytest.mark.parametrize("status", ["error", "aborted", "lost"])
def test_a_run_that_failed_is_not_asked_about(status: Any) -> None:
    desk = Desk(study())
    desk.add("new")
    desk.run("new", status)
    desk.wait(MINUTE)
    assert desk.emitted == []


def test_a_blank_cell_is_not_asked_about() -> None:
    desk = Desk(study())
    desk.add("new", "  \n")
    desk.run("new")
    desk.wait(MINUTE)
    assert desk.emitted == []


def test_typing_puts_the_question_off_until_two_quiet_seconds() -> None:
    desk = Desk(study())
    desk.add("new")
    desk.run("new")
    for _ in range(20):
        desk.wait(SECOND - 1)
        desk.type("given", "typing")
    assert issued(desk) == []
    desk.wait(2 * SECOND)
    assert len(issued(desk)) == 1


def test_a_cell_that_runs_again_is_asked_about_when_that_run_is_over() -> None:
    desk = Desk(study())
    desk.add("new")
    desk.run("new")
    again = desk.schedule("new")
    desk.wait(MINUTE)
    assert issued(desk) == []
    desk.finish(again)
    desk.wait(SECOND)
    assert [prompt.cell_version for prompt in issued(desk)] == [2]
    assert held_back(desk) == ["superseded"]


def test_the_second_question_waits_for_the_spacing_and_then_lapses() -> None:
    desk = Desk(study(waits=4 * 60_000))
    for cell in ("one", "two"):
        desk.add(cell)
        desk.run(cell)
        desk.wait(5 * SECOND)
    assert [prompt.cell_id for prompt in issued(desk)] == ["one"]
    desk.wait(10 * MINUTE)
    assert [prompt.cell_id for prompt in issued(desk)] == ["one"]
    assert held_back(desk) == ["spacing"]


def test_a_question_that_need_not_wait_long_is_asked_when_the_spacing_is_over() -> None:
    desk = Desk(study())
    for cell in ("one", "two"):
        desk.add(cell)
        desk.run(cell)
        desk.wait(30 * SECOND)
    desk.wait(5 * MINUTE)
    assert [prompt.cell_id for prompt in issued(desk)] == ["one", "two"]


def test_a_substantial_change_is_asked_about_and_a_small_one_is_not() -> None:
    desk = Desk(study(apart=0))
    desk.add("new", "loans = pd.read_csv('loans.csv')\nloans.describe()")
    desk.run("new")
    desk.wait(MINUTE)
    desk.type("new", "# read\nloans = pd.read_csv( 'loans.csv' )\nloans.describe()")
    desk.run("new")
    desk.wait(MINUTE)
    assert len(issued(desk)) == 1
    desk.type("new", "model = LogisticRegression().fit(X, y)\nprint(model.score(X, y))")
    desk.run("new")
    desk.wait(MINUTE)
    assert [prompt.rule for prompt in issued(desk)] == ["first_run", "substantial_change"]
    assert len(desk.bodies(PromptExpired)) == 1  # the older version's question


def test_exp_none_says_what_would_have_been_asked_and_asks_nothing() -> None:
    asked, silent = Desk(study()), Desk(study(), "EXP_NONE")
    for desk in (asked, silent):
        for cell in ("one", "two", "three"):
            desk.add(cell)
            desk.run(cell)
            desk.wait(3 * MINUTE)
    assert issued(silent) == []
    would = [body for body in silent.bodies(PromptSuppressed) if isinstance(body, PromptSuppressed)]
    assert [body.cell_id for body in would if body.reason == "condition"] == [p.cell_id for p in issued(asked)]


def test_a_reload_is_not_a_new_beginning() -> None:
    desk = Desk(study(apart=0))
    desk.add("new")
    desk.run("new")
    desk.wait(MINUTE)
    desk.reload()
    desk.run("new")
    desk.run("given")
    desk.wait(MINUTE)
    assert len(issued(desk)) == 1


def test_what_was_asked_in_a_notebook_that_rested_long_is_not_asked_again() -> None:
    desk = Desk(study(apart=0, hour=100))
    long = "\n".join(f"loans = loans.dropna(thresh={n})" for n in range(50))
    desk.add("new", long)
    desk.run("new")
    desk.wait(MINUTE)
    first = desk.turn_to()
    for _ in range(12):
        desk.turn_to()
    assert desk.state is not None
    assert "dropna" not in str(desk.state.cells)
    desk.turn_to(first)
    # Run All: the very same, also where it failed once in between.
    desk.run("new")
    desk.run("new", "error")
    desk.run("new")
    desk.wait(MINUTE)
    assert len(issued(desk)) == 1
    # How much another source differs is not known any more; from the next question on it is.
    desk.type("new", "model.fit(X, y)")
    desk.run("new", "error")
    desk.run("new")
    desk.wait(MINUTE)
    assert [prompt.rule for prompt in issued(desk)] == ["first_run", "error_repaired"]
    desk.type("new", "plot(model)")
    desk.run("new")
    desk.wait(MINUTE)
    assert [prompt.rule for prompt in issued(desk)][2:] == ["substantial_change"]


def test_who_withdrew_is_asked_nothing_that_waited_and_may_be_asked_again_once_they_agree() -> None:
    desk = Desk(study(apart=0))
    desk.add("asked")
    desk.run("asked")
    desk.wait(MINUTE)
    [prompt] = issued(desk)
    desk.add("waits")
    desk.run("waits")
    desk.say(ConsentWithdrawn(version="v1"))
    desk.wait(20 * MINUTE)
    assert issued(desk) == [prompt]
    assert held_back(desk) == ["consent withdrawn"]
    assert [body.prompt_id for body in desk.bodies(PromptWithdrawn)] == [prompt.prompt_id]
    desk.reload()
    desk.add("later")
    desk.run("later")
    desk.wait(MINUTE)
    assert [each.cell_id for each in issued(desk)] == ["asked", "later"]


def test_never_for_this_cell_is_obeyed() -> None:
    desk = Desk(study(apart=0))
    desk.add("new", "a = 1")
    desk.run("new")
    desk.wait(MINUTE)
    [prompt] = issued(desk)
    desk.say(PromptDismissed(prompt_id=prompt.prompt_id, reason="never"))
    desk.type("new", "model.fit(X, y); plot(model)")
    desk.run("new")
    desk.wait(MINUTE)
    assert len(issued(desk)) == 1
    assert held_back(desk) == ["never for this cell"]


def test_never_holds_though_it_is_said_too_late_and_counts_as_unanswered_once() -> None:
    desk = Desk(study(apart=0, expires=60_000))
    desk.add("new", "a = 1")
    desk.run("new")
    desk.wait(6 * MINUTE)
    [prompt], [_] = issued(desk), desk.bodies(PromptExpired)
    desk.say(PromptDismissed(prompt_id=prompt.prompt_id, reason="never"))
    assert desk.state.unanswered == 1
    desk.type("new", "model.fit(X, y); plot(model)")
    desk.run("new")
    desk.wait(MINUTE)
    assert (len(issued(desk)), held_back(desk)) == (1, ["never for this cell"])


def test_a_question_expires_and_three_in_a_row_double_the_spacing() -> None:
    desk = Desk(study(expires=60_000, hour=100))
    for cell in "abc":
        desk.add(cell)
        desk.run(cell)
        desk.wait(6 * MINUTE)
    assert len(desk.bodies(PromptExpired)) == 3
    desk.add("d")
    desk.run("d")
    desk.wait(3 * MINUTE)
    assert len(issued(desk)) == 3
    desk.wait(2 * MINUTE)
    assert len(issued(desk)) == 4


def test_an_answer_ends_the_row_of_unanswered_questions() -> None:
    desk = Desk(study(expires=60_000, hour=100))
    for cell in "abc":
        desk.add(cell)
        desk.run(cell)
        desk.wait(10 * SECOND)
        if cell == "c":
            prompt = issued(desk)[-1]
            desk.say(PromptAnswered(prompt_id=prompt.prompt_id, text="to see", choice=None, drafting_ms=900))
        desk.wait(6 * MINUTE)
    desk.add("d")
    desk.run("d")
    desk.wait(2 * SECOND)
    assert len(issued(desk)) == 4


def test_a_page_that_died_while_a_cell_ran_does_not_silence_that_cell() -> None:
    desk = Desk(study())
    desk.add("new")
    desk.schedule("new")
    desk.running.clear()  # the browser is gone; nobody says how the run ended
    desk.reload()
    desk.run("new")
    desk.wait(2 * SECOND)
    assert len(issued(desk)) == 1


def test_later_puts_the_end_of_a_question_off() -> None:
    desk = Desk(study(expires=20 * 60_000, snooze=10 * 60_000))
    desk.add("new")
    desk.run("new")
    desk.wait(12 * MINUTE)
    [prompt] = issued(desk)
    desk.say(PromptSnoozed(prompt_id=prompt.prompt_id, until=desk.now + 10 * MINUTE))
    desk.wait(20 * MINUTE)
    assert desk.bodies(PromptExpired) == []
    desk.wait(10 * MINUTE)
    assert len(desk.bodies(PromptExpired)) == 1


@pytest.mark.parametrize("then", [[], [PromptSnoozed]])
def test_a_quiet_hour_puts_the_end_of_a_question_off(then: list[type[PromptSnoozed]]) -> None:
    desk = Desk(study(expires=20 * 60_000, snooze=10 * 60_000))
    desk.add("new")
    desk.run("new")
    desk.wait(MINUTE)
    [prompt] = issued(desk)
    desk.say(PromptQuiet(for_ms=3_600_000))
    for kind in then:
        desk.say(kind(prompt_id=prompt.prompt_id, until=desk.now + 60 * MINUTE))
    desk.wait(79 * MINUTE)
    assert desk.bodies(PromptExpired) == []
    desk.wait(2 * MINUTE)
    assert len(desk.bodies(PromptExpired)) == 1


def test_the_end_of_a_quiet_hour_is_where_the_time_of_a_question_begins() -> None:
    desk = Desk(study(expires=20 * 60_000))
    desk.add("new")
    desk.run("new")
    desk.wait(MINUTE)
    desk.say(PromptQuiet(for_ms=3_600_000))
    desk.wait(10 * MINUTE)
    desk.say(PromptQuiet(for_ms=0))
    desk.wait(19 * MINUTE)
    assert desk.bodies(PromptExpired) == []
    desk.wait(2 * MINUTE)
    assert len(desk.bodies(PromptExpired)) == 1


def test_a_question_does_not_close_while_somebody_writes_the_answer() -> None:
    desk = Desk(study(expires=20 * 60_000))
    desk.add("new")
    desk.run("new")
    desk.wait(19 * MINUTE)
    [prompt] = issued(desk)
    desk.say(PromptFocused(prompt_id=prompt.prompt_id))
    desk.wait(19 * MINUTE)
    assert desk.bodies(PromptExpired) == []
    desk.wait(2 * MINUTE)
    assert len(desk.bodies(PromptExpired)) == 1


def test_removing_the_cell_withdraws_its_question() -> None:
    desk = Desk(study())
    desk.add("new")
    desk.run("new")
    desk.wait(MINUTE)
    desk.remove("new")
    assert len(desk.bodies(PromptWithdrawn)) == 1


def test_what_happened_long_ago_in_an_offline_page_is_not_asked_about_now() -> None:
    desk = Desk(study())
    desk.add("new")
    run_id = desk.schedule("new")
    from prompter_events.catalogue.runs import RunFinished

    desk.now += 60 * MINUTE
    finished = RunFinished(run_id=run_id, status="ok", execution_count=1, duration_ms=5)
    desk.say(finished, occurred_at=desk.now - 59 * MINUTE)
    desk.wait(MINUTE)
    assert issued(desk) == []
    assert held_back(desk) == ["stale"]


def test_the_same_work_leads_to_the_same_decisions() -> None:
    study_ = study()
    desk = Desk(study_)
    desk.add("new")
    desk.run("new")
    desk.wait(MINUTE)
    state = desk.state
    assert state is not None
    assert desk.policy.decide(state, desk.now, 9) == desk.policy.decide(state, desk.now, 9)  # type: ignore[arg-type]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["add", "type", "run", "fail", "schedule", "finish", "remove", "reload", "wait", "dismiss"]),
        st.sampled_from("abcd"),
        st.sampled_from([SECOND // 2, 3 * SECOND, 40 * SECOND, 4 * MINUTE, 20 * MINUTE]),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_no_question_ever_breaks_a_cap_or_comes_while_typing_or_running(actions: list[tuple[str, str, int]]) -> None:
    desk = Desk(study(hour=3, day=5))
    last_key = 0
    seen = 0
    versions: set[tuple[str, int]] = set()
    for action, cell, pause in actions:
        _act(desk, action, cell, pause)
        if action == "type" and cell in desk.sources:
            last_key = desk.now
        for moment, emission in desk.emitted[seen:]:
            if isinstance(emission.body, PromptIssued):
                assert moment >= last_key + 2 * SECOND or moment < last_key
                assert emission.body.cell_id not in desk.running.values() or action == "wait"
                assert (emission.body.cell_id, emission.body.cell_version) not in versions
                versions.add((emission.body.cell_id, emission.body.cell_version))
        seen = len(desk.emitted)
    moments = [moment for moment, emission in desk.emitted if isinstance(emission.body, PromptIssued)]
    for earlier, later in pairwise(moments):
        assert later - earlier >= 5 * MINUTE
    for moment in moments:
        assert sum(moment - 60 * MINUTE < other <= moment for other in moments) <= 3
        assert sum(moment - 24 * 60 * MINUTE < other <= moment for other in moments) <= 5


def _act(desk: Desk, action: str, cell: str, pause: int) -> None:
    here = cell in desk.sources
    if action == "add" and not here:
        desk.add(cell, f"f({pause})")
    elif action == "wait":
        desk.wait(pause)
    elif action == "reload":
        desk.reload()
    elif action == "finish" and desk.running:
        desk.finish(next(iter(desk.running)))
    elif action == "dismiss" and (prompts := issued(desk)):
        desk.say(PromptDismissed(prompt_id=prompts[-1].prompt_id, reason="skip"))
    elif here and action == "type":
        desk.type(cell, f"g({pause}, [{pause}])")
    elif here and action in {"run", "fail"}:
        desk.run(cell, "ok" if action == "run" else "error")
    elif here and action == "schedule":
        desk.schedule(cell)
    elif here and action == "remove":
        desk.remove(cell)

"""Time limits of tasks and periods: when work begins, ends and goes on, by the server's clock."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from clocked import MINUTE, NOON, SECOND, TASKS, Clocked, limited
from msgspec.structs import replace

from prompter.study import WITHOUT_STUDY, Task
from prompter_events import SessionId
from prompter_events.catalogue.notebook import CellMoved, FocusChanged
from prompter_events.catalogue.prompts import PromptShown

Told = list[tuple[float, str, str]]


def at_work(period: int | None = None, **options: bool) -> Clocked:
    person = Clocked(limited(period, **options))
    person.open()
    return person


def _limit(person: Clocked) -> None:
    person.edit(3)
    person.wait(30 * MINUTE)
    person.edit(3)


def _on(person: Clocked) -> None:
    person.edit(3)
    person.wait(4 * MINUTE)
    person.edit(6)
    person.wait(2 * MINUTE)
    person.edit(4)
    person.wait(30 * MINUTE)


def _minutes_round_up(person: Clocked) -> None:
    person.edit(3)
    person.wait(9 * MINUTE + 59 * SECOND)
    person.edit(8)
    person.wait(MINUTE)
    person.edit(3)
    person.wait(MINUTE)


def _without_a_limit(person: Clocked) -> None:
    person.edit(8)
    person.wait(600 * MINUTE)
    person.edit(8)


def _clicks(person: Clocked) -> None:
    for cell in (3, 6, 8, 3):
        person.focus(cell)
        person.wait(MINUTE)


def _elsewhere(person: Clocked) -> None:
    person.edit(3)
    person.wait(MINUTE)
    person.edit(11)
    person.run(1)
    person.wait(20 * MINUTE)


def _by_tools(person: Clocked) -> None:
    for cause in ("tool", "remote"):
        person.edit(3, cause=cause)


def _run_where_they_are(person: Clocked) -> None:
    person.focus(3)
    person.run(3)
    person.focus(4)
    person.run(3)
    person.run(6)
    person.run(11)


def _paused(person: Clocked) -> None:
    person.edit(3)
    person.close()
    person.wait(10 * MINUTE)


def _over_and_on(person: Clocked) -> None:
    person.edit(6)
    person.wait(5 * MINUTE)
    person.edit(3)
    person.wait(MINUTE)
    person.edit(6)
    person.wait(MINUTE)
    person.edit(3)


def _ended_by_them(person: Clocked) -> None:
    person.edit(3)
    person.wait(MINUTE)
    person.end()
    person.edit(3)
    person.edit(6)
    person.wait(90 * MINUTE)


def _ended_by_a_researcher(person: Clocked) -> None:
    person.edit(3)
    person.wait(MINUTE)
    person.end_everywhere("R. Mora")


def _moved_into(person: Clocked) -> None:
    person.edit(11)
    person.say(CellMoved(cell_id="c11", from_=10, to=2))
    person.edit(11)


def _tagged(person: Clocked) -> None:
    person.edit(9)
    person.wait(3 * MINUTE)


def _prompted(person: Clocked) -> None:
    person.focus(3)
    person.say(FocusChanged(cell_id="c6", visible=True, cause="prompt"))
    person.run(6)


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (_limit, [(0, "load began", "10"), (10, "load ended", "time limit")]),
        (
            _on,
            [
                (0, "load began", "10"),
                (4, "load ended", "participant"),
                (4, "clean began", "5"),
                (6, "clean ended", "participant"),
                (6, "load began", "6"),
                (12, "load ended", "time limit"),
            ],
        ),
        (
            _minutes_round_up,
            [
                (0, "load began", "10"),
                ((9 * 60 + 59) / 60, "load ended", "participant"),
                ((9 * 60 + 59) / 60, "look began", "0"),
                ((10 * 60 + 59) / 60, "look ended", "participant"),
                ((10 * 60 + 59) / 60, "load began", "1"),
                (11, "load ended", "time limit"),
            ],
        ),
        (_without_a_limit, [(0, "look began", "0")]),
        (_clicks, []),
        (_elsewhere, [(0, "load began", "10"), (10, "load ended", "time limit")]),
        (_by_tools, []),
        (_run_where_they_are, [(0, "load began", "10")]),
        (_paused, [(0, "load began", "10"), (10, "load ended", "time limit")]),
        (
            _over_and_on,
            [
                (0, "clean began", "5"),
                (5, "clean ended", "time limit"),
                (5, "load began", "10"),
            ],
        ),
        (_ended_by_them, [(0, "load began", "10"), (1, "load ended", "participant")]),
        (_ended_by_a_researcher, [(0, "load began", "10"), (1, "load ended", "R. Mora")]),
        (_moved_into, [(0, "load began", "10")]),
        (_tagged, [(0, "plots began", "3"), (3, "plots ended", "time limit")]),
        (_prompted, []),
    ],
    ids=lambda each: each.__name__.strip("_") if callable(each) else "",
)
def test_a_task_begins_with_work_and_ends_by_another_one_or_by_the_clock(
    story: Callable[[Clocked], None], told: Told
) -> None:
    person = at_work()
    story(person)
    assert person.told() == told


def test_where_focus_is_not_recorded_each_run_is_work() -> None:
    person = at_work(focus=False)
    person.run(3)
    person.run(6)
    assert [what for _, what, _ in person.told()] == ["load began", "load ended", "clean began"]


def test_a_cell_of_several_tasks_counts_for_the_last_one() -> None:
    nested = (*TASKS, Task("reading", cells=("c3",), minutes=2))
    person = Clocked(limited(tasks=nested))
    person.open()
    person.edit(3)
    person.wait(2 * MINUTE)
    assert person.told() == [(0, "reading began", "2"), (2, "reading ended", "time limit")]


def test_limits_are_met_to_the_microsecond() -> None:
    person = at_work()
    person.wait(12_345_678)
    person.edit(6)
    person.wait(5 * MINUTE - 1)
    assert len(person.said) == 1
    person.wait(1)
    assert person.said[-1][0] == NOON + 12_345_678 + 5 * MINUTE


def test_an_event_at_the_very_limit_comes_too_late() -> None:
    person = at_work()
    person.edit(6)
    person.now += 5 * MINUTE  # the worker was not there; it makes up for it before the event
    person.edit(3)
    assert [what for _, what, _ in person.told()] == ["clean began", "clean ended", "load began"]
    assert person.told()[1] == (5, "clean ended", "time limit")


def test_a_reload_goes_on_with_the_task_and_is_told_of_its_end() -> None:
    person = at_work()
    first = person.sessions[0]
    person.edit(3)
    person.wait(MINUTE)
    second = person.open(continues=first)
    person.edit(4)
    person.wait(9 * MINUTE)
    assert person.told() == [(0, "load began", "10"), (10, "load ended", "time limit")]
    assert [session for _, session, _ in person.said] == [first, second]


def test_two_pages_of_one_participant_are_one_persons_time() -> None:
    person = at_work()
    one, other = person.sessions[0], person.open(UUID(int=9))
    person.edit(3, one)
    person.wait(MINUTE)
    person.edit(6, other)
    person.wait(MINUTE)
    person.edit(3, one)
    assert [(what, session) for (_, what, _), (_, session, _) in zip(person.told(), person.said, strict=True)] == [
        ("load began", one),
        ("load ended", one),
        ("clean began", other),
        ("clean ended", other),
        ("load began", one),
    ]


def test_the_study_ends_in_every_open_session_when_the_period_is_over() -> None:
    person = at_work(period=20)
    first = person.sessions[0]
    person.wait(5 * MINUTE)
    second, closed = person.open(UUID(int=9)), person.open(UUID(int=10))
    person.close(closed)
    person.edit(8, second)
    person.wait(60 * MINUTE)
    assert person.told() == [
        (5, "look began", "0"),
        (20, "look ended", "time limit"),
        (20, "study ended", "time limit"),
        (20, "study ended", "time limit"),
    ]
    assert {session for _, session, body in person.said[2:]} == {first, second}
    person.edit(3, first)
    assert len(person.said) == 4


def test_a_page_that_opens_after_the_period_is_over_is_told_at_once() -> None:
    person = at_work(period=20)
    person.close()
    person.wait(60 * MINUTE)
    assert person.said == []
    session = person.open()
    person.edit(3)
    assert person.told() == [(60, "study ended", "time limit")]
    assert person.said[0][1] == session


def test_a_session_in_which_the_study_ended_is_not_ended_once_more() -> None:
    person = at_work(period=20)
    person.end()
    person.wait(60 * MINUTE)
    assert person.said == []


def test_a_period_ends_before_its_task_does() -> None:
    person = at_work(period=3)
    person.edit(3)
    person.wait(60 * MINUTE)
    assert person.told() == [
        (0, "load began", "10"),
        (3, "load ended", "time limit"),
        (3, "study ended", "time limit"),
    ]


def test_each_period_has_its_own_time() -> None:
    person = at_work(period=20)
    person.edit(3)
    person.wait(2 * MINUTE)
    person.open(UUID(int=9), period="two")
    person.edit(3)
    person.wait(100 * MINUTE)
    assert person.told() == [
        (0, "load began", "10"),
        (2, "load ended", "participant"),
        (2, "load began", "0"),
        (20, "study ended", "time limit"),
    ]
    assert person.said[-1][1] == person.sessions[0]


def test_other_studies_periods_and_earlier_sessions_are_under_no_limit() -> None:
    person = Clocked(limited(period=20), since=2)
    person.open()  # accepted at position 1
    person.edit(3)
    person.open(period="three")
    person.edit(3)
    stranger = SessionId(UUID(int=77))
    person.accept(stranger, study="houses")
    person.edit(3, stranger)
    person.wait(100 * MINUTE)
    assert person.said == []
    person.open()
    person.edit(3)
    assert [what for _, what, _ in person.told()] == ["load began"]


def test_a_limit_that_the_study_no_longer_has_is_not_enforced() -> None:
    person = at_work(period=20)
    person.edit(3)
    person.restart(limited(tasks=[replace(task, minutes=None) for task in TASKS]))
    person.wait(100 * MINUTE)
    assert person.told() == [(0, "load began", "10")]


def test_a_shorter_limit_holds_from_the_restart_on() -> None:
    person = at_work()
    person.edit(3)
    person.wait(8 * MINUTE)
    person.restart(limited(tasks=[replace(task, minutes=2) for task in TASKS]))
    person.edit(4)
    assert person.told()[-1][1:] == ("load ended", "time limit")


def test_a_state_from_before_a_version_without_limits_ends_nothing_in_hindsight() -> None:
    person = at_work(period=20)
    person.edit(3)
    person.restart(since=50)
    person.wait(100 * MINUTE)
    assert person.told() == [(0, "load began", "10")]


def test_a_period_of_that_name_in_another_study_has_its_own_time() -> None:
    person = at_work(period=20)
    person.edit(3)
    person.wait(100 * MINUTE)
    houses = replace(limited(period=20), name="houses")
    person.restart(houses, since=len(person.events) + len(person.said))
    said = len(person.told())
    person.open(study="houses")
    person.edit(3)
    person.wait(9 * MINUTE)
    assert [what for _, what, _ in person.told()[said:]] == ["load began"]
    person.wait(20 * MINUTE)
    assert [what for _, what, _ in person.told()[said:]] == ["load began", "load ended", "study ended"]


def test_limits_that_were_lifted_and_set_again_begin_anew() -> None:
    person = at_work(period=20)
    person.edit(3)
    person.wait(100 * MINUTE)
    person.restart(since=len(person.events) + len(person.said))
    said = len(person.told())
    person.open()
    person.edit(3)
    assert [what for _, what, _ in person.told()[said:]] == ["load began"]


def test_only_what_can_matter_is_folded() -> None:
    only_period = Clocked(limited(period=20, tasks=()))
    only_period.open()
    edit = at_work()
    edit.edit(3)
    assert only_period.keeping.key(edit.events[-1]) is None
    assert edit.keeping.key(edit.events[-1]) == edit.participant.bytes
    edit.say(PromptShown(prompt_id=UUID(int=1)))
    assert edit.keeping.key(edit.events[-1]) is None


def test_a_study_is_limited_by_a_period_or_a_task() -> None:
    assert not WITHOUT_STUDY.is_limited
    assert not limited(tasks=[replace(task, minutes=None) for task in TASKS]).is_limited
    assert limited().is_limited
    assert limited(period=1, tasks=()).is_limited

"""Whatever people do, whenever: what timekeeping promises holds. Each promise has a variant that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from clocked import MINUTE, SECOND, Clocked, limited
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from prompter.study import Study
from prompter.timekeeping import Timekeeping
from prompter.timekeeping.sheet import Sheet
from prompter_events import Position
from prompter_events.catalogue.notebook import CellMoved
from prompter_events.catalogue.study import StudyEnded, TaskBegan, TaskEnded
from prompter_projections import Emission
from prompter_projections.step import Kept, advance, tick

Action = tuple[str, int, int]

PAUSES = (1, SECOND, 20 * SECOND, 50 * SECOND, MINUTE, 3 * MINUTE - 1, 5 * MINUTE, 20 * MINUTE)
CELLS = (1, 3, 4, 6, 8, 9, 11)

actions = st.lists(
    st.tuples(
        st.sampled_from(
            ("edit", "edit", "edit", "run", "wait", "wait", "focus", "open", "close", "end", "move", "turn")
        ),
        st.sampled_from(CELLS),
        st.sampled_from(PAUSES),
    ),
    min_size=10,
    max_size=60,
)
studies = st.sampled_from([limited(), limited(period=12), limited(period=12, tasks=()), limited(focus=False)])
LIVES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Broken(AssertionError):
    """A promise that was broken."""


def act(person: Clocked, action: Action) -> None:
    kind, cell, number = action
    page = person.sessions[number % len(person.sessions)]
    match kind:
        case "edit":
            person.edit(cell, page)
        case "run":
            person.run(cell, page)
        case "wait":
            person.wait(number)
        case "focus":
            person.focus(cell, page)
        case "open":
            person.open(UUID(int=1 + cell % 2), period=("one", "two")[number % 2])
        case "close":
            person.close(page)
        case "end":
            if cell == 1:
                person.end_everywhere("R. Mora")
            elif cell == 11:
                person.end(session=page)
        case "move":
            person.say(CellMoved(cell_id=f"c{cell}", from_=cell - 1, to=number % 9), page)


def watched(person: Clocked) -> None:  # noqa: PLR0912 - a list of promises
    """Check what was said, by the events alone: it knows nothing of how time is kept."""
    minutes = {(period.name, task.name): task.minutes for period in person.study.periods for task in period.tasks}
    periods = _periods(person)
    running: tuple[str, str, int] | None = None
    spent: dict[tuple[str, str], int] = {}
    ended: set[Any] = set()
    before = 0
    for moment, session, body in person.said:
        if moment < before:
            raise Broken("time went back")
        before = moment
        match body:
            case TaskBegan():
                if running is not None:
                    raise Broken("two tasks at once")
                if session in ended:
                    raise Broken("work after the study had ended")
                running = (periods[session], body.name, moment)
                limit = minutes[running[:2]]
                left = None if limit is None else limit * MINUTE - spent.get(running[:2], 0)
                if left is not None and left <= 0:
                    raise Broken("begun though its time was used up")
                if body.minutes != (0 if left is None else -(-left // MINUTE)):
                    raise Broken("the minutes that are left")
            case TaskEnded():
                if running is None or running[1] != body.name:
                    raise Broken("ended without a beginning")
                task, since = running[:2], running[2]
                running = None
                spent[task] = spent.get(task, 0) + moment - since
                limit = minutes[task]
                used_up = limit is not None and spent[task] == limit * MINUTE
                if limit is not None and spent[task] > limit * MINUTE:
                    raise Broken("longer than the limit")
                at_end = person.study.periods[0].minutes is not None and moment == _end_of(person)
                if body.by == "time limit" and not (used_up or (at_end and task[0] == "one")):
                    raise Broken("the clock before its time")
            case StudyEnded():
                if session in ended:
                    raise Broken("the study ended twice in a session")
                ended.add(session)
                if periods[session] != "one" or moment < _end_of(person):
                    raise Broken("the study before its time")
    if running is not None:
        limit = minutes[running[:2]]
        if limit is not None and spent.get(running[:2], 0) + person.now - running[2] >= limit * MINUTE:
            raise Broken("a limit was missed")


def _periods(person: Clocked) -> dict[Any, str]:
    return {
        event.session_id: event.body.period  # type: ignore[attr-defined]
        for event in person.events
        if event.type == "session.accepted"
    }


def _end_of(person: Clocked) -> int:
    first = next(
        event.recorded_at
        for event in person.events
        if event.type == "session.accepted" and event.body.period == "one"  # type: ignore[attr-defined]
    )
    return first + (person.study.periods[0].minutes or 0) * MINUTE


def live(study: Study, stream: list[Action], keeping: Callable[[Study], Timekeeping] = Timekeeping) -> Clocked:
    """A participant who does all this, under watch."""
    person = Clocked(study)
    person.keeping = keeping(study)
    person.open()
    for action in stream:
        act(person, action)
    person.wait(60 * MINUTE)
    watched(person)
    return person


@LIVES
@given(studies, actions)
def test_tasks_alternate_one_at_a_time_and_no_limit_is_passed_or_missed(study: Study, stream: list[Action]) -> None:
    live(study, stream)


@LIVES
@given(studies, actions, st.integers(1, 40))
def test_a_worker_that_is_behind_says_the_same_at_the_same_moments(
    study: Study, stream: list[Action], portion: int
) -> None:
    """In portions of any size, its state read back in between, with the clock far ahead."""
    person = live(study, stream)
    keeping = Timekeeping(study)
    key = person.participant.bytes
    kept: Kept[Sheet] = Kept()
    said: list[tuple[int, Any, Any]] = []

    def took(step: Any) -> None:
        nonlocal kept
        kept = step.changed.get(key, kept)
        if kept.state is not None:
            kept = replace_state(kept, keeping)
        said.extend((event.occurred_at, event.session_id, event.body) for event in step.emitted)

    for start in range(0, len(person.events), portion):
        some = person.events[start : start + portion]
        keyed = [(keeping.key(event), event) for event in some]
        took(advance(keeping, {key: kept}, keyed, Position(some[0].position - 1), {}))
    while kept.due is not None and kept.due <= person.now:
        took(tick(keeping, {key: kept}, [key], kept.due, person.events[-1].position, failed={}))
    assert said == person.said


def replace_state(kept: Kept[Sheet], keeping: Timekeeping) -> Kept[Sheet]:
    assert kept.state is not None
    return Kept(keeping.decode(keeping.encode(kept.state)), kept.due, kept.stopped_at)


class Late(Timekeeping):
    """Ends things a second late."""

    def due(self, state: Sheet) -> int | None:
        due = super().due(state)
        return None if due is None else due + SECOND


class Forgetful(Timekeeping):
    """Gives the whole time again to who comes back."""

    def decide(self, state: Sheet, now: int, after: Position) -> tuple[Sheet, Any]:
        sheet, emissions = super().decide(state, now, after)
        return replace(sheet, spent={}), emissions


class Silent(Timekeeping):
    """Does not say that a task ended when the next one begins."""

    def decide(self, state: Sheet, now: int, after: Position) -> tuple[Sheet, Any]:
        sheet, emissions = super().decide(state, now, after)
        kept: list[Emission] = list(emissions)
        if len(kept) == 2 and isinstance(kept[1].body, TaskBegan):
            del kept[0]
        return sheet, kept


@pytest.mark.parametrize("broken", [Late, Forgetful, Silent])
def test_the_watch_sees_what_is_broken(broken: Callable[[Study], Timekeeping]) -> None:
    def fails(stream: list[Action]) -> bool:
        try:
            live(limited(), stream, broken)
        except Broken:
            return True
        return False

    quick = settings(max_examples=2000, database=None)
    assert find(actions, fails, settings=quick, random=Random(20260609))

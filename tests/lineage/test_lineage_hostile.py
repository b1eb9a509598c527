"""Whatever a session holds, a lineage comes of it, soon."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from working import Work

from prompter_events.event import Event
from prompter_projections.lineage import Lineage, build
from prompter_projections.lineage.code import Codes
from prompter_projections.lineage.differences import differences
from support.lifelike import lifelike
from support.loans import loans

LOANS = loans().events
RUNS_ALONE = [event for event in LOANS if event.type.startswith(("run.", "kernel.", "cell.removed", "session."))]

HOSTILE = [
    "",
    "\n" * 1_000_000,
    "x" * 1_000_000,
    " " * 60_000 + "=",
    "A" * 60_000 + "_ = 1",
    "%" + " " * 60_000,
    "[" * 3_000 + "]" * 3_000,
    "x" + ".f()" * 10_000,
    "-" * 30_000 + "1",
    "x = 1\n" * 10_000,
    "f(" * 90 + ")" * 90,
    "a = b.merge(" * 90 + ")" * 90,
    "print(" + ",".join(f"accuracy_score(y, m{i})" for i in range(2_000)) + ")",
    "\u2028\x0c\x1c\x85",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "'{0.__class__}' % {}",
    "\\d = '\\d'",
    "%%time\n%%time\n%%time\nx = 1",
]


def _whole(lineage: Lineage, events: list[Event]) -> None:
    """All that it says is about runs, cells and events that are there."""
    there = {event.position for event in events}
    count = len(lineage.runs)
    for index, node in enumerate(lineage.runs):
        assert node.index == index
        assert all(other < index for other in node.fed_by)
        assert all(index < other < count for other in node.feeds)
        assert set(node.positions) <= there
        assert node.cell_id in lineage.cells
    said = [*lineage.attempts, *lineage.repairs, *lineage.dead_ends, *lineage.data_steps, *lineage.models]
    for each in said:
        assert each.positions
        assert set(each.positions) <= there
    for repair in lineage.repairs:
        assert all(lineage.runs[run].status == "error" for run in repair.errors)
        assert repair.repaired_by is None or repair.repaired_by > repair.errors[-1]
        assert all(repair.errors[0] < cure.run for cure in repair.cures)
    assert all(lineage.runs[run].status == "ok" for run in lineage.results)
    assert lineage.feeding <= set(range(count))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0, 0.6))
def test_events_that_are_lost_or_out_of_order_still_make_a_lineage(source: random.Random, lost: float) -> None:
    events = [event for event in RUNS_ALONE if source.random() >= lost] or RUNS_ALONE[:1]
    if source.random() < 0.5:
        at, other = sorted(source.randrange(len(events)) for _ in range(2))
        events[at : other + 1] = reversed(events[at : other + 1])
    events = [replace(event, position=number) for number, event in enumerate(events, 1)]  # type: ignore[type-var]
    _whole(build(events), events)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, len(LOANS)))
def test_a_session_that_stops_anywhere_has_a_lineage(until: int) -> None:
    events = list(LOANS[:until])
    _whole(build(events), events)


def test_other_lifelike_sessions_have_one() -> None:
    events = lifelike()
    _whole(build(events), events)


def test_no_event_is_an_error_and_a_session_without_runs_is_none() -> None:
    with pytest.raises(ValueError, match="no events"):
        build([])
    lineage = build(LOANS[:3])
    assert (lineage.runs, lineage.results, lineage.notes) == ((), (), ())


def test_events_that_cannot_be_read_are_passed_over() -> None:
    events = [replace(event, payload=b"\xc1") if event.type == "kernel.facts" else event for event in LOANS]
    lineage = build(events)
    assert {node.facts for node in lineage.runs} == {"syntax"}
    erased = [replace(event, payload=None, salt=None) for event in LOANS]
    assert build(erased).runs == ()


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_code_is_data(number: int) -> None:
    work = Work()
    work.run("a", HOSTILE[number], output=HOSTILE[number][:100_000])
    work.run("a", HOSTILE[number] + "\nz = 1", error="KeyError: " + HOSTILE[number][:50_000])
    work.run("b", "1 + 1", output="2")
    begin = time.process_time()
    lineage = work.lineage()
    # A source that took quadratic time would take minutes.
    assert time.process_time() - begin < 10
    _whole(lineage, work.events)
    assert len(str(lineage.dead_ends)) + len(str(lineage.data_steps)) < 400_000


def test_a_lone_surrogate_is_no_python() -> None:
    codes = Codes()
    assert not codes.of("\ud800 = 1").readable
    assert codes.same("\ud800 = 1", "\ud800 = 1 ")


def test_there_is_a_limit_to_all_code_and_it_is_said() -> None:
    codes = Codes(most=20)
    assert codes.of("x = 1").readable
    assert codes.of("y = 22222").readable
    assert codes.of("x = 1").readable
    assert not codes.exhausted
    assert not codes.of("zzzzzz = 333").readable
    assert codes.exhausted


def test_differences_are_bounded() -> None:
    long = "\n".join(f"x = {i}" for i in range(5_000))
    other = "\n".join(f"y = {i}" for i in range(5_000))
    assert differences(long, other) == ("-… 5000 lines", "+… 5000 lines")
    assert differences("a\nb\nc", "a\nd\nc") == ("-b", "+d")
    assert differences("--- a", "+++ a") == ("---- a", "++++ a")
    assert max(map(len, differences("x", "y" * 10_000))) == 500


def test_the_same_events_give_the_same_lineage() -> None:
    assert build(LOANS) == build(list(LOANS))
    assert str(build(LOANS)) == str(build(LOANS))

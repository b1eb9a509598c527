"""The notebook fold: what each event does, and what becomes of events that make no sense."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import Page, edited, opened, output, run, scheduled, snapshots

from prompter_events import notebook_digest
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellMoved,
    CellRemoved,
    CellTypeChanged,
    FocusChanged,
    NotebookReloaded,
    NotebookRenamed,
    NotebookSaved,
)
from prompter_events.catalogue.runs import RunError, RunFinished
from prompter_events.catalogue.study import CaptureInvalid, CaptureLost, RecordingPaused, RecordingResumed
from prompter_projections import notebook
from prompter_projections.notebook import NotebookState, fold, fold_all
from prompter_projections.replayer import Replayer


def told(*bodies: Body) -> NotebookState:
    return fold_all(Page().events(*bodies))


def cells(state: NotebookState) -> list[tuple[str, str]]:
    return [(cell.cell_id, cell.source) for cell in state.cells]


def added(cell_id: str, index: int, source: str = "", cause: str = "user") -> CellAdded:
    return CellAdded(cell_id=cell_id, index=index, cell_type="code", source=source, cause=cause)  # type: ignore[arg-type]


def removed(cell_id: str, index: int) -> CellRemoved:
    return CellRemoved(cell_id=cell_id, index=index, cause="user")


AB = opened(("a", "1"), ("b", "2"))


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([AB], "a1 b2"),
        ([AB, edited("a", [1, "x"], [2, "y"])], "a1xy b2"),
        ([AB, added("c", 1, "3")], "a1 c3 b2"),
        ([AB, added("c", 2, "3")], "a1 b2 c3"),
        ([AB, removed("a", 0)], "b2"),
        ([AB, CellMoved(cell_id="a", from_=0, to=1)], "b2 a1"),
        ([AB, CellMoved(cell_id="b", from_=1, to=0)], "b2 a1"),
        ([AB, CellTypeChanged(cell_id="a", cell_type="markdown")], "a1 b2"),
        ([AB, NotebookReloaded(cells=snapshots(("c", "3"), ("a", "9")))], "c3 a9"),
        ([AB, RecordingPaused(), RecordingResumed(cells=snapshots(("b", "7")))], "b7"),
        ([AB, scheduled("a", "1", uuid4())], "a1 b2"),
        ([AB, FocusChanged(cell_id="a", visible=True)], "a1 b2"),
        ([AB, removed("a", 0), added("a", 0, "1", "undo")], "a1 b2"),
    ],
)
def test_what_an_event_does(bodies: list[Body], expected: str) -> None:
    state = told(*bodies)
    assert " ".join(cell_id + source for cell_id, source in cells(state)) == expected
    assert state.notes == ()


@pytest.mark.parametrize(
    ("body", "expected", "said"),
    [
        (edited("a", [5, "x"]), "a1 b2", "reaches to unit 5"),
        (edited("z", ["x"]), "a1 b2", "edited but was not there"),
        (added("a", 1, "9"), "b2 a9", "though it was there"),
        (added("c", 7, "9"), "a1 b2 c9", "at 7 of 2"),
        (removed("z", 0), "a1 b2", "removed but was not there"),
        (removed("b", 0), "a1", "said to stand at 0"),
        (removed("b", 9), "a1", "said to stand at 9"),
        (CellMoved(cell_id="z", from_=0, to=0), "a1 b2", "moved but was not there"),
        (CellMoved(cell_id="a", from_=1, to=1), "b2 a1", "said to stand at 1"),
        (CellMoved(cell_id="a", from_=0, to=8), "b2 a1", "moved to 8 among 1"),
        (CellTypeChanged(cell_id="z", cell_type="raw"), "a1 b2", "it was not there"),
        (NotebookReloaded(cells=snapshots(("a", "1"), ("a", "2"))), "a1", "there twice"),
        (opened(("c", "3")), "c3", "opened a second time"),
        (scheduled("a", "9", uuid4()), "a9 b2", "another source"),
        (scheduled("z", "9", uuid4()), "a1 b2", "run but was not there"),
        (RunFinished(run_id=uuid4(), status="ok", execution_count=1, duration_ms=1), "a1 b2", "never scheduled"),
        (NotebookSaved(digest=bytes(32)), "a1 b2", "not what the events tell"),
    ],
)
def test_what_makes_no_sense_is_healed_and_noted_with_its_position(body: Body, expected: str, said: str) -> None:
    state = told(AB, body)
    assert " ".join(cell_id + source for cell_id, source in cells(state)) == expected
    [note] = state.divergences
    assert note.position == 2
    assert said in note.text


def test_what_was_typed_before_a_wrong_change_of_a_burst_is_kept() -> None:
    assert cells(told(opened(("a", "")), edited("a", ["x"], [99, "y"], ["z"]))) == [("a", "x")]


def test_a_saved_digest_that_fits_says_nothing() -> None:
    digest = notebook_digest([("a", "code", "1é"), ("b", "markdown", "😀!")])
    state = told(opened(("a", "1"), ("b", "😀", "markdown")), edited("a", [1, "é"]), edited("b", [2, "!"]))
    assert fold(state, Page().event(NotebookSaved(digest=digest))).notes == ()


def test_a_run_leaves_its_outputs_and_the_next_one_clears_them() -> None:
    page = Page()
    first = run(
        "a", "1", 7, outputs=[output("one\n")], status="error", error=RunError(name="E", message="", traceback="")
    )
    state = fold_all(page.events(AB, *first))
    [cell, _] = state.cells
    assert (cell.status, cell.execution_count, [o.text for o in cell.outputs]) == ("error", 7, ["one\n"])
    assert cell.error is not None
    assert state.runs == {}

    state = fold(state, page.event(scheduled("a", "1", uuid4())))
    [cell, _] = state.cells
    assert (cell.status, cell.execution_count, cell.outputs, cell.error) == ("scheduled", None, (), None)


def test_an_earlier_run_that_ends_late_does_not_speak_for_the_cell() -> None:
    page = Page()
    first, second = uuid4(), uuid4()
    state = fold_all(page.events(AB, scheduled("a", "1", first), scheduled("a", "1", second)))
    state = fold(state, page.event(RunFinished(run_id=first, status="aborted", execution_count=None, duration_ms=None)))
    assert state.cells[0].status == "scheduled"
    assert state.notes == ()


def test_undoing_a_removal_brings_the_outputs_back() -> None:
    state = told(AB, *run("a", "1", 3, outputs=[output("x")]), removed("a", 0), added("a", 1, "1", "undo"))
    assert [(cell.cell_id, cell.execution_count, len(cell.outputs)) for cell in state.cells] == [
        ("b", None, 0),
        ("a", 3, 1),
    ]
    assert state.removed == {}


def test_a_rename_changes_the_path() -> None:
    assert told(AB, NotebookRenamed(path="new/name.ipynb")).path == "new/name.ipynb"


def test_what_cannot_be_read_is_passed_over_with_a_note() -> None:
    page = Page()
    known = page.event(edited("a", ["x"]))
    strange = [
        msgspec.structs.replace(known, type="cell.exploded"),
        msgspec.structs.replace(known, schema_version=99),
        msgspec.structs.replace(known, payload=b"\xc1"),
        msgspec.structs.replace(known, payload=None, salt=None),
        page.event(CaptureInvalid(reason="no map", claimed_type="x", claimed_version=1, raw=b"", size=0)),
        page.event(CaptureLost(count=3, reason="full")),
    ]
    state = fold_all(strange, told(AB))
    assert cells(state) == [("a", "1"), ("b", "2")]
    assert [note.kind for note in state.notes] == ["passed over"] * 5 + ["hole"]
    assert state.divergences == ()


def test_notes_are_bounded() -> None:
    page = Page()
    state = fold_all(page.event(edited("z", ["x"])) for _ in range(notebook.MAX_NOTES + 5))
    assert (len(state.notes), state.more_notes) == (notebook.MAX_NOTES, 5)


ids = st.sampled_from("abcd")
small = st.integers(0, 5)
sources = st.text("x😀\n", max_size=3)
hostile = st.one_of(
    st.builds(added, ids, small, sources),
    st.builds(removed, ids, small),
    st.builds(lambda cell_id, a, b: CellMoved(cell_id=cell_id, from_=a, to=b), ids, small, small),
    st.builds(
        lambda cell_id, kind: CellTypeChanged(cell_id=cell_id, cell_type=kind), ids, st.sampled_from(["code", "raw"])
    ),
    st.builds(edited, ids, st.lists(st.one_of(st.integers(-3, 3), sources), max_size=3)),
    st.builds(lambda cell_id, source: scheduled(cell_id, source, uuid4()), ids, sources),
    st.builds(lambda cells: NotebookReloaded(cells=snapshots(*cells)), st.lists(st.tuples(ids, sources), max_size=4)),
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(hostile, max_size=15))
def test_no_sequence_of_events_breaks_the_fold(bodies: list[Body]) -> None:
    state = told(AB, *bodies)
    assert len(set(state.order)) == len(state.order)
    assert set(state.order) == set(state.table)
    for cell in state.cells:
        assert cell.source is not None


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(hostile, max_size=10), st.lists(hostile, max_size=5))
def test_earlier_states_stay_as_they_were(first: list[Body], then: list[Body]) -> None:
    page = Page()
    before = fold_all(page.events(AB, *first))
    frozen = msgspec.msgpack.encode(before)
    fold_all(page.events(*then), before)
    assert msgspec.msgpack.encode(before) == frozen


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(hostile, max_size=20))
def test_the_quick_replay_tells_the_same(bodies: list[Body]) -> None:
    events = Page().events(AB, *bodies)
    replayer = Replayer()
    for event in events:
        replayer = replayer.take(event)
    assert replayer.state == fold_all(events)

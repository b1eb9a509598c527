"""What a timeline tells of a session's events."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from prompter_events import SessionId, open_log
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_projections import UnknownSession
from prompter_projections.timeline import build, timeline
from prompter_projections.timeline.data import difference
from prompter_projections.timeline.layout import layout
from prompter_projections.timeline.model import Lane, Timeline
from prompter_projections.timeline.scale import Fold, Scale, clock, rough, tick
from support.lifelike import BEGIN, Desk, lifelike, uuid


def at(seconds: float) -> int:
    return BEGIN + round(seconds * 1e6)


def lane(made: Timeline, cell_id: str) -> Lane:
    return next(lane for lane in made.all_lanes if lane.cell_id == cell_id)


def opened(*cells: tuple[str, str, str]) -> Desk:
    desk = Desk(skew_s=0)
    desk.open(*(cells or (("a", "code", ""),)))
    return desk


def test_lanes_stand_in_the_order_of_the_final_notebook_and_removed_cells_in_that_of_their_removal() -> None:
    desk = opened(("a", "code", "1"), ("b", "code", "2"), ("c", "code", "3"), ("d", "code", "4"))
    desk.move("d", 0)
    desk.wait(1)
    desk.remove("b")
    desk.wait(1)
    desk.remove("a")
    made = build(desk.events)
    assert [(one.cell_id, one.number) for one in made.lanes] == [("d", 1), ("c", 2)]
    assert [(one.cell_id, one.number) for one in made.removed] == [("b", None), ("a", None)]
    assert lane(made, "b").source == "2"
    assert [lane(made, cell).removed_at for cell in "abcd"] == [at(2), at(1), None, None]


def test_a_cell_that_an_undo_brings_back_has_two_spans_and_is_not_removed() -> None:
    desk = opened(("a", "code", "1"), ("b", "code", "2"))
    desk.wait(5)
    desk.remove("b")
    desk.wait(5)
    desk.cells.append(["b", "code", "2"])
    desk.emit(n.CellAdded(cell_id="b", index=1, cell_type="code", source="2", cause="undo"))
    made = lane(build(desk.events), "b")
    assert [(span.begin, span.end, span.given) for span in made.spans] == [
        (at(0), at(5), True),
        (at(10), None, False),
    ]
    assert made.removed_at is None
    assert made.edits == (), "an undo types nothing"


def test_a_reload_and_a_pause_end_and_begin_lanes() -> None:
    desk = opened(("a", "code", "1"), ("b", "code", "2"))
    desk.wait(1)
    desk.emit(n.NotebookReloaded(cells=[n.CellSnapshot(cell_id="b", cell_type="markdown", source="## Two")]))
    desk.emit(s.RecordingPaused())
    desk.wait(200)
    cells = [n.CellSnapshot(cell_id=i, cell_type="code", source="") for i in ("c", "b")]
    desk.emit(s.RecordingResumed(cells=cells))
    made = build(desk.events)
    assert [one.cell_id for one in made.lanes] == ["c", "b"]
    assert [one.cell_id for one in made.removed] == ["a"]
    assert [(mark.kind, mark.begin, mark.end) for mark in made.strip] == [
        ("reload", at(1), at(1)),
        ("paused", at(1), at(201)),
    ]
    assert [(gap.begin, gap.end, gap.paused) for gap in made.quiet] == [(at(1), at(201), True)]


def test_headings_are_markdown_cells_that_begin_with_a_hash() -> None:
    made = build(
        opened(
            ("a", "markdown", "\n # Load\ntext"),
            ("b", "markdown", "text"),
            ("c", "code", "# code"),
            ("d", "markdown", "##"),
        ).events
    )
    assert [one.heading for one in made.lanes] == ["Load", None, None, "(heading)"]


def test_edits_count_utf16_units_inserted_and_deleted() -> None:
    desk = opened(("a", "code", "abc"))
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, [1, -1, "😀x"]), (40, ["y"])], cause="user"))
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["zz"])], cause="remote"))
    desk.emit(n.CellEdited(cell_id="a", changes=[(0, ["given"])], cause="tool"))
    edits = lane(build(desk.events), "a").edits
    assert [(edit.inserted, edit.deleted, edit.remote) for edit in edits] == [(4, 1, False), (2, 0, True)]


def test_pasted_cells_count_as_edits_and_split_ones_do_not() -> None:
    desk = opened()
    pasted = desk.add("code", "x = 1", cause="paste")
    split = desk.add("code", "y = 2", cause="split")
    made = build(desk.events)
    assert [edit.inserted for edit in lane(made, pasted).edits] == [5]
    assert lane(made, split).edits == ()


def test_a_run_carries_the_source_as_it_was_taken_and_how_it_ended() -> None:
    desk = opened(("a", "code", "1 / 0"))
    desk.wait(1)
    first = desk.schedule("a")
    desk.wait(1)
    desk.write("a", "1 / 2", pace=0)
    began = desk.now
    desk.finish(first, "error", 0.25, error="ZeroDivisionError: division by zero")
    second = desk.schedule("a")
    desk.finish(second, "aborted")
    third = desk.schedule("a")
    desk.wait(7)
    desk.emit(r.RunStarted(run_id=third))
    desk.wait(3)
    desk.save()
    one, two, three = lane(build(desk.events), "a").runs
    assert (one.source, one.outcome, one.begin, one.end) == ("1 / 0", "error", at(began), at(began + 0.25))
    assert one.error is not None
    assert one.error.name == "ZeroDivisionError"
    assert (two.source, two.outcome, two.duration_ms, two.end - two.begin) == ("1 / 2", "aborted", None, 0)
    assert (three.outcome, three.number, three.end - three.begin) == ("unfinished", 3, 3_000_000)


@pytest.mark.parametrize(
    ("end", "fate"),
    [
        (lambda i: p.PromptAnswered(prompt_id=i, text="to see", choice="check", drafting_ms=9), "answered"),
        (lambda i: p.PromptDismissed(prompt_id=i, reason="never"), "dismissed"),
        (lambda i: p.PromptExpired(prompt_id=i, decided_at=0, after=0), "expired"),
        (lambda i: p.PromptWithdrawn(prompt_id=i, decided_at=0, after=0), "withdrawn"),
        (lambda i: p.PromptSnoozed(prompt_id=i, until=0), "open"),
        (lambda i: p.PromptFocused(prompt_id=i), "open"),
    ],
)
def test_a_prompt_has_one_fate(end: object, fate: str) -> None:
    desk = opened()
    prompt_id = desk.ask("a", None, "Why?", "new-cell")
    desk.wait(30)
    desk.emit(end(prompt_id))  # type: ignore[operator]
    [prompt] = lane(build(desk.events), "a").prompts
    assert (prompt.fate, prompt.question, prompt.rule) == (fate, "Why?", "new-cell")
    assert prompt.delay == (None if fate == "open" else 30_000_000)


def test_an_answer_stands_though_a_timer_comes_after_it_and_an_amendment_replaces_its_words() -> None:
    desk = opened()
    prompt_id = desk.ask("a", None, "Why?", "new-cell")
    desk.answer(prompt_id, "first")
    desk.after(p.PromptExpired, prompt_id)
    desk.emit(p.PromptAmended(prompt_id=prompt_id, text="second", choice=None))
    desk.emit(p.PromptAnswered(prompt_id=uuid("elsewhere"), text="of another session", choice=None, drafting_ms=0))
    [prompt] = lane(build(desk.events), "a").prompts
    assert (prompt.fate, prompt.text, prompt.amended) == ("answered", "second", True)


def test_what_was_held_back_says_why() -> None:
    desk = opened()
    desk.hold_back("a", "many-runs", "hourly cap")
    [prompt] = lane(build(desk.events), "a").prompts
    assert (prompt.fate, prompt.reason) == ("held back", "hourly cap")


def test_server_times_are_told_by_the_clock_of_the_page() -> None:
    desk = Desk(skew_s=3600)
    desk.open(("a", "code", ""))
    desk.wait(10)
    desk.ask("a", None, "Why?", "new-cell", show=False)
    made = build(desk.events)
    assert lane(made, "a").prompts[0].issued == at(10)
    assert made.session.end == at(0), "the server's events do not make a session longer"
    assert not [mark for mark in made.strip if mark.kind == "offline"]


def test_what_the_server_makes_tells_no_lost_connection_where_the_page_clock_is_fast() -> None:
    desk = Desk(skew_s=-60)
    desk.open(("a", "code", ""))
    desk.wait(10)
    asked = p.PromptRequested(request_id=uuid("request"), question="Why?", choices=[], language="en", by="ada")
    for body in (
        asked,
        s.NoteAdded(text="stuck", at=2, by="ada"),
        s.TaskBegan(name="clean", minutes=1),
        s.TaskEnded(name="clean", by="time limit"),
        s.StudyEnded(by="ada"),
    ):
        desk.emit(body, server=True)
    made = build(desk.events)
    assert not [mark for mark in made.strip if mark.kind == "offline"]
    assert made.session.end == at(0), "the server's events do not make a session longer"


def test_events_that_came_late_tell_a_lost_connection_and_a_hole_says_itself() -> None:
    desk = opened()
    desk.wait(10)
    desk.offline_until = 70
    for seconds in (10, 20, 30):
        desk.emit(n.FocusChanged(cell_id="a", visible=True), at=seconds)
    desk.now = 80
    desk.emit(s.CaptureLost(count=3, reason="store full"))
    marks = {mark.kind: mark for mark in build(desk.events).strip}
    assert (marks["offline"].begin, marks["offline"].end) == (at(10), at(70))
    assert (marks["lost"].begin, marks["lost"].end) == (at(30), at(80))
    assert "3 events" in marks["lost"].text


def test_the_strip_knows_saves_restarts_deaths_and_the_end() -> None:
    desk = opened()
    desk.save()
    desk.emit(n.NotebookSaved(digest=bytes(32)))
    desk.emit(r.KernelRestarted(kernel_id="k", name="python3"))
    desk.emit(r.KernelDied(kernel_id="k", name="python3"))
    desk.emit(n.SessionClosed(reason="tab closed"))
    strip = build(desk.events).strip
    assert [mark.kind for mark in strip] == ["save", "save", "restart", "died", "closed"]
    assert "agrees" in strip[0].text
    assert "not what the events tell" in strip[1].text


def test_the_head_tells_who_what_and_when() -> None:
    events = lifelike()
    session = build(events).session
    assert (session.notebook_path, session.condition, session.kernel_name) == ("loans.ipynb", "EXP_CTS", "prompter")
    assert (session.first, session.last, session.events) == (18_215, 18_214 + len(events), len(events))
    assert session.begin == BEGIN


def test_erased_and_foreign_events_are_counted_and_the_rest_is_told() -> None:
    events = lifelike()
    erased = [msgspec.structs.replace(one, payload=None) if one.type == "run.scheduled" else one for one in events]
    erased.append(msgspec.structs.replace(events[-1], type="telepathy.received"))
    made = build(erased)
    assert made.session.unreadable == sum(one.type == "run.scheduled" for one in events) + 1
    assert len(made.lanes) == len(build(events).lanes)
    assert not any(one.runs for one in made.all_lanes)


def test_a_session_whose_opening_is_missing_keeps_its_cells_without_a_place() -> None:
    made = build([one for one in lifelike() if one.type not in {"session.opened", "recording.resumed"}])
    lost = lane(made, "given-2")
    assert lost.number is None
    assert lost.removed_at is None
    assert lost.source.startswith("import numpy")


def test_the_same_events_give_the_same_timeline() -> None:
    assert build(lifelike()) == build(lifelike())
    assert build(lifelike(17)) != build(lifelike(18))


async def test_a_timeline_is_read_from_the_log() -> None:
    events = lifelike()
    async with open_log("memory://") as log:
        for producer in dict.fromkeys(one.producer_id for one in events):
            await log.append(producer, [one for one in events if one.producer_id == producer])
        made = await timeline(log, events[0].session_id)
        assert [one.cell_id for one in made.lanes] == [one.cell_id for one in build(events).lanes]
        with pytest.raises(UnknownSession):
            await timeline(log, SessionId(uuid("nobody")))


def test_a_timeline_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no events"):
        build([])


def test_gaps_fold_to_forty_pixels_and_all_else_is_linear() -> None:
    scale = Scale(100, 640, 1_000, [Fold(200, 700)])
    assert scale(0) == 100
    assert scale(1_000) == pytest.approx(640)
    assert scale(700) - scale(200) == pytest.approx(40)
    assert scale(100) - scale(0) == pytest.approx(scale(900) - scale(800)) == pytest.approx(100)
    ticks = list(scale.ticks())
    assert not [tick for tick in ticks if 200 < tick < 700]
    places = [scale(tick) for tick in ticks]
    assert min(b - a for a, b in pairwise(places)) >= 36


def test_many_gaps_leave_half_the_width_to_the_work() -> None:
    folds = [Fold(i * 1_000 + 1, i * 1_000 + 900) for i in range(50)]
    scale = Scale(0, 1_000, 50_000, folds)
    assert sum(scale(fold.end) - scale(fold.begin) for fold in folds) == pytest.approx(500)
    assert scale(50_000) == pytest.approx(1_000)


def test_of_many_gaps_the_longest_are_folded_and_none_that_a_fold_would_widen() -> None:
    desk = opened()
    for hours in range(1, 21):
        desk.wait(hours * 3_600)
        desk.save()
    made = build(desk.events)
    assert len(made.quiet) == 20
    gaps = layout(made, 1_000).gaps
    assert [(gap.end - gap.begin) / 3.6e9 for gap in gaps] == list(range(10, 21))
    desk = opened()
    for _ in range(300):
        desk.wait(121)
        desk.save()
    assert layout(build(desk.events), 1_000).gaps == ()


def test_lengths_stay_short() -> None:
    assert [tick(36 * 60), tick(7_200)] == ["36:00", "2 h"]
    assert [clock(36 * 60 + 6), clock(4_800)] == ["36:06", "80:00"]
    assert [rough(267), rough(7_300), rough(200_000)] == ["4:27", "2 h", "2 d"]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a\nb\nc", "a\nB\nc", [" a", "-b", "+B", " c"]),
        ("a", "a", [" a"]),
        ("", "a", ["+a"]),
        ("a\na", "a", [" a", "-a"]),
        ("x\ny", "y\nx", ["+y", " x", "-y"]),
    ],
)
def test_differences_go_line_by_line(before: str, after: str, lines: list[str]) -> None:
    made = difference(before, after)
    assert made == lines
    assert "\n".join(line[1:] for line in made if line[0] != "+") == before
    assert "\n".join(line[1:] for line in made if line[0] != "-") == after


def test_a_hopeless_difference_is_not_looked_for() -> None:
    before, after = "\n".join(f"a{i}" for i in range(5_000)), "\n".join(f"b{i}" for i in range(5_000))
    assert len(difference(before, after)) == 10_000

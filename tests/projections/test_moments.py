"""What the history tells of a notebook's events, in a person's own words of work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args
from uuid import uuid4

import msgspec
import pytest
from making import SECOND, Page, edited, issued, opened, output, run, scheduled, snapshots

from prompter_events import Log, SessionId, open_log
from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_projections import UnknownSession
from prompter_projections.history import AWAY_US, Moment, Moments, chain_of, moments
from prompter_projections.history.moment import MomentKind

TWO = opened(("a", "1"), ("b", "2"))


def told(page: Page, *bodies: Body) -> list[Moment]:
    found = Moments()
    for event in page.events(*bodies):
        found.take(event)
    return found.told()


def lines(found: list[Moment]) -> list[tuple[str, int | None, int]]:
    """Kind, place and position of each."""
    return [(moment.kind, moment.place, moment.position) for moment in found]


def added(cell_id: str, index: int, source: str = "", cause: str = "user") -> n.CellAdded:
    return n.CellAdded(cell_id=cell_id, index=index, cell_type="code", source=source, cause=cause)  # type: ignore[arg-type]


def removed(cell_id: str, index: int, cause: str = "user") -> n.CellRemoved:
    return n.CellRemoved(cell_id=cell_id, index=index, cause=cause)  # type: ignore[arg-type]


def restored(cell_id: str, *ops: int | str) -> n.CellEdited:
    return n.CellEdited(cell_id=cell_id, changes=[(0, list(ops))], cause="restore")


def test_a_run_is_a_moment_at_its_end_with_its_outcome_and_what_it_said_in_one_line() -> None:
    error = r.RunError(name="KeyError", message="'x'", traceback="")
    found = told(
        Page(),
        TWO,
        *run("a", "1", outputs=[output("many\nlines\n"), output("AUC 0.684\n")], duration_ms=1200),
        *run("b", "2", status="error", error=error, outputs=[output("before\n")]),
    )
    assert lines(found) == [("opened", None, 1), ("ran", 1, 4), ("ran", 2, 7)]
    assert (found[0].cells, found[0].continued) == (2, False)
    assert (found[1].status, found[1].duration_ms, found[1].text, found[1].wrote) == ("ok", 1200, "AUC 0.684", False)
    assert (found[2].status, found[2].text) == ("error", "KeyError")


@pytest.mark.parametrize(
    "said",
    [
        output("<b>x</b>", "text/html"),
        output("two\nlines"),
        output("x" * 81),
        output("cut off here", cut=5),
        output("  \n"),
    ],
)
def test_an_output_that_is_no_short_line_is_not_told(said: r.RunOutput) -> None:
    assert told(Page(), TWO, *run("a", "1", outputs=[said]))[-1].text == ""


def test_what_is_written_and_run_is_one_moment() -> None:
    found = told(Page(), TWO, edited("a", [1, "0"]), edited("a", [2, "0"]), *run("a", "100"), *run("a", "100"))
    assert lines(found) == [("opened", None, 1), ("ran", 1, 6), ("ran", 1, 9)]
    assert [moment.wrote for moment in found] == [False, True, False]


def test_what_is_written_and_left_is_a_moment_at_the_last_key() -> None:
    found = told(
        Page(), TWO, edited("a", ["x"]), edited("a", ["y"]), edited("b", ["z"]), n.NotebookSaved(digest=bytes(32))
    )
    assert lines(found) == [("opened", None, 1), ("edited", 1, 3), ("edited", 2, 4), ("saved", None, 5)]


def test_who_writes_on_while_another_cell_runs_wrote_once() -> None:
    first, second = uuid4(), uuid4()
    done = {"status": "ok", "execution_count": 1, "duration_ms": 5}
    found = told(
        Page(),
        TWO,
        scheduled("a", "1", first),
        edited("b", ["x"]),
        r.RunFinished(run_id=first, **done),  # type: ignore[arg-type]
        edited("b", ["y"]),
        scheduled("b", "yx2", second),
        r.RunFinished(run_id=second, **done),  # type: ignore[arg-type]
    )
    assert lines(found) == [("opened", None, 1), ("ran", 1, 4), ("ran", 2, 7)]
    assert found[-1].wrote


def test_what_was_written_before_a_run_ended_stands_before_it() -> None:
    run_id = uuid4()
    end = r.RunFinished(run_id=run_id, status="ok", execution_count=1, duration_ms=5)
    found = told(Page(), TWO, scheduled("a", "1", run_id), edited("b", ["x"]), end, n.NotebookSaved(digest=bytes(32)))
    assert lines(found) == [("opened", None, 1), ("edited", 2, 3), ("ran", 1, 4), ("saved", None, 5)]


def test_what_is_under_way_is_told_and_may_still_change() -> None:
    page, found, run_id = Page(), Moments(), uuid4()
    for event in page.events(TWO, scheduled("a", "1", run_id), edited("b", ["x"])):
        found.take(event)
    assert lines(found.told()) == [("opened", None, 1), ("ran", 1, 2), ("edited", 2, 3)]
    assert found.told()[1].status == "unfinished"
    found.take(page.event(r.RunFinished(run_id=run_id, status="lost", execution_count=None, duration_ms=None)))
    assert lines(found.told()) == [("opened", None, 1), ("edited", 2, 3), ("ran", 1, 4)]
    assert found.told()[2].status == "lost"


def test_a_run_whose_end_never_came_stays_unfinished() -> None:
    found = told(Page(), TWO, scheduled("a", "1", uuid4()), n.SessionClosed(reason="unload"))
    assert lines(found) == [("opened", None, 1), ("ran", 1, 2)]
    assert found[1].status == "unfinished"


def test_places_are_those_of_then() -> None:
    found = told(
        Page(),
        TWO,
        added("c", 0, "0", "paste"),
        *run("a", "1"),
        n.CellMoved(cell_id="a", from_=1, to=2),
        removed("c", 0),
        n.CellTypeChanged(cell_id="b", cell_type="markdown"),
        *run("a", "1"),
    )
    assert lines(found) == [
        ("opened", None, 1),
        ("added", 1, 2),
        ("ran", 2, 5),
        ("moved", 2, 6),
        ("removed", 1, 7),
        ("retyped", 1, 8),
        ("ran", 2, 11),
    ]
    assert (found[1].cause, found[3].to, found[5].text) == ("paste", 3, "markdown")


def test_to_add_a_cell_and_to_write_it_is_one_moment() -> None:
    found = told(Page(), TWO, added("c", 2), *run("a", "1"), edited("c", ["x"]), *run("c", "x"))
    assert lines(found) == [("opened", None, 1), ("ran", 1, 5), ("ran", 3, 9)]
    assert lines(told(Page(), TWO, added("c", 2))) == [("opened", None, 1), ("added", 3, 2)]


def test_splitting_and_merging_are_one_moment_each() -> None:
    found = told(
        Page(),
        TWO,
        n.CellAdded(cell_id="c", index=0, cell_type="code", source="", cause="split", parents=["a"]),
        n.CellEdited(cell_id="a", changes=[(0, [-1])], cause="split"),
        n.CellAdded(cell_id="d", index=0, cell_type="code", source="x", cause="merge", parents=["c", "a"]),
        removed("c", 1, "merge"),
        removed("a", 1, "merge"),
    )
    assert [(moment.kind, moment.cause, moment.position) for moment in found[1:]] == [
        ("added", "split", 2),
        ("added", "merge", 6),
    ]


def test_what_is_restored_is_a_moment_of_its_own() -> None:
    found = told(
        Page(),
        TWO,
        edited("a", ["x"]),
        restored("a", -1),
        restored("a", "y"),
        removed("b", 1),
        added("b", 1, "2", "restore"),
        edited("a", ["z"]),
    )
    assert lines(found) == [
        ("opened", None, 1),
        ("edited", 1, 2),
        ("restored", 1, 4),
        ("removed", 2, 5),
        ("restored", 2, 6),
        ("edited", 1, 7),
    ]


def test_what_a_tool_writes_is_no_moment_and_a_large_notebook_is_opened_once() -> None:
    tool = n.CellEdited(cell_id="c", changes=[(0, ["more"])], cause="tool")
    found = told(Page(), TWO, added("c", 2, "x", "tool"), tool, added("d", 3, "y", "tool"), *run("a", "1"), tool)
    assert lines(found) == [("opened", None, 4), ("ran", 1, 7)]
    assert found[0].cells == 4


def test_answers_name_the_cell_they_are_about() -> None:
    page = Page()
    ask = issued(page, "b")
    answer = p.PromptAnswered(prompt_id=ask.prompt_id, text="\n See <b>who</b>\ndefaults ", choice=None, drafting_ms=1)
    chosen = p.PromptAmended(prompt_id=ask.prompt_id, text="", choice="check")
    unknown = p.PromptAnswered(prompt_id=uuid4(), text="x" * 500, choice=None, drafting_ms=1)
    found = told(page, TWO, ask, answer, chosen, unknown)
    assert lines(found[1:]) == [("answered", 2, 3), ("amended", 2, 4), ("answered", None, 5)]
    assert [moment.text for moment in found[1:]] == ["See <b>who</b>", "check", "x" * 79 + "…"]


def test_five_minutes_without_an_event_are_told_unless_somebody_waits_for_a_run() -> None:
    page, run_id = Page(), uuid4()
    found = Moments()

    def later(micros: int, body: Body) -> None:
        page.now += micros - SECOND
        found.take(page.event(body))

    later(SECOND, TWO)
    later(AWAY_US - 1, n.NotebookSaved(digest=bytes(32)))
    later(AWAY_US, edited("a", ["x"]))
    later(AWAY_US, edited("a", ["x"]))
    later(SECOND, scheduled("a", "xx1", run_id))
    later(AWAY_US, r.RunFinished(run_id=run_id, status="ok", execution_count=1, duration_ms=5))
    later(SECOND, s.RecordingPaused())
    later(AWAY_US, s.RecordingResumed(cells=snapshots(("a", "xx1"))))
    assert [(moment.kind, moment.duration_ms) for moment in found.told()] == [
        ("opened", None),
        ("saved", None),
        ("away", 300_000),
        ("edited", None),
        ("away", 300_000),
        ("ran", 5),
        ("paused", None),
        ("resumed", None),
    ]


def test_reloads_renames_and_holes_are_told() -> None:
    found = told(
        Page(),
        TWO,
        n.NotebookReloaded(cells=snapshots(("b", "2"))),
        n.NotebookRenamed(path="dir/new.ipynb"),
        s.CaptureLost(count=3, reason="lost"),
    )
    assert [(m.kind, m.cells, m.text, m.count) for m in found[1:]] == [
        ("reloaded", 1, "", None),
        ("renamed", None, "dir/new.ipynb", None),
        ("lost", None, "", 3),
    ]


def test_cells_with_withheld_text_are_named() -> None:
    found = Moments()
    cells = [n.CellSnapshot(cell_id="a", cell_type="code", source="▒", withheld=True)]
    client = n.Client(lab="", extension="", browser="")
    page = Page()
    bodies = [
        n.SessionOpened(notebook_path="", kernel_name="", client=client, cells=cells),
        n.CellAdded(cell_id="b", index=1, cell_type="code", source="▒", cause="remote", withheld=True),
        added("c", 2, "▒"),
        n.CellEdited(cell_id="d", changes=[(0, ["▒"])], cause="remote", withheld=True),
    ]
    for event in page.events(*bodies):
        found.take(event)
    assert found.withheld == {"a", "b", "d"}


def test_events_that_contradict_each_other_stop_nobody() -> None:
    found = told(
        Page(),
        removed("a", 0),
        n.CellMoved(cell_id="a", from_=1, to=7),
        edited("nowhere", ["x"]),
        added("a", 999, "x"),
        added("a", 0, "x"),
        r.RunFinished(run_id=uuid4(), status="ok", execution_count=1, duration_ms=1),
        TWO,
        n.CellMoved(cell_id="a", from_=1, to=7),
        *run("nowhere", "x"),
    )
    assert [moment.kind for moment in found] == ["edited", "added", "added", "opened", "moved", "ran"]
    assert found[4].to == 2
    assert found[-1].place is None


async def test_sessions_that_continue_each_other_are_one_history() -> None:
    first, second, third = Page(), Page(), Page()
    async with open_log("memory://") as log:
        await said(log, first, None, edited("a", ["x"]), *run("a", "x1"), n.SessionClosed(reason="unload"))
        await said(log, second, first, *run("b", "2"))
        # What the first page could not send comes late, and stands where it belongs.
        await first.say(log, n.NotebookRenamed(path="late.ipynb"))
        await said(log, third, second)
        chain = await chain_of(log, third.session_id, third.participant_id)
        assert chain == [first.session_id, second.session_id, third.session_id]
        found = (await moments(log, chain)).told()
    assert [(m.kind, m.session_id, m.continued) for m in found] == [
        ("opened", first.session_id, False),
        ("ran", first.session_id, False),
        ("renamed", first.session_id, False),
        ("opened", second.session_id, True),
        ("ran", second.session_id, False),
        ("opened", third.session_id, True),
    ]


async def test_a_history_ends_where_somebody_else_s_begins() -> None:
    theirs, mine = Page(), Page()
    async with open_log("memory://") as log:
        await said(log, theirs, None, *run("a", "1"), other=True)
        await said(log, mine, theirs)
        assert await chain_of(log, mine.session_id, mine.participant_id) == [mine.session_id]
        for nobody in (theirs.session_id, SessionId(uuid4())):
            with pytest.raises(UnknownSession):
                await chain_of(log, nobody, mine.participant_id)


async def test_sessions_that_claim_to_continue_themselves_are_read_once() -> None:
    one, two = Page(), Page()
    async with open_log("memory://") as log:
        await said(log, one, two)
        await said(log, two, one)
        assert await chain_of(log, one.session_id, one.participant_id) == [two.session_id, one.session_id]


def test_the_page_knows_each_kind_of_moment_and_each_fact() -> None:
    page = Path(__file__).parents[2] / "lab-extension" / "src" / "history" / "data.ts"
    kinds, rest = page.read_text("utf-8").split("export type MomentKind =")[1].split(";", 1)
    assert set(re.findall(r"'(\w+)'", kinds)) == set(get_args(MomentKind))
    fields = rest.split("export interface Moment {")[1].split("\n}", 1)[0]
    told = {field.name for field in msgspec.structs.fields(Moment)}
    assert set(re.findall(r"^  (\w+)\??:", fields, re.MULTILINE)) == told


MINE = Page().participant_id


async def said(log: Log, page: Page, before: Page | None, *bodies: Body, other: bool = False) -> None:
    """A session that continues another one, of one participant."""
    if not other:
        page.participant_id = MINE
    begin = n.SessionOpened(
        notebook_path="a.ipynb",
        kernel_name="",
        client=n.Client(lab="", extension="", browser=""),
        cells=TWO.cells,
        continues=None if before is None else before.session_id,
    )
    await page.say(log, begin, *bodies)

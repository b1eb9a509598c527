"""Rules that hold in some sections of the notebook only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from prompter.policy.memory import Outline
from prompter.policy.outline import outline_after, tasks_of
from prompter.study import WITHOUT_STUDY, Pace, Period, Rule, Study, Task
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellSnapshot,
    CellTypeChanged,
    Client,
    NotebookReloaded,
    SessionOpened,
)
from support.desk import MINUTE, Desk

TASKS = (
    Task("load", heading="# Load and look"),
    Task("clean", heading="# Clean"),
    Task("names", heading="Names"),
    Task("plots", tag="plot"),
    Task("given", cells=("c1", "c9")),
)


def cells(*sources: str) -> list[CellSnapshot]:
    """c1, c2 …; a source that begins with # is markdown, one that begins with ! is tagged."""
    return [
        CellSnapshot(
            cell_id=f"c{number}",
            cell_type="markdown" if source.startswith("#") else "code",
            source=source.lstrip("!"),
            tags=["plot"] if source.startswith("!") else [],
        )
        for number, source in enumerate(sources, 1)
    ]


NOTEBOOK = cells("x", "# Load and look", "read", "# Clean", "drop", "## Names", "rename", "!plot", "# Models", "fit")


def outline(*bodies: Body) -> Outline:
    client = Client(lab="", extension="", browser="")
    opened = SessionOpened(notebook_path="", kernel_name="", client=client, cells=NOTEBOOK)
    made = outline_after(Outline(), opened)
    for body in bodies:
        made = outline_after(made, body)
    return made


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("c1", {"given"}),
        ("c3", {"load"}),
        ("c4", {"clean"}),
        ("c5", {"clean"}),
        ("c7", {"clean", "names"}),
        ("c8", {"clean", "names", "plots"}),
        ("c10", set()),
        ("unknown", set()),
        ("c9", {"given"}),
    ],
)
def test_a_task_is_a_section_a_tag_or_cells(cell: str, names: set[str]) -> None:
    assert tasks_of(outline(), cell, TASKS) == names


def typed(cell: str, *ops: int | str) -> CellEdited:
    return CellEdited(cell_id=cell, changes=[(0, list(ops))], cause="user")


def added(cell: str, index: int, cause: Any = "user", parents: Sequence[str] = ()) -> CellAdded:
    return CellAdded(cell_id=cell, index=index, cell_type="code", source="", cause=cause, parents=list(parents))


TO_CODE = CellTypeChanged(cell_id="c4", cell_type="code")


@pytest.mark.parametrize(
    ("bodies", "cell", "names"),
    [
        ([CellMoved(cell_id="c5", from_=4, to=2)], "c5", {"load"}),
        ([CellRemoved(cell_id="c4", index=3, cause="user")], "c5", {"load"}),
        ([added("new", 5)], "new", {"clean"}),
        ([CellAdded(cell_id="new", index=4, cell_type="markdown", source="# Models", cause="user")], "c5", set()),
        ([TO_CODE], "c5", {"load"}),
        ([TO_CODE, CellTypeChanged(cell_id="c4", cell_type="markdown")], "c5", {"clean"}),
        ([typed("c4", 2, -5, "Mend")], "c5", set()),
        ([typed("c9", 2, -6, "Clean")], "c10", {"clean"}),
        ([typed("c4", 7, " 🧹"), typed("c4", 7, -3)], "c5", {"clean"}),
        ([typed("c4", "```\n", 7, "\n```")], "c5", {"load"}),
        ([typed("c10", 3, "x"), typed("c10", 900, "y")], "c10", set()),
        ([CellRemoved(cell_id="c8", index=7, cause="cut"), added("c8", 0, "undo")], "c8", {"plots"}),
        ([added("half", 8, "split", ["c8"])], "half", {"clean", "names", "plots"}),
        ([NotebookReloaded(cells=cells("# Clean", "x"))], "c2", {"clean"}),
        ([CellMoved(cell_id="unknown", from_=4, to=2)], "c5", {"clean"}),
    ],
    ids=[
        "moved",
        "heading removed",
        "added",
        "heading added",
        "heading made code",
        "and markdown again",
        "heading edited",
        "another heading edited",
        "emoji",
        "fenced",
        "beyond what is kept",
        "undone",
        "split",
        "reloaded",
        "unknown cell",
    ],
)
def test_tasks_follow_the_notebook(bodies: list[Body], cell: str, names: set[str]) -> None:
    assert tasks_of(outline(*bodies), cell, TASKS) == names


def limited(*within: str) -> Study:
    rules = (Rule(use="first_run", ask="aim", within=within),)
    return replace(WITHOUT_STUDY, rules=rules, periods=(Period("all", ("EXP_CTS",), tasks=TASKS),), pace=Pace(apart=0))


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        (lambda desk: desk.type("c5", "drop(1)"), True),
        (lambda desk: desk.type("c3", "read(1)"), False),
        (lambda desk: (desk.say(CellMoved(cell_id="c3", from_=2, to=5)), desk.type("c3", "read(1)")), True),
        (lambda desk: (desk.reload(), desk.type("c5", "drop(1)")), True),
    ],
    ids=["inside", "outside", "moved inside", "after a reload"],
)
def test_a_rule_asks_in_its_tasks_only(act: Callable[[Desk], object], asked: bool) -> None:
    desk = Desk(limited("clean"), cells=NOTEBOOK)
    act(desk)
    for cell in ("c3", "c5"):
        desk.run(cell)
    desk.wait(MINUTE)
    assert bool(desk.issued) == asked


def test_a_rule_of_several_tasks_holds_in_each_of_them() -> None:
    desk = Desk(limited("load", "given"), cells=NOTEBOOK)
    for cell in ("c1", "c3", "c5"):
        desk.type(cell, f"{cell}()")
        desk.run(cell)
        desk.wait(MINUTE)
    assert [prompt.cell_id for prompt in desk.issued] == ["c1", "c3"]


@pytest.mark.parametrize(("period", "asked"), [("first", False), ("second", True), ("", True), ("gone", True)])
def test_a_task_of_another_period_does_not_count(period: str, asked: bool) -> None:
    periods = (
        Period("first", ("EXP_CTS",), tasks=(Task("work", heading="# Load and look"),)),
        Period("second", ("EXP_CTS",), tasks=(Task("work", heading="# Clean"),)),
    )
    desk = Desk(replace(limited("work"), periods=periods), cells=NOTEBOOK, period=period)
    desk.type("c5", "dropped")
    desk.run("c5")
    desk.wait(MINUTE)
    assert bool(desk.issued) == asked


def test_without_tasks_the_order_of_cells_is_not_remembered() -> None:
    desk = Desk(replace(WITHOUT_STUDY), cells=NOTEBOOK)
    assert desk.state is not None
    assert desk.state.outlines == {}

"""What a page tells beside the text: the kernel's life, runs and how they end, where the person is, two views, tabs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited, FocusChanged
from prompter_events.catalogue.runs import RunExternal, RunFinished, RunScheduled
from prompter_projections.notebook import fold_all
from support.awaiting import awaited
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import events_until

SOURCES = (
    "print('at it', flush=True); import time; time.sleep(60)",
    "print('a' * 3000, flush=True)\nprint('b')",
    # It fails when it is told to: by then the kernel has got what was asked for after it.
    "int(input('divided by? ')) / 0",
    "never = 1",
    # At once, it would take with it what it was about to say.
    "import os, time; print('at it', flush=True); time.sleep(1); os._exit(1)",
    "answer = input('who? ')",
)
SLEEP, PRINT, FAIL, AFTER, DIE, ASK = range(6)

Told = Callable[[], list[Event]]
"""``told()``: what the log holds once the page has sent everything."""


@pytest.fixture(params=["lab", "notebook"])
def lab(request: pytest.FixtureRequest, start_lab: StartLab, tmp_path: Path) -> Lab:
    started = start_lab(request.param, {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    write_notebook(started.root / "work.ipynb", *SOURCES)
    return started


@pytest.fixture
def told(person: Person, tmp_path: Path) -> Told:
    def told() -> list[Event]:
        person.sent()
        return awaited(read(tmp_path))

    return told


async def read(tmp_path: Path) -> list[Event]:
    async with open_study_log(f"sqlite:///{tmp_path}/log.db") as log:
        return [event async for event in log.read()]


def test_the_life_of_a_kernel(lab: Lab, person: Person, told: Told) -> None:
    person.open(lab.page("work.ipynb"))
    start(person, SLEEP)
    person.command("notebook:interrupt-kernel")
    ended(person, SLEEP)
    start(person, SLEEP)
    person.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    person.wait_for_kernel()
    start(person, DIE)
    restarted(person)
    person.run(PRINT)
    person.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.changeKernel({ name: 'prompter' })"
    )
    person.wait_for_kernel()
    events = told()
    kernels = [(event.type, body(event).name) for event in events if event.type.startswith("kernel.")]
    assert kernels == [
        ("kernel.started", "python3"),
        ("kernel.interrupted", "python3"),
        ("kernel.restarted", "python3"),
        ("kernel.died", "python3"),
        ("kernel.restarted", "python3"),
        ("kernel.started", "prompter"),
    ]
    assert outcomes(events) == [
        (SLEEP, "error", "KeyboardInterrupt"),
        (SLEEP, "lost", None),
        (DIE, "lost", None),
        (PRINT, "ok", None),
    ]
    assert fold_all(in_session(events)).notes == ()


def test_how_runs_end(lab: Lab, person: Person, told: Told) -> None:
    person.open(lab.page("work.ipynb"))
    # Run All from the second cell on: one fails, the rest is not run.
    person.select(PRINT)
    person.command("notebook:run-all-below")
    person.page.wait_for_function(
        "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.executionState === 'running'",
        arg=ASK,
    )
    answer(person, "1")
    # What is asked for while the kernel aborts the rest, it aborts as well.
    ended(person, ASK)
    through_with_aborting(person)
    # Cells that are moved, changed or deleted while they run.
    start(person, SLEEP)
    person.select(SLEEP)
    person.command("notebook:move-cell-down")
    person.command("notebook:interrupt-kernel")
    ended(person, SLEEP + 1)
    start(person, SLEEP + 1)
    person.edit(SLEEP + 1)
    person.type("  # changed")
    person.select(SLEEP + 1)
    person.command("notebook:delete-cell")
    person.command("notebook:interrupt-kernel")
    # A question of the kernel's is part of its run.
    person.wait_for_kernel()
    start(person, ASK - 1)
    answer(person, "heron")
    ended(person, ASK - 1)
    events = told()
    assert outcomes(events) == [
        (PRINT, "ok", None),
        (FAIL, "error", "ZeroDivisionError"),
        (AFTER, "aborted", None),
        (DIE, "aborted", None),
        (ASK, "aborted", None),
        (SLEEP, "error", "KeyboardInterrupt"),
        (SLEEP, "lost", None),
        (ASK, "ok", None),
    ]
    finished = [event.body for event in events if isinstance(event.body, RunFinished)]
    [printed] = finished[0].outputs
    assert (printed.mime, printed.bytes) == ("stream/stdout", 3003)
    assert printed.text == "a" * 3000 + "\nb\n"
    slept = next(run for run in finished if run.error and run.error.name == "KeyboardInterrupt")
    assert slept.duration_ms is not None
    assert {run.duration_ms for run in finished if run.status in ("aborted", "lost")} == {None}
    assert fold_all(in_session(events)).notes == ()


def test_where_the_person_is(lab: Lab, person: Person, told: Told) -> None:
    person.open(lab.page("work.ipynb"))
    person.select(PRINT)
    focuses_until(PRINT, told)
    person.select(FAIL)
    seen = focuses_until(FAIL, told)
    assert [(focus.cell_id, focus.visible, focus.cause) for focus in seen[-2:]] == [
        (f"cell-{PRINT}", True, "user"),
        (f"cell-{FAIL}", True, "user"),
    ]
    # Holding a key passes many cells; where it ends is told.
    for index in (0, 1, 2, 3, 4, 5):
        person.select(index)
    focuses_until(ASK, told)


def test_code_of_a_console_is_told_as_external(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    write_notebook(lab.root / "work.ipynb", *SOURCES)
    person.open(lab.page("work.ipynb"))
    person.run(PRINT)
    person.page.evaluate(
        """async () => {
            // Another client of the same kernel, as a console is.
            const { model } = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const other = window.jupyterapp.serviceManager.kernels.connectTo({ model });
            await other.requestExecute({ code: 'outside = "🪐"' }).done;
            other.dispose();
        }"""
    )
    # It is told by the notebook's own connection to the kernel, which hears of it by itself.
    events = events_until(f"sqlite:///{tmp_path}/log.db", RunExternal)
    [outside] = [event.body for event in events if isinstance(event.body, RunExternal)]
    assert outside.source == 'outside = "🪐"'
    assert len([event for event in events if event.type == "run.scheduled"]) == 1


def test_two_views_and_a_tab_in_the_background(start_lab: StartLab, person: Person, told: Told, tmp_path: Path) -> None:
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    write_notebook(lab.root / "work.ipynb", *SOURCES)
    write_notebook(lab.root / "other.ipynb", "x = 1")
    person.open(lab.page("work.ipynb"))
    person.command("docmanager:clone")
    expect(person.page.locator(".jp-NotebookPanel")).to_have_count(2)
    person.wait_for_kernel()
    expect(person.page.locator(".jp-Prompter-status")).to_have_count(2)
    person.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activate()")
    editor = person.page.locator(".jp-NotebookPanel:visible .jp-Cell").nth(AFTER).locator(".cm-content").first
    editor.click()
    person.page.keyboard.press("Control+End")
    person.type(" # once")
    # Another notebook comes to the front; the first one changes behind it.
    person.page.evaluate("() => { window.behind = window.jupyterapp.shell.currentWidget; }")
    person.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:open', { path: 'other.ipynb' })")
    person.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.path === 'other.ipynb'")
    person.wait_for_kernel()
    person.page.evaluate("() => window.behind.context.model.sharedModel.cells[0].setSource('# formatted')")
    person.page.evaluate("() => window.behind.context.save()")
    events = told()
    opened = [event for event in events if event.type == "session.opened"]
    assert len(opened) == 2
    first = in_session(events)
    typed = [edit for event in first if isinstance(edit := event.body, CellEdited) and edit.cause == "user"]
    assert "".join(op for edit in typed for _, ops in edit.changes for op in ops if isinstance(op, str)) == " # once"
    written = [edit for event in first if isinstance(edit := event.body, CellEdited) and edit.cause == "tool"]
    assert len(written) == 1
    assert [event.type for event in first if event.type == "notebook.saved"] == ["notebook.saved"]
    assert fold_all(first).notes == ()
    # The notebook that was left has no cell in focus.
    left = [event.body for event in first if isinstance(event.body, FocusChanged)]
    assert left[-1].cell_id is None


def start(person: Person, index: int) -> None:
    """Ask for a cell's run, and wait until the kernel is at it.

    Where the cell says so itself, that is waited for: an interrupt that comes before a kernel runs the code is lost.
    """
    person.select(index)
    person.command("notebook:run-cell")
    person.page.wait_for_function(
        """index => {
            const panel = window.jupyterapp.shell.currentWidget;
            const { model } = panel.content.widgets[index];
            return model.executionState === 'running'
                && (model.outputs.length > 0 || !model.sharedModel.getSource().includes('at it'))
                && ['busy', 'autorestarting', 'restarting'].includes(panel.sessionContext.session.kernel.status);
        }""",
        arg=index,
    )


def answer(person: Person, text: str) -> None:
    """Give the kernel what it asks for."""
    person.page.locator(".jp-Stdin-input").fill(text)
    person.page.locator(".jp-Stdin-input").press("Enter")


def ended(person: Person, index: int) -> None:
    person.page.wait_for_function(
        "index => window.jupyterapp.shell.currentWidget.content.widgets[index].model.executionState === 'idle'",
        arg=index,
    )
    person.wait_for_kernel()


def through_with_aborting(person: Person) -> None:
    """Until the kernel executes what it is asked for; in silence, of which nothing is recorded."""
    person.page.evaluate(
        """async () => {
            const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
            const ask = () => kernel.requestExecute({ code: '', silent: true }).done;
            while ((await ask()).content.status !== 'ok') {}
        }"""
    )


def restarted(person: Person) -> None:
    """Until the server has started the kernel that died again."""
    dialog = person.page.locator(".jp-Dialog", has_text="Kernel Restarting")
    expect(dialog).to_be_visible()
    dialog.locator("button").click()
    # Its state may stay unknown until it is given something to do.
    person.page.wait_for_function(
        """() => {
            const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
            return kernel.connectionStatus === 'connected'
                && !['restarting', 'autorestarting', 'dead'].includes(kernel.status);
        }"""
    )


def focuses_until(index: int, told: Told) -> list[FocusChanged]:
    """The changes of the focus, once the last one is to this cell: of those right after each other the page waits."""
    for _ in range(300):
        seen = [event.body for event in told() if isinstance(event.body, FocusChanged)]
        if seen and seen[-1].cell_id == f"cell-{index}":
            return seen
    raise AssertionError(f"the focus never came to cell {index}: {seen}")


def in_session(events: list[Event]) -> list[Event]:
    """The events of the session that was opened first."""
    session = next(event.session_id for event in events if event.type == "session.opened")
    return [event for event in events if event.session_id == session]


def outcomes(events: list[Event]) -> list[tuple[int, str, str | None]]:
    """Of each run, in the order in which they were asked for: the number of its cell, how it ended, its error."""
    runs = [event.body for event in events if isinstance(event.body, RunScheduled)]
    ends = {run.run_id: run for event in events if isinstance(run := event.body, RunFinished)}
    return [
        (int(run.cell_id.removeprefix("cell-")), end.status, end.error.name if end.error else None)
        for run in runs
        for end in [ends[run.run_id]]
    ]


def body(event: Event) -> Any:
    return event.body

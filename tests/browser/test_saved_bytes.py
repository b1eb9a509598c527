"""Nothing that the plugin does changes a byte of a saved notebook, makes one dirty, or stands in the way of undo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from support.notebooks import StartLab, write_notebook
from support.person import Person

SOURCES = ("import math\nmath.pi", "print('one')\n1 / 0", "# given\nx = 2")

#: What each cell gets, key by key.
TYPED = "# 😀 ab"

#: More than there is to undo: at the end of the stack nothing must happen, with the plugin as without it.
TOO_OFTEN = 2

#: JupyterLab gives a new cell an id at random.
MADE_UP = re.compile(rb'"id": "[0-9a-f-]{36}"')

NOTEBOOK = """
const { content: notebook, context } = window.jupyterapp.shell.currentWidget;
const shared = context.model.sharedModel;
"""


@dataclass(frozen=True)
class Seen:
    """What a person found with the plugin or without it."""

    opened: bytes
    saved: bytes
    """Without the ids of new cells."""
    dirty_at_first: bool
    dirty: bool
    """After the work was saved."""
    steps: list[tuple[str, Any]]
    """Each undo and redo with what the notebook was like after it."""


def session(browser: Browser, start_lab: StartLab, tmp_path: Path, *, plugin: bool) -> Seen:
    """Open a notebook, work, save, and take the work back step by step."""
    log = f"sqlite:///{tmp_path}/{plugin}.db"
    lab = start_lab("lab", {"PROMPTER_LOG": log}, plugin=plugin)
    file = lab.root / "bytes.ipynb"
    write_notebook(file, *SOURCES, heading="Bytes")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        person = Person(context.new_page())
        person.open(lab.page(file.name), recording=plugin)
        expect(person.status).to_have_count(1 if plugin else 0)
        dirty_at_first = person.dirty()
        person.save()
        opened = file.read_bytes()
        work(person, plugin=plugin)
        person.save()
        saved, dirty = MADE_UP.sub(b'"id": "new"', file.read_bytes()), person.dirty()
        return Seen(opened, saved, dirty_at_first, dirty, list(taken_back(person)))
    finally:
        context.close()


def work(person: Person, *, plugin: bool) -> None:
    """Type, run, move, insert and delete; with the plugin a question comes in between and is answered."""
    for index in (1, 2, 3):
        typed(person, index, joined=True)
        person.run(index)
    if plugin:  # the question is open, answered, dismissed while the file is written
        expect(person.prompt.first).to_be_visible()
        person.answer("to look at pi")
    changed(person, 1, "notebook:move-cell-down")
    changed(person, 3, "notebook:move-cell-up")
    changed(person, 2, "notebook:insert-cell-below")
    changed(person, 0, "notebook:delete-cell")
    for index in (0, 2, 3):
        typed(person, index)


def typed(person: Person, index: int, *, joined: bool = False) -> None:
    """Type into a cell, from its end. For undo it is one step if ``joined``, else each key is one."""
    steps(person, joined=joined)
    person.edit(index)
    for key in TYPED:
        person.type(key)


def changed(person: Person, index: int, command: str) -> None:
    """Change the list of cells in one step, and wait until that is done."""
    steps(person, joined=False)
    person.select(index)
    person.page.evaluate("async name => { await window.jupyterapp.commands.execute(name); }", command)


def steps(person: Person, *, joined: bool) -> None:
    """Have undo take back changes together or one by one.

    It joins what comes within half a second; then two sessions on a busy machine would differ by chance.
    """
    person.page.evaluate(
        "ms => {"
        + NOTEBOOK
        + "for (const model of [shared, ...shared.cells]) model.undoManager.captureTimeout = ms; }",
        1e9 if joined else 0,
    )


def taken_back(person: Person) -> Iterator[tuple[str, Any]]:
    """Undo and redo in each cell's editor, then in the notebook; each step, and the notebook after it."""
    yield "all done", standing(person)
    for index in range(person.cells.count()):
        person.cells.nth(index).locator(".cm-content").click()
        yield from pressed(person, f"in cell {index} ", "Control+z", len(TYPED) + TOO_OFTEN)
        yield from pressed(person, f"in cell {index} ", "Control+Shift+z", len(TYPED) + TOO_OFTEN)
    person.select(0)
    person.page.evaluate("() => {" + NOTEBOOK + "notebook.node.focus(); }")
    for key in ("z", "Shift+Z"):
        yield from pressed(person, "", key, 4 + TOO_OFTEN)


def pressed(person: Person, place: str, key: str, times: int) -> Iterator[tuple[str, Any]]:
    """A key so many times."""
    for time in range(times):
        person.page.keyboard.press(key)
        yield f"{place}{key} {time + 1}", standing(person)


def standing(person: Person) -> Any:
    """The cells as they stand, and how many steps can be undone and redone."""
    return person.page.evaluate(
        "() => {"
        + NOTEBOOK
        + """
            const stacks = ({ undoManager }) => [undoManager.undoStack.length, undoManager.redoStack.length];
            const cell = model => {
                const { id, cell_type, source, execution_count = null, outputs = [] } = model.toJSON();
                const known = /^(cell-|heading)/.test(id) ? id : 'new';
                return [known, cell_type, source, execution_count, outputs.length, stacks(model)];
            };
            return { notebook: stacks(shared), cells: shared.cells.map(cell) };
        }"""
    )


def test_the_saved_notebook_and_the_undo_stack_are_the_same_with_and_without_the_plugin(
    browser: Browser, start_lab: StartLab, tmp_path: Path
) -> None:
    without = session(browser, start_lab, tmp_path, plugin=False)
    with_ = session(browser, start_lab, tmp_path, plugin=True)
    assert (with_.opened, with_.saved) == (without.opened, without.saved)
    assert (with_.dirty_at_first, with_.dirty) == (without.dirty_at_first, without.dirty)
    for found, expected in zip(with_.steps, without.steps, strict=True):
        assert found == expected
    assert "😀" in with_.saved.decode("utf-8")
    # The steps did something: in the editors, and in the notebook.
    sources = {str([cell[2] for cell in state["cells"]]) for _, state in with_.steps}
    orders = {str([cell[0] for cell in state["cells"]]) for _, state in with_.steps}
    assert len(sources) > 3 * len(TYPED)
    assert len(orders) == 5

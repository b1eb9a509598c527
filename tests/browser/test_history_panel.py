"""The history beside the notebook: looking back by keyboard, and putting cells back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellAdded, CellEdited, SessionOpened
from prompter_projections import Notebook, notebook_at
from support.awaiting import awaited
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person

FILE = "past.ipynb"
HOSTILE = """gone = '<img src=x onerror="alert(1)">'"""

WORKED = ("Opened, 3 cells", "Wrote cell 1, ran it", "Wrote cell 1, ran it", "Removed cell 3")
"""The moments of ``worked``."""


class Looking:
    """The panel on the page, and the way back to the notebook."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.page: Page = person.page
        self.panel = self.page.locator(".jp-Prompter-history")
        self.rows = self.panel.get_by_role("option")
        self.list = self.panel.get_by_role("listbox", name="Moments")
        self.slider = self.panel.get_by_role("slider", name="Moment")
        self.past = self.panel.locator(".jp-Prompter-past")
        self.title = self.panel.locator("h2")

    def open(self) -> None:
        """Open it from the notebook."""
        self._person.command("prompter:open-history")
        expect(self.panel).to_be_visible()
        expect(self.slider).to_be_enabled()

    def leave(self) -> None:
        """Go back to the notebook; in JupyterLab that hides the panel."""
        self.page.evaluate(
            """() => {
                const { shell } = window.jupyterapp;
                const [notebook] = [...shell.widgets('main')].filter(widget => widget.context && widget.content);
                shell.activateById(notebook.id);
            }"""
        )
        self.page.wait_for_function("() => Boolean(window.jupyterapp.shell.currentWidget?.context)")

    def told(self, *texts: str) -> None:
        """Wait until exactly these moments are listed, saves and pauses left out."""
        shown = self.panel.locator(".jp-Prompter-moment:not([data-kind=saved]) > span:last-child")
        expect(shown).to_have_text([*texts, "As it stands"])

    def cell(self, cell_id: str) -> Locator:
        """A cell as it stood."""
        return self.panel.locator(f'article[data-cell-id="{cell_id}"]')


def sources(person: Person) -> list[str]:
    """The cells of the open notebook, whatever has the focus."""
    found: list[str] = person.page.evaluate(
        """() => {
            const [notebook] = [...window.jupyterapp.shell.widgets('main')].filter(widget => widget.context);
            return notebook.context.model.sharedModel.cells.map(cell => cell.getSource());
        }"""
    )
    return found


def rewrite(person: Person, index: int, source: str) -> None:
    person.edit(index)
    person.page.keyboard.press("Control+a")
    person.type(source)


async def recorded(url: str) -> tuple[list[Event], Notebook]:
    """All events, and the notebook that the latest session's events tell."""
    async with open_study_log(url) as log:
        events = [event async for event in log.read()]
        latest = next(event for event in reversed(events) if isinstance(event.body, SessionOpened))
        return events, await notebook_at(log, latest.session_id)


def saved_cells(path: Path) -> list[tuple[str, str, str]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in cells]


def worked(person: Person, lab: Lab) -> Looking:
    """Write a cell and run it, twice; remove another one; look back."""
    write_notebook(lab.root / FILE, "x = 1", "keep = 2", HOSTILE)
    person.open(lab.page(FILE))
    person.edit(0)
    person.type("0")
    person.run(0)
    rewrite(person, 0, "y = 3")
    person.run(0)
    person.select(2)
    person.command("notebook:delete-cell")
    expect(person.cells).to_have_count(2)
    looking = Looking(person)
    looking.open()
    looking.told(*WORKED)
    expect(looking.list).to_be_focused()
    return looking


@pytest.mark.parametrize("application", ["lab", "notebook"])
def test_who_looks_back_by_keyboard_sees_what_changed(
    start_lab: StartLab, person: Person, tmp_path: Path, application: str
) -> None:
    lab = start_lab(application, {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "MODE": "EXP_NONE"})
    looking = worked(person, lab)
    expect(looking.title).to_have_text("As it stands now")
    # The slider walks the moments, and the list goes with it.
    press = person.page.keyboard.press
    looking.slider.focus()
    press("Home")
    expect(looking.rows.nth(0)).to_have_attribute("aria-selected", "true")
    press("ArrowRight")
    expect(looking.slider).to_have_attribute("aria-valuetext", re.compile(r"^\d\d:\d\d:\d\d, Wrote cell 1, ran it$"))
    expect(looking.rows.nth(1)).to_have_attribute("aria-selected", "true")
    expect(looking.title).to_have_text(re.compile(r"^As it stood at \d\d:\d\d:\d\d$"))
    changed, removed = looking.cell("cell-0"), looking.cell("cell-2")
    expect(changed).to_have_attribute("aria-label", "Cell 1, changed since")
    expect(changed.locator("del")).to_have_text(["x = 10"])
    expect(changed.locator("ins")).to_have_text(["y = 3"])
    expect(looking.cell("cell-1")).to_have_attribute("data-fate", "same")
    expect(looking.cell("cell-1").get_by_role("button")).to_have_count(0)
    expect(removed).to_have_attribute("aria-label", re.compile(r"^Cell 3, removed at \d\d:\d\d$"))
    expect(removed.locator("del")).to_have_text([HOSTILE])
    assert looking.panel.locator("img").count() == 0
    # What a moment changed, against the one before it; and nothing but what stood there.
    looking.panel.get_by_text("From the moment before").click()
    expect(changed.locator("del")).to_have_text(["x = 1"])
    expect(changed.locator("ins")).to_have_text(["x = 10"])
    looking.panel.get_by_text("Off", exact=True).click()
    expect(changed.locator("ins, del")).to_have_count(0)
    expect(changed.locator(".jp-Prompter-source")).to_have_text("x = 10")


@pytest.mark.parametrize("application", ["lab", "notebook"])
def test_keys_that_mean_something_to_a_notebook_mean_nothing_to_it_in_the_panel(
    start_lab: StartLab, person: Person, tmp_path: Path, application: str
) -> None:
    lab = start_lab(application, {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "MODE": "EXP_NONE"})
    looking = worked(person, lab)
    # Somebody's own shortcut, which looks at nothing but whether the page has the focus.
    person.page.evaluate(
        """() => {
            const { commands, shell } = window.jupyterapp;
            const [notebook] = [...shell.widgets('main')].filter(widget => widget.context);
            commands.addCommand('test:act', { execute: () => notebook.model.sharedModel.deleteCell(0) });
            for (const key of ['D', 'Q', 'Accel S']) {
                commands.addKeyBinding({ command: 'test:act', keys: [key], selector: '*' });
            }
        }"""
    )
    looking.list.focus()
    person.page.keyboard.press("Home")
    button = looking.cell("cell-0").get_by_role("button")
    expect(button).to_be_visible()
    places = (looking.list, looking.slider, looking.panel.get_by_role("radio").first, button, looking.past)
    for place in places:
        place.focus()
        for key in ("d", "d", "q", "x", "a", "b", "m", "z", "Control+s"):
            person.page.keyboard.press(key)
    looking.list.focus()
    for key in ("Shift+Enter", "Control+Enter", "Alt+Enter", "Enter", "Escape"):
        person.page.keyboard.press(key)
    assert sources(person) == ["y = 3", "keep = 2"]


@pytest.mark.parametrize("application", ["lab", "notebook"])
def test_cells_are_put_back_and_the_log_says_so_and_a_reload_forgets_nothing(
    start_lab: StartLab, person: Person, tmp_path: Path, application: str
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab(application, {"PROMPTER_LOG": url, "MODE": "EXP_NONE"})
    looking = worked(person, lab)
    looking.rows.nth(1).click()
    changed, removed = looking.cell("cell-0"), looking.cell("cell-2")
    changed.get_by_role("button").focus()
    person.page.keyboard.press("Enter")
    expect(changed).to_have_attribute("data-fate", "same")
    expect(changed).to_be_focused()
    assert sources(person) == ["x = 10", "keep = 2"]
    # Undo in the notebook takes it back. Then both, the changed cell and the removed one.
    looking.leave()
    person.command("notebook:undo-cell-action")
    person.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells[0].getSource() === 'y = 3'"
    )
    looking.open()
    for cell in (changed, removed):
        cell.get_by_role("button").click()
        expect(cell).to_have_attribute("data-fate", "same")
    assert sources(person) == ["x = 10", "keep = 2", HOSTILE]
    looking.leave()
    person.save()
    person.sent()

    events, replayed = awaited(recorded(url))
    assert [(cell.cell_id, cell.cell_type, cell.source) for cell in replayed.cells] == saved_cells(lab.root / FILE)
    assert [cell.source for cell in replayed.cells] == ["x = 10", "keep = 2", HOSTILE]
    assert replayed.divergences == ()
    bodies = [event.body for event in events]
    restored = [
        (body.cell_id, type(body))
        for body in bodies
        if isinstance(body, CellEdited | CellAdded) and body.cause == "restore"
    ]
    assert restored == [("cell-0", CellEdited), ("cell-0", CellEdited), ("cell-2", CellAdded)]

    # The same tab, loaded again: sessions continue each other.
    person.open(lab.page(FILE))
    person.sent()
    looking.open()
    looking.told(
        *WORKED, "Restored cell 1", "Wrote cell 1", "Restored cell 1", "Restored cell 3", "Opened again, 3 cells"
    )
    looking.rows.nth(2).click()
    expect(looking.cell("cell-0").locator("del")).to_have_text(["y = 3"])
    # And what happens from now on comes by itself, or when the panel is looked at again.
    looking.leave()
    person.run(1)
    looking.open()
    expect(looking.rows.filter(has_text="Ran cell 2")).to_have_count(1)


def test_a_cell_that_changes_meanwhile_is_put_back_as_it_is_at_the_click(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    lab = start_lab("notebook", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "MODE": "EXP_NONE"})
    table = "<table><tr><td onclick=x><img src=y>A</td><td>2</td></tr></table><script>no</script>"
    show = f"from IPython.display import HTML\nHTML('{table}')"
    write_notebook(lab.root / "meanwhile.ipynb", "x = 1", show)
    person.open(lab.page("meanwhile.ipynb"))
    looking = Looking(person)
    looking.open()
    person.run(1)
    expect(looking.rows.filter(has_text="Ran cell 2")).to_have_count(1)
    looking.rows.filter(has_text="Ran cell 2").click()
    # An output is shown as a table made anew of its texts.
    expect(looking.cell("cell-1").locator("td")).to_have_text(["A", "2"])
    assert looking.cell("cell-1").locator("img, script, [onclick]").count() == 0
    rewrite(person, 0, "z")
    cell = looking.cell("cell-0")
    expect(cell.locator("ins")).to_have_text(["z"])
    person.type("zz")
    expect(cell.locator("ins")).to_have_text(["zzz"])
    cell.get_by_role("button").click()
    expect(cell).to_have_attribute("data-fate", "same")
    assert sources(person)[0] == "x = 1"


def test_without_a_server_the_panel_says_so_in_a_line_and_comes_back_with_it(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", "MODE": "EXP_NONE"})
    write_notebook(lab.root / "away.ipynb", "x = 1")
    person.open(lab.page("away.ipynb"))
    lab.kill()
    expect(person.status).to_have_attribute("data-state", "offline")
    person.command("prompter:open-history")
    looking = Looking(person)
    note = looking.panel.get_by_role("status")
    expect(note).to_have_text("The server does not answer. The history comes back when it does.")
    expect(looking.slider).to_be_hidden()
    lab.start()
    looking.told("Opened, 1 cell")
    expect(note).to_be_hidden()

"""A cell that was never saved goes with its page, and with it what was to be asked about it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from prompter_events.catalogue.prompts import PromptIssued, PromptSuppressed
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import bodies, events_of, events_until, study_file

SPACED = """\
study: browser-test
capture: {outputs: full}
pace:
  quiet: {typing: 300 ms, run: 0 s}
  waits: 15 s
  caps: {hour: 1000, day: 1000, apart: 10 s}
"""


def test_a_cell_that_went_unsaved_is_not_asked_about_and_takes_nobodys_turn(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}
    lab = start_lab("lab", {**log, **study_file(tmp_path, SPACED)})
    write_notebook(lab.root / "unsaved.ipynb", "first = ", "second = ")
    person.open(lab.page("unsaved.ipynb"))
    person.edit(0)
    person.type("1")
    person.run(0)
    expect(person.prompt).to_have_count(1)

    person.select(1)
    person.command("notebook:insert-cell-below")
    expect(person.cells).to_have_count(3)
    person.edit(2)
    person.type("never_saved = 3")
    person.run(2)
    person.sent()
    person.open(lab.page("unsaved.ipynb"))
    expect(person.cells).to_have_count(2)
    [held_back] = bodies(events_until(log["PROMPTER_LOG"], PromptSuppressed), PromptSuppressed)

    person.edit(1)
    person.type("2")
    person.run(1)
    expect(person.prompt).to_have_count(2)
    issued: list[PromptIssued] = bodies(events_of(log), PromptIssued)
    assert held_back.reason == "stale"
    assert [prompt.cell_id for prompt in issued] == page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.id)"
    )

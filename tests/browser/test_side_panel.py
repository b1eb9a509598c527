"""The side panel says whether the page is recorded, and lets the person pause; so in JupyterLab and in Notebook 7."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.notebooks import StartLab, write_notebook
from support.person import Person


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_the_side_panel_tells_the_state_and_pauses(
    app: str, start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    lab = start_lab(app, {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"})
    write_notebook(lab.root / "work.ipynb", "1 + ")
    person.open(lab.page("work.ipynb"))
    person.command("prompter:open-panel")
    panel = page.locator("#jupyterlab-prompter-side")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("Recording")
    person.edit(0)
    person.type("41")
    expect(panel).to_contain_text("Everything is sent.")

    panel.get_by_role("button", name="Pause").click()
    expect(panel).to_contain_text("Nothing is recorded and nothing is asked in this page.")
    expect(person.status).to_have_attribute("data-state", "paused")
    panel.get_by_role("button", name="Resume").click()
    expect(person.status).to_have_attribute("data-state", "recording")
    expect(panel).to_contain_text("Everything is sent.")

    panel.get_by_text("What is recorded").click()
    expect(panel.get_by_text("Each edit, with its time")).to_be_visible()
    wide = panel.evaluate("node => node.scrollWidth - node.clientWidth")
    assert wide <= 0

    lab.kill()
    expect(panel).to_contain_text("All is sent when the server answers again.")
    expect(panel).to_contain_text("Offline")

"""People download what was recorded of them, by the side panel or by keyboard, in JupyterLab and in Notebook 7."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import nbformat
import pytest
from playwright.sync_api import Download, Page, expect

from support.accessible import faults
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import EAGER, events_of, study_file

ANSWER = "See which grades default"


def open_panel(person: Person, page: Page) -> Any:
    person.command("prompter:open-panel")
    panel = page.locator("#jupyterlab-prompter-side")
    expect(panel).to_be_visible()
    return panel


def answer(page: Page) -> None:
    prompt = page.locator(".jp-Prompter-prompt")
    prompt.locator("textarea.jp-Prompter-answer").fill(ANSWER)
    prompt.locator(".jp-Prompter-send").click()


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_the_file_holds_what_the_log_holds_of_them(
    app: str, start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}
    (tmp_path / "consent.md").write_text("We record how you work.\n", encoding="utf-8")
    study = study_file(tmp_path, EAGER, "participants: {consent: consent.md}\n")
    lab = start_lab(app, {**log, **study})
    write_notebook(lab.root / "work.ipynb", "first = ")
    person.open(lab.page("work.ipynb"), recording=False)
    page.get_by_role("button", name="Agree").click()
    person.sent()
    person.edit(0)
    person.type("41")
    person.run(0)
    answer(page)
    person.sent()

    panel = open_panel(person, page)
    assert faults(page, "#jupyterlab-prompter-side .jp-Prompter-sideLinks") == []
    with page.expect_download() as coming:
        link = panel.get_by_role("button", name="Download My Data")
        link.focus()
        page.keyboard.press("Enter")
    expect(page.get_by_text("Your data are saved as my-data-")).to_be_visible()
    saved = tmp_path / coming.value.suggested_filename
    assert "heron" not in saved.name
    coming.value.save_as(saved)

    with ZipFile(saved) as archive:
        assert archive.testzip() is None
        told = {line["position"]: line for line in map(json.loads, archive.read("events.jsonl").splitlines())}
        names = archive.namelist()
        [story] = [name for name in names if name.endswith("narrative.html")]
        assert ANSWER in archive.read(story).decode()
        assert ANSWER in archive.read("answers.csv").decode()
        [text] = [name for name in names if name.startswith("consent/")]
        assert "We record how you work." in archive.read(text).decode()
        [notebook] = [name for name in names if name.endswith("notebook.ipynb")]
        cells = nbformat.reads(archive.read(notebook).decode(), as_version=4).cells
        assert cells[0].source == "first = 41"
        assert "Loan decisions" in archive.read("README.txt").decode()
    last = max(told)
    theirs = {event.position: event.type for event in events_of(log) if event.type != "study.loaded"}
    held = {position: kind for position, kind in theirs.items() if position <= last}
    assert {position: line["type"] for position, line in told.items()} == held
    assert {"consent.given", "session.opened", "cell.edited", "run.finished", "prompt.answered"} <= set(held.values())


def test_where_nothing_is_recorded_or_the_server_is_away_it_says_so_and_saves_nothing(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "consent.md").write_text("We record how you work.\n", encoding="utf-8")
    study = study_file(tmp_path, EAGER, "participants: {consent: consent.md}\n")
    lab: Lab = start_lab("lab", {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db", **study})
    write_notebook(lab.root / "work.ipynb", "first = ")
    downloads: list[Download] = []

    def downloaded(download: Download) -> None:
        downloads.append(download)

    page.on("download", downloaded)
    person.open(lab.page("work.ipynb"), recording=False)
    person.command("prompter:my-data")
    expect(page.get_by_text("There are no data to download: nothing is recorded.")).to_be_visible()
    lab.kill()
    person.command("prompter:my-data")
    expect(page.get_by_text("the server does not answer. Try again later.")).to_be_visible()
    assert downloads == []

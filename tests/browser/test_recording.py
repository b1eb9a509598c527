"""Pausing, and a page that went away before its events were sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.sync_api import expect

from prompter.storage import open_study_log
from prompter_events.catalogue.notebook import CellEdited, SessionOpened
from prompter_events.catalogue.study import RecordingResumed
from support.awaiting import awaited
from support.notebooks import StartLab, write_notebook
from support.person import Person


def test_what_is_typed_in_a_pause_is_not_recorded_until_it_is_over(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "pause.ipynb", "x = 1")
    person.open(lab.page("pause.ipynb"))
    person.command("prompter:pause")
    expect(person.status).to_have_attribute("data-state", "paused")
    person.edit(0)
    person.type("  # secret")
    person.page.keyboard.press("Control+a")
    person.type("y = 2")
    person.command("prompter:resume")
    person.sent()
    bodies = awaited(bodies_in(url))
    assert not [body for body in bodies if isinstance(body, CellEdited)]
    [resumed] = [body for body in bodies if isinstance(body, RecordingResumed)]
    assert [cell.source for cell in resumed.cells] == ["y = 2"]
    assert "secret" not in str(bodies)


def test_the_next_page_sends_what_the_last_one_could_not(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "left.ipynb", "x = 1")
    person.open(lab.page("left.ipynb"))
    lab.kill()
    person.insist(0, "  # typed into the void")
    expect(person.status).to_have_attribute("data-state", "offline")
    expect(person.status).not_to_have_attribute("data-unsent", "0")
    person.page.goto("about:blank")
    lab.start()
    person.open(lab.page("left.ipynb"))
    typed = awaited(arrived(url))
    assert typed.count("  # typed into the void") == 1


async def bodies_in(url: str) -> list[object]:
    async with open_study_log(url) as log:
        return [event.body for event in [event async for event in log.read()]]


async def arrived(url: str) -> str:
    """All typed text, once the first session's edits and the second session are in the log."""
    async with asyncio.timeout(60), open_study_log(url) as log:
        sessions, typed = 0, ""
        async for event in log.follow():
            body = event.body
            sessions += isinstance(body, SessionOpened)
            if isinstance(body, CellEdited):
                typed += "".join(op for _, ops in body.changes for op in ops if isinstance(op, str))
            if sessions == 2 and "void" in typed:
                return typed
    raise AssertionError("the log ended")

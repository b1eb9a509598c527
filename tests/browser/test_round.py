"""The whole round: a person works, is asked, answers; the server dies and comes back; the log tells it all, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.catalogue.prompts import PromptAnswered
from support.awaiting import awaited
from support.notebooks import StartLab, write_notebook
from support.person import Person

Environment = Callable[[str], dict[str, str]]

FIRST = "loans = [3, 5, 8]  # 😀 three loans"
WHILE_AWAY = "# typed while nobody listened"
AFTERWARDS = "print(len(loans) if 'loans' in dir() else 'gone')"


@pytest.fixture
def log_environment(request: pytest.FixtureRequest, tmp_path: Path) -> Environment:
    """The settings of a log of each kind: a new file, or a new database on the tests' own MariaDB."""

    def environment(kind: str) -> dict[str, str]:
        if kind == "sqlite":
            return {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}
        server = request.getfixturevalue("mariadb")
        from prompter.storage import DIRECTORIES

        url = awaited(server.fresh_database(*DIRECTORIES))
        return {"PROMPTER_LOG": url, "PROMPTER_DB_PASSWORD": server.password}

    return environment


@pytest.mark.parametrize(("application", "kind"), [("lab", "sqlite"), ("lab", "mysql"), ("notebook", "sqlite")])
def test_the_whole_round(
    application: str, kind: str, start_lab: StartLab, log_environment: Environment, person: Person, tmp_path: Path
) -> None:
    log = log_environment(kind)
    lab = start_lab(application, log)
    write_notebook(lab.root / "round.ipynb", "first = 1", "second = 2", heading="A round")
    person.open(lab.page("round.ipynb"))

    # Works: types text with an emoji in a new cell, runs it, is asked, answers by keyboard.
    person.select(2)
    person.command("notebook:insert-cell-below")
    person.edit(3)
    person.type(FIRST)
    person.run(3)
    expect(person.prompt).to_have_count(1)
    expect(person.prompt).to_contain_text("What are you trying to do or find out in this cell?")
    person.answer("to have three loans")
    expect(person.page.locator(".jp-Notebook")).to_contain_text("to have three loans")

    # Adds, moves and deletes cells.
    person.select(1)
    person.command("notebook:insert-cell-above")
    person.select(2)
    person.command("notebook:move-cell-down")
    person.select(2)
    person.command("notebook:delete-cell")
    person.save()
    person.sent()

    # The server dies; the person goes on typing.
    lab.kill()
    person.insist(1, WHILE_AWAY)
    expect(person.status).to_have_attribute("data-state", "offline")
    expect(person.status).not_to_have_attribute("data-unsent", "0")

    # It comes back; work goes on.
    lab.start()
    person.sent()
    person.choose_kernel()
    person.edit(1)
    person.page.keyboard.press("Enter")
    person.type(AFTERWARDS)
    person.run(1)
    person.save()
    person.sent()

    saved = json.loads((lab.root / "round.ipynb").read_text("utf-8"))
    replayed = replay(log, tmp_path)
    assert cells_of(replayed) == cells_of(saved)
    events = awaited(read(log))
    assert typed_by_hand(events) == FIRST + WHILE_AWAY + AFTERWARDS
    assert [body.text for body in bodies(events, PromptAnswered)] == ["to have three loans"]
    assert "replay gives what was saved and run" in run_command(log, "verify").stdout
    assert run_command(log, "timeline", session_of(events), "-o", str(tmp_path / "t.html")).returncode == 0


def replay(log: dict[str, str], tmp_path: Path) -> dict[str, Any]:
    """What ``prompter replay`` writes for the only session."""
    listed = json.loads(run_command(log, "sessions", "--json").stdout)
    [session] = [session["session_id"] for session in listed]
    output = tmp_path / "replayed.ipynb"
    run_command(log, "replay", session, "-o", str(output))
    notebook: dict[str, Any] = json.loads(output.read_text("utf-8"))
    return notebook


def run_command(log: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the program, in a process of its own; it must succeed."""
    command = [sys.executable, "-m", "prompter.commands", *arguments]
    done = subprocess.run(command, env={**os.environ, **log}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


async def read(log: dict[str, str]) -> list[Event]:
    async with open_study_log(log["PROMPTER_LOG"]) as opened:
        return [event async for event in opened.read()]


def cells_of(notebook: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


def typed_by_hand(events: list[Event]) -> str:
    """All text that the person's own edits inserted, in order; the editor's own additions are no keystrokes."""
    return "".join(
        op
        for body in bodies(events, CellEdited)
        for _, ops in body.changes
        for op in ops
        if isinstance(op, str) and body.cause == "user" and op != "\n"
    )


def bodies(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event.body for event in events if isinstance(event.body, kind)]


def session_of(events: list[Event]) -> str:
    return str(next(event.session_id for event in events if event.type == "session.opened"))

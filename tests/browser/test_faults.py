"""When nothing can be recorded: the person is told in one line, works on, and what happened waits in the page."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from prompter.storage import DIRECTORIES, open_study_log
from support.awaiting import awaited
from support.mariadb import MariaDB
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.ports import free_port

FAULTS = {
    "no such kind of log": ({"PROMPTER_LOG": "postgres://somewhere/db"}, "PROMPTER_LOG"),
    "an unknown condition": ({"MODE": "EXP_SOMETIMES"}, "EXP_SOMETIMES"),
    "a missing study file": ({"PROMPTER_STUDY": "/nowhere/study.yaml"}, "/nowhere/study.yaml"),
    "an unreachable database": (
        {"PROMPTER_LOG": f"mysql://prompter_user@127.0.0.1:{free_port()}/prompter"},
        "127.0.0.1",
    ),
}


def works_on(person: Person, path: Path) -> None:
    """Type, run and save, as if nothing were wrong."""
    person.edit(0)
    person.type("0 + 42")
    person.run(0)
    person.save()
    saved = json.loads(path.read_text("utf-8"))
    assert "".join(saved["cells"][0]["source"]) == "1 + 0 + 42"
    assert saved["cells"][0]["outputs"][0]["data"]["text/plain"] == ["43"]


@pytest.mark.parametrize(("environment", "named"), FAULTS.values(), ids=FAULTS.keys())
def test_the_page_says_that_nothing_is_recorded_and_work_goes_on(
    environment: dict[str, str], named: str, start_lab: StartLab, person: Person, page: Page
) -> None:
    lab = start_lab("lab", environment)
    write_notebook(lab.root / "work.ipynb", "1 + ")
    person.open(lab.page("work.ipynb"), recording=False)
    expect(person.status).to_have_attribute("data-state", "stopped")
    expect(person.status).to_contain_text("Not recording")
    works_on(person, lab.root / "work.ipynb")
    expect(person.status).not_to_have_attribute("data-unsent", "0")
    assert named in (person.status.get_attribute("title") or "")
    told = [line for line in lab.output.splitlines() if "Prompter is not recording" in line]
    assert len(told) == 1
    assert named in told[0]
    assert lab.status()["recording"] is False


def test_a_log_that_becomes_read_only_is_said_and_what_waited_is_sent_later(
    start_lab: StartLab, person: Person, mariadb: MariaDB
) -> None:
    url = awaited(mariadb.fresh_database(*DIRECTORIES))
    lab = start_lab("lab", {"PROMPTER_LOG": url, "PROMPTER_DB_PASSWORD": mariadb.password})
    write_notebook(lab.root / "work.ipynb", "1 + ")
    person.open(lab.page("work.ipynb"))
    awaited(mariadb.run(url, "SET GLOBAL read_only = ON"))
    try:
        works_on(person, lab.root / "work.ipynb")
        expect(person.status).to_have_attribute("data-state", "stopped")
        expect(person.status).not_to_have_attribute("data-unsent", "0")
        assert "takes no writes" in (person.status.get_attribute("title") or "")
        expect(person.page.locator(".Toastify__toast", has_text="takes no writes")).to_have_count(1)
    finally:
        awaited(mariadb.run(url, "SET GLOBAL read_only = OFF"))
    person.sent()
    assert awaited(types_in(url)).count("run.finished") == 1


def test_what_an_unreachable_database_missed_arrives_when_it_is_there(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    """The same page, the same server: only the log was away."""
    home = tmp_path / "disk"
    home.mkdir()
    blocked = home / "log"
    blocked.write_text("a file where a directory must be", encoding="utf-8")
    url = f"sqlite:///{blocked}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "1 + ")
    person.open(lab.page("work.ipynb"), recording=False)
    expect(person.status).to_have_attribute("data-state", "stopped")
    works_on(person, lab.root / "work.ipynb")
    os.unlink(blocked)
    person.sent()
    assert awaited(types_in(url)).count("run.finished") == 1


def test_a_browser_that_stores_nothing_is_told_of_and_what_happens_is_sent(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "1 + ")
    person.page.add_init_script(
        """const open = IDBFactory.prototype.open;
        IDBFactory.prototype.open = function(name, ...more) {
            if (name.startsWith('prompter:')) {
                throw new DOMException('not in a private window', 'InvalidStateError');
            }
            return open.call(this, name, ...more);
        };"""
    )
    person.page.goto(lab.page("work.ipynb"))
    told = person.page.locator(".Toastify__toast", has_text="kept in memory only")
    expect(told).to_have_count(1)
    person.wait_for_kernel()
    works_on(person, lab.root / "work.ipynb")
    person.sent()
    assert "a reload loses" in (person.status.get_attribute("title") or "")
    assert told.count() <= 1  # it goes by itself
    assert awaited(types_in(url)).count("run.finished") == 1


async def types_in(url: str) -> list[str]:
    async with open_study_log(url) as log:
        return [event.type for event in [event async for event in log.read()]]

"""The log is put back to a backup while a notebook is open: the page sends again what the backup lacks."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from playwright.sync_api import expect

from prompter.storage import open_study_log
from prompter_events import Event, verify
from support.awaiting import awaited
from support.notebooks import StartLab, write_notebook
from support.person import Person

TYPED = "40 + 2  # typed after the backup"


def test_an_open_page_sends_again_what_a_backup_lacks(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    log, backup = tmp_path / "log.db", tmp_path / "backup.db"
    url = f"sqlite:///{log}"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "1 + ")
    person.open(lab.page("work.ipynb"))
    person.edit(0)
    person.type("1\n")
    person.run(0)
    person.sent()
    with closing(sqlite3.connect(log)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    person.edit(0)
    person.type(TYPED)
    person.run(0)
    person.save()
    person.sent()
    recorded = awaited(everything(url))
    assert TYPED in sources(recorded)

    lab.kill()
    for suffix in ("", "-wal", "-shm"):
        log.with_name(log.name + suffix).unlink(missing_ok=True)
    shutil.copy(backup, log)
    assert TYPED not in sources(awaited(everything(url)))
    told = subprocess.run(
        [sys.executable, "-m", "prompter.commands", "restored", "--log", url, "--list", str(tmp_path / "erased.txt")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert "restored up to position" in told.stdout
    lab.start()

    expect(person.status).to_have_attribute("data-state", "recording")
    # Something new is behind everything that was missing, so when it is there all is.
    person.edit(0)
    person.type("\n# after the restore")
    person.save()  # which ends the burst
    person.sent()
    found = awaited(everything(url))
    assert TYPED in sources(found)
    before, after = of_page(recorded), of_page(found)
    assert after[: len(before)] == before
    assert [seq for seq, _, _ in after] == list(range(1, len(after) + 1))
    assert awaited(chain(url)) >= len(found)  # the policy may go on


def of_page(events: list[Event]) -> list[tuple[int, str, bytes | None]]:
    """What the page's producer said: numbers, types, payloads."""
    page = next(event.producer_id for event in events if event.type == "session.opened")
    return [(event.producer_seq, event.type, event.payload) for event in events if event.producer_id == page]


def sources(events: list[Event]) -> str:
    """What the runs were of."""
    return "\n".join(getattr(event.body, "source", "") for event in events if event.type == "run.scheduled")


async def everything(url: str) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read()]


async def chain(url: str) -> int:
    async with open_study_log(url) as log:
        return await verify(log)

"""The browser is killed while the server is away: the next one brings what it had kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Error, Playwright, expect, sync_playwright

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited
from support.awaiting import awaited
from support.chromium import CHROMIUM, QUIET
from support.notebooks import StartLab, write_notebook
from support.person import PATIENCE, Person

SENT, KEPT = "# the server has this", "# only the page has this 😀"

STORED = """async text => {
    for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((done, failed) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => done(opening.result);
            opening.onerror = () => failed(opening.error);
        });
        const rows = database.objectStoreNames.contains('events') && await new Promise(done => {
            const reading = database.transaction('events').objectStore('events').getAll();
            reading.onsuccess = () => done(reading.result);
        });
        database.close();
        if (rows && rows.some(row => new TextDecoder().decode(row.event.payload).includes(text))) {
            return true;
        }
    }
    return false;
}"""
"""Whether the browser stores an event that holds a text."""

UNTIL_STORED = f"""async ([text, patience]) => {{
    // IndexedDB tells nobody of what another connection wrote.
    for (const until = Date.now() + patience; !await ({STORED})(text); ) {{
        if (Date.now() > until) {{
            throw new Error('never stored');
        }}
        await new Promise(done => setTimeout(done, 50));
    }}
}}"""


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@contextmanager
def person_of(playwright: Playwright, profile: Path) -> Iterator[Person]:
    """Somebody whose browser keeps what it stores."""
    context = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=list(QUIET))
    try:
        yield Person(context.pages[0])
    finally:
        with suppress(Error):  # it was killed
            context.close()


def test_what_a_killed_browser_had_kept_is_sent_by_the_next_one(
    playwright: Playwright, start_lab: StartLab, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "")
    profile = tmp_path / "profile"
    with person_of(playwright, profile) as person:
        person.open(lab.page("work.ipynb"))
        person.edit(0)
        person.type(SENT)
        person.sent()
        lab.kill()
        expect(person.status).to_have_attribute("data-state", "offline")
        person.insist(0, KEPT)
        # What is typed last comes as from an input method, a burst of its own.
        person.page.evaluate(UNTIL_STORED, [KEPT[-1], PATIENCE])
        kill(profile)
    lab.start()
    with person_of(playwright, profile) as person:
        person.open(lab.page("work.ipynb"))
        person.sent()
        assert awaited(typed_in(url, len(SENT + KEPT))) == SENT + KEPT


def kill(profile: Path) -> None:
    """All processes of the browser of this profile, at once."""
    own = [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"--user-data-dir={profile}" in (process.info["cmdline"] or [])
    ]
    assert own
    for process in own:
        with suppress(psutil.NoSuchProcess):  # the others end with the first
            process.kill()
    psutil.wait_procs(own)


async def typed_in(url: str, length: int) -> str:
    """What a person typed, once it is so long; what there is if nothing more comes."""
    async with open_study_log(url) as log:
        while True:
            events: list[Event] = [event async for event in log.read()]
            bodies = [event.body for event in events if isinstance(event.body, CellEdited)]
            typed = "".join(
                op
                for body in bodies
                if body.cause == "user"
                for _, ops in body.changes
                for op in ops
                if isinstance(op, str)
            )
            last = events[-1].position
            if len(typed) >= length or await log.wait(last, timeout=30) == last:
                return typed

"""A browser without room, and a tab that was duplicated: what happened is sent once, or said to be lost."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited, SessionOpened
from prompter_events.catalogue.study import CaptureLost
from support.awaiting import awaited
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person


def no_room_for(lab: Lab, person: Person) -> None:
    """Have the browser give the server's pages one byte, as it does on a full disk."""
    devtools = person.page.context.new_cdp_session(person.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": lab.url.rstrip("/"), "quotaSize": 1})


async def stored(url: str) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read()]


def test_what_a_full_browser_could_not_keep_is_said_to_be_lost_when_its_page_is_gone(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "1 + ")
    no_room_for(lab, person)
    person.page.goto(lab.page("work.ipynb"))
    expect(person.page.locator(".Toastify__toast", has_text="kept in memory only")).to_have_count(1)
    person.wait_for_kernel()
    person.edit(0)
    person.type("41")
    person.run(0)  # which ends the burst
    person.sent()

    lab.kill()
    person.insist(0, " + 1")
    expect(person.status).to_have_attribute("data-state", "offline")
    expect(person.status).not_to_have_attribute("data-unsent", "0")
    context = person.page.context
    person.page.close()

    lab.start()
    later = Person(context.new_page())
    later.open(lab.page("work.ipynb"))
    later.edit(0)
    later.type("7")
    later.run(0)
    later.sent()
    events = awaited(stored(url))
    [lost] = [event.body for event in events if event.type == "capture.lost"]
    assert isinstance(lost, CaptureLost)
    assert "in memory only" in lost.reason
    numbers = [event.producer_seq for event in events if event.producer_id == lost.producer_id]
    assert lost.first_seq == max(numbers) + 1
    assert lost.count == lost.last_seq - lost.first_seq + 1 > 0
    assert "41" in typed(events)
    assert " + 1" not in typed(events)


def test_a_duplicated_tab_has_numbers_of_its_own(start_lab: StartLab, person: Person, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "")
    person.open(lab.page("work.ipynb"))
    person.edit(0)
    person.type("first = 1; ")
    person.run(0)
    person.sent()
    # A window that the page opens begins with a copy of its session storage, as a duplicated tab does.
    with person.page.expect_popup() as opened:
        person.page.evaluate("() => { window.open(location.href); }")
    twin = Person(opened.value)
    twin.wait_for_kernel()
    expect(twin.status).to_have_attribute("data-state", "recording")
    twin.edit(0)
    twin.type("second = 2; ")
    twin.run(0)
    person.page.bring_to_front()
    person.edit(0)
    person.type("third = 3; ")
    person.run(0)
    twin.sent()
    person.sent()
    events = awaited(stored(url))
    by_producer = {
        producer: typed([event for event in events if event.producer_id == producer])
        for producer in {event.producer_id for event in events if isinstance(event.body, CellEdited)}
    }
    assert sorted(by_producer.values()) == ["first = 1; third = 3; ", "second = 2; "]
    # The session that the copied storage names is not over: neither tab's continues another.
    assert {event.body.continues for event in events if isinstance(event.body, SessionOpened)} == {None}


def typed(events: list[Event]) -> str:
    """What was typed, in the order of the log."""
    texts = []
    for event in events:
        if isinstance(body := event.body, CellEdited) and body.cause == "user":
            texts += [part for _, ops in body.changes for part in ops if isinstance(part, str)]
    return "".join(texts)

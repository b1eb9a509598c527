"""Ten minutes without a server, on a page's clock that is put forward: all of it arrives, with the times it had."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from playwright.sync_api import expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue.notebook import CellEdited
from support.awaiting import awaited
from support.notebooks import StartLab, write_notebook
from support.person import Person

MINUTES = 10

LONGEST_PAUSE_MS = 30_000
"""Between two tries to reach the server."""


def test_ten_minutes_without_a_server_arrive_whole_and_with_their_times(
    start_lab: StartLab, person: Person, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    lab = start_lab("lab", {"PROMPTER_LOG": url})
    write_notebook(lab.root / "work.ipynb", "")
    clock = person.page.clock
    clock.install()
    person.open(lab.page("work.ipynb"))
    lines = ["begin = 0; "]
    person.edit(0)
    person.type(lines[0])
    person.sent()

    lab.kill()
    expect(person.status).to_have_attribute("data-state", "offline")
    for minute in range(1, MINUTES + 1):
        clock.fast_forward(60_000)
        lines.append(f"after_{minute} = {minute}; ")
        person.insist(0, lines[-1])
    expect(person.status).to_have_attribute("data-state", "offline")
    expect(person.status).not_to_have_attribute("data-unsent", "0")

    lab.start()
    clock.fast_forward(LONGEST_PAUSE_MS)
    person.sent()
    edits = awaited(edits_in(url))
    assert "".join(text_of(event) for event in edits) == "".join(lines)
    [producer] = {event.producer_id for event in edits}
    numbers = [event.producer_seq for event in edits if event.producer_id == producer]
    assert numbers == sorted(set(numbers))
    times = [event.occurred_at for event in edits]
    assert times == sorted(times)
    # The page says when it happened, not when it arrived: a minute lies before each line.
    assert sum(later - earlier >= 59_000_000 for earlier, later in pairwise(times)) == MINUTES
    assert times[-1] - times[0] >= MINUTES * 60_000_000


def text_of(event: Event) -> str:
    """What a burst of typing put in."""
    assert isinstance(event.body, CellEdited)
    return "".join(op for _, ops in event.body.changes for op in ops if isinstance(op, str))


async def edits_in(url: str) -> list[Event]:
    async with open_study_log(url) as log:
        return [event async for event in log.read() if event.type == "cell.edited"]

"""A page whose events go to a study's collector at another address: its own server keeps no log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from prompter_events.catalogue.prompts import PromptAnswered
from support.collecting import Collector, link
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import EAGER, bodies, events_of, study_file

TEXT = "We record how you work."


@pytest.fixture
def log(tmp_path: Path) -> dict[str, str]:
    return {"PROMPTER_LOG": f"sqlite:///{tmp_path}/collected.db"}


@pytest.fixture
def collector(tmp_path: Path, log: dict[str, str]) -> Iterator[Collector]:
    (tmp_path / "consent.md").write_text(TEXT, encoding="utf-8")
    study = study_file(tmp_path, EAGER, "participants: {consent: consent.md}\n")
    started = Collector(tmp_path / "collector", {**log, **study, "PROMPTER_ORIGINS": r"http://127\.0\.0\.1:\d+"})
    started.start()
    yield started
    started.kill()


def test_a_page_is_recorded_and_asked_by_a_collector(
    start_lab: StartLab, collector: Collector, person: Person, log: dict[str, str]
) -> None:
    lab = start_lab("lab", {"PROMPTER_COLLECTOR": collector.url, "PROMPTER_LINK": link("p01")})
    write_notebook(lab.root / "work.ipynb", "x = 1")
    person.open(lab.page("work.ipynb"), recording=False)
    # The text comes from the collector; nothing was told before anybody agreed to it.
    page = person.page
    page.get_by_role("dialog", name="asks for your consent").get_by_role("button", name="Agree").click()
    expect(person.status).to_have_attribute("data-state", "recording")
    person.edit(0)
    person.type(" + 1")
    person.run(0)
    expect(person.prompt).to_have_count(1)
    person.answer("to see")
    person.sent()
    [answer] = bodies(events_of(log), PromptAnswered)
    assert answer.text == "to see"
    # What is asked beside the stream is asked of the collector, too.
    page.reload()
    person.wait_for_kernel()
    expect(person.status).to_have_attribute("data-state", "recording")
    person.command("prompter:open-history")
    expect(page.locator(".jp-Prompter-history")).to_contain_text(re.compile("ran", re.IGNORECASE))
    # The person's own server has nothing of it.
    assert lab.status()["log"] is None
    assert list(lab.root.parent.rglob("log.db")) == []
    assert {str(event.participant_id) for event in events_of(log) if event.type == "session.opened"} != set()


def test_a_page_whose_link_ended_says_so_and_keeps_what_it_has(
    start_lab: StartLab, collector: Collector, person: Person
) -> None:
    lab = start_lab("lab", {"PROMPTER_COLLECTOR": collector.url, "PROMPTER_LINK": link("p02", hours=-1)})
    write_notebook(lab.root / "work.ipynb", "x = 1")
    person.open(lab.page("work.ipynb"), recording=False)
    person.run(0)
    expect(person.status).to_have_attribute("data-state", re.compile("offline|stopped"))
    expect(person.prompt).to_have_count(0)

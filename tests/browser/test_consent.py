"""With a consent text nothing is recorded before the person agreed to it, and nothing after they withdrew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from prompter_events.catalogue.notebook import SessionOpened
from support.accessible import faults
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import EAGER, bodies, events_of, study_file

TEXT = """\
# What we ask

We record **how you work** in notebooks, see <https://example.org/study>.

- edits and runs
- <img src=x onerror="document.title = 'broken'"> your answers
"""

BY_PAGES = ("session.", "cell.", "run.", "kernel.", "notebook.", "focus.", "idle.", "prompt.", "consent.")
"""What only a page tells."""

Log = dict[str, str]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}


def asking(tmp_path: Path, text: str = TEXT) -> Log:
    """A study with this consent text."""
    (tmp_path / "consent.md").write_text(text, encoding="utf-8")
    return study_file(tmp_path, EAGER, "participants: {consent: consent.md}\n")


def start(start_lab: StartLab, log: Log, study: Log) -> Lab:
    lab = start_lab("lab", {**log, **study})
    write_notebook(lab.root / "work.ipynb", "first = ")
    return lab


def told(log: Log) -> list[str]:
    """The types of what pages told, in order."""
    return [event.type for event in events_of(log) if event.type.startswith(BY_PAGES)]


def open_unrecorded(person: Person, lab: Lab) -> None:
    person.open(lab.page("work.ipynb"), recording=False)
    expect(person.status).to_have_attribute("data-state", "stopped")


def agree(page: Page) -> None:
    page.get_by_role("dialog", name="Loan decisions asks for your consent").get_by_role("button", name="Agree").click()


def withdraw(person: Person, page: Page) -> None:
    person.command("prompter:withdraw-consent")
    dialog = page.locator(".jp-Dialog", has_text="Withdraw your consent?")
    dialog.get_by_role("button", name="Withdraw").click()
    expect(person.status).to_have_attribute("data-state", "stopped")


def test_nothing_is_recorded_before_the_person_agrees_then_consent_is_the_first_event(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path, log: Log
) -> None:
    lab = start(start_lab, log, asking(tmp_path))
    open_unrecorded(person, lab)
    dialog = page.get_by_role("dialog", name="Loan decisions asks for your consent")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("We record how you work in notebooks")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog.locator("img")).to_have_count(0)
    assert page.title() != "broken"
    assert faults(page, ".jp-Prompter-consent") == []
    # It takes no focus and stops no work.
    person.edit(0)
    person.type("41")
    person.run(0)
    assert told(log) == []
    expect(person.status).to_have_attribute("data-unsent", "0")

    # By keyboard alone: the command leads to it, Enter on Agree agrees.
    person.command("prompter:read-consent")
    page.keyboard.press("Shift+Tab")
    dialog.get_by_role("button", name="Agree").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    person.sent()
    assert [kind for kind in told(log) if kind != "session.accepted"][:2] == ["consent.given", "session.opened"]
    [opened] = bodies(events_of(log), SessionOpened)
    assert [cell.source for cell in opened.cells] == ["first = 41"]

    # A reload asks no more, and records at once.
    person.open(lab.page("work.ipynb"))
    person.sent()
    expect(dialog).to_have_count(0)
    assert told(log).count("consent.given") == 1
    assert len(bodies(events_of(log), SessionOpened)) == 2


def test_who_declines_works_unrecorded_and_may_agree_in_the_side_panel(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path, log: Log
) -> None:
    lab = start(start_lab, log, asking(tmp_path))
    open_unrecorded(person, lab)
    page.get_by_role("button", name="Not now").click()
    expect(page.locator(".jp-Prompter-consent")).to_have_count(0)
    person.edit(0)
    person.type("1")
    person.run(0)
    person.save()
    expect(person.status).to_have_attribute(
        "title", "You have not agreed to this study: nothing is recorded. You can agree in the side panel."
    )
    assert told(log) == []

    person.command("prompter:open-panel")
    panel = page.locator("#jupyterlab-prompter-side")
    expect(panel).to_contain_text("You have not agreed. Nothing is recorded and nothing is asked.")
    panel.get_by_role("button", name="Read and agree").click()
    agree(page)
    person.sent()
    expect(panel).to_contain_text("You agreed on")
    assert "consent.given" in told(log)


def test_withdrawal_stops_every_page_and_throws_away_what_was_not_sent(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path, log: Log
) -> None:
    lab = start(start_lab, log, asking(tmp_path))
    write_notebook(lab.root / "second.ipynb", "other = 1")
    open_unrecorded(person, lab)
    agree(page)
    person.sent()
    second = Person(page.context.new_page())
    second.open(lab.page("second.ipynb"))
    second.sent()

    # What is typed offline is kept, and thrown away by the withdrawal.
    lab.kill()
    person.edit(0)
    person.type("secret")
    expect(person.status).to_have_attribute("data-state", "offline")
    withdraw(person, page)
    expect(second.status).to_have_attribute("data-state", "stopped")
    lab.start()
    expect(person.status).to_have_attribute("data-unsent", "0")
    person.command("prompter:open-panel")
    panel = page.locator("#jupyterlab-prompter-side")
    expect(panel).to_contain_text("You withdrew. Nothing is recorded and nothing is asked.")
    expect(panel.get_by_text("Everything is sent.")).to_have_count(0)
    until(lambda: told(log)[-1] == "consent.withdrawn", page)
    assert not any(b"secret" in (event.payload or b"") for event in events_of(log))

    # Neither page records, nor one that is opened now; nobody is asked again by a card.
    second.edit(0)
    second.type("22")
    person.open(lab.page("work.ipynb"), recording=False)
    expect(person.status).to_have_attribute("data-state", "stopped")
    expect(page.locator(".jp-Prompter-consent")).to_have_count(0)
    person.edit(0)
    person.type("more")
    assert told(log)[-1] == "consent.withdrawn"

    # Who agrees again is recorded again, in both pages, from how the notebooks stand now.
    person.command("prompter:read-consent")
    agree(page)
    person.sent()
    second.sent()
    kinds = told(log)
    assert "session.opened" in kinds[kinds.index("consent.withdrawn") :]
    assert kinds.count("consent.given") == 2


def test_another_text_is_asked_for_anew(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path, log: Log
) -> None:
    study = asking(tmp_path)
    lab = start(start_lab, log, study)
    open_unrecorded(person, lab)
    agree(page)
    person.sent()
    lab.stop()
    asking(tmp_path, "Now we record more.\n")
    lab.start()
    before = len(told(log))
    # The page that is open asks, and so does the next one.
    expect(page.locator(".jp-Prompter-consent")).to_contain_text("Now we record more.")
    page.goto(lab.page("work.ipynb"))
    expect(page.locator(".jp-Prompter-consent")).to_contain_text("Now we record more.")
    expect(person.status).to_have_attribute("data-state", "stopped")
    # The old page's farewell was said under the old text.
    assert set(told(log)[before:]) <= {"session.closed"}
    agree(page)
    person.sent()
    assert told(log).count("consent.given") == 2


def until(true: Callable[[], bool], page: Page) -> None:
    """Wait until the log, looked at between the page's frames, tells so."""
    for _ in range(200):
        if true():
            return
        page.evaluate("() => new Promise(requestAnimationFrame)")
    raise AssertionError("the log does not tell so")

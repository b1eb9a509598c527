"""The sample, lived through with its own study: asked while working, and asked at the end."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from prompter_events import Event
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptShown,
    PromptSnoozed,
    PromptWithdrawn,
    ReviewClosed,
)
from support.notebooks import StartLab
from support.person import Person
from support.studying import events_until

SAMPLE = Path(__file__).resolve().parents[2] / "sample"

READ, DROP, FIT, NEW = 1, 4, 7, 9
"""Places of cells in the sample; the last one is added."""

WHAT_CHANGED = re.compile(r"^loans went from 900 × 8 to \d+ × 9\. What were you after\?$")


def impatient(tmp_path: Path) -> dict[str, str]:
    """The sample's study, and no caps."""
    study = yaml.safe_load((SAMPLE / "study.yaml").read_text("utf-8"))
    study["pace"] = {
        "quiet": {"typing": "300 ms", "run": "0 s"},
        "caps": {"hour": 1000, "day": 1000, "apart": "0 s"},
        "snooze": "1 h",
    }
    path = tmp_path / "impatient.yaml"
    path.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    return {"PROMPTER_STUDY": str(path), "PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}


def begin(start_lab: StartLab, person: Person, environment: dict[str, str]) -> None:
    lab = start_lab("lab", environment)
    for name in ("loans.ipynb", "loans.csv"):
        shutil.copy(SAMPLE / name, lab.root)
    person.open(lab.page("loans.ipynb"))


def add_cell(person: Person, text: str) -> None:
    """Write one more cell at the end, and run it."""
    person.select(NEW - 1)
    person.page.evaluate("() => window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    person.edit(NEW)
    person.type(text)
    person.run(NEW)


def change_and_run(person: Person, index: int) -> None:
    """Make a given cell one's own: nobody is asked about what others wrote."""
    person.edit(index)
    person.type("  # mine")
    person.run(index)


def types_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


@pytest.mark.timeout(300)
def test_somebody_is_asked_while_working(start_lab: StartLab, person: Person, page: Page, tmp_path: Path) -> None:
    environment = {**impatient(tmp_path), "MODE": "EXP_CTS"}
    begin(start_lab, person, environment)
    person.run(READ)
    expect(person.prompt).to_have_count(0)

    # A data step: the question names the frame and what changed.
    change_and_run(person, DROP)
    expect(person.prompt.locator(".jp-Prompter-question")).to_have_text(WHAT_CHANGED)
    person.prompt.scroll_into_view_if_needed()
    events_until(environment["PROMPTER_LOG"], PromptShown)
    person.command("prompter:focus-prompt")
    page.keyboard.press("1")
    person.answer("no income is -1")
    events_until(environment["PROMPTER_LOG"], PromptAnswered)

    # A model step, and words are required: it is not answered, but skipped.
    change_and_run(person, FIT)
    asked = person.prompt.filter(has_text="What does this model tell you?")
    expect(asked).to_have_count(1)
    asked.hover()
    asked.locator(".jp-Prompter-skip").click()
    events_until(environment["PROMPTER_LOG"], PromptDismissed)

    # A cell of one's own, put off by Escape with a draft; then changed and run: a newer version is asked about.
    add_cell(person, "rich = loans[loans['annual_income'] > 90_000]")
    expect(person.prompt.filter(has_text="What are you trying to do")).to_have_count(1)
    person.command("prompter:focus-prompt")
    page.keyboard.press("Escape")
    events_until(environment["PROMPTER_LOG"], PromptSnoozed)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    person.type("poor = loans.query('annual_income < 20_000').groupby('term').size()\nprint(poor)")
    person.run(NEW)
    expect(person.prompt.filter(has_text="What made you change this?")).to_have_count(1)
    events_until(environment["PROMPTER_LOG"], PromptExpired)

    # Its cell is removed: the question goes with it.
    person.select(NEW)
    person.command("notebook:delete-cell")
    events_until(environment["PROMPTER_LOG"], PromptWithdrawn)
    expect(person.prompt.filter(has_text="What made you change this?")).to_have_count(0)

    # An answer is amended.
    person.command("prompter:open-panel")
    panel = page.locator("#jupyterlab-prompter-side")
    panel.get_by_role("button", name="Amend").click()
    form = panel.get_by_role("group", name="Amend your answer")
    form.locator("textarea").fill("an income of -1 means that nobody asked")
    form.get_by_role("button", name="Save").click()
    events = events_until(environment["PROMPTER_LOG"], PromptAmended)
    page.screenshot(path=tmp_path / "while-working.png")
    [dropped] = [
        event.body for event in events if isinstance(event.body, PromptIssued) and event.body.rule == "data_step"
    ]
    assert dropped.question.startswith("`loans` went from 900 × 8 to ")
    kinds = {kind for kind in types_of(events) if kind.startswith("prompt.")}
    life = "issued shown focused answered amended dismissed snoozed expired withdrawn"
    assert kinds >= {f"prompt.{what}" for what in life.split()}


@pytest.mark.timeout(300)
def test_somebody_is_asked_at_the_end(start_lab: StartLab, person: Person, page: Page, tmp_path: Path) -> None:
    environment = {**impatient(tmp_path), "MODE": "EXP_END"}
    begin(start_lab, person, environment)
    person.run(READ)
    change_and_run(person, DROP)
    add_cell(person, "rich = loans[loans['annual_income'] > 90_000]")
    events_until(environment["PROMPTER_LOG"], PromptIssued, 2)
    expect(person.prompt).to_have_count(0)
    person.sent()

    person.command("prompter:end-session")
    page.get_by_role("dialog").get_by_role("button", name="End session").click()
    review = page.locator(".jp-Prompter-review")
    expect(review.get_by_role("status")).to_have_text("1 of 2")
    expect(review).to_contain_text(re.compile(r"loans went from 900 × 8 to \d+ × 9"))
    expect(review.locator(".jp-Prompter-source")).to_contain_text('known = loans["annual_income"] > 0')
    page.screenshot(path=tmp_path / "at-the-end.png")
    events_until(environment["PROMPTER_LOG"], PromptShown)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(review.get_by_role("status")).to_have_text("2 of 2")
    expect(review).to_contain_text("What were you trying to do or find out in this cell?")
    review.locator(".jp-Prompter-skip").click()
    expect(review.get_by_role("heading")).to_have_text("That was the last one")
    review.get_by_role("button", name="End session").click()
    events = events_until(environment["PROMPTER_LOG"], ReviewClosed)
    told = types_of(events)
    for kind in ("study.ended", "review.opened", "prompt.shown", "prompt.answered", "prompt.dismissed"):
        assert kind in told, kind
    assert {event.body.deliver for event in events if isinstance(event.body, PromptIssued)} == {"end"}

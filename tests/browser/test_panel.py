"""The side panel: what is open, what was answered, what is recorded; in its pictures the eye checks the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from prompter_events.catalogue.prompts import PromptAmended, PromptAnswered, PromptQuiet
from support.accessible import faults
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import EAGER, bodies, events_of, study_file

SPARING = EAGER.replace("capture: {outputs: full}", "capture: {outputs: none, keystrokes: false, focus: false}")

Log = dict[str, str]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}


@pytest.fixture
def panel(page: Page) -> Locator:
    return page.locator("#jupyterlab-prompter-side")


def section(panel: Locator, title: str) -> Locator:
    return panel.locator("section", has=panel.page.get_by_role("heading", name=title))


def ask(person: Person, index: int, text: str) -> None:
    """Write a cell and run it, so that it is asked about."""
    before = person.prompt.count()
    person.edit(index)
    person.type(text)
    person.run(index)
    expect(person.prompt).to_have_count(before + 1)


def test_the_panel_lists_what_is_open_and_leads_to_it(
    start_lab: StartLab, person: Person, page: Page, panel: Locator, tmp_path: Path, log: Log
) -> None:
    lab = start_lab("lab", {**log, **study_file(tmp_path, EAGER)})
    write_notebook(lab.root / "work.ipynb", "first = ", "second = ")
    person.open(lab.page("work.ipynb"))
    person.command("prompter:open-panel")
    opened, answers = section(panel, "Open questions"), section(panel, "Your answers")
    expect(panel).to_be_visible()
    expect(opened).to_be_hidden()
    expect(answers).to_be_hidden()

    ask(person, 0, "1")
    ask(person, 1, "2")
    expect(opened.get_by_role("listitem")).to_have_count(2)
    expect(opened).to_contain_text(re.compile(r"Cell 1, \d"))
    # Put off with a draft, it says so.
    opened.get_by_role("button", name="Go to it").first.click()
    expect(person.prompt.first.locator(".jp-Prompter-choice").first).to_be_focused()
    page.keyboard.type("a draft")
    page.keyboard.press("Escape")
    expect(opened.get_by_role("listitem").first).to_contain_text("put off, draft kept")
    assert faults(page, "#jupyterlab-prompter-side") == []

    opened.get_by_role("button", name="Go to it").first.click()
    expect(person.prompt.first.locator(".jp-Prompter-choice").first).to_be_focused()
    page.keyboard.press("Tab")
    person.prompt.first.locator("textarea").focus()
    page.keyboard.press("Enter")
    expect(opened.get_by_role("listitem")).to_have_count(1)
    expect(answers.get_by_role("listitem")).to_contain_text("“a draft”")


def test_an_answer_is_amended_in_place_also_after_a_reload(
    start_lab: StartLab, person: Person, page: Page, panel: Locator, tmp_path: Path, log: Log
) -> None:
    lab = start_lab("lab", {**log, **study_file(tmp_path, EAGER)})
    write_notebook(lab.root / "work.ipynb", "first = ")
    person.open(lab.page("work.ipynb"))
    ask(person, 0, "1")
    person.answer("a draft")
    person.command("prompter:open-panel")
    answers = section(panel, "Your answers")
    expect(answers.get_by_role("listitem")).to_contain_text("“a draft”")

    answers.get_by_role("button", name="Amend").click()
    form = answers.get_by_role("group", name="Amend your answer")
    form.get_by_role("textbox").fill("")
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("Take a choice or write a few words first.")
    assert faults(page, "#jupyterlab-prompter-side") == []
    form.get_by_role("textbox").fill("a better one")
    form.get_by_role("button", name="Clean up").click()
    page.keyboard.press("Escape")
    expect(answers).to_contain_text("“a draft”")
    answers.get_by_role("button", name="Amend").click()
    form.get_by_role("textbox").fill("a better one")
    page.keyboard.press("Enter")
    expect(answers).to_contain_text("“a better one”")
    expect(answers).to_contain_text(re.compile(r"Cell 1, .*, amended \d"))
    person.sent()
    events = events_of(log)
    assert [body.text for body in bodies(events, PromptAnswered)] == ["a draft"]
    assert [body.text for body in bodies(events, PromptAmended)] == ["a better one"]

    # After a reload the server tells it; amending goes on.
    person.open(lab.page("work.ipynb"))
    person.command("prompter:open-panel")
    expect(answers).to_contain_text("“a better one”")
    expect(answers).to_contain_text("amended")
    answers.get_by_role("button", name="Amend").click()
    form.get_by_role("textbox").fill("the best")
    form.get_by_role("button", name="Save").click()
    expect(answers).to_contain_text("“the best”")
    person.sent()
    assert [body.text for body in bodies(events_of(log), PromptAmended)] == ["a better one", "the best"]

    # What is known stays while nobody can be asked.
    lab.kill()
    expect(panel).to_contain_text("Offline")
    expect(answers).to_contain_text("“the best”")


def test_what_is_recorded_is_what_the_study_says(
    start_lab: StartLab, person: Person, page: Page, panel: Locator, tmp_path: Path, log: Log
) -> None:
    lab = start_lab("lab", {**log, **study_file(tmp_path, SPARING)})
    write_notebook(lab.root / "work.ipynb", "first = 1")
    person.open(lab.page("work.ipynb"))
    person.command("prompter:open-panel")
    panel.get_by_text("What is recorded").click()
    listed = panel.get_by_role("listitem")
    expect(listed.filter(has_text="without the single keys")).to_be_visible()
    expect(listed.filter(has_text="Of outputs only the kind and the size are recorded, no text.")).to_be_visible()
    expect(listed.filter(has_text="names and shapes of data frames")).to_be_visible()
    expect(listed.filter(has_text="Each edit, with its time")).to_have_count(0)
    expect(listed.filter(has_text="Which cell is in view")).to_have_count(0)
    expect(panel.get_by_text("Consent")).to_be_hidden()
    panel.get_by_role("button", name="Open History").click()
    expect(page.locator(".jp-Prompter-history")).to_be_visible()


def test_an_hour_without_questions_is_one_click_and_ends_by_another(
    start_lab: StartLab, person: Person, page: Page, panel: Locator, tmp_path: Path, log: Log
) -> None:
    lab = start_lab("lab", {**log, **study_file(tmp_path, EAGER)})
    write_notebook(lab.root / "work.ipynb", "first = ")
    person.open(lab.page("work.ipynb"))
    ask(person, 0, "1")
    person.command("prompter:open-panel")
    panel.get_by_role("button", name="No questions for an hour").click()
    expect(panel).to_contain_text("No questions until")
    expect(section(panel, "Open questions")).to_contain_text("put off")
    person.sent()
    # A reload does not end it.
    person.open(lab.page("work.ipynb"))
    person.command("prompter:open-panel")
    panel.get_by_role("button", name="Ask me again").click()
    expect(panel.get_by_role("button", name="No questions for an hour")).to_be_visible()
    person.sent()
    assert [body.for_ms for body in bodies(events_of(log), PromptQuiet)] == [3_600_000, 0]


@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
def test_pictures_of_panel_prompt_and_consent(
    look: str,
    start_lab: StartLab,
    person: Person,
    page: Page,
    panel: Locator,
    tmp_path: Path,
    log: Log,
    request: pytest.FixtureRequest,
) -> None:
    chosen = request.config.getoption("--pictures")
    pictures = Path(chosen) if chosen else tmp_path
    (tmp_path / "consent.md").write_text("We record how you **work** in notebooks.\n\n- edits\n- runs\n", "utf-8")
    study = study_file(tmp_path, EAGER, "participants: {consent: consent.md}\n")
    lab = start_lab("lab", {**log, **study})
    write_notebook(lab.root / "work.ipynb", "first = ", "second = ")
    if look == "contrast":
        page.emulate_media(forced_colors="active")
    person.open(lab.page("work.ipynb"), recording=False)
    if look == "dark":
        page.set_viewport_size({"width": 760, "height": 900})
        page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
        page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    person.command("application:toggle-left-area")
    consent = page.locator(".jp-Prompter-consent")
    expect(consent).to_be_visible()
    page.screenshot(path=pictures / f"consent-{look}.png")
    consent.get_by_role("button", name="Agree").click()
    person.sent()
    ask(person, 0, "1")
    ask(person, 1, "2")
    person.answer("to have a number")
    person.command("prompter:open-panel")
    expect(panel).to_be_visible()
    panel.get_by_text("What is recorded").click()
    section(panel, "Your answers").get_by_role("button", name="Amend").click()
    person.command("prompter:focus-prompt")
    page.keyboard.press("1")
    assert panel.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    page.screenshot(path=pictures / f"panel-{look}.png")

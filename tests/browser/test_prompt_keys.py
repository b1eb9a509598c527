"""Keys in a prompt belong to the prompt: the notebook under it stays as it is, and every key but its own gets out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from prompter_events.catalogue.prompts import PromptAnswered
from support.accessible import faults
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import EAGER, bodies, events_of, study_file

SEVERAL = """\
questions:
  several:
    now: {en: "Which of `loans` did you look at?"}
    choices: {en: [Rows, Columns, Values, "Just trying"]}
    multiple: true
  wordy:
    now: {en: "What did the error tell you?"}
    choices: {en: [Nothing new, A typo]}
    text: required
  short:
    now: {en: "Was that expected?"}
    choices: {en: ["Yes", "No"]}
    text: none
rules:
  - {use: first_run, ask: ASKED}
"""

COMMANDS = [
    *("a", "b", "m", "y", "r", "x", "c", "v", "z", "j", "k", "o", "l", "i", "h", "f", "p", "s", "t"),
    *("d d", "i i", "0 0", "1", "9", "Space", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown"),
    *("Shift+Enter", "Control+Enter", "Alt+Enter", "Shift+M", "Shift+L", "Shift+O", "Shift+V", "Shift+Space"),
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"),
    *("Control+Shift+ArrowUp", "Control+Shift+ArrowDown", "Control+Shift+-", "Control+z", "Control+Shift+z"),
]
"""Everything that acts on a notebook, or would if the focus were in it. Escape is the prompt's own."""

STATE = """() => {
    const { content } = window.jupyterapp.shell.currentWidget;
    return {
        cells: content.widgets.map(({ model }) =>
            [model.id, model.type, model.sharedModel.getSource(), model.executionCount ?? null]),
        active: content.activeCellIndex,
        mode: content.mode,
        selected: content.widgets.map(cell => content.isSelected(cell)),
        dialogs: document.querySelectorAll('.jp-Dialog').length,
    };
}"""

FRESH = """target => {
    const answer = target.closest('.jp-Prompter-prompt').querySelector('textarea');
    answer.value = 'two\\nlines';
    answer.dispatchEvent(new InputEvent('input', { bubbles: true }));
    target.focus();
}"""


def asked(start_lab: StartLab, person: Person, tmp_path: Path, question: str = "several") -> dict[str, str]:
    """A notebook of three cells, the middle one asked about; the settings of its log."""
    log = {"PROMPTER_LOG": f"sqlite:///{tmp_path}/log.db"}
    lab = start_lab("lab", {**log, **study_file(tmp_path, EAGER, SEVERAL.replace("ASKED", question))})
    write_notebook(lab.root / "keys.ipynb", "first = 1", "second = ", "third = 3")
    person.open(lab.page("keys.ipynb"))
    person.edit(1)
    person.type("2")
    person.run(1)
    expect(person.prompt).to_be_visible()
    return log


def state(page: Page) -> Any:
    return page.evaluate(STATE)


@pytest.mark.parametrize("place", [".jp-Prompter-choice >> nth=1", "textarea.jp-Prompter-answer"])
def test_no_key_in_a_prompt_acts_on_the_notebook(
    place: str, start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    asked(start_lab, person, tmp_path)
    person.select(1)
    target = person.prompt.locator(place)
    target.focus()
    before = state(page)
    changed = {}
    for keys in COMMANDS:
        if keys == "Control+Enter" and place.startswith("textarea"):
            continue  # sends, as Enter does
        target.evaluate(FRESH)
        for key in keys.split():
            page.keyboard.press(key)
        if (after := state(page)) != before:
            changed[keys] = after
            break  # what comes after a changed notebook tells nothing
    assert changed == {}
    expect(person.prompt).to_have_attribute("data-state", "drafting")


def test_tab_leads_through_a_prompt_and_out_of_it(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    asked(start_lab, person, tmp_path)
    person.select(1)
    inside = "() => document.activeElement.closest('.jp-Prompter-prompt') !== null"
    for key in ("Tab", "Shift+Tab"):
        person.command("prompter:focus-prompt")
        page.wait_for_function(inside)
        stops = []
        while page.evaluate(inside) and len(stops) < 20:
            stops.append(page.evaluate("() => document.activeElement.textContent || document.activeElement.tagName"))
            page.keyboard.press(key)
        assert not page.evaluate(inside), f"{key} stays in: {stops}"


def test_digits_take_several_choices_and_the_log_has_them_all(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = asked(start_lab, person, tmp_path)
    person.command("prompter:focus-prompt")
    for key in ("4", "1", "2", "2"):
        page.keyboard.press(key)
    pressed = person.prompt.locator(".jp-Prompter-choice[aria-pressed=true] .jp-Prompter-label")
    expect(pressed).to_have_text(["Rows", "Just trying"])
    page.keyboard.press("b")
    page.keyboard.type("oth")
    page.keyboard.press("Enter")
    expect(person.prompt).to_contain_text("“Rows, Just trying: both”")
    person.sent()
    [answered] = bodies(events_of(log), PromptAnswered)
    assert (answered.choice, answered.choices, answered.text) == ("Rows", ["Rows", "Just trying"], "both")


def test_where_words_are_needed_a_choice_alone_is_not_sent_and_that_is_said(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    asked(start_lab, person, tmp_path, "wordy")
    person.command("prompter:focus-prompt")
    page.keyboard.press("1")
    send = person.prompt.locator(".jp-Prompter-send")
    expect(send).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    reason = person.prompt.get_by_role("status").filter(has_text="Write a few words first.")
    expect(reason).to_be_visible()
    expect(person.prompt.locator("textarea")).to_have_attribute("required", "")
    page.keyboard.press("n")
    expect(reason).to_have_count(0)
    expect(send).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Enter")
    expect(person.prompt).to_contain_text("Noted.")


def test_nothing_is_taken_during_a_pause_and_what_was_written_stays(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = asked(start_lab, person, tmp_path)
    person.command("prompter:focus-prompt")
    page.keyboard.press("w")
    page.keyboard.type("hy")
    person.command("prompter:pause")
    expect(person.status).to_have_attribute("data-state", "paused")
    page.keyboard.press("Enter")
    reason = person.prompt.get_by_role("status").filter(has_text="The recording is paused. Resume it to answer.")
    expect(reason).to_be_visible()
    person.prompt.locator(".jp-Prompter-skip").click()
    expect(person.prompt).to_have_attribute("data-state", "drafting")
    expect(person.prompt.locator("textarea")).to_have_value("why")

    person.command("prompter:resume")
    expect(reason).to_have_count(0)
    person.prompt.locator("textarea").focus()
    page.keyboard.press("Enter")
    expect(person.prompt).to_contain_text("Noted.")
    person.sent()
    [answered] = bodies(events_of(log), PromptAnswered)
    assert answered.text == "why"


def test_where_no_words_are_wanted_there_is_nowhere_to_type(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    log = asked(start_lab, person, tmp_path, "short")
    person.command("prompter:focus-prompt")
    expect(person.prompt.locator("textarea")).to_be_hidden()
    page.keyboard.press("x")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(person.prompt).to_contain_text("“No”")
    person.sent()
    [answered] = bodies(events_of(log), PromptAnswered)
    assert (answered.choice, answered.choices, answered.text) == ("No", [], "")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_prompt_is_accessible_and_is_announced_once(
    theme: str, start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    asked(start_lab, person, tmp_path)
    light = str(theme.endswith("Light")).lower()
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
    prompt = person.prompt
    question = prompt.locator(".jp-Prompter-question")
    expect(question).to_have_attribute("lang", "en")
    expect(prompt).to_have_attribute("role", "group")
    expect(prompt).to_have_attribute("aria-labelledby", question.get_attribute("id") or "none")
    live = page.locator(".jp-Prompter-announcer[aria-live=polite]")
    expect(live).to_have_text("A question about a cell: Which of loans did you look at?")
    expect(page.get_by_role("group", name="Short answers, several may be taken")).to_be_visible()
    assert faults(page, ".jp-Prompter-prompt") == []
    person.command("prompter:focus-prompt")
    expect(prompt).to_have_attribute("data-state", "drafting")
    page.keyboard.press("1")
    assert faults(page, ".jp-Prompter-prompt") == []

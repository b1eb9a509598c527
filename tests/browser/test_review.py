"""The review at the end: a session in EXP_END by keyboard, with a reload in the middle, and what the log says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from prompter.storage import open_study_log
from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited, SessionClosed, SessionOpened
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptFocused,
    PromptIssued,
    PromptShown,
    ReviewClosed,
    ReviewOpened,
)
from prompter_events.catalogue.study import StudyEnded
from support.awaiting import awaited
from support.holding import CHOICES, hold
from support.lab import Lab
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import events_until

FILE = "loans.ipynb"
WORDS = 'dropped 120 rows <img src=x onerror="alert(1)">\ndd'
CELLS = (
    "from IPython.display import HTML\nHTML('<table><tr><th>grade</th></tr><tr><td>A</td></tr></table>')",
    "rates = {'A': 0.061}\nrates['grade_A']",
    "sum(range(10))",
)


T = TypeVar("T", bound=Body)


class Looking:
    """The review on the page."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.page: Page = person.page
        self.panel = self.page.locator(".jp-Prompter-review")
        self.where = self.panel.locator(".jp-Prompter-where")
        self.question = self.panel.locator(".jp-Prompter-ask")
        self.choices = self.panel.locator(".jp-Prompter-choice")
        self.answer = self.panel.locator("textarea.jp-Prompter-answer")
        self.source = self.panel.locator(".jp-Prompter-source")
        self.count = self.panel.get_by_role("status")
        self.skip = self.panel.locator(".jp-Prompter-skip")
        self.rows = self.panel.locator(".jp-Prompter-list li")

    def end_session(self) -> None:
        """End the session of the current notebook; the dialog says what follows."""
        self.person.command("prompter:end-session")
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"End the session of {FILE}?")
        expect(dialog).to_contain_text("Questions about its cells follow, one at a time.")
        dialog.get_by_role("button", name="End session").click()

    def overflow(self) -> int:
        """By how many pixels something is wider than the panel."""
        wider: int = self.panel.evaluate(
            """panel => Math.max(...[panel, ...panel.querySelectorAll('.jp-Prompter-reviewBody')]
                .map(node => node.scrollWidth - node.clientWidth))"""
        )
        return wider

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


class Work:
    """A notebook of three cells, each run; the questions that were held about them."""

    def __init__(self, lab: Lab, person: Person, url: str, *, by_policy: int = 2, **asked: Any) -> None:
        """``by_policy``: how many of the questions the policy holds; the others are ``asked`` as is told here."""
        self.lab = lab
        self.person = person
        self.url = url
        write_notebook(lab.root / FILE, *(f"{cell}  " for cell in CELLS))
        person.open(lab.page(FILE))
        for index in range(len(CELLS)):
            person.edit(index)
            person.type("#")
            person.run(index)
        person.edit(1)
        person.type(" since")
        person.select(2)
        person.sent()
        self.waits_for(PromptIssued, by_policy)
        # The policy asks about what ran well for the first time, so not about the cell that failed.
        held = {body.cell_id for body in self.bodies(PromptIssued)}
        for index in range(len(CELLS)):
            if f"cell-{index}" not in held:
                frame = ("loans", 9_578, 9_458) if index == 0 else None
                awaited(hold(url, self.session, f"cell-{index}", frame=frame, **asked))

    @property
    def session(self) -> UUID:
        """The page's session."""
        return [event for event in self.events() if isinstance(event.body, SessionOpened)][-1].session_id

    def events(self) -> list[Event]:
        """All that the log holds."""

        async def read() -> list[Event]:
            async with open_study_log(self.url) as log:
                return [event async for event in log.read()]

        return awaited(read())

    def bodies(self, kind: type[T]) -> list[T]:
        """The bodies of a kind, in order."""
        return [body for event in self.events() if isinstance(body := event.body, kind)]

    def waits_for(self, kind: type[Body], count: int) -> None:
        """Until the log holds so many events of a kind."""
        events_until(self.url, kind, count)


@pytest.fixture(params=["lab", "notebook"])
def work(request: pytest.FixtureRequest, start_lab: StartLab, person: Person, tmp_path: Path) -> Work:
    """Somebody who worked in EXP_END and is about to end."""
    url = f"sqlite:///{tmp_path}/log.db"
    return Work(start_lab(request.param, {"PROMPTER_LOG": url, "MODE": "EXP_END"}), person, url)


def accessible(panel: Locator) -> None:
    """Nothing that axe finds wrong in the panel."""
    found = Axe().run(panel.page, context=".jp-Prompter-review")
    assert found.response["violations"] == [], found.generate_report()


def ended(person: Person) -> None:
    """The notebook is recorded no more, and all that was recorded is in the log."""
    expect(person.status).to_have_attribute("data-state", "stopped")
    expect(person.status).to_have_attribute("data-unsent", "0")


def answer_the_first(work: Work, looking: Looking) -> None:
    """Look at the first cell as it stood, and say what it was for, by keyboard."""
    expect(looking.count).to_have_text("1 of 3")
    expect(looking.panel).to_contain_text("Looking back over loans.ipynb")
    expect(looking.where).to_contain_text(re.compile(r"^Cell 1 as it stood at \d\d:\d\d"))
    expect(looking.panel.locator(".jp-Prompter-outcome td")).to_have_text(["A"])
    expect(looking.panel.locator(".jp-Prompter-facts")).to_contain_text("1st of 1")
    expect(looking.question).to_be_focused()
    accessible(looking.panel)
    work.waits_for(PromptShown, 1)
    # Digits choose while nothing is typed; a letter begins the answer; Enter saves and goes on.
    looking.press("2")
    expect(looking.choices.nth(1)).to_have_attribute("aria-pressed", "true")
    work.person.type(WORDS.splitlines()[0])
    looking.press("Shift+Enter")
    work.person.type(WORDS.splitlines()[1])
    expect(looking.answer).to_have_value(WORDS)
    looking.press("Enter")


def skip_the_second(looking: Looking) -> None:
    """Look at how the second cell failed, and at what changed since; say nothing."""
    expect(looking.count).to_have_text("2 of 3")
    expect(looking.question).to_be_focused()
    expect(looking.panel.locator(".jp-Prompter-error")).to_have_text("KeyError 'grade_A'")
    expect(looking.source.locator("ins, del")).to_have_count(0)
    looking.press("Alt+c")
    line = CELLS[1].splitlines()[1]
    expect(looking.source.locator("del")).to_have_text([f"{line}  #"])
    expect(looking.source.locator("ins")).to_have_text([f"{line}  # since"])
    accessible(looking.panel)
    looking.skip.click()


def amend_at_the_end(work: Work, looking: Looking) -> None:
    """See all answers as they were typed, change the last one, and end."""
    heading = looking.panel.get_by_role("heading")
    expect(heading).to_have_text("That was the last one")
    expect(heading).to_be_focused()
    expect(looking.panel).to_contain_text("You answered 2 questions and skipped 1. Thank you.")
    expect(looking.rows.locator("q")).to_have_text([f"{CHOICES[1]}: {WORDS}", "a baseline"])
    assert looking.panel.locator("img").count() == 0
    accessible(looking.panel)
    looking.panel.get_by_role("button", name="Change the answer about Cell 3").click()
    looking.answer.focus()
    work.person.type(" to beat")
    looking.press("Enter")
    expect(looking.rows.locator("q").last).to_have_text("a baseline to beat")
    looking.panel.get_by_role("button", name="End session").click()
    expect(looking.panel).to_have_count(0)
    ended(work.person)


def nothing_more_is_recorded(work: Work, person: Person, page: Page) -> None:
    """The ended notebook can be worked on, and says that nobody watches; opened anew it is recorded again."""
    expect(person.status).to_have_attribute("title", re.compile("was ended. Close and open the notebook"))
    assert [body.reason for body in work.bodies(SessionClosed)][-1] == "ended"
    known = len(work.events())
    person.edit(0)
    person.type("x")
    person.run(0)
    ended(person)
    assert len(work.events()) == known
    person.open(work.lab.page(FILE))
    edits = len(work.bodies(CellEdited))
    person.edit(0)
    person.type("y")
    work.waits_for(CellEdited, edits + 1)
    assert page.get_by_role("button", name="Open the review").count() == 0


def test_a_review_is_lived_through_by_keyboard_and_finished_after_a_reload(
    work: Work, person: Person, page: Page
) -> None:
    looking = Looking(person)
    expect(person.prompt).to_have_count(0)
    looking.end_session()
    answer_the_first(work, looking)
    skip_the_second(looking)
    # In the middle of the third answer the page is loaded again, on any later day.
    expect(looking.count).to_have_text("3 of 3")
    person.type("a baseline")
    work.waits_for(PromptDismissed, 1)
    person.sent()
    person.open(work.lab.page(FILE))
    page.get_by_role("button", name="Open the review").click()
    expect(looking.count).to_have_text("3 of 3")
    expect(looking.answer).to_have_value("a baseline")
    looking.answer.focus()
    looking.press("Enter")
    amend_at_the_end(work, looking)

    # Every event of its life is in the log.
    first, second, third = sorted(
        (body for body in work.bodies(PromptIssued) if body.deliver == "end"), key=lambda body: body.cell_id
    )
    assert [(said.prompt_id, said.choice, said.choices, said.text) for said in work.bodies(PromptAnswered)] == [
        (first.prompt_id, CHOICES[1], [CHOICES[1]], WORDS),
        (third.prompt_id, None, [], "a baseline"),
    ]
    assert work.bodies(PromptDismissed) == [PromptDismissed(prompt_id=second.prompt_id, reason="skip")]
    amended = work.bodies(PromptAmended)
    assert [(said.prompt_id, said.text) for said in amended] == [(third.prompt_id, "a baseline to beat")]
    assert first.prompt_id in {shown.prompt_id for shown in work.bodies(PromptShown)}
    focused = [event.prompt_id for event in work.bodies(PromptFocused)]
    assert focused == [first.prompt_id, second.prompt_id, third.prompt_id]
    assert work.bodies(StudyEnded) == [StudyEnded(by="participant")]
    assert work.bodies(ReviewOpened) == [ReviewOpened(n=3)] * 2
    # The reload in the middle put the review away, too.
    assert work.bodies(ReviewClosed) == [ReviewClosed(answered=1, left=1), ReviewClosed(answered=2, left=0)]
    nothing_more_is_recorded(work, person, page)


STUDY = """\
study: loans
capture: {outputs: full}
rules: []
finish: {then: "https://example.org/next?who={participant}"}
"""


def test_several_choices_and_words_that_are_required_and_the_way_on(
    start_lab: StartLab, person: Person, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    url = f"sqlite:///{tmp_path}/log.db"
    settings = {"PROMPTER_LOG": url, "MODE": "EXP_END", "PROMPTER_STUDY": str(tmp_path / "study.yaml")}
    work = Work(start_lab("lab", settings), person, url, by_policy=0, multiple=True, text="required")
    looking = Looking(person)
    looking.end_session()
    expect(looking.question).to_be_focused()
    looking.press("1", "3")
    for index, pressed in enumerate(("true", "false", "true")):
        expect(looking.choices.nth(index)).to_have_attribute("aria-pressed", pressed)
    # Choices alone do not do where words are asked for.
    save = looking.panel.locator(".jp-Prompter-send")
    expect(save).to_be_disabled()
    person.type("both of them")
    expect(save).to_be_enabled()
    accessible(looking.panel)
    looking.press("Enter")
    expect(looking.count).to_have_text("2 of 3")
    # Who closes the notebook puts the review away with it.
    work.waits_for(PromptAnswered, 1)
    page.evaluate("""() => [...window.jupyterapp.shell.widgets('main')].find(widget => widget.context).dispose()""")
    expect(looking.panel).to_have_count(0)
    work.waits_for(SessionClosed, 1)
    [answer] = work.bodies(PromptAnswered)
    assert (answer.choices, answer.text) == ([CHOICES[0], CHOICES[2]], "both of them")
    assert work.bodies(ReviewClosed) == [ReviewClosed(answered=1, left=2)]
    # On the next day the rest, and then the study's own page.
    person.open(work.lab.page(FILE))
    page.get_by_role("button", name="Open the review").click()
    for _ in range(2):
        looking.skip.click()
    way = looking.panel.get_by_role("link", name="Go on at example.org")
    owner = work.events()[-1].participant_id
    expect(way).to_have_attribute("href", f"https://example.org/next?who={owner}")
    expect(way).to_have_attribute("rel", "noopener noreferrer")


def test_finishing_later_leaves_the_rest_to_be_offered_again_until_it_is_done(
    work: Work, person: Person, page: Page
) -> None:
    looking = Looking(person)
    looking.end_session()
    expect(looking.count).to_have_text("1 of 3")
    # Down and up leave everything as it is, and drafts stay.
    looking.press("3", "Alt+ArrowDown")
    expect(looking.count).to_have_text("2 of 3")
    looking.press("Alt+ArrowUp")
    expect(looking.choices.nth(2)).to_have_attribute("aria-pressed", "true")
    looking.press("Escape")
    expect(looking.panel).to_have_count(0)
    person.sent()
    assert work.bodies(ReviewOpened) == [ReviewOpened(n=3)]
    assert work.bodies(ReviewClosed) == [ReviewClosed(answered=0, left=3)]
    # By the command on the same day.
    person.command("prompter:review")
    expect(looking.choices.nth(2)).to_have_attribute("aria-pressed", "true")
    for count in ("2 of 3", "3 of 3"):
        looking.skip.click()
        expect(looking.count).to_have_text(count)
    looking.skip.click()
    expect(looking.panel).to_contain_text("You answered 0 questions and skipped 3.")
    looking.panel.get_by_role("button", name="End session").click()
    ended(person)
    # What is done is not offered.
    person.open(work.lab.page(FILE))
    person.sent()
    assert page.get_by_role("button", name="Open the review").count() == 0


def test_keys_typed_in_the_review_mean_nothing_to_the_notebook(
    work: Work, person: Person, page: Page, tmp_path: Path
) -> None:
    looking = Looking(person)
    looking.end_session()
    expect(looking.question).to_be_focused()
    assert looking.overflow() <= 0
    page.screenshot(path=tmp_path / "review-beside.png")
    page.evaluate(
        """() => {
            const { commands, shell } = window.jupyterapp;
            const [notebook] = [...shell.widgets('main')].filter(widget => widget.context);
            commands.addCommand('test:act', { execute: () => notebook.model.sharedModel.deleteCell(0) });
            for (const key of ['D', 'Q', 'Accel S', 'Enter', 'Alt ArrowUp', 'Alt C']) {
                commands.addKeyBinding({ command: 'test:act', keys: [key], selector: '*' });
            }
        }"""
    )
    places = (
        looking.choices.first,
        looking.answer,
        looking.panel.get_by_role("radio").first,
        looking.source,
        looking.question,
    )
    # A narrow panel has no room for the steps.
    step = looking.panel.get_by_role("button", name="1, now")
    for place in (*places, step) if step.is_visible() else places:
        place.focus()
        for key in ("d", "d", "q", "x", "a", "b", "m", "z", "Control+s", "Alt+ArrowUp", "Alt+c", "Shift+Enter"):
            page.keyboard.press(key)
    cells: int = page.evaluate(
        """() => [...window.jupyterapp.shell.widgets('main')].find(widget => widget.context)
            .context.model.sharedModel.cells.length"""
    )
    assert cells == len(CELLS)


def change_theme(page: Page, theme: str) -> None:
    """Change JupyterLab's theme, and wait until its curtain is gone."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)


def test_pictures_of_the_review(start_lab: StartLab, person: Person, page: Page, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    Work(start_lab("lab", {"PROMPTER_LOG": url, "MODE": "EXP_END"}), person, url)
    looking = Looking(person)
    looking.end_session()
    expect(looking.count).to_have_text("1 of 3")
    page.evaluate("() => document.querySelectorAll('.Toastify').forEach(toast => toast.remove())")
    person.command("application:toggle-left-area")
    looking.press("2")
    person.type("As income is -1 where the applicant left it blank.")
    page.screenshot(path=tmp_path / "review.png")
    looking.press("Enter")
    expect(looking.count).to_have_text("2 of 3")
    looking.press("Alt+c")
    page.screenshot(path=tmp_path / "review-changes.png")
    page.set_viewport_size({"width": 760, "height": 800})
    for theme, picture in (("Dark High Contrast", "review-contrast.png"), ("Dark", "review-dark.png")):
        change_theme(page, f"JupyterLab {theme}")
        page.screenshot(path=tmp_path / picture)
        accessible(looking.panel)
        assert looking.overflow() <= 0
    page.emulate_media(forced_colors="active")
    page.screenshot(path=tmp_path / "review-forced-colours.png")
    accessible(looking.panel)
    page.emulate_media(forced_colors="none")
    looking.skip.click()
    expect(looking.count).to_have_text("3 of 3")
    looking.skip.click()
    expect(looking.panel.get_by_role("heading")).to_have_text("That was the last one")
    page.screenshot(path=tmp_path / "review-end-dark.png")
    accessible(looking.panel)

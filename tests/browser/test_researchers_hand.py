"""What researchers do from afar, as a person at a notebook meets it: a question at the next pause, the end, a task."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from prompter.storage import open_study_log
from prompter_events import Event, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellEdited, SessionClosed, SessionOpened
from prompter_events.catalogue.prompts import PromptAnswered, PromptIssued, PromptRequested, PromptShown, ReviewOpened
from prompter_events.catalogue.study import StudyEnded, TaskBegan, TaskEnded
from prompter_events.clock import now_micros
from support.awaiting import awaited
from support.notebooks import StartLab, write_notebook
from support.person import Person
from support.studying import events_until

FILE = "loans.ipynb"

STUDY = """\
study: by-hand
capture: {outputs: full}
rules: []
periods:
  - name: only
    conditions: [EXP_CTS, EXP_END, EXP_NONE]
    tasks: [{name: write, at: "tag:write", minutes: 30}]  # without limits no task is told
pace:
  quiet: {typing: 300 ms, run: 0 s}
"""


class Study:
    """A person in a condition, and a researcher who writes into the log as a monitor does."""

    def __init__(self, start_lab: StartLab, person: Person, tmp_path: Path, condition: str) -> None:
        (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
        self.condition = condition
        self.url = f"sqlite:///{tmp_path}/log.db"
        settings = {"PROMPTER_LOG": self.url, "MODE": condition, "PROMPTER_STUDY": str(tmp_path / "study.yaml")}
        self.lab = start_lab("lab", settings)
        self.person = person
        write_notebook(self.lab.root / FILE, "1 + 1", "2 + 2")
        person.open(self.lab.page(FILE))
        person.edit(0)
        person.type("  # begun")
        self.waits_for(CellEdited)  # a burst of typing is an event only when it ends

    def events(self) -> list[Event]:
        """All that the log holds."""

        async def read() -> list[Event]:
            async with open_study_log(self.url) as log:
                return [event async for event in log.read()]

        return awaited(read())

    def waits_for(self, kind: type[Body]) -> None:
        """Until the log holds an event of a kind."""
        events_until(self.url, kind)

    def says(self, *bodies: Body) -> None:
        """The server adds facts to the page's session."""
        session_id = [event for event in self.events() if isinstance(event.body, SessionOpened)][-1].session_id

        async def append() -> None:
            async with open_study_log(self.url) as log:
                owner = await log.session_owner(SessionId(session_id))
                assert owner is not None
                producer = ProducerId(uuid4())
                drafts = [
                    draft(
                        body,
                        session_id=SessionId(session_id),
                        producer_id=producer,
                        producer_seq=number,
                        participant_id=owner,
                        occurred_at=now_micros(),
                    )
                    for number, body in enumerate(bodies, 1)
                ]
                await log.append(producer, drafts)

        awaited(append())

    def asks(self, question: str, *, override: bool = False) -> None:
        """The researcher wants to ask."""
        wanted = PromptRequested(
            request_id=UUID(int=len(question)),
            question=question,
            choices=["This", "That"],
            language="en",
            by="Ada L.",
            override=override,
        )
        self.says(wanted)

    def bodies(self, kind: type[Body]) -> list[Body]:
        """What the log holds of a kind."""
        return [body for event in self.events() if isinstance(body := event.body, kind)]


@pytest.fixture
def study(request: pytest.FixtureRequest, start_lab: StartLab, person: Person, tmp_path: Path) -> Study:
    """In the condition that the test names."""
    return Study(start_lab, person, tmp_path, request.param)


@pytest.mark.parametrize("study", ["EXP_CTS", "EXP_NONE", "EXP_END"], indirect=True)
def test_a_researchers_question_comes_at_the_pause_and_looks_like_any_other(
    study: Study, person: Person, page: Page
) -> None:
    # Where the condition asks nothing now, the researcher has to insist.
    study.asks("What is it that you look at?", override=True)
    study.lab.catch_up()
    expect(person.prompt).to_have_count(0)
    person.run(0)
    expect(person.prompt).to_have_attribute("data-cell-id", "cell-0")
    expect(person.prompt.locator(".jp-Prompter-question")).to_have_text("What is it that you look at?")
    assert "Ada" not in page.content()
    study.waits_for(PromptShown)
    person.prompt.locator(".jp-Prompter-choice").first.click()
    person.prompt.locator(".jp-Prompter-send").click()
    person.sent()
    [issued] = study.bodies(PromptIssued)
    assert isinstance(issued, PromptIssued)
    assert (issued.author, issued.rule, issued.deliver) == ("Ada L.", "researcher", "now")
    assert issued.deviation == (study.condition != "EXP_CTS")
    assert len(study.bodies(PromptShown)) == len(study.bodies(PromptAnswered)) == 1


@pytest.mark.parametrize("study", ["EXP_END"], indirect=True)
def test_a_researcher_ends_the_session_and_the_review_opens_with_what_was_held(
    study: Study, person: Person, page: Page
) -> None:
    study.asks("What did you look at?")
    person.run(0)
    person.sent()
    person.edit(1)
    person.type(" + 3")
    study.says(StudyEnded(by="Ada L."))
    panel = page.locator(".jp-Prompter-review")
    expect(page.get_by_text("The session was ended by the study's team.").first).to_be_visible()
    expect(panel.locator(".jp-Prompter-endedBy")).to_have_text("The session was ended by the study's team.")
    expect(panel.locator(".jp-Prompter-ask")).to_contain_text("What did you look at?")
    expect(panel.get_by_role("status")).to_have_text("1 of 1")
    assert "Ada" not in page.content()
    # What was being typed is in the log before the review.
    typed = [body for body in study.bodies(CellEdited) if isinstance(body, CellEdited) and body.cell_id == "cell-1"]
    assert "".join(op for body in typed for _, ops in body.changes for op in ops if isinstance(op, str)) == " + 3"
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="End session").click()
    expect(panel).to_have_count(0)
    expect(person.status).to_have_attribute("data-state", "stopped")
    expect(person.status).to_have_attribute("data-unsent", "0")
    assert len(study.bodies(ReviewOpened)) == len(study.bodies(PromptAnswered)) == 1
    assert study.bodies(StudyEnded) == [StudyEnded(by="Ada L.")]
    assert [body.reason for body in study.bodies(SessionClosed) if isinstance(body, SessionClosed)] == ["ended"]


@pytest.mark.parametrize("study", ["EXP_CTS"], indirect=True)
def test_where_nothing_was_held_the_end_of_the_time_shows_the_end_alone(
    study: Study, person: Person, page: Page
) -> None:
    study.says(StudyEnded(by="time limit"))
    panel = page.locator(".jp-Prompter-review")
    expect(panel.locator(".jp-Prompter-endedBy")).to_have_text("Time is up.")
    expect(panel.get_by_role("heading")).to_have_text("Nothing to ask")
    # Loaded again, the page is not told of an end that is over.
    person.open(study.lab.page(FILE))
    person.run(0)
    person.sent()
    expect(panel).to_have_count(0)


@pytest.mark.parametrize("study", ["EXP_CTS"], indirect=True)
def test_a_task_is_shown_with_what_is_left_of_its_time_and_its_end_is_said(
    study: Study, person: Person, page: Page
) -> None:
    study.says(TaskBegan(name="<b>clean</b>", minutes=15))
    expect(person.status).to_have_attribute("title", re.compile(r"^Task “<b>clean</b>”: 15 minutes left, until \d"))
    person.command("prompter:open-panel")
    told = page.locator(".jp-Prompter-sideTask")
    expect(told).to_contain_text("15 minutes left")
    study.says(TaskEnded(name="<b>clean</b>", by="time limit"))
    expect(told).to_have_text("The time for “<b>clean</b>” is over.")
    expect(page.locator(".jp-toast-message, .Toastify__toast").first).to_contain_text("is over.")
    study.says(TaskBegan(name="fit"))
    expect(told).to_have_text("Task “fit”")

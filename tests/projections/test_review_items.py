"""What a review asks, told from logs written by hand: which questions are due, in which order, cells as they stood."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from making import Page, issued, opened, run
from msgspec.structs import replace
from workers import at_work

from prompter_events import NotebookId, open_log
from prompter_events.catalogue.notebook import CellAdded, CellRemoved, NotebookRenamed
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptWithdrawn,
    ReviewClosed,
)
from prompter_events.catalogue.runs import FrameFact, FrameShape, KernelFacts
from prompter_events.catalogue.study import StudyEnded
from prompter_events.log import Log
from prompter_projections import (
    MIGRATIONS,
    CurrentProjection,
    PromptsProjection,
    Review,
    UnknownNotebook,
    review_of,
    waiting_reviews,
)

ENDED = StudyEnded(by="participant")


@pytest.fixture(params=["sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    url = f"sqlite:///{tmp_path}/log.db"
    if request.param == "mysql":
        url = await request.getfixturevalue("mariadb").fresh_database(MIGRATIONS)
    async with open_log(url, migrate=request.param == "sqlite", migrations=[MIGRATIONS]) as opened_log:
        yield opened_log


async def held(log: Log, page: Page, cell_id: str, run_id: UUID | None = None) -> UUID:
    """Hold a question about a cell as it stands; the prompt's id."""
    prompt_id = uuid4()
    trigger = (await log.head()).position
    question: PromptIssued = replace(issued(page, cell_id, prompt_id), deliver="end", trigger=trigger, run_id=run_id)
    await page.say(log, question)
    return prompt_id


async def begun(log: Log, *cells: str, of: Page | None = None) -> Page:
    """A session with these cells; a later one of the same notebook, if it is told which."""
    page = Page(of.participant_id, of.notebook_id) if of else Page()
    await page.say(log, page.accepted("EXP_END"), opened(*((cell, f"{cell} = 0") for cell in cells)))
    return page


async def told(log: Log, page: Page) -> Review:
    """The review, the same before and after the read models take in the log."""
    review = await review_of(log, page.participant_id, page.notebook_id)
    waiting = await waiting_reviews(log, page.participant_id)
    assert {each.path for each in waiting} <= {review.path}
    head = (await log.head()).position
    for projection in (CurrentProjection(), PromptsProjection()):
        async with at_work(log, projection) as worker:
            await worker.caught_up(head)
    later = await review_of(log, page.participant_id, page.notebook_id)
    assert (later.items, later.path) == (review.items, review.path)
    again = await waiting_reviews(log, page.participant_id)
    assert [(each.notebook_id, each.questions) for each in again] == [
        (each.notebook_id, each.questions) for each in waiting
    ]
    opened = sum(item.question.fate == "open" for item in review.items)
    assert [each.questions for each in again] == ([opened] if opened else [])
    return later


def asked(review: Review) -> list[UUID]:
    return [item.question.issued.prompt_id for item in review.items]


def answered(prompt_id: UUID, text: str = "", choices: tuple[str, ...] = ()) -> PromptAnswered:
    first = choices[0] if choices else None
    return PromptAnswered(prompt_id=prompt_id, text=text, choice=first, choices=list(choices), drafting_ms=1)


async def test_nothing_is_due_before_the_end_and_what_comes_after_it_waits_for_the_next(log: Log) -> None:
    page = await begun(log, "a", "b")
    first = await held(log, page, "a")
    review = await told(log, page)
    assert (review.ended, asked(review)) == (False, [])
    await page.say(log, ENDED, *run("b", "b = 1"))
    second = await held(log, page, "b")
    review = await told(log, page)
    assert (review.ended, review.path, asked(review)) == (True, "work.ipynb", [first])
    # On the next day the rest of the work is ended too: both wait.
    later = await begun(log, "a", "b", of=page)
    await later.say(log, ENDED)
    assert asked(await told(log, page)) == [first, second]


async def test_what_the_end_itself_made_the_policy_ask_is_due(log: Log) -> None:
    page = await begun(log, "a")
    await page.say(log, ENDED)
    question = await held(log, page, "a")
    assert asked(await told(log, page)) == [question]


async def test_the_file_is_called_by_its_newest_name_before_any_read_model_knows_it(log: Log) -> None:
    page = await begun(log, "a")
    await held(log, page, "a")
    await page.say(log, NotebookRenamed(path="loans.ipynb"), ENDED)
    assert (await told(log, page)).path == "loans.ipynb"


async def test_a_cell_is_asked_about_once_by_its_newest_question(log: Log) -> None:
    page = await begun(log, "a")
    await held(log, page, "a")
    newest = await held(log, page, "a")
    await page.say(log, ENDED)
    assert asked(await told(log, page)) == [newest]


async def test_what_expired_or_was_withdrawn_is_not_asked(log: Log) -> None:
    page = await begun(log, "a", "b", "c")
    expired, withdrawn = await held(log, page, "a"), await held(log, page, "b")
    kept = await held(log, page, "c")
    await page.say(
        log,
        PromptExpired(prompt_id=expired, decided_at=1, after=1),
        PromptWithdrawn(prompt_id=withdrawn, decided_at=1, after=1),
        ENDED,
    )
    assert asked(await told(log, page)) == [kept]


async def test_questions_of_other_notebooks_and_those_asked_at_once_are_not_in_it(log: Log) -> None:
    page = await begun(log, "a")
    other = Page(page.participant_id)
    await other.say(log, other.accepted(), opened(("a", "1")))
    await held(log, other, "a")
    await page.say(log, issued(page, "a"), ENDED)
    assert asked(await told(log, page)) == []


async def test_answers_stay_to_go_back_to_until_a_review_was_closed_with_nothing_left(log: Log) -> None:
    page = await begun(log, "a", "b")
    one, two = await held(log, page, "a"), await held(log, page, "b")
    await page.say(log, ENDED, answered(one, "first", ("x", "y")), ReviewClosed(answered=1, left=1))
    review = await told(log, page)
    assert asked(review) == [one, two]
    answer = review.items[0].question.answer
    assert answer is not None
    assert (answer.choices, answer.text) == (("x", "y"), "first")
    # An answer counts once, may be amended, and may follow a skip.
    await page.say(
        log,
        answered(one, "late copy"),
        PromptAmended(prompt_id=one, text="second", choice="x"),
        PromptDismissed(prompt_id=two, reason="skip"),
        answered(two, "after all"),
    )
    said = [item.question.answer for item in (await told(log, page)).items]
    assert [(each.choices, each.text) for each in said if each] == [(("x",), "second"), ((), "after all")]
    await page.say(log, ReviewClosed(answered=2, left=0))
    assert asked(await told(log, page)) == []


async def test_cells_come_as_they_stood_in_the_order_of_the_notebook_as_it_stands(log: Log) -> None:
    page = await begun(log, "a", "b")
    first, second = run("b", "b = 1"), run("b", "b = 2", status="error")
    shapes = [FrameShape(rows=rows, columns=3) for rows in (7, 5)]
    frame = FrameFact(name="df", kind="pandas.DataFrame", before=shapes[0], after=shapes[1])
    await page.say(log, *first, *second)
    await page.say(log, KernelFacts(run_id=second[0].run_id, read=[], bound=[], frames=[frame]))
    about_b = await held(log, page, "b", second[0].run_id)
    about_a = await held(log, page, "a")
    later = await begun(log, "a", "b", of=page)
    await later.say(
        log,
        *run("b", "b = 3"),
        CellRemoved(cell_id="a", index=0, cause="user"),
        CellAdded(cell_id="new", index=0, cell_type="code", source="", cause="user", parents=[]),
    )
    about_new = await held(log, later, "new")
    await later.say(log, ENDED)
    review = await told(log, page)
    # A removed cell stands before the one that took its place.
    assert asked(review) == [about_a, about_new, about_b]
    assert [(item.place, item.gone) for item in review.items] == [(1, True), (1, False), (2, False)]
    gone, _, stood = (item.cell for item in review.items)
    assert gone is not None
    assert (gone.source, gone.number) == ("a = 0", 0)
    assert stood is not None
    assert (stood.source, stood.status, stood.number, stood.of) == ("b = 2", "error", 2, 3)
    assert stood.frames == (frame,)


async def test_nobody_has_a_notebook_that_is_not_theirs(log: Log) -> None:
    page, stranger = await begun(log, "a"), await begun(log, "a")
    with pytest.raises(UnknownNotebook):
        await review_of(log, stranger.participant_id, page.notebook_id)
    with pytest.raises(UnknownNotebook):
        await review_of(log, page.participant_id, NotebookId(uuid4()))

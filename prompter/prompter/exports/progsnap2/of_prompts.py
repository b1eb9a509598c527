"""Rows of questions and answers."""

from __future__ import annotations

from collections.abc import Iterator

from prompter_events.catalogue import prompts as p
from prompter_events.event import Event
from prompter_projections.notebook import NotebookState

from ..session import clean, json_text
from .maker import Made, Maker, Question, event_id, x_type
from .table import Value

Answered = p.PromptAnswered | p.PromptAmended
Following = Answered | p.PromptFocused | p.PromptDismissed | p.PromptSnoozed | p.PromptExpired | p.PromptWithdrawn


def issued(
    maker: Maker, event: Event, body: p.PromptIssued, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """A question that nobody has seen yet."""
    maker.questions[str(body.prompt_id)] = Question(body, None)
    yield maker.other(event, body)


def shown(
    maker: Maker, event: Event, body: p.PromptShown, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The question reached the person: this is the intervention."""
    asked = maker.questions.get(str(body.prompt_id))
    if asked is None:
        # Asked before what this release holds: an intervention needs a message, and there is none.
        yield maker.other(event, body)
        return
    question = asked.issued
    by_rule = question.author == "rule"
    yield maker.row(
        event,
        "Intervention",
        maker.section(question.cell_id, after.table.get(question.cell_id)),
        {
            "ExecutionID": None if question.run_id is None else str(question.run_id),
            "EventInitiator": "ToolReaction" if by_rule else "InstructorDirectAction",
            "InterventionCategory": "X-Question",
            "InterventionType": clean(question.rule) or "researcher",
            "InterventionMessage": clean(question.question) or "(no words)",
        },
    )
    maker.questions[str(body.prompt_id)] = Question(question, event_id(event, maker.count))


def followed(
    maker: Maker, event: Event, body: Following, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """What became of a question: its parent is the intervention, its cell the one that was asked about."""
    asked = maker.questions.get(str(body.prompt_id))
    row: dict[str, Value] = {"X-Data": json_text(body)}
    if asked is not None:
        cell_id = asked.issued.cell_id
        row |= {**maker.section(cell_id, after.table.get(cell_id)), "ParentEventID": asked.shown_as}
    if isinstance(body, Answered):
        taken = body.choices or ([] if body.choice is None else [body.choice])
        row |= {"X-Answer": clean(body.text), "X-Choices": json_text(taken)}
    if isinstance(body, p.PromptAnswered):
        row["X-DraftingMs"] = body.drafting_ms
    yield maker.row(event, x_type(event.type), row)

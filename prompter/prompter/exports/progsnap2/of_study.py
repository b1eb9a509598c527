"""Rows of what is around the work: tasks, and what capture says about itself."""

from __future__ import annotations

from collections.abc import Iterator

from prompter_events.catalogue import Body
from prompter_events.catalogue import study as s
from prompter_events.event import Event
from prompter_projections.notebook import NotebookState

from ..session import clean
from .maker import LinkRow, Made, MainRow, Maker


def task_began(
    maker: Maker, event: Event, body: s.TaskBegan, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """From here on rows name the task."""
    maker.tasks.append(body.name)
    yield maker.other(event, body)


def task_ended(
    maker: Maker, event: Event, body: s.TaskEnded, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The last row that names the task."""
    yield maker.other(event, body)
    if body.name in maker.tasks:
        maker.tasks.remove(body.name)


def lost(
    maker: Maker, event: Event, body: s.CaptureLost, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """A hole in the record is a logging error."""
    yield from _logging_error(maker, event, body, body.count, body.reason)


def invalid(
    maker: Maker, event: Event, body: s.CaptureInvalid, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """So is an event that could not be understood."""
    yield from _logging_error(maker, event, body, 1, f"{body.claimed_type}: {body.reason}")


def _logging_error(maker: Maker, event: Event, body: Body, count: int, why: str) -> Iterator[Made]:
    row = maker.other(event, body).values
    error = {"LoggingErrorID": row["EventID"]}
    yield MainRow({**row, **error})
    yield LinkRow(
        "LinkLoggingError",
        {
            **error,
            **maker.who,
            "X-Type": event.type,
            "X-Count": count,
            "X-Explanation": clean(why),
        },
    )

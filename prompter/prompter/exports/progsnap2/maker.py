"""The parts that rows of a ProgSnap2 main table are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass

from prompter_events.catalogue import Body
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue.base import Cause
from prompter_events.event import Event
from prompter_projections.current import BY_THE_SERVER
from prompter_projections.notebook import Cell

from ..session import SessionCells, clean, iso_time, json_text, notebook_of
from ..stream import ReleasedSession
from .states import CodeState, CodeStates
from .table import Value

Row = Mapping[str, Value]

MOST_ROWS = 100_000
"""Rows of one event are told apart by this in ``Order``; an event of 1 MiB makes fewer."""


@dataclass(frozen=True, slots=True)
class MainRow:
    """One row of ``MainTable.csv``; columns that are not there are empty."""

    values: Row


@dataclass(frozen=True, slots=True)
class Resource:
    """A text file of the data set. The path is made of numbers and ids of ours alone."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One row of a link table."""

    table: str
    values: Row


_INITIATORS: dict[Cause, str] = {
    "remote": "TeamMemberDirectAction",
    "tool": "ToolReaction",
    "prompt": "ToolReaction",
    "undo": "UserIndirectAction",
    "redo": "UserIndirectAction",
    "restore": "UserIndirectAction",
}

Made = MainRow | CodeState | Resource | LinkRow


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt that was issued, and the EventID of its latest Intervention; none before it was shown."""

    issued: p.PromptIssued
    shown_as: str | None


def x_type(name: str) -> str:
    """``prompt.snoozed`` → ``X-Prompt.Snoozed``."""
    return "X-" + ".".join("".join(word.capitalize() for word in part.split("_")) for part in name.split("."))


def initiator(cause: Cause) -> str:
    """``EventInitiator`` of what a person or a program did to the notebook."""
    return _INITIATORS.get(cause, "UserDirectAction")


@dataclass(frozen=True, slots=True)
class RunUnderWay:
    """A run that was scheduled and has not ended."""

    cell_id: str
    code_state_id: str
    version: int
    """Which run of the cell it is, counted from 1."""


class Maker:
    """What the rows of one session have in common.

    ``questions`` holds the prompts by their id; the sessions of a notebook share it, since a prompt may be answered
    after a reload.
    """

    def __init__(self, session: ReleasedSession, states: CodeStates, questions: MutableMapping[str, Question]) -> None:
        self.who: Row = {
            "SubjectID": clean(session.participant),
            "SessionID": str(session.session_id),
            "ProjectID": notebook_of(session),
        }
        """The columns that all rows of the session share."""
        self.session_id = str(session.session_id)
        self.questions = questions
        self.cells = SessionCells()
        self.tools = "jupyterlab-prompter"
        self.tasks: list[str] = []
        self.runs: dict[str, RunUnderWay] = {}
        self.versions: dict[str, int] = {}
        """How often each cell was run."""
        self.texts: dict[str, str] = {}
        """The code state of each cell."""
        self.outputs = 0
        """How many runs had text to keep."""
        self.last = ""
        """The code state that ``state`` found."""
        self.count = 0
        """How many rows the event has made."""
        self._states = states
        self._study = clean(session.study) or None
        self._condition = clean(": ".join(filter(None, (session.study, session.condition)))) or None

    def row(self, event: Event, event_type: str, *columns: Row) -> MainRow:
        """The next row of an event."""
        self.count += 1
        row: dict[str, Value] = {
            "EventID": event_id(event, self.count),
            "Order": event.position * MOST_ROWS + min(self.count, MOST_ROWS - 1),
            **self.who,
            "EventType": event_type,
            "ToolInstances": self.tools,
            "ServerTimestamp": iso_time(event.recorded_at),
            "ClientTimestamp": None if event.type in BY_THE_SERVER else iso_time(event.occurred_at),
            "AssignmentID": self._study,
            "ProblemID": clean(self.tasks[-1]) if self.tasks else None,
            "ExperimentalCondition": self._condition,
        }
        for some in columns:
            row.update(some)
        return MainRow(row)

    def state(self, text: str) -> Iterator[CodeState]:
        """A text's row of code states, where it is new; ``last`` is its id then."""
        self.last, made = self._states.id_of(text)
        if made is not None:
            yield made

    def cell_state(self, cell: Cell) -> Iterator[CodeState]:
        """As ``state``, of a cell as it stands."""
        yield from self.state(clean(cell.source))
        self.texts[cell.cell_id] = self.last

    def section(self, cell_id: str, cell: Cell | None = None) -> Row:
        """The columns of a cell."""
        return {
            "CodeStateSection": clean(cell_id),
            "CodeStateID": self.texts.get(cell_id),
            "X-CellType": None if cell is None else cell.cell_type,
        }

    def file(self, path: str) -> str:
        """The notebook as a file: its path; the notebook's id where that is not known, since files need a name."""
        return clean(path) or str(self.who["ProjectID"])

    def other(self, event: Event, body: Body) -> MainRow:
        """The row of an event that ProgSnap2 has no type for: its fields are told as they are."""
        cell_id = getattr(body, "cell_id", None)
        about: Row = self.section(cell_id, self.cells.cell(cell_id)) if isinstance(cell_id, str) else {}
        return self.row(event, x_type(event.type), about, {"X-Data": json_text(body)})


def event_id(event: Event, number: int) -> str:
    """The id of an event's first, second … row."""
    return str(event.position) if number == 1 else f"{event.position}-{number}"

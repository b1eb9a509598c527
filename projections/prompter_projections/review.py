"""The review at the end: the questions that were held for it, each with its cell as it stood then.

It is read from the log itself, so that nothing is missing while read models lag behind. A question belongs to the
review once ``study.ended`` was said in a session of its notebook after what made a rule propose it; what was answered
or skipped stays in it, to go back to, until a review of the notebook was closed with nothing left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events.catalogue.base import CellType
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptWithdrawn,
    ReviewClosed,
)
from prompter_events.catalogue.runs import FrameFact, KernelFacts, RunError, RunFinished, RunOutput, RunScheduled
from prompter_events.errors import PrompterError
from prompter_events.event import Event, NotebookId, ParticipantId, SessionId
from prompter_events.log import Log

from .fold import body_of
from .notebook_sessions import NotebookSessions, sessions_of
from .prompts import open_prompts
from .replay import notebook_at

_LIFE = frozenset(
    {
        "prompt.issued",
        "prompt.answered",
        "prompt.amended",
        "prompt.dismissed",
        "prompt.expired",
        "prompt.withdrawn",
        "review.closed",
        "study.ended",
    }
)
_RUNS = frozenset({"run.scheduled", "run.finished", "kernel.facts"})

Fate = Literal["open", "answered", "skipped"]


class UnknownNotebook(PrompterError):
    """The participant has no such notebook."""

    def __init__(self, notebook_id: NotebookId) -> None:
        super().__init__(f"this participant has no notebook {notebook_id}")
        self.notebook_id = notebook_id


class Said(msgspec.Struct, frozen=True):
    """An answer."""

    choices: tuple[str, ...]
    text: str


class HeldQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was held for the end, and what became of it."""

    session_id: UUID
    """The session in which it was issued."""
    position: int
    """That of ``prompt.issued``."""
    issued: PromptIssued
    fate: Fate | None = "open"
    """None: it is over and nobody is to be asked any more."""
    answer: Said | None = None
    ended: int = 0
    """The position of the event that ended it."""


class Stood(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as it stood when its question arose. Times in µs since the epoch, UTC."""

    at: int
    cell_type: CellType
    source: str
    withheld: bool
    """Whether a part of the source is withheld."""
    status: str | None = None
    """How the run ended; none while the log does not tell."""
    number: int = 0
    """Which of the cell's runs it was, counted from 1; 0 where the question is about no run."""
    of: int = 0
    """How many runs the cell had in all."""
    duration_ms: int | None = None
    outputs: tuple[RunOutput, ...] = ()
    error: RunError | None = None
    frames: tuple[FrameFact, ...] = ()
    """Data frames that the run made, changed or removed, where the kernel told."""


class ReviewItem(msgspec.Struct, frozen=True, kw_only=True):
    """One question with its cell."""

    question: HeldQuestion
    place: int
    """The cell's place in the notebook as it stands, counted from 1; of one that is gone its place then; 0: unknown."""
    gone: bool
    """Whether the cell is no longer in the notebook."""
    cell: Stood | None
    """None where the log cannot tell, such as after an erasure."""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The review of one notebook: one item for each cell, in the notebook's order."""

    path: str
    ended: bool
    """Whether ``study.ended`` was said in one of the notebook's sessions."""
    items: tuple[ReviewItem, ...]


class WaitingReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review that somebody has not finished."""

    notebook_id: UUID
    path: str
    questions: int
    """How many are open."""


async def review_of(log: Log, participant_id: ParticipantId, notebook_id: NotebookId) -> Review:
    """The review of a participant's notebook, as the log tells now. Raises ``UnknownNotebook``."""
    found = await sessions_of(log, participant_id, notebook_id)
    if not found.sessions or await log.is_erased(participant_id):
        raise UnknownNotebook(notebook_id)
    life = await _life(log, found, notebook_id)
    held = life.due()
    stood = await _stood(log, found.sessions, held)
    order = await _order(log, found.sessions) if held else {}
    items = []
    for question in held:
        place = order.get(question.issued.cell_id, 0)
        items.append(
            ReviewItem(
                question=question,
                place=place or await _place_then(log, question),
                gone=not place,
                cell=stood.get(question.issued.prompt_id) or await _stood_without_run(log, question),
            )
        )
    # A removed cell comes before the one that took its place.
    items.sort(key=lambda item: (item.place, not item.gone, item.question.position))
    return Review(path=found.path, ended=life.ended > 0, items=tuple(items))


async def waiting_reviews(log: Log, participant_id: ParticipantId) -> list[WaitingReview]:
    """The reviews that wait for a participant. Costs next to nothing where no question is held."""
    rows, as_of = await open_prompts(log, participant_id)
    notebooks = {prompt.notebook_id for prompt in rows if prompt.deliver == "end"}
    async for event in log.read(after=as_of, types=["prompt.issued"]):
        body = body_of(event) if event.participant_id == participant_id else None
        if isinstance(body, PromptIssued) and body.deliver == "end":
            notebooks.add(body.notebook_id)
    waiting = []
    for notebook_id in sorted(notebooks):
        found = await sessions_of(log, participant_id, NotebookId(notebook_id))
        due = (await _life(log, found, NotebookId(notebook_id))).due()
        if questions := sum(question.fate == "open" for question in due):
            waiting.append(WaitingReview(notebook_id=notebook_id, path=found.path, questions=questions))
    return waiting


class _Life:
    """The held questions of a notebook, fed with its events in the order of their positions."""

    def __init__(self, notebook_id: NotebookId) -> None:
        self._notebook_id = notebook_id
        self._held: dict[UUID, HeldQuestion] = {}
        self._reviewed = 0
        self.ended = 0
        """The position of the latest ``study.ended``; 0 before there is one."""

    def take(self, event: Event) -> None:
        """The next event."""
        body = body_of(event)
        match body:
            case PromptIssued(deliver="end", notebook_id=self._notebook_id):
                held = HeldQuestion(session_id=event.session_id, position=event.position, issued=body)
                self._held.setdefault(body.prompt_id, held)
            case PromptAnswered() | PromptAmended() | PromptDismissed() | PromptExpired() | PromptWithdrawn():
                if (question := self._held.get(body.prompt_id)) is not None:
                    self._held[body.prompt_id] = _lived(question, event, body)
            case ReviewClosed(left=0):
                self._reviewed = event.position
        if event.type == "study.ended":
            self.ended = event.position

    def due(self) -> list[HeldQuestion]:
        """What the review asks, or asked since the last one was finished: of each cell the newest question."""
        newest: dict[str, HeldQuestion] = {}
        for question in self._held.values():
            is_over = question.fate is None or (question.fate != "open" and question.ended <= self._reviewed)
            if not is_over and question.issued.trigger <= self.ended:
                newest[question.issued.cell_id] = question
        return list(newest.values())


_Ending = PromptAnswered | PromptAmended | PromptDismissed | PromptExpired | PromptWithdrawn


def _lived(question: HeldQuestion, event: Event, body: _Ending) -> HeldQuestion:
    match body:
        case PromptAnswered() if question.fate == "answered":
            return question
        case PromptAmended() if question.fate != "answered":
            return question
        case PromptAnswered() | PromptAmended():
            choices = tuple(body.choices) or ((body.choice,) if body.choice is not None else ())
            return replace(question, fate="answered", answer=Said(choices, body.text), ended=event.position)
        case PromptDismissed() if question.fate == "open":
            return replace(question, fate="skipped", ended=event.position)
        case PromptExpired() | PromptWithdrawn() if question.fate == "open":
            return replace(question, fate=None, ended=event.position)
    return question


async def _life(log: Log, found: NotebookSessions, notebook_id: NotebookId) -> _Life:
    life = _Life(notebook_id)
    events = [event for session in found.sessions async for event in log.read(session=session, types=_LIFE)]
    for event in sorted(events, key=lambda event: event.position):
        life.take(event)
    return life


async def _stood(log: Log, sessions: Sequence[SessionId], held: Iterable[HeldQuestion]) -> dict[UUID, Stood]:
    """The cells at the runs that the questions are about, by prompt."""
    prompts: dict[UUID, list[UUID]] = {}
    for question in held:
        if question.issued.run_id is not None:
            prompts.setdefault(question.issued.run_id, []).append(question.issued.prompt_id)
    if not prompts:
        return {}
    cells = {question.issued.cell_id for question in held}
    scheduled: dict[UUID, tuple[Event, RunScheduled]] = {}
    finished: dict[UUID, RunFinished] = {}
    frames: dict[UUID, tuple[FrameFact, ...]] = {}
    for session in sessions:
        async for event in log.read(session=session, types=_RUNS):
            match body_of(event):
                case RunScheduled() as body if body.cell_id in cells:
                    scheduled.setdefault(body.run_id, (event, body))
                case RunFinished() as body if body.run_id in prompts:
                    finished.setdefault(body.run_id, body)
                case KernelFacts(run_id=UUID() as run_id) as body if run_id in prompts:
                    frames.setdefault(run_id, tuple(body.frames))
    numbers = _numbers(scheduled)
    stood = {}
    for run_id in prompts.keys() & scheduled.keys():
        event, run = scheduled[run_id]
        end = finished.get(run_id)
        cell = Stood(
            at=event.occurred_at,
            cell_type="code",
            source=run.source,
            withheld=run.withheld,
            status=end.status if end else None,
            number=numbers[run_id],
            of=sum(other.cell_id == run.cell_id for _, other in scheduled.values()),
            duration_ms=end.duration_ms if end else None,
            outputs=tuple(end.outputs) if end else (),
            error=end.error if end else None,
            frames=frames.get(run_id, ()),
        )
        stood.update(dict.fromkeys(prompts[run_id], cell))
    return stood


def _numbers(scheduled: Mapping[UUID, tuple[Event, RunScheduled]]) -> dict[UUID, int]:
    """Which of its cell's runs each one is, counted from 1."""
    counts: dict[str, int] = {}
    numbers = {}
    for _, run in sorted(scheduled.values(), key=lambda each: each[0].position):
        counts[run.cell_id] = numbers[run.run_id] = counts.get(run.cell_id, 0) + 1
    return numbers


async def _stood_without_run(log: Log, question: HeldQuestion) -> Stood | None:
    """The cell when a question arose that is about no run."""
    issued = question.issued
    notebook = await notebook_at(log, SessionId(question.session_id), position=_arose(issued))
    cell = notebook.state.table.get(issued.cell_id)
    if cell is None:
        return None
    return Stood(
        at=issued.decided_at,
        cell_type=cell.cell_type,
        source=cell.source,
        withheld=cell.withheld,
        status=cell.status,
        outputs=cell.outputs,
        error=cell.error,
    )


def _arose(issued: PromptIssued) -> int:
    """Where in the log a question arose: of a rule when it proposed it, of a researcher when it was asked."""
    return issued.trigger if issued.author == "rule" else issued.after


async def _order(log: Log, sessions: Sequence[SessionId]) -> dict[str, int]:
    """The places of the cells as the notebook stands, counted from 1."""
    for session in reversed(sessions):
        if order := (await notebook_at(log, session)).state.order:
            return {cell_id: place for place, cell_id in enumerate(order, 1)}
    return {}


async def _place_then(log: Log, question: HeldQuestion) -> int:
    notebook = await notebook_at(log, SessionId(question.session_id), position=_arose(question.issued))
    order = notebook.state.order
    return order.index(question.issued.cell_id) + 1 if question.issued.cell_id in order else 0

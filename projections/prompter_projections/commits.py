"""A session as a row of commits: one for each run, and one for the work as it was left.

Each holds the notebook as it stood when the run was over, how the run ended, and what the participant answered about
that version of the cell, whenever that was. ``Building`` is pure and takes events once, in the order of the log.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.runs import RunFinished, RunScheduled, RunStarted, RunStatus
from prompter_events.erasure import Progress
from prompter_events.event import START, Event, ParticipantId, Position, SessionId
from prompter_events.log import Log

from .current import BY_THE_SERVER
from .fold import body_of
from .notebook import Note, NotebookState
from .prompts import CurrentPrompt, PromptsProjection, PromptState
from .pseudonym import pseudonym
from .replay import UnknownSession
from .replayer import Replayer

ANSWERS = frozenset({"prompt.issued", "prompt.answered", "prompt.amended"})
"""The types of events that ``Building.hear`` takes."""

_RUNS = frozenset({"run.scheduled", "run.started", "run.finished"})


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the participant said about one version of a cell; the latest wording."""

    question: str
    choice: str | None
    text: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run and how it ended."""

    run_id: UUID
    cell_id: str
    """Empty if the event that names the cell is missing."""
    place: int | None
    """The cell's place in the commit's notebook, counted from 1; none if it is not there."""
    source: str
    """As it was when the run was asked for."""
    status: RunStatus
    error_name: str | None
    execution_count: int | None
    duration_ms: int | None
    answers: tuple[Answer, ...]
    """In the order of the questions."""


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """The notebook at one moment, and why that moment matters. Times in µs since the epoch by the page's clock."""

    position: Position
    """The last event that the notebook tells."""
    authored_at: int
    """When the run was asked for."""
    committed_at: int
    """When it was over."""
    notebook: NotebookState
    run: Run | None
    """None: the work as it was left."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One session."""

    session_id: SessionId
    author: str
    """The participant's pseudonym."""
    runs: tuple[Commit, ...]
    """One for each run, in the order in which they ended. A run without an end stands where it was last heard of."""
    left: Commit
    """The work as it was left; its notebook may be that of the last run."""
    closed: bool
    """Whether the notebook was closed, as far as the log knows."""
    notes: tuple[Note, ...]
    """What a reader should know about the replay."""
    more_notes: int
    """How many notes came after those."""


class _Known(msgspec.Struct):
    """A run while events are read."""

    run_id: UUID
    begun: int
    """Position of its first event."""
    asked_at: int
    last_at: int
    position: Position
    notebook: NotebookState
    cell_id: str = ""
    source: str = ""
    end: RunFinished | None = None


class Building:
    """What is known of a session so far."""

    def __init__(self, session_id: SessionId, key: bytes = b"") -> None:
        """``key`` is the secret of the pseudonyms."""
        self._key = key
        self.participant_id: ParticipantId | None = None
        """Whose session it is; none before the first event."""
        self.first = self.position = START
        self._session_id = session_id
        self._replayer = Replayer()
        self._runs: dict[UUID, _Known] = {}
        self._study = ""
        self._last_at = 0
        self._closed = False
        self._prompts = PromptsProjection()
        self._asked: dict[bytes, PromptState] = {}

    def take(self, event: Event) -> None:
        """The session's next event."""
        if self.participant_id is None:
            self.participant_id, self.first, self._last_at = event.participant_id, event.position, event.occurred_at
        self.position = event.position
        self._replayer = self._replayer.take(event)
        if event.type not in BY_THE_SERVER:
            self._last_at = max(self._last_at, event.occurred_at)
            self._closed = event.type == "session.closed"
        if event.type in _RUNS:
            self._ran(event)
        elif event.type == "session.accepted":
            body = body_of(event)
            self._study = body.study if isinstance(body, SessionAccepted) else self._study

    def hear(self, event: Event) -> None:
        """The log's next question or answer, of whichever session: people answer after a reload, or on another day."""
        if event.participant_id != self.participant_id:
            return
        key = self._prompts.key(event)
        if key is not None:
            self._asked[key] = self._prompts.fold(self._asked.get(key), event)

    def history(self) -> History:
        """What the events tell. Raises ``UnknownSession`` if there were none."""
        if self.participant_id is None:
            raise UnknownSession(self._session_id)
        answers = self._answers()
        known = sorted(self._runs.values(), key=lambda run: run.position)
        state = self._replayer.state
        return History(
            session_id=self._session_id,
            author=pseudonym(self.participant_id, self._study, self._key),
            runs=tuple(_commit(run, tuple(answers.get(run.run_id, ()))) for run in known),
            left=Commit(
                position=self.position,
                authored_at=self._last_at,
                committed_at=self._last_at,
                notebook=state,
                run=None,
            ),
            closed=self._closed,
            notes=state.notes,
            more_notes=state.more_notes,
        )

    def _ran(self, event: Event) -> None:
        body = body_of(event)
        if not isinstance(body, RunScheduled | RunStarted | RunFinished):
            return
        at, notebook = event.occurred_at, self._replayer.state
        run = self._runs.get(body.run_id)
        if run is None:
            run = _Known(body.run_id, event.position, at, at, event.position, notebook)
            self._runs[body.run_id] = run
        elif run.end is not None:
            return  # a run ends once
        run.last_at, run.position, run.notebook = at, event.position, notebook
        if isinstance(body, RunFinished):
            run.end = body
        elif isinstance(body, RunScheduled) and not run.cell_id:
            run.cell_id, run.source = body.cell_id, body.source

    def _answers(self) -> dict[UUID, list[Answer]]:
        found: dict[UUID, list[Answer]] = {}
        asked = [state.prompt for state in self._asked.values() if state.prompt is not None]
        for prompt in sorted(asked, key=lambda prompt: prompt.position):
            run_id = self._run_asked_about(prompt)
            if prompt.status == "answered" and run_id is not None:
                answer = Answer(question=prompt.question, choice=prompt.choice, text=prompt.text or "")
                found.setdefault(run_id, []).append(answer)
        return found

    def _run_asked_about(self, prompt: CurrentPrompt) -> UUID | None:
        """The run that made the version asked about: the one that is named, else the cell's last one before."""
        if prompt.run_id is not None or prompt.session_id != self._session_id:
            return prompt.run_id
        before = [run for run in self._runs.values() if run.cell_id == prompt.cell_id and run.begun < prompt.position]
        return before[-1].run_id if before else None


async def history(log: Log, session_id: SessionId, progress: Progress | None = None, *, key: bytes = b"") -> History:
    """A session's history. ``progress(done, total)`` counts positions of the log; ``key`` is that of the pseudonyms.

    Raises ``UnknownSession``.
    """
    building = Building(session_id, key)
    head = (await log.head()).position
    taken = 0
    async for event in log.read(session=session_id):
        building.take(event)
        taken += 1
        if progress is not None and taken % 1000 == 0:
            progress(event.position, head)
    async for event in log.read(after=building.first, types=ANSWERS):
        building.hear(event)
    return building.history()


def _commit(run: _Known, answers: tuple[Answer, ...]) -> Commit:
    state, end = run.notebook, run.end
    error = end.error if end is not None else None
    return Commit(
        position=run.position,
        authored_at=run.asked_at,
        committed_at=run.last_at,
        notebook=state,
        run=Run(
            run_id=run.run_id,
            cell_id=run.cell_id,
            place=state.order.index(run.cell_id) + 1 if run.cell_id in state.table else None,
            source=run.source,
            status=end.status if end is not None else "lost",
            error_name=error.name if error is not None else None,
            execution_count=end.execution_count if end is not None else None,
            duration_ms=end.duration_ms if end is not None else None,
            answers=answers,
        ),
    )

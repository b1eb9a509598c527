"""A participant at work, for tests of the policy: events go in, what the policy emits comes out.

It calls the policy as the worker does, timers included, with a clock that moves only when told.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from msgspec.structs import replace

from prompter.policy import Prompting
from prompter.policy.memory import ParticipantMemory
from prompter.study import Study
from prompter_events import Event, ParticipantId, Position, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellRemoved,
    CellSnapshot,
    Client,
    SessionAccepted,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunFinished, RunScheduled, RunStatus
from prompter_projections.fold import Emission

SECOND = 1_000_000
MINUTE = 60 * SECOND
MONDAY = 1_790_000_000 * SECOND


class Desk:
    """One participant, one notebook, one page; ``reload`` begins a new session on the same notebook."""

    def __init__(self, study: Study, condition: str = "EXP_CTS", given: tuple[str, ...] = ("given",)) -> None:
        self.policy = Prompting(study)
        self.now = MONDAY
        self.emitted: list[tuple[int, Emission]] = []
        self.sources = dict.fromkeys(given, "1")
        self.running: dict[UUID, str] = {}
        self._condition = condition
        self._participant = ParticipantId(uuid4())
        self._notebook = uuid4()
        self._state: ParticipantMemory | None = None
        self._position = 0
        self.reload()

    def reload(self) -> None:
        """A new page, hence a new session, on the same notebook."""
        self._session = SessionId(uuid4())
        cells = [CellSnapshot(cell_id=c, cell_type="code", source=s) for c, s in self.sources.items()]
        self.say(
            SessionAccepted(
                participant_id=self._participant,
                notebook_id=self._notebook,
                condition=self._condition,
                study="",
                study_digest=None,
                clock_offset_ms=0,
            )
        )
        client = Client(lab="", extension="", browser="")
        self.say(SessionOpened(notebook_path="a.ipynb", kernel_name="", client=client, cells=cells))

    def say(self, body: Body, occurred_at: int | None = None) -> None:
        """An event of the page reaches the log now."""
        self._position += 1
        event = draft(
            body,
            session_id=self._session,
            producer_id=ProducerId(uuid4()),
            producer_seq=1,
            participant_id=self._participant,
            occurred_at=self.now if occurred_at is None else occurred_at,
        )
        self._take(replace(event, position=Position(self._position), recorded_at=self.now))

    def wait(self, micros: int) -> None:
        """Time passes; timers fire at their moments."""
        end = self.now + micros
        while self._state is not None and (due := self.policy.due(self._state)) is not None and due <= end:
            before = self._state
            self.now = max(self.now, due)
            self._decide()
            later = self.policy.due(self._state)
            assert later is None or later > due, "a timer that fires again at once"
            assert self._state is not before or later != due
        self.now = end

    def add(self, cell: str, source: str = "2") -> None:
        self.sources[cell] = source
        self.say(CellAdded(cell_id=cell, index=0, cell_type="code", source=source, cause="user"))

    def type(self, cell: str, source: str) -> None:
        self.sources[cell] = source
        self.say(CellEdited(cell_id=cell, changes=[(0, ["x"])], cause="user"))

    def remove(self, cell: str) -> None:
        del self.sources[cell]
        self.say(CellRemoved(cell_id=cell, index=0, cause="user"))

    def schedule(self, cell: str) -> UUID:
        run_id = uuid4()
        self.running[run_id] = cell
        self.say(RunScheduled(run_id=run_id, cell_id=cell, source=self.sources[cell]))
        return run_id

    def finish(self, run_id: UUID, status: RunStatus = "ok") -> None:
        del self.running[run_id]
        self.say(RunFinished(run_id=run_id, status=status, execution_count=1, duration_ms=5))

    def run(self, cell: str, status: RunStatus = "ok") -> None:
        self.finish(self.schedule(cell), status)

    def bodies(self, kind: type[Body]) -> list[Body]:
        """What the policy emitted of one kind."""
        return [emission.body for _, emission in self.emitted if isinstance(emission.body, kind)]

    def _take(self, event: Event) -> None:
        self._state = self.policy.fold(self._state, event)
        self._decide()

    def _decide(self) -> None:
        assert self._state is not None
        state, emissions = self.policy.decide(self._state, self.now, Position(self._position))
        self._state = self.policy.decode(self.policy.encode(state))  # as after a restart of the worker
        self.emitted.extend((self.now, emission) for emission in emissions)
        self._position += len(emissions)

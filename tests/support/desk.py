"""A participant at work, for tests of the policy: events go in, what the policy emits comes out.

It calls the policy as the worker does, timers included, with a clock that moves only when told. The same calls give
the same events, down to their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from prompter.policy import Prompting, RuleFunction
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
    FocusChanged,
    IdleBegan,
    IdleEnded,
    SessionAccepted,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptIssued, PromptRequested, PromptSuppressed
from prompter_events.catalogue.runs import (
    EstimatorFact,
    FrameFact,
    FrameShape,
    KernelFacts,
    RunError,
    RunFinished,
    RunScheduled,
    RunStatus,
)
from prompter_projections.fold import Emission

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = 1_790_000_000 * SECOND

_NAMES = UUID("0d8b2c1e-6a51-5c1e-9a0f-2f3f0b1c7a55")


class Desk:
    """One participant and one notebook. A reload begins a new session on it; ``page`` says where things happen."""

    def __init__(
        self,
        study: Study,
        condition: str = "EXP_CTS",
        given: tuple[str, ...] = ("given",),
        *,
        cells: Sequence[CellSnapshot] = (),
        language: str = "",
        kernel: str = "",
        rules: Mapping[str, RuleFunction] | None = None,
        period: str = "",
    ) -> None:
        self.policy = Prompting(study, rules)
        self.now = MONDAY
        self.emitted: list[tuple[int, Emission]] = []
        self.events: list[Event] = []
        self.state: ParticipantMemory | None = None
        self.sources = {cell.cell_id: cell.source for cell in cells} or dict.fromkeys(given, "1")
        self.running: dict[UUID, str] = {}
        self.page = 0
        self.sessions: list[SessionId] = []
        self._ids = count()
        self._cells = {cell.cell_id: cell for cell in cells}
        self._condition = condition
        self._period = period
        self._language = language
        self._kernel = kernel
        self._participant = ParticipantId(self.uuid())
        self._notebook = self.uuid()
        self._position = 0
        self.open()

    def uuid(self) -> UUID:
        """The next id."""
        return uuid5(_NAMES, str(next(self._ids)))

    def open(self, continues: SessionId | None = None) -> None:
        """The notebook in one page more, where things happen from now on; maybe in place of one that died."""
        self.sessions.append(SessionId(self.uuid()))
        self.page = len(self.sessions) - 1
        self.say(
            SessionAccepted(
                participant_id=self._participant,
                notebook_id=self._notebook,
                condition=self._condition,
                study="",
                study_digest=None,
                clock_offset_ms=0,
                period=self._period,
            )
        )
        blank = CellSnapshot(cell_id="blank", cell_type="code", source="")
        cells = [replace(self._cells.get(c, blank), cell_id=c, source=s) for c, s in self.sources.items()]
        client = Client(lab="", extension="", browser="", language=self._language)
        self.say(
            SessionOpened(
                notebook_path="a.ipynb", kernel_name=self._kernel, client=client, cells=cells, continues=continues
            )
        )

    def reload(self) -> None:
        """A new page, hence a new session, on the same notebook."""
        self.open()

    def reload_unsaved(self, *lost: str) -> None:
        """The page goes and comes back; these cells were not in the file."""
        for cell in lost:
            self.sources.pop(cell, None)
        self.running = {run_id: cell for run_id, cell in self.running.items() if cell not in lost}
        self.open(self.sessions[self.page])

    def turn_to(self, notebook: UUID | None = None) -> UUID:
        """Open another notebook, by default a new one; the one before."""
        before, self._notebook = self._notebook, notebook or self.uuid()
        self.open()
        return before

    def say(self, body: Body, occurred_at: int | None = None) -> None:
        """An event of the page reaches the log now."""
        self._position += 1
        event = draft(
            body,
            session_id=self.sessions[self.page],
            producer_id=ProducerId(self.uuid()),
            producer_seq=1,
            participant_id=self._participant,
            occurred_at=self.now if occurred_at is None else occurred_at,
        )
        self._take(replace(event, position=Position(self._position), recorded_at=self.now))

    def wait(self, micros: int) -> None:
        """Time passes; timers fire at their moments."""
        end = self.now + micros
        while self.state is not None and (due := self.policy.due(self.state)) is not None and due <= end:
            before, emitted = self.state, len(self.emitted)
            self.now = max(self.now, due)
            self._decide()
            assert len(self.emitted) > emitted or self.state == before, "a timer that changed something unsaid"
            later = self.policy.due(self.state)
            assert later is None or later > due, "a timer that fires again at once"
        self.now = end

    def add(self, cell: str, source: str = "2") -> None:
        self.sources[cell] = source
        self.say(CellAdded(cell_id=cell, index=0, cell_type="code", source=source, cause="user"))

    def type(self, cell: str, source: str) -> None:
        self.sources[cell] = source
        self.say(CellEdited(cell_id=cell, changes=[(0, ["x"])], cause="user"))

    def remove(self, cell: str) -> None:
        del self.sources[cell]
        self.running = {run_id: other for run_id, other in self.running.items() if other != cell}
        self.say(CellRemoved(cell_id=cell, index=0, cause="user"))

    def focus(self, cell: str) -> None:
        """The person clicks into a cell."""
        self.say(FocusChanged(cell_id=cell, visible=True))

    def rest(self, micros: int) -> None:
        """Nothing is touched for so long, more than a minute; then the person moves the mouse."""
        self.wait(MINUTE)
        self.say(IdleBegan(after_ms=60_000))
        self.wait(micros - MINUTE)
        self.say(IdleEnded())

    def schedule(self, cell: str) -> UUID:
        run_id = self.uuid()
        self.running[run_id] = cell
        self.say(RunScheduled(run_id=run_id, cell_id=cell, source=self.sources[cell]))
        return run_id

    def finish(self, run_id: UUID, status: RunStatus = "ok", error: str = "ValueError") -> None:
        del self.running[run_id]
        failed = RunError(name=error, message="", traceback="") if status == "error" else None
        self.say(RunFinished(run_id=run_id, status=status, execution_count=1, duration_ms=5, error=failed))

    def run(self, cell: str, status: RunStatus = "ok") -> UUID:
        run_id = self.schedule(cell)
        self.finish(run_id, status)
        return run_id

    def ask(self, question: str = "Why?", *, page: int | None = None, **said: Any) -> UUID:
        """A researcher wants to ask this person; the request's id. ``page``: of an earlier page, by its number."""
        here, self.page = self.page, self.page if page is None else page
        request_id: UUID = said.pop("request_id", None) or self.uuid()
        fields: dict[str, Any] = {"choices": [], "language": "en", "by": "ada", **said}
        self.say(PromptRequested(request_id=request_id, question=question, **fields))
        self.page = here
        return request_id

    def bodies(self, kind: type[Body]) -> list[Body]:
        """What the policy emitted of one kind."""
        return [emission.body for _, emission in self.emitted if isinstance(emission.body, kind)]

    @property
    def issued(self) -> list[PromptIssued]:
        """The prompts."""
        return [body for body in self.bodies(PromptIssued) if isinstance(body, PromptIssued)]

    @property
    def suppressed(self) -> list[PromptSuppressed]:
        """What was held back."""
        return [body for body in self.bodies(PromptSuppressed) if isinstance(body, PromptSuppressed)]

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self.state = self.policy.fold(self.state, event)
        self._decide()

    def _decide(self) -> None:
        assert self.state is not None
        state, emissions = self.policy.decide(self.state, self.now, Position(self._position))
        self.state = self.policy.decode(self.policy.encode(state))  # as after a restart of the worker
        self.emitted.extend((self.now, emission) for emission in emissions)
        self._position += len(emissions)


def seen(
    run_id: UUID | None,
    *frames: FrameFact,
    estimators: Sequence[EstimatorFact] = (),
    read: Sequence[str] = (),
    bound: Sequence[str] = (),
) -> KernelFacts:
    """What the kernel saw in a run."""
    return KernelFacts(
        run_id=run_id, read=list(read), bound=list(bound), frames=list(frames), estimators=list(estimators)
    )


def frame(name: str, before: tuple[int, Sequence[str]] | None, after: tuple[int, Sequence[str]] | None) -> FrameFact:
    """A pandas data frame with so many rows and these columns, before and after."""
    return FrameFact(name=name, kind="pandas.DataFrame", before=_shape(before), after=_shape(after))


def _shape(shape: tuple[int, Sequence[str]] | None) -> FrameShape | None:
    return shape and FrameShape(rows=shape[0], columns=len(shape[1]), names=list(shape[1]))

"""What is counted of a session, in one pass over the log and little memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from prompter_events import NO_SESSION, Event, ParticipantId, ProducerId, SessionId
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import NotebookRenamed, SessionAccepted, SessionOpened
from prompter_events.catalogue.runs import KernelFacts, RunFinished, RunScheduled
from prompter_events.catalogue.study import CaptureInvalid, CaptureLost, ClockJumped

from ..current import BY_THE_SERVER
from ..fold import body_of
from .asked import TYPES, Asking
from .clock import Skew, Skewing

APART = frozenset({"consent.given", "consent.withdrawn"})
"""Their sessions hold nothing else."""

_READ = frozenset(
    {
        "session.opened",
        "session.accepted",
        "notebook.renamed",
        "run.scheduled",
        "run.finished",
        "kernel.facts",
        "capture.lost",
        "capture.invalid",
        "clock.jumped",
    }
)
"""Events whose bodies are read; of the others it is enough that they are there."""


@dataclass
class SessionFacts:
    """One session. Times in µs."""

    session_id: SessionId
    participant_id: ParticipantId
    notebook_id: UUID | None = None
    path: str = ""
    condition: str = ""
    shared: bool = False
    first_at: int = 0
    """The first event of anybody, by the server's clock."""
    began_at: int = 0
    """First and last event of the page, by the server's clock; where there is none, ``first_at``."""
    last_at: int = 0
    closed: bool = False
    erased: bool = False
    events: int = 0
    holes: int = 0
    """Numbers of a producer that are missing where this session's events are."""
    lost: Counter[str] = field(default_factory=Counter)
    """By reason."""
    invalid: Counter[str] = field(default_factory=Counter)
    """By what they claimed to be."""
    cut_payloads: int = 0
    said_jumps: int = 0
    """How often the page itself says that its clock was set."""
    outputs: int = 0
    """Those whose text is kept, at least in part."""
    cut_outputs: int = 0
    facts: int = 0
    cut_facts: int = 0
    restarts: int = 0
    deaths: int = 0
    runs: int = 0
    lost_runs: int = 0
    run_cells: set[str] = field(default_factory=set)
    said_offset: int | None = None
    skewing: Skewing | None = field(default_factory=Skewing)
    skew: Skew | None = None


class Counting:
    """Takes the events of a log as they come. Memory: the sessions, the producers, the questions."""

    def __init__(self) -> None:
        self.sessions: dict[SessionId, SessionFacts] = {}
        self.asking = Asking()
        self.producers: dict[ProducerId, int] = {}
        """The last number of each."""
        self.holes = 0
        self.events = 0
        self.last_at = 0
        """When the last event was recorded, µs since the epoch."""
        self.withdrawn: dict[ParticipantId, int] = {}
        """When somebody last took their consent back, by the server's clock."""

    def take(self, event: Event) -> None:
        """One event."""
        self.events += 1
        self.last_at = max(self.last_at, event.recorded_at)
        missing = event.producer_seq - self.producers.get(event.producer_id, 0) - 1
        self.producers[event.producer_id] = event.producer_seq
        self.holes += missing != 0
        if event.type == "consent.withdrawn":
            self.withdrawn[event.participant_id] = event.recorded_at
        if event.session_id == NO_SESSION or event.type in APART:
            return
        session = self.sessions.get(event.session_id)
        if session is None:
            session = SessionFacts(event.session_id, event.participant_id, first_at=event.recorded_at)
            self.sessions[event.session_id] = session
        session.events += 1
        session.holes += missing != 0
        session.erased = session.erased or event.payload is None
        if event.type not in BY_THE_SERVER:
            self._by_the_page(session, event)
        self._count(session, event)

    def end(self) -> None:
        """There are no more events."""
        for session in self.sessions.values():
            session.began_at = session.began_at or session.first_at
            session.last_at = session.last_at or session.first_at
            if session.skewing is not None:
                session.skew, session.skewing = session.skewing.skew(), None

    def _by_the_page(self, session: SessionFacts, event: Event) -> None:
        session.began_at = session.began_at or event.recorded_at
        session.last_at = max(session.last_at, event.recorded_at)
        session.closed = event.type == "session.closed"
        if session.skewing is not None:
            session.skewing.take(event.occurred_at, event.recorded_at)

    def _count(self, session: SessionFacts, event: Event) -> None:
        if event.type == "kernel.died":
            session.deaths += 1
        elif event.type == "kernel.restarted":
            session.restarts += 1
        elif event.type in TYPES:
            if (body := body_of(event)) is not None:
                self.asking.take(event, body)
        elif event.type in _READ and (body := body_of(event)) is not None:
            _read(session, body)


def _read(session: SessionFacts, body: Body) -> None:
    match body:
        case SessionOpened(notebook_path=path, shared=shared):
            session.path, session.shared = path, shared
        case NotebookRenamed(path=path):
            session.path = path
        case SessionAccepted():
            session.notebook_id, session.condition = body.notebook_id, body.condition
            session.said_offset = body.clock_offset_ms * 1000
            if session.skewing is not None:
                session.skewing.said = session.said_offset
        case RunScheduled(cell_id=cell_id):
            session.runs += 1
            session.run_cells.add(cell_id)
        case RunFinished(status=status, outputs=outputs):
            session.lost_runs += status == "lost"
            for output in outputs:
                if output.text is not None:
                    session.outputs += 1
                    session.cut_outputs += len(output.text.encode("utf-8", "surrogatepass")) < output.bytes
        case KernelFacts(truncated=truncated):
            session.facts += 1
            session.cut_facts += truncated
        case CaptureLost(count=count, reason=reason):
            session.lost[reason] += count
        case CaptureInvalid():
            session.invalid[body.claimed_type] += 1
            session.cut_payloads += len(body.raw) < body.size
        case ClockJumped():
            session.said_jumps += 1

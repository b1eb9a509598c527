"""What a report says of the work itself: sessions, how long people worked, how the cells begin. Times in µs."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from prompter_events import Event, ParticipantId, SessionId
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellSnapshot,
    NotebookReloaded,
    NotebookRenamed,
    SessionAccepted,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunScheduled
from prompter_events.event import NO_SESSION
from prompter_projections.current import BY_THE_SERVER
from prompter_projections.fold import body_of
from prompter_projections.timeline.markup import label
from prompter_projections.timeline.model import first_line

PAUSE = 5 * 60 * 1_000_000
"""What lasts longer without any event is no work: a prompt an hour means an hour in which somebody was there."""

MINUTE = 60 * 1_000_000

_COLUMNS = 80
_MOST_RUNS = 1_000  # of a participant; proposals wait for minutes, and in those nobody runs so many cells
_TOLD = frozenset(
    {"session.opened", "session.accepted", "notebook.renamed", "notebook.reloaded", "cell.added", "run.scheduled"}
)


class Session(msgspec.Struct):
    """One session. Moments are the server's, since by those a policy decides."""

    session_id: SessionId
    participant_id: ParticipantId
    began_at: int
    last_at: int
    path: str = ""
    condition: str = ""
    pauses: list[tuple[int, int]] = msgspec.field(default_factory=list)
    """Times of more than five minutes without an event."""
    minutes: dict[int, int] = msgspec.field(default_factory=dict)
    """How many edits and runs there were in each minute since it began."""


class Scene:
    """Takes the events of the log as they come. ``participants``, ``sessions``: only these, all if none are named.

    Memory: the sessions, a line for each of their cells, and the newest runs of each participant.
    """

    def __init__(self, participants: Collection[ParticipantId] = (), sessions: Collection[SessionId] = ()) -> None:
        self._participants = frozenset(participants)
        self._sessions = frozenset(sessions)
        self._last: dict[ParticipantId, int] = {}
        self._lines: dict[ParticipantId, dict[str, str]] = {}
        self._runs: dict[ParticipantId, dict[UUID, str]] = {}
        self.sessions: dict[SessionId, Session] = {}
        self.worked: dict[ParticipantId, int] = {}
        """How long each participant worked, in µs: the times between their events, pauses left out."""
        self.erased: set[ParticipantId] = set()
        """Participants of whom nothing can be told any more; their time does not count either."""

    def take(self, event: Event) -> None:
        """One event. What cannot be read still tells that somebody was there."""
        if (
            event.session_id == NO_SESSION
            or (self._participants and event.participant_id not in self._participants)
            or (self._sessions and event.session_id not in self._sessions)
        ):
            return
        if event.payload is None:
            self.erased.add(event.participant_id)
            return
        session = self.sessions.get(event.session_id)
        if session is None:
            now = event.recorded_at
            session = Session(event.session_id, event.participant_id, began_at=now, last_at=now)
            self.sessions[event.session_id] = session
        if event.type not in BY_THE_SERVER:
            self._worked(event, session)
        if event.type in _TOLD:
            self._told(event, session)

    def line(self, participant_id: ParticipantId, run_id: UUID | None, cell_id: str) -> str:
        """How the cell's source begins, as far as it is known: of that run, else the newest."""
        line = self._runs.get(participant_id, {}).get(run_id) if run_id else None
        return self._lines.get(participant_id, {}).get(cell_id, "") if line is None else line

    def _worked(self, event: Event, session: Session) -> None:
        now, participant_id = event.recorded_at, event.participant_id
        if now - session.last_at > PAUSE:
            session.pauses.append((session.last_at, now))
        session.last_at = max(session.last_at, now)
        if event.type in {"cell.edited", "run.scheduled"}:
            minute = (now - session.began_at) // MINUTE
            session.minutes[minute] = session.minutes.get(minute, 0) + 1
        last = self._last.get(participant_id, now)
        worked = self.worked.setdefault(participant_id, 0)
        if 0 < now - last <= PAUSE:
            self.worked[participant_id] = worked + now - last
        self._last[participant_id] = max(last, now)

    def _told(self, event: Event, session: Session) -> None:
        lines = self._lines.setdefault(event.participant_id, {})
        match body_of(event):
            case RunScheduled(run_id=run_id, cell_id=cell_id, source=source):
                runs = self._runs.setdefault(event.participant_id, {})
                runs[run_id] = lines[cell_id] = _begin(source)
                if len(runs) > _MOST_RUNS:
                    del runs[next(iter(runs))]
            case CellAdded(cell_id=cell_id, source=source):
                lines[cell_id] = _begin(source)
            case SessionOpened(notebook_path=path, cells=cells):
                lines.update(_lines(cells))
                session.path = path
            case NotebookReloaded(cells=cells):
                lines.update(_lines(cells))
            case NotebookRenamed(path=path):
                session.path = path
            case SessionAccepted(condition=condition):
                session.condition = condition


def _lines(cells: list[CellSnapshot]) -> dict[str, str]:
    return {cell.cell_id: _begin(cell.source) for cell in cells}


def _begin(source: str) -> str:
    """The first line that says something, without what a terminal would take for a command."""
    return label(first_line(source), _COLUMNS)

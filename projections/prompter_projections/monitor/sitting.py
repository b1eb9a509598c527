"""One session as a researcher watches it: how it goes, what is wrong with it, which cell the person is at."""

from __future__ import annotations

from collections import deque

import msgspec

from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    FocusChanged,
    IdleBegan,
    IdleEnded,
    NotebookRenamed,
    NotebookSaved,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import ReviewClosed, ReviewOpened
from prompter_events.catalogue.runs import KernelDied, KernelRestarted, RunFinished, RunScheduled
from prompter_events.catalogue.study import (
    CaptureInvalid,
    CaptureLost,
    RecordingPaused,
    RecordingResumed,
    StudyEnded,
    TaskBegan,
    TaskEnded,
)
from prompter_events.event import Event, ParticipantId, SessionId

from ..current import BY_THE_SERVER
from ..fold import body_of
from ..replayer import Replayer
from ..text import units
from .activity import Activity

_KEPT = 20
"""Of each kind of trouble, the latest."""

_TEXTS = frozenset(
    {
        "session.opened",
        "notebook.reloaded",
        "notebook.renamed",
        "notebook.saved",
        "recording.resumed",
        "cell.added",
        "cell.removed",
        "cell.moved",
        "cell.type_changed",
    }
)
"""What the notebook's texts are made of, with edits. What runs put out is left to the log: it is most of a notebook."""


def is_work(event: Event) -> bool:
    """Whether it is about the work, not about what somebody was asked, of which a blinded researcher may not know."""
    if event.type.startswith(("prompt.", "review.")):
        return False
    return event.type != "focus.changed" or getattr(body_of(event), "cause", None) != "prompt"


class Loss(msgspec.Struct, frozen=True):
    """Events that never came."""

    at: int
    count: int
    reason: str


class Task(msgspec.Struct, frozen=True):
    """What the person works on."""

    name: str
    ends: int | None
    """When its time is over; none without a limit."""
    over: bool = False
    """The server has said that its time is over, and no other task has begun."""


class Sitting:
    """Fed with one session's events in the log's order. Moments in µs since the epoch by the server's clock."""

    def __init__(self, session_id: SessionId, participant_id: ParticipantId) -> None:
        self.session_id = session_id
        self.participant_id = participant_id
        self.study: str | None = None
        """None until the server has said it."""
        self.condition = self.path = self.doing = ""
        self.offset = 0
        self.position = 0
        self.began = self.heard = self.arrived = self.last = self.worked = 0
        """When it began; when something was last recorded, and something that came from the page; when the person last
        did something, and did their work."""
        self.worked_position = 0
        self.ended: int | None = None
        self.closed = self.reviewing = self.paused = False
        self.visible = True
        self.idle = False
        self.runs = self.errors = self.invalid = self.divergences = 0
        self.lost: deque[Loss] = deque(maxlen=_KEPT)
        self.lost_events = self.holes = 0
        self.deaths: deque[int] = deque(maxlen=_KEPT)
        self.diverged_at: int | None = None
        self.task: Task | None = None
        self.activity = Activity()
        self.cell_id: str | None = None
        self.cell_since = 0
        self._notebook: Replayer | None = Replayer()
        self._notes = 0

    def moment(self, event: Event) -> int:
        """When an event was, by the server's clock; never after it was recorded."""
        # The server's own bear its clock, the others the page's.
        at = event.occurred_at if event.type in BY_THE_SERVER else event.occurred_at + self.offset
        return min(at, event.recorded_at) if event.recorded_at else at

    def cell(self) -> tuple[int | None, str] | None:
        """The cell that the person is at: its place, counted from 1, and its text. None if nothing is known of it."""
        if self._notebook is None or self.cell_id is None:
            return None
        state = self._notebook.state
        found = state.table.get(self.cell_id)
        return None if found is None else (state.order.index(self.cell_id) + 1, found.source)

    def forget_texts(self) -> None:
        """Let the notebook go; figures stay."""
        self._notebook = None

    def take(self, event: Event, body: Body | None) -> None:
        """Take the next event. ``body``: none if it cannot be read."""
        self.position = event.position
        at = self.moment(event)
        self.began = self.began or at
        self.heard = max(self.heard, event.recorded_at or at)
        self._replay(event, body)
        if body is not None:
            self._step(body, at)
        if event.type not in BY_THE_SERVER:
            self.arrived = max(self.arrived, event.recorded_at or at)
            self.last = max(self.last, at)
            if is_work(event) and self.ended is None:
                self.worked = max(self.worked, at)
                self.worked_position = event.position

    def _replay(self, event: Event, body: Body | None) -> None:
        notebook = self._notebook
        if notebook is None:
            return
        if isinstance(body, CellEdited):
            self._notebook = notebook.take_burst(event, body)
        elif event.type in _TEXTS:
            self._notebook = notebook.take(event)
        else:
            return
        kept = self._notebook.kept
        if len(kept.notes) == self._notes:
            return
        self._notes = len(kept.notes)
        if (found := len(kept.divergences)) > self.divergences:
            self.divergences, self.diverged_at = found, event.recorded_at or event.occurred_at

    def _step(self, body: Body, at: int) -> None:  # noqa: PLR0912, PLR0915 - one branch for each kind of fact
        match body:
            case CellEdited():
                self._wrote(body.cell_id, at, 0 if body.cause == "tool" else _changed(body))
            case CellAdded():
                self._wrote(body.cell_id, at, units(body.source) if body.cause in ("user", "paste") else 0)
            case FocusChanged(cause="prompt"):
                pass  # where they work is where they were: a blinded researcher is told the same of the same work
            case FocusChanged():
                self.visible = body.visible
                self.doing = "looking" if body.visible else "tab hidden"
                if body.cell_id is not None:
                    self._at(body.cell_id, at)
            case RunScheduled():
                self.runs += 1
                self.doing = "running a cell"
                self._at(body.cell_id, at)
            case RunFinished():
                self.activity.ran(at, body.status)
                if body.status == "error":
                    self.errors += 1
                self.doing = {"ok": "a run ended", "error": "a run failed"}.get(body.status, "a run was given up")
            case IdleBegan():
                self.idle, self.doing = True, "idle"
            case IdleEnded():
                self.idle, self.doing = False, "back"
            case NotebookSaved():
                self.doing = "saved"
            case NotebookRenamed():
                self.path, self.doing = body.path, "renamed"
            case SessionOpened():
                self.path, self.doing = body.notebook_path, "opened"
            case SessionAccepted():
                self.study, self.condition = body.study, body.condition
                self.offset = body.clock_offset_ms * 1000
            case SessionClosed():
                self.closed, self.doing = True, "closed"
            case RecordingPaused():
                self.paused, self.doing = True, "paused"
            case RecordingResumed():
                self.paused, self.doing = False, "went on"
            case KernelDied():
                self.deaths.append(at)
                self.doing = "kernel died"
            case KernelRestarted():
                self.doing = "kernel restarted"
            case CaptureLost():
                self.lost.append(Loss(at, body.count, body.reason))
                self.lost_events += body.count
                self.holes += 1
            case CaptureInvalid():
                self.invalid += 1
            case TaskBegan():
                self.task = Task(body.name, at + body.minutes * 60_000_000 if body.minutes else None)
            case TaskEnded(by="time limit") if self.task is not None:
                self.task = msgspec.structs.replace(self.task, over=True)
            case TaskEnded():
                self.task = None
            case StudyEnded():
                self.ended = at if self.ended is None else self.ended
                self.doing = "ended"
            case ReviewOpened():
                self.reviewing = True
            case ReviewClosed():
                self.reviewing = False
            case _:
                pass

    def _wrote(self, cell_id: str, at: int, characters: int) -> None:
        if characters:
            self.activity.wrote(at, characters)
            self.doing = "typing"
        self._at(cell_id, at)

    def _at(self, cell_id: str, at: int) -> None:
        self.idle = False
        if cell_id != self.cell_id:
            self.cell_id, self.cell_since = cell_id, at


def _changed(body: CellEdited) -> int:
    """UTF-16 units that came or went."""
    return sum(units(op) if isinstance(op, str) else max(0, -op) for _, ops in body.changes for op in ops)

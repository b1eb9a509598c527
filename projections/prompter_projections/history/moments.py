"""The events of a notebook folded into moments: what a person would name when asked what they did. Pure and total.

The events of its sessions come one session after the other, oldest first, as ``chain.py`` reads them. Typing becomes a
moment when the cell is run, or when the person goes on elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellSnapshot,
    CellTypeChanged,
    NotebookReloaded,
    NotebookRenamed,
    NotebookSaved,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptAmended, PromptAnswered, PromptIssued
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_events.catalogue.study import CaptureLost, RecordingPaused, RecordingResumed
from prompter_events.event import Event

from ..current import BY_THE_SERVER
from ..fold import body_of
from .moment import Moment, MomentKind, insert, new_moment, one_line, short

AWAY_US = 300_000_000
"""Five minutes without an event: long enough that people remember what came before and after as two pieces of work."""

# Text that came in another way was not written just then. What undo brings back was.
_WRITTEN = frozenset({"user", "paste", "cut", "drag", "undo", "redo", "remote"})


class Moments:
    """Takes events one by one; ``told`` gives the moments so far."""

    def __init__(self) -> None:
        self._moments: list[Moment] = []
        self._order: list[str] = []
        self._withheld: set[str] = set()
        self._dirty: set[str] = set()
        self._blank: dict[str, Moment] = {}
        self._asked: dict[UUID, str] = {}
        self._running: dict[UUID, Moment] = {}
        self._writing: Moment | None = None
        self._opening = False
        self._paused = False
        self._last: Event | None = None

    @property
    def withheld(self) -> frozenset[str]:
        """Cells of whose text a part was not recorded: what is known of them is not what stood there."""
        return frozenset(self._withheld)

    def told(self) -> list[Moment]:
        """The moments so far, in order, with what is under way."""
        told = list(self._moments)
        for moment in [*self._running.values(), *([self._writing] if self._writing else [])]:
            insert(told, moment)
        return told

    def take(self, event: Event) -> None:
        """The next event of the notebook."""
        if event.type not in BY_THE_SERVER:
            self._notice_absence(event)
            self._last = event
        step = _STEPS.get(event.type)
        if step is None:
            return
        body = body_of(event)
        if body is None:
            return
        if event.type not in _OPENING or body.cause != "tool":  # type: ignore[attr-defined]  # those of _OPENING have one
            self._opening = False
        step(self, event, body)

    def _notice_absence(self, event: Event) -> None:
        last = self._last
        # Whoever waits for a long run is not away; what happened in a pause is not known.
        if last is None or self._running or self._paused or event.occurred_at - last.occurred_at < AWAY_US:
            return
        self._settle()
        gap_ms = (event.occurred_at - last.occurred_at) // 1000
        self._moments.append(new_moment(last, "away", duration_ms=gap_ms))

    def _tell(self, event: Event, kind: MomentKind, **facts: Any) -> None:
        """A new moment. Whoever was writing has turned to something else."""
        self._settle()
        self._moments.append(new_moment(event, kind, **facts))

    def _settle(self) -> None:
        """What was written last becomes a moment, at its own place: runs may have ended meanwhile."""
        if self._writing is not None:
            insert(self._moments, self._writing)
            self._writing = None

    def _also(self, event: Event, kind: MomentKind, cell_id: str | None) -> bool:
        """Whether the event belongs to the latest moment, which then lasts until it."""
        if self._writing is None and self._moments:
            last = self._moments[-1]
            if last.kind == kind and last.cell_id == cell_id and last.session_id == event.session_id:
                self._moments[-1] = replace(last, position=event.position)
                return True
        return False

    def _place(self, cell_id: str) -> int | None:
        try:
            return self._order.index(cell_id) + 1
        except ValueError:
            return None

    def _about(self, cell_id: str) -> dict[str, Any]:
        return {"cell_id": cell_id, "place": self._place(cell_id)}

    def _read_anew(self, cells: Sequence[CellSnapshot]) -> int:
        self._order = list(dict.fromkeys(cell.cell_id for cell in cells))
        self._withheld.update(cell.cell_id for cell in cells if cell.withheld)
        self._opening = True
        return len(self._order)

    def _opened(self, event: Event, body: SessionOpened) -> None:
        self._end_runs()
        self._paused = False
        continued = any(moment.kind == "opened" for moment in self._moments)
        self._tell(event, "opened", cells=self._read_anew(body.cells), continued=continued)

    def _closed(self, event: Event, body: SessionClosed) -> None:
        self._end_runs()
        self._settle()

    def _end_runs(self) -> None:
        """No end of a run comes any more."""
        for run in self._running.values():
            insert(self._moments, run)
        self._running.clear()

    def _reloaded(self, event: Event, body: NotebookReloaded) -> None:
        self._tell(event, "reloaded", cells=self._read_anew(body.cells))

    def _paused_(self, event: Event, body: RecordingPaused) -> None:
        self._paused = True
        self._tell(event, "paused")

    def _resumed(self, event: Event, body: RecordingResumed) -> None:
        self._paused = False
        self._tell(event, "resumed", cells=self._read_anew(body.cells))

    def _renamed(self, event: Event, body: NotebookRenamed) -> None:
        self._tell(event, "renamed", text=short(body.path))

    def _saved(self, event: Event, body: NotebookSaved) -> None:
        self._tell(event, "saved")

    def _lost(self, event: Event, body: CaptureLost) -> None:
        self._tell(event, "lost", count=body.count)

    def _added(self, event: Event, body: CellAdded) -> None:
        if body.cell_id in self._order:
            self._order.remove(body.cell_id)
        self._order.insert(body.index, body.cell_id)
        if body.withheld:
            self._withheld.add(body.cell_id)
        if self._opening and self._moments:
            # What had no room in the opening event.
            last = self._moments[-1]
            self._moments[-1] = replace(last, position=event.position, cells=len(self._order))
            return
        kind: MomentKind = "restored" if body.cause == "restore" else "added"
        self._tell(event, kind, **self._about(body.cell_id), cause=body.cause)
        if kind == "added" and not body.source:
            self._blank[body.cell_id] = self._moments[-1]

    def _removed(self, event: Event, body: CellRemoved) -> None:
        place = self._place(body.cell_id)
        if place is None:
            return
        self._order.remove(body.cell_id)
        self._dirty.discard(body.cell_id)
        last = self._moments[-1] if self._moments else None
        if body.cause == "merge" and last is not None and last.cause == "merge":
            # The pieces go when the whole is there.
            self._moments[-1] = replace(last, position=event.position)
        else:
            self._tell(event, "removed", cell_id=body.cell_id, place=place, cause=body.cause)

    def _moved(self, event: Event, body: CellMoved) -> None:
        place = self._place(body.cell_id)
        if place is None:
            return
        self._order.remove(body.cell_id)
        self._order.insert(body.to, body.cell_id)
        self._tell(event, "moved", cell_id=body.cell_id, place=place, to=self._place(body.cell_id))

    def _retyped(self, event: Event, body: CellTypeChanged) -> None:
        self._tell(event, "retyped", **self._about(body.cell_id), text=body.cell_type)

    def _edited(self, event: Event, body: CellEdited) -> None:
        if body.withheld:
            self._withheld.add(body.cell_id)
        if self._opening and self._moments:
            self._moments[-1] = replace(self._moments[-1], position=event.position)
        elif body.cause == "restore":
            if not self._also(event, "restored", body.cell_id):
                self._tell(event, "restored", **self._about(body.cell_id), cause=body.cause)
        elif body.cause in _WRITTEN:
            self._wrote(event, body.cell_id)

    def _wrote(self, event: Event, cell_id: str) -> None:
        # To add a cell and to write it is one thing.
        blank = self._blank.pop(cell_id, None)
        if blank is not None:
            self._moments = [moment for moment in self._moments if moment is not blank]
        if self._writing is not None and self._writing.cell_id != cell_id:
            self._settle()
        self._dirty.add(cell_id)
        self._writing = new_moment(event, "edited", **self._about(cell_id))

    def _scheduled(self, event: Event, body: RunScheduled) -> None:
        if body.withheld:
            self._withheld.add(body.cell_id)
        if self._writing is not None and self._writing.cell_id == body.cell_id:
            self._writing = None  # the run will say so
        wrote = body.cell_id in self._dirty
        self._dirty.discard(body.cell_id)
        self._running[body.run_id] = new_moment(
            event, "ran", **self._about(body.cell_id), status="unfinished", wrote=wrote
        )

    def _finished(self, event: Event, body: RunFinished) -> None:
        run = self._running.pop(body.run_id, None)
        if run is None or run.cell_id is None:
            return
        # The cell after this one may be under somebody's hands: that goes on.
        self._moments.append(
            replace(
                run,
                position=event.position,
                at=event.occurred_at,
                place=self._place(run.cell_id) or run.place,
                status=body.status,
                duration_ms=body.duration_ms,
                text=short(body.error.name) if body.error else one_line(body.outputs),
            )
        )

    def _issued(self, event: Event, body: PromptIssued) -> None:
        self._asked[body.prompt_id] = body.cell_id

    def _answered(self, event: Event, body: PromptAnswered | PromptAmended) -> None:
        cell_id = self._asked.get(body.prompt_id)
        about = self._about(cell_id) if cell_id is not None else {}
        text = short(body.text or body.choice or "")
        self._tell(event, "answered" if isinstance(body, PromptAnswered) else "amended", **about, text=text)


# A large notebook goes on in these, with the cause ``tool``.
_OPENING = frozenset({"cell.added", "cell.edited"})

# A step gets the body of its own type: the catalogue binds the two.
_STEPS: dict[str, Callable[[Moments, Event, Any], None]] = {
    "session.opened": Moments._opened,
    "session.closed": Moments._closed,
    "notebook.reloaded": Moments._reloaded,
    "notebook.renamed": Moments._renamed,
    "notebook.saved": Moments._saved,
    "recording.paused": Moments._paused_,
    "recording.resumed": Moments._resumed,
    "cell.added": Moments._added,
    "cell.removed": Moments._removed,
    "cell.moved": Moments._moved,
    "cell.type_changed": Moments._retyped,
    "cell.edited": Moments._edited,
    "run.scheduled": Moments._scheduled,
    "run.finished": Moments._finished,
    "prompt.issued": Moments._issued,
    "prompt.answered": Moments._answered,
    "prompt.amended": Moments._answered,
    "capture.lost": Moments._lost,
}

"""What a lineage needs of a session's events, taken in one pass."""

from __future__ import annotations

from uuid import UUID

import msgspec

from prompter_events.catalogue import Body
from prompter_events.catalogue.base import CellType
from prompter_events.catalogue.notebook import CellAdded, CellEdited, CellTypeChanged, SessionOpened
from prompter_events.catalogue.runs import (
    KernelDied,
    KernelFacts,
    KernelRestarted,
    KernelStarted,
    RunExternal,
    RunFinished,
    RunScheduled,
    RunStarted,
)
from prompter_events.event import Event, SessionId

from ..fold import body_of
from ..notebook import EMPTY, FOLDED, NotebookState
from ..notebook import fold as notebook_after
from .model import LineageNote

#: Notes of each kind; a session with more of them is hostile or broken, and the first tell it.
MOST_NOTES = 50


class RunSeen(msgspec.Struct):
    """A run as its events tell it."""

    index: int
    run_id: UUID
    cell_id: str
    version: int
    source: str
    withheld: bool
    scheduled_position: int
    scheduled_at: int
    started_position: int | None = None
    started_at: int | None = None
    finished_position: int | None = None
    finished_at: int | None = None
    result: RunFinished | None = None
    facts: KernelFacts | None = None
    facts_position: int | None = None

    @property
    def executed_at(self) -> int | None:
        """The position from which on it ran; none if it never did."""
        if self.started_position is not None:
            return self.started_position
        ran = self.result is not None and self.result.status in {"ok", "error"}
        return self.finished_position if ran else None


class CellSeen(msgspec.Struct):
    """A cell as its events tell it."""

    cell_id: str
    cell_type: CellType = "code"
    source: str = ""
    given: bool = False
    edited: bool = False
    runs: list[int] = msgspec.field(default_factory=list)
    added_position: int | None = None
    removed_position: int | None = None
    last_edit_position: int | None = None


class External(msgspec.Struct, frozen=True):
    """The kernel ran something that is no cell here."""

    position: int
    source: str | None
    bound: tuple[str, ...] = ()
    """By the kernel."""


class Gathered:
    """What is known when all events were taken."""

    def __init__(self) -> None:
        self.session_id: SessionId | None = None
        self.notebook: NotebookState = EMPTY
        self.runs: list[RunSeen] = []
        self.cells: dict[str, CellSeen] = {}
        self.restarts: list[int] = []
        self.externals: list[External] = []
        self.notes: list[LineageNote] = []
        self.kernel_name = ""
        self._by_id: dict[UUID, RunSeen] = {}
        self._kernel_id = ""

    def take(self, event: Event) -> None:
        """Fold one event; whatever it claims, this goes on."""
        if self.session_id is None:
            self.session_id = event.session_id
        body = body_of(event)
        if event.type in FOLDED:
            before = self.notebook
            self.notebook = notebook_after(before, event)
            if self.notebook.order is not before.order:
                self._order_changed(before, event.position, given=isinstance(body, SessionOpened))
        if body is not None:
            self._step(body, event)

    def _order_changed(self, before: NotebookState, position: int, *, given: bool) -> None:
        for cell_id in self.notebook.order:
            if cell_id not in before.table:
                cell = self._cell(cell_id)
                cell.removed_position = None
                if cell.added_position is None:
                    cell.added_position, cell.given = position, given
        for cell_id in before.order:
            if cell_id not in self.notebook.table:
                cell, gone = self._cell(cell_id), before.table[cell_id]
                cell.removed_position, cell.source, cell.cell_type = position, gone.source, gone.cell_type

    def _cell(self, cell_id: str) -> CellSeen:
        cell = self.cells.get(cell_id)
        if cell is None:
            cell = self.cells[cell_id] = CellSeen(cell_id)
        return cell

    def _step(self, body: Body, event: Event) -> None:  # noqa: PLR0912 - one branch for each kind of fact
        position, at = event.position, event.occurred_at
        match body:
            case CellEdited():
                cell = self._cell(body.cell_id)
                cell.edited |= body.cause != "tool"
                cell.last_edit_position = position
            case CellAdded() | CellTypeChanged():
                self._cell(body.cell_id).last_edit_position = position
            case RunScheduled():
                self._scheduled(body, position, at)
            case RunStarted():
                run = self._by_id.get(body.run_id)
                if run is not None and run.started_position is None:
                    run.started_position, run.started_at = position, at
            case RunFinished():
                run = self._by_id.get(body.run_id)
                if run is not None and run.result is None:
                    run.finished_position, run.finished_at, run.result = position, at, body
            case KernelFacts():
                self._facts(body, position)
            case RunExternal():
                self.externals.append(External(position, body.source))
            case SessionOpened():
                self.kernel_name = self.kernel_name or body.kernel_name
            case KernelStarted():
                if self._kernel_id not in {"", body.kernel_id}:
                    self.restarts.append(position)
                self._kernel_id, self.kernel_name = body.kernel_id, body.name or self.kernel_name
            case KernelRestarted() | KernelDied():
                self.restarts.append(position)
                self._kernel_id, self.kernel_name = body.kernel_id, body.name or self.kernel_name

    def _scheduled(self, body: RunScheduled, position: int, at: int) -> None:
        if body.run_id in self._by_id:
            return
        cell = self._cell(body.cell_id)
        run = RunSeen(
            index=len(self.runs),
            run_id=body.run_id,
            cell_id=body.cell_id,
            version=len(cell.runs) + 1,
            source=body.source,
            withheld=body.withheld,
            scheduled_position=position,
            scheduled_at=at,
        )
        cell.runs.append(run.index)
        self.runs.append(run)
        self._by_id[body.run_id] = run

    def _facts(self, body: KernelFacts, position: int) -> None:
        run = self._by_id.get(body.run_id) if body.run_id is not None else None
        if run is None:
            self.externals.append(External(position, None, tuple(body.bound)))
        elif run.facts is None:
            run.facts, run.facts_position = body, position

    def finish(self) -> None:
        """Close what is open: cells that stand, and what the notebook's own fold noted."""
        for cell_id in self.notebook.order:
            cell, stands = self._cell(cell_id), self.notebook.table[cell_id]
            cell.source, cell.cell_type = stands.source, stands.cell_type
        for note in self.notebook.notes[:MOST_NOTES]:
            self.notes.append(LineageNote((note.position,), f"{note.kind}: {note.text}"))
        more = len(self.notebook.notes) - MOST_NOTES + self.notebook.more_notes
        if more > 0:
            self.notes.append(LineageNote((), f"{more} more such notes were left out"))

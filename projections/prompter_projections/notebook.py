"""The notebook of one session as its events tell it: ``fold(state, event) -> state``, pure and total.

Whatever an event claims, the fold goes on. Where an event contradicts what was folded so far (a change beyond the end
of a text, a cell id twice, a digest that does not match) it is healed in the way nearest to what the person saw, and a
note names the position. States share what did not change: an edit costs its own cell and one shallow copy of the table
of cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events.catalogue import CATALOGUE, Body
from prompter_events.catalogue.base import CellType
from prompter_events.catalogue.notebook import (
    WITHHELD,
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellSnapshot,
    CellTypeChanged,
    NotebookReloaded,
    NotebookRenamed,
    NotebookSaved,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunError, RunFinished, RunOutput, RunScheduled, RunStarted
from prompter_events.catalogue.study import CaptureInvalid, CaptureLost, RecordingResumed
from prompter_events.chain import notebook_digest
from prompter_events.event import Event

from .fold import body_of
from .text import Text, joined

# Enough to see what is wrong with a session; a hostile one must not make its state grow without end.
MAX_NOTES = 1_000

CellStatus = Literal["scheduled", "running", "ok", "error", "aborted", "lost"]


class Cell(msgspec.Struct, frozen=True):
    """One cell as it stands, with what its last run left."""

    cell_id: str
    cell_type: CellType
    text: Text
    execution_count: int | None = None
    status: CellStatus | None = None
    """Of the last run; none before the first."""
    run_id: UUID | None = None
    """The last run."""
    outputs: tuple[RunOutput, ...] = ()
    error: RunError | None = None
    marked: bool = False
    """Whether withheld text came into the cell since its text was last replaced as a whole."""

    @property
    def source(self) -> str:
        """The cell's text."""
        return str(self.text)

    @property
    def withheld(self) -> bool:
        """Whether a part of the text is withheld: it is marked, and what stands for withheld text is still there."""
        return self.marked and WITHHELD in self.source


class Note(msgspec.Struct, frozen=True):
    """Something about the replay that its reader should know."""

    position: int
    kind: Literal["divergence", "passed over", "hole"]
    """Events contradict each other; an event could not be read; some events never came."""
    text: str


class NotebookState(msgspec.Struct, frozen=True):
    """A notebook at one position of its session."""

    path: str = ""
    kernel_name: str = ""
    order: tuple[str, ...] = ()
    """The ids of the cells, first to last."""
    table: dict[str, Cell] = {}
    """The cells by id. Never changed in place."""
    removed: dict[str, Cell] = {}
    """Removed cells without their text, so that an undo brings back what their last run left."""
    runs: dict[UUID, str] = {}
    """Runs under way, with their cells."""
    notes: tuple[Note, ...] = ()
    """The first ``MAX_NOTES`` notes."""
    more_notes: int = 0
    """How many notes came after those."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells, first to last."""
        return tuple(self.table[cell_id] for cell_id in self.order)

    @property
    def withheld(self) -> tuple[str, ...]:
        """The ids of the cells of whose text a part is withheld, first to last."""
        return tuple(cell.cell_id for cell in self.cells if cell.withheld)

    @property
    def divergences(self) -> tuple[Note, ...]:
        """Where events contradict each other."""
        return tuple(note for note in self.notes if note.kind == "divergence")


EMPTY = NotebookState()


def fold(state: NotebookState, event: Event) -> NotebookState:
    """The notebook after an event of its session. Events that say nothing about the notebook leave it as it is."""
    step = _STEPS.get(event.type)
    if step is None:
        if event.type in CATALOGUE:
            return state
        return _noted(state, event, "passed over", f"{event.type} is not known to this program")
    body = body_of(event)
    if body is None:
        why = "was erased" if event.payload is None else f"of version {event.schema_version} cannot be read"
        return _noted(state, event, "passed over", f"{event.type} {why}")
    return step(state, event, body)


def fold_body(state: NotebookState, event: Event, body: Body) -> NotebookState:
    """As ``fold``, for a caller that has read the event's body already."""
    step = _STEPS.get(event.type)
    return state if step is None else step(state, event, body)


def fold_all(events: Iterable[Event], state: NotebookState = EMPTY) -> NotebookState:
    """The notebook after many events."""
    for event in events:
        state = fold(state, event)
    return state


def _noted(
    state: NotebookState, event: Event, kind: Literal["divergence", "passed over", "hole"], text: str
) -> NotebookState:
    if len(state.notes) >= MAX_NOTES:
        return replace(state, more_notes=state.more_notes + 1)
    return replace(state, notes=(*state.notes, Note(event.position, kind, text)))


def _diverged(state: NotebookState, event: Event, text: str) -> NotebookState:
    return _noted(state, event, "divergence", text)


def _with_cell(state: NotebookState, cell: Cell) -> NotebookState:
    table = state.table.copy()
    table[cell.cell_id] = cell
    return replace(state, table=table)


def _opened(state: NotebookState, event: Event, body: SessionOpened) -> NotebookState:
    if state.order:
        state = _diverged(state, event, "the session was opened a second time")
    state = replace(state, path=body.notebook_path, kernel_name=body.kernel_name)
    return _all_replaced(state, event, body.cells)


def _reloaded(state: NotebookState, event: Event, body: NotebookReloaded | RecordingResumed) -> NotebookState:
    return _all_replaced(state, event, body.cells)


def _all_replaced(state: NotebookState, event: Event, snapshots: Iterable[CellSnapshot]) -> NotebookState:
    """All cells anew; a cell that was there keeps what its last run left."""
    table: dict[str, Cell] = {}
    for snapshot in snapshots:
        if snapshot.cell_id in table:
            state = _diverged(state, event, f"the cell id {snapshot.cell_id} is there twice; the first was kept")
            continue
        text = Text.of(snapshot.source)
        known = state.table.get(snapshot.cell_id)
        if known is not None and known.cell_type == snapshot.cell_type:
            table[snapshot.cell_id] = replace(known, text=text, marked=snapshot.withheld)
        else:
            table[snapshot.cell_id] = Cell(snapshot.cell_id, snapshot.cell_type, text, marked=snapshot.withheld)
    return replace(state, order=tuple(table), table=table)


def _renamed(state: NotebookState, event: Event, body: NotebookRenamed) -> NotebookState:
    return replace(state, path=body.path)


def _saved(state: NotebookState, event: Event, body: NotebookSaved) -> NotebookState:
    if body.behind:
        # What was written is older than this state; the next save tells.
        return state
    digest = notebook_digest((cell.cell_id, cell.cell_type, cell.source) for cell in state.cells)
    if digest == body.digest:
        return state
    return _diverged(state, event, "the saved notebook is not what the events tell")


def _added(state: NotebookState, event: Event, body: CellAdded) -> NotebookState:
    cell_id, order = body.cell_id, state.order
    text = Text.of(body.source)
    if cell_id in state.table:
        state = _diverged(state, event, f"the cell {cell_id} was added though it was there; it was replaced")
        order = tuple(known for known in order if known != cell_id)
    if body.index > len(order):
        state = _diverged(state, event, f"the cell {cell_id} was added at {body.index} of {len(order)} cells")
    cell = Cell(cell_id, body.cell_type, text, marked=body.withheld)
    before = state.removed.get(cell_id)
    removed = state.removed
    if before is not None:
        removed = {known: gone for known, gone in removed.items() if known != cell_id}
        if before.cell_type == body.cell_type:
            cell = replace(before, text=text, marked=body.withheld)
    table = state.table.copy()
    table[cell_id] = cell
    return replace(state, table=table, removed=removed, order=(*order[: body.index], cell_id, *order[body.index :]))


def _removed(state: NotebookState, event: Event, body: CellRemoved) -> NotebookState:
    cell = state.table.get(body.cell_id)
    if cell is None:
        return _diverged(state, event, f"the cell {body.cell_id} was removed but was not there")
    state = _checked_place(state, event, body.cell_id, body.index)
    table = state.table.copy()
    del table[body.cell_id]
    removed = {**state.removed, body.cell_id: replace(cell, text=Text.of(""))}
    return replace(state, table=table, removed=removed, order=_without(state.order, body.cell_id))


def _moved(state: NotebookState, event: Event, body: CellMoved) -> NotebookState:
    if body.cell_id not in state.table:
        return _diverged(state, event, f"the cell {body.cell_id} was moved but was not there")
    state = _checked_place(state, event, body.cell_id, body.from_)
    rest = _without(state.order, body.cell_id)
    if body.to > len(rest):
        state = _diverged(state, event, f"the cell {body.cell_id} was moved to {body.to} among {len(rest)} others")
    return replace(state, order=(*rest[: body.to], body.cell_id, *rest[body.to :]))


def _without(order: tuple[str, ...], cell_id: str) -> tuple[str, ...]:
    index = order.index(cell_id)
    return order[:index] + order[index + 1 :]


def _checked_place(state: NotebookState, event: Event, cell_id: str, index: int) -> NotebookState:
    if index < len(state.order) and state.order[index] == cell_id:
        return state
    found = state.order.index(cell_id)
    return _diverged(state, event, f"the cell {cell_id} was said to stand at {index} but stood at {found}")


def _type_changed(state: NotebookState, event: Event, body: CellTypeChanged) -> NotebookState:
    cell = state.table.get(body.cell_id)
    if cell is None:
        return _diverged(state, event, f"the type of the cell {body.cell_id} changed but it was not there")
    if cell.cell_type == body.cell_type:
        return state
    return _with_cell(state, Cell(cell.cell_id, body.cell_type, cell.text, marked=cell.marked))


def _edited(state: NotebookState, event: Event, body: CellEdited) -> NotebookState:
    cell = state.table.get(body.cell_id)
    if cell is None:
        return _diverged(state, event, f"the cell {body.cell_id} was edited but was not there")
    text, problem = cell.text, None
    for ops in joined(body.changes):
        try:
            text = text.apply(ops)
        except ValueError as error:
            problem = f"in the cell {body.cell_id} {error}; the rest of the burst was left out"
            break
    state = _with_cell(state, replace(cell, text=text, marked=cell.marked or body.withheld))
    return _diverged(state, event, problem) if problem else state


def _scheduled(state: NotebookState, event: Event, body: RunScheduled) -> NotebookState:
    cell = state.table.get(body.cell_id)
    if cell is None:
        return _diverged(state, event, f"the cell {body.cell_id} was run but was not there")
    if cell.source != body.source:
        state = _diverged(state, event, f"the cell {body.cell_id} was run with another source than the events tell")
        cell = replace(cell, text=Text.of(body.source), marked=body.withheld)
    elif body.withheld:
        cell = replace(cell, marked=True)
    if cell.cell_type == "code":
        # JupyterLab clears the cell when its run is asked for.
        cell = replace(cell, status="scheduled", run_id=body.run_id, execution_count=None, outputs=(), error=None)
    return replace(_with_cell(state, cell), runs={**state.runs, body.run_id: body.cell_id})


def _started(state: NotebookState, event: Event, body: RunStarted) -> NotebookState:
    cell = _cell_of_run(state, body.run_id)
    return state if cell is None else _with_cell(state, replace(cell, status="running"))


def _finished(state: NotebookState, event: Event, body: RunFinished) -> NotebookState:
    if body.run_id not in state.runs:
        return _diverged(state, event, f"the run {body.run_id} finished but was never scheduled")
    cell = _cell_of_run(state, body.run_id)
    state = replace(state, runs={run: cell_id for run, cell_id in state.runs.items() if run != body.run_id})
    if cell is None:
        return state
    return _with_cell(
        state,
        replace(
            cell,
            status=body.status,
            execution_count=body.execution_count,
            outputs=tuple(body.outputs),
            error=body.error,
        ),
    )


def _cell_of_run(state: NotebookState, run_id: UUID) -> Cell | None:
    """The code cell whose last run this is; a cell that is gone, or was run again since, has none."""
    cell = state.table.get(state.runs.get(run_id, ""))
    return cell if cell is not None and cell.run_id == run_id else None


def _lost(state: NotebookState, event: Event, body: CaptureLost) -> NotebookState:
    return _noted(state, event, "hole", f"{body.count} events never arrived: {body.reason}")


def _invalid(state: NotebookState, event: Event, body: CaptureInvalid) -> NotebookState:
    return _noted(state, event, "passed over", f"{body.claimed_type} could not be understood: {body.reason}")


# One step for each type that says something about the notebook. A step gets the body of its own type: the catalogue
# binds the two.
_STEPS: dict[str, Callable[[NotebookState, Event, Any], NotebookState]] = {
    "session.opened": _opened,
    "notebook.reloaded": _reloaded,
    "notebook.renamed": _renamed,
    "notebook.saved": _saved,
    "recording.resumed": _reloaded,
    "cell.added": _added,
    "cell.removed": _removed,
    "cell.moved": _moved,
    "cell.type_changed": _type_changed,
    "cell.edited": _edited,
    "run.scheduled": _scheduled,
    "run.started": _started,
    "run.finished": _finished,
    "capture.lost": _lost,
    "capture.invalid": _invalid,
}

FOLDED = frozenset(_STEPS)
"""The types of events that may change the notebook or its notes."""

"""The projection ``current``: the read models ``session``, ``cell`` and ``run``, one state for each session."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellTypeChanged,
    SessionAccepted,
)
from prompter_events.catalogue.runs import RunFinished, RunScheduled, RunStarted
from prompter_events.event import NO_SESSION, Event, ParticipantId, SessionId
from prompter_events.transaction import Relation, Row, Value

from .fold import body_of
from .notebook import EMPTY, CellStatus, NotebookState, fold_body
from .relations import CELL, RUN, SESSION
from .text import well_formed

BY_THE_SERVER = frozenset(
    {
        "session.accepted",
        "prompt.requested",
        "prompt.issued",
        "prompt.suppressed",
        "prompt.expired",
        "prompt.withdrawn",
        "study.ended",
        "task.began",
        "task.ended",
        "note.added",
    }
)
"""Events of a session that are no sign of its page being open."""


class CellFacts(msgspec.Struct, frozen=True):
    """What the notebook itself does not tell of a cell. Times in µs since the epoch, by the page's clock."""

    created_at: int
    changed_at: int
    removed_at: int | None = None
    edits: int = 0
    runs: int = 0
    last_status: CellStatus | None = None
    parents: tuple[str, ...] = ()
    removed: tuple[str, str] | None = None
    """Type and source of a removed cell, as it stood."""


class Run(msgspec.Struct, frozen=True):
    """One execution of one cell."""

    run_id: UUID
    cell_id: str
    version: int
    source: str
    scheduled_at: int
    position: int
    started_at: int | None = None
    finished_at: int | None = None
    status: CellStatus = "scheduled"
    execution_count: int | None = None
    duration_ms: int | None = None
    error_name: str | None = None


class CurrentState(msgspec.Struct, frozen=True):
    """One session."""

    session_id: UUID
    participant_id: UUID
    notebook: NotebookState = EMPTY
    """Without outputs and notes, which no row shows."""
    facts: dict[str, CellFacts] = {}
    open_runs: dict[UUID, Run] = {}
    ended_runs: tuple[Run, ...] = ()
    """Since the last commit."""
    notebook_id: UUID | None = None
    study: str | None = None
    condition_name: str | None = None
    opened_at: int | None = None
    last_at: int | None = None
    closed_at: int | None = None
    edits: int = 0
    keystrokes: int = 0
    runs: int = 0
    errors: int = 0
    prompts: int = 0
    answers: int = 0
    last_position: int = 0


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(CurrentState)


class CurrentProjection:
    """Sessions, cells and runs as they are now."""

    name = "current"
    relations = (SESSION, CELL, RUN)

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        """The sessions."""
        return [session_id.bytes for session_id in sessions]

    def key(self, event: Event) -> bytes | None:
        """The session."""
        return None if event.session_id == NO_SESSION else event.session_id.bytes

    def fold(self, state: CurrentState | None, event: Event) -> CurrentState:
        """The session after an event."""
        if state is None:
            state = CurrentState(event.session_id, event.participant_id)
        if event.type in BY_THE_SERVER:
            state = replace(state, last_position=event.position)
        else:
            state = replace(
                state, last_position=event.position, last_at=max(state.last_at or 0, event.occurred_at), closed_at=None
            )
        step = _STEPS.get(event.type)
        body = body_of(event) if step is not None else None
        return state if step is None or body is None else step(state, event, body)

    def rows(self, before: CurrentState | None, after: CurrentState) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """The session's row, and those of the cells and runs that changed."""
        yield SESSION, [_session_row(after)]
        yield CELL, _cell_rows(before, after)
        known = before.open_runs if before is not None else {}
        changed = [run for run in after.open_runs.values() if known.get(run.run_id) is not run]
        yield RUN, [_run_row(after, run) for run in (*after.ended_runs, *changed)]

    def settle(self, state: CurrentState) -> CurrentState:
        """Runs that ended are in their rows."""
        return replace(state, ended_runs=()) if state.ended_runs else state

    def encode(self, state: CurrentState) -> bytes:
        """msgpack."""
        return _encoder.encode(state)

    def decode(self, data: bytes) -> CurrentState:
        """What ``encode`` made."""
        return _decoder.decode(data)


_OF_ONE_CELL = (CellAdded, CellRemoved, CellMoved, CellTypeChanged, RunScheduled)
"""Events that leave all cells but their own as they are."""


def _accepted(state: CurrentState, event: Event, body: SessionAccepted) -> CurrentState:
    return replace(state, notebook_id=body.notebook_id, study=body.study, condition_name=body.condition)


def _closed(state: CurrentState, event: Event, body: Body) -> CurrentState:
    return replace(state, closed_at=event.occurred_at)


def _opened(state: CurrentState, event: Event, body: Body) -> CurrentState:
    if state.opened_at is None:
        state = replace(state, opened_at=event.occurred_at)
    return _restructured(state, event, body)


def _restructured(state: CurrentState, event: Event, body: Body) -> CurrentState:
    """Any change of the notebook that may touch more than one cell, or which cells there are."""
    old = state.notebook
    new = _bare(fold_body(old, event, body))
    touched = (body.cell_id,) if isinstance(body, _OF_ONE_CELL) else dict.fromkeys((*old.table, *new.table))
    changed: dict[str, CellFacts] = {}
    now = event.occurred_at
    for cell_id in touched:
        was, cell, known = old.table.get(cell_id), new.table.get(cell_id), state.facts.get(cell_id)
        if was is cell:
            continue
        if known is None:
            changed[cell_id] = CellFacts(created_at=now, changed_at=now)
        elif was is None:
            changed[cell_id] = replace(known, changed_at=now, removed_at=None, removed=None)
        elif cell is None:
            changed[cell_id] = replace(known, removed_at=now, removed=(was.cell_type, well_formed(was.source)))
        elif was.cell_type != cell.cell_type or was.text != cell.text:
            changed[cell_id] = replace(known, changed_at=now)
    if isinstance(body, CellAdded) and body.parents:
        known = changed.get(body.cell_id) or state.facts[body.cell_id]
        changed[body.cell_id] = replace(known, parents=tuple(body.parents))
    return replace(state, notebook=new, facts={**state.facts, **changed} if changed else state.facts)


def _bare(notebook: NotebookState) -> NotebookState:
    """Without the notes, which no row shows."""
    return replace(notebook, notes=(), more_notes=0) if notebook.notes else notebook


def _edited(state: CurrentState, event: Event, body: CellEdited) -> CurrentState:
    # What a collaborator types counts in their own session.
    own = body.cause != "remote"
    facts = state.facts
    known = facts.get(body.cell_id)
    if known is not None:
        facts = facts.copy()
        facts[body.cell_id] = replace(known, edits=known.edits + own, changed_at=event.occurred_at)
    return replace(
        state,
        notebook=_bare(fold_body(state.notebook, event, body)),
        facts=facts,
        edits=state.edits + own,
        keystrokes=state.keystrokes + own * len(body.changes),
    )


def _scheduled(state: CurrentState, event: Event, body: RunScheduled) -> CurrentState:
    known = state.facts.get(body.cell_id)
    version = 1 if known is None else known.runs + 1
    run = Run(body.run_id, body.cell_id, version, body.source, event.occurred_at, event.position)
    state = replace(
        _restructured(state, event, body), runs=state.runs + 1, open_runs={**state.open_runs, body.run_id: run}
    )
    if known is None:
        return state
    facts = replace(state.facts[body.cell_id], runs=version, last_status="scheduled")
    return _with_facts(state, body.cell_id, facts)


def _started(state: CurrentState, event: Event, body: RunStarted) -> CurrentState:
    run = state.open_runs.get(body.run_id)
    if run is None:
        return state
    run = replace(run, started_at=event.occurred_at, status="running")
    return _with_status(replace(state, open_runs={**state.open_runs, run.run_id: run}), run)


def _finished(state: CurrentState, event: Event, body: RunFinished) -> CurrentState:
    run = state.open_runs.get(body.run_id)
    if run is None:
        return state
    run = replace(
        run,
        finished_at=event.occurred_at,
        status=body.status,
        execution_count=body.execution_count,
        duration_ms=body.duration_ms,
        error_name=None if body.error is None else body.error.name,
    )
    bare = replace(body, outputs=[], error=None)
    state = replace(
        state,
        notebook=_bare(fold_body(state.notebook, event, bare)),
        open_runs={key: other for key, other in state.open_runs.items() if key != run.run_id},
        ended_runs=(*state.ended_runs, run),
        errors=state.errors + (body.status == "error"),
    )
    return _with_status(state, run)


def _with_status(state: CurrentState, run: Run) -> CurrentState:
    """The cell tells of its last run; an earlier one that ends late changes nothing."""
    known = state.facts.get(run.cell_id)
    if known is None or known.runs != run.version:
        return state
    return _with_facts(state, run.cell_id, replace(known, last_status=run.status))


def _with_facts(state: CurrentState, cell_id: str, facts: CellFacts) -> CurrentState:
    return replace(state, facts={**state.facts, cell_id: facts})


def _issued(state: CurrentState, event: Event, body: Body) -> CurrentState:
    return replace(state, prompts=state.prompts + 1)


def _answered(state: CurrentState, event: Event, body: Body) -> CurrentState:
    return replace(state, answers=state.answers + 1)


def _renamed(state: CurrentState, event: Event, body: Body) -> CurrentState:
    return replace(state, notebook=fold_body(state.notebook, event, body))


# One step for each type that a row shows; a step gets the body of its own type.
_STEPS: dict[str, Callable[[CurrentState, Event, Any], CurrentState]] = {
    "session.opened": _opened,
    "session.accepted": _accepted,
    "session.closed": _closed,
    "notebook.reloaded": _restructured,
    "notebook.renamed": _renamed,
    "recording.resumed": _restructured,
    "cell.added": _restructured,
    "cell.removed": _restructured,
    "cell.moved": _restructured,
    "cell.type_changed": _restructured,
    "cell.edited": _edited,
    "run.scheduled": _scheduled,
    "run.started": _started,
    "run.finished": _finished,
    "prompt.issued": _issued,
    "prompt.answered": _answered,
}


def _session_row(state: CurrentState) -> Row:
    columns = {
        name: getattr(state, name) for name in SESSION.columns if name not in {"notebook_path", "kernel_name", "cells"}
    }
    return {
        "generation": 0,
        "session_id": state.session_id,
        "notebook_path": state.notebook.path,
        "kernel_name": state.notebook.kernel_name,
        "cells": len(state.notebook.order),
        **columns,
    }


def _cell_rows(before: CurrentState | None, after: CurrentState) -> list[Row]:
    if before is None:
        before = CurrentState(after.session_id, after.participant_id)
    moved = before.notebook.order is not after.notebook.order
    was = {cell_id: place for place, cell_id in enumerate(before.notebook.order)} if moved else {}
    rows: list[Row] = []
    for place, cell_id in enumerate(after.notebook.order):
        cell, facts = after.notebook.table[cell_id], after.facts[cell_id]
        if (
            cell is not before.notebook.table.get(cell_id)
            or facts is not before.facts.get(cell_id)
            or (moved and was.get(cell_id) != place)
        ):
            rows.append(_cell_row(after, cell_id, place, (cell.cell_type, well_formed(cell.source)), facts))
    for cell_id, facts in after.facts.items():
        if facts.removed is not None and facts is not before.facts.get(cell_id):
            rows.append(_cell_row(after, cell_id, None, facts.removed, facts))
    return rows


def _cell_row(
    state: CurrentState, cell_id: str, place: int | None, text: tuple[str, str], facts: CellFacts
) -> dict[str, Value]:
    return {
        "generation": 0,
        "session_id": state.session_id,
        "cell_id": cell_id,
        "place": place,
        "cell_type": text[0],
        "source": text[1],
        "runs": facts.runs,
        "last_status": facts.last_status,
        "edits": facts.edits,
        "created_at": facts.created_at,
        "changed_at": facts.changed_at,
        "removed_at": facts.removed_at,
        "parents": json.dumps(facts.parents, ensure_ascii=False),
    }


def _run_row(state: CurrentState, run: Run) -> dict[str, Value]:
    return {"generation": 0, "session_id": state.session_id, **msgspec.structs.asdict(run)}

"""The fold of the policy: what each event changes in the memory of its participant, and what the rules then propose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellRemoved,
    NotebookReloaded,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptAnswered, PromptDismissed, PromptSnoozed
from prompter_events.catalogue.runs import RunFinished, RunScheduled

from ..settings import Condition
from ..study import Rule
from .memory import CellMemory, HeldBack, ParticipantMemory, Place, Proposal, RunMemory, SessionMemory
from .rules import RULES

#: How much of a source is remembered to compare with, in characters.
_LONGEST = 64_000

#: How many runs that have not ended are remembered: a page that dies never ends its own.
_MOST_RUNS = 200

#: Causes by which the participant themself made or changed a cell.
_OWN = frozenset({"user", "paste", "cut", "drag", "split", "merge", "undo", "redo", "restore"})


def remember(
    memory: ParticipantMemory, event: Event, body: Body, rules: tuple[Rule, ...], snooze: int
) -> ParticipantMemory:
    """Fold one event of this participant. Events of types that matter nothing here change nothing.

    ``snooze``: for how long "later" puts a prompt off, in µs.
    """
    if isinstance(body, SessionAccepted):
        return _accepted(memory, event, body)
    if isinstance(body, PromptAnswered | PromptDismissed | PromptSnoozed):
        return _reacted(memory, event, body, snooze)
    session = memory.sessions.get(event.session_id)
    if session is None:
        return memory
    if isinstance(body, RunFinished):
        return _finished(memory, event, body, session, rules)
    fold = _FOLDS.get(type(body))
    return fold(memory, event, body, session.notebook_id) if fold else memory


def _accepted(memory: ParticipantMemory, event: Event, body: SessionAccepted) -> ParticipantMemory:
    session = SessionMemory(
        notebook_id=body.notebook_id,
        asking=body.condition != Condition.EXP_NONE,
        clock_offset=body.clock_offset_ms * 1000,
    )
    return replace(memory, sessions={**memory.sessions, event.session_id: session})


def _opened(memory: ParticipantMemory, event: Event, body: SessionOpened, notebook_id: UUID) -> ParticipantMemory:
    known = memory.cells.get(notebook_id, {})
    given = {cell.cell_id: CellMemory() for cell in body.cells if cell.cell_id not in known}
    memory = replace(memory, cells={**memory.cells, notebook_id: {**known, **given}})
    return _forget_runs(memory, body.continues) if body.continues else memory


def _reloaded(memory: ParticipantMemory, event: Event, body: NotebookReloaded, notebook_id: UUID) -> ParticipantMemory:
    known = memory.cells.get(notebook_id, {})
    given = {cell.cell_id: CellMemory() for cell in body.cells if cell.cell_id not in known}
    return replace(memory, cells={**memory.cells, notebook_id: {**known, **given}})


def _closed(memory: ParticipantMemory, event: Event, body: SessionClosed, notebook_id: UUID) -> ParticipantMemory:
    return _forget_runs(memory, event.session_id)


def _forget_runs(memory: ParticipantMemory, session_id: UUID) -> ParticipantMemory:
    """A session that is over runs nothing any more."""
    return replace(memory, runs={k: run for k, run in memory.runs.items() if run.session_id != session_id})


def _added(memory: ParticipantMemory, event: Event, body: CellAdded, notebook_id: UUID) -> ParticipantMemory:
    place = Place(notebook_id, body.cell_id)
    cell = _cell(memory, place)
    return _with_cell(memory, place, replace(cell, mine=cell.mine or body.cause in _OWN))


def _edited(memory: ParticipantMemory, event: Event, body: CellEdited, notebook_id: UUID) -> ParticipantMemory:
    if body.cause not in _OWN:
        return memory
    memory = replace(memory, last_key_at=event.recorded_at)
    place = Place(notebook_id, body.cell_id)
    cell = _cell(memory, place)
    return memory if cell.mine else _with_cell(memory, place, replace(cell, mine=True))


def _removed(memory: ParticipantMemory, event: Event, body: CellRemoved, notebook_id: UUID) -> ParticipantMemory:
    """The cell's memory stays: an undo brings the cell back. What waits or is open about it ends."""
    place = Place(notebook_id, body.cell_id)
    gone = tuple(prompt_id for prompt_id, prompt in memory.open.items() if prompt.place == place)
    dropped = tuple(HeldBack(p, "cell removed") for p in memory.proposals if p.place == place)
    return replace(
        memory,
        proposals=tuple(p for p in memory.proposals if p.place != place),
        held_back=memory.held_back + dropped,
        gone=memory.gone + gone,
    )


def _scheduled(memory: ParticipantMemory, event: Event, body: RunScheduled, notebook_id: UUID) -> ParticipantMemory:
    place = Place(notebook_id, body.cell_id)
    cell = _cell(memory, place)
    run = RunMemory(event.session_id, place, cell.runs + 1, body.source[:_LONGEST])
    newest = [*memory.runs.items(), (body.run_id, run)][-_MOST_RUNS:]
    return _with_cell(replace(memory, runs=dict(newest)), place, replace(cell, runs=run.version))


def _finished(
    memory: ParticipantMemory, event: Event, body: RunFinished, session: SessionMemory, rules: tuple[Rule, ...]
) -> ParticipantMemory:
    run = memory.runs.get(body.run_id)
    if run is None:
        return memory
    cell = _cell(memory, run.place)
    memory = replace(
        memory,
        runs={run_id: other for run_id, other in memory.runs.items() if run_id != body.run_id},
        last_run_at=event.recorded_at,
    )
    if body.status != "ok" or not run.source.strip():
        return memory
    proposing = [rule for rule in rules if RULES[rule.use](rule, cell, run)]
    if not proposing:
        return memory
    best = max(proposing, key=lambda rule: rule.priority)
    proposal = Proposal(
        place=run.place,
        session_id=event.session_id,
        run_id=body.run_id,
        version=run.version,
        source=run.source,
        rule=best.use,
        trigger=event.position,
        # An event that waited in an offline page proposes for the moment when it happened, not for now.
        proposed_at=min(event.recorded_at, event.occurred_at + session.clock_offset),
    )
    superseded = tuple(HeldBack(p, "superseded") for p in memory.proposals if p.place == run.place)
    others = tuple(p for p in memory.proposals if p.place != run.place)
    return replace(memory, proposals=(*others, proposal), held_back=memory.held_back + superseded)


def _reacted(
    memory: ParticipantMemory, event: Event, body: PromptAnswered | PromptDismissed | PromptSnoozed, snooze: int
) -> ParticipantMemory:
    """What the participant did with a prompt, from whichever session."""
    if isinstance(body, PromptAnswered):
        return _ended(replace(memory, unanswered=0), body.prompt_id)
    if isinstance(body, PromptDismissed):
        return _dismissed(memory, body)
    return _snoozed(memory, event, body, snooze)


def _dismissed(memory: ParticipantMemory, body: PromptDismissed) -> ParticipantMemory:
    prompt = memory.open.get(body.prompt_id)
    if prompt is not None and body.reason == "never":
        memory = _with_cell(memory, prompt.place, replace(_cell(memory, prompt.place), muted=True))
    return _ended(replace(memory, unanswered=memory.unanswered + 1), body.prompt_id)


def _snoozed(memory: ParticipantMemory, event: Event, body: PromptSnoozed, snooze: int) -> ParticipantMemory:
    prompt = memory.open.get(body.prompt_id)
    if prompt is None:
        return memory
    later = replace(prompt, waits_since=event.recorded_at + snooze)
    return replace(memory, open={**memory.open, body.prompt_id: later})


def _ended(memory: ParticipantMemory, prompt_id: UUID) -> ParticipantMemory:
    return replace(memory, open={key: prompt for key, prompt in memory.open.items() if key != prompt_id})


def _cell(memory: ParticipantMemory, place: Place) -> CellMemory:
    return memory.cells.get(place.notebook_id, {}).get(place.cell_id, CellMemory())


def _with_cell(memory: ParticipantMemory, place: Place, cell: CellMemory) -> ParticipantMemory:
    notebook = {**memory.cells.get(place.notebook_id, {}), place.cell_id: cell}
    return replace(memory, cells={**memory.cells, place.notebook_id: notebook})


_FOLDS: dict[type[Body], Callable[[ParticipantMemory, Event, Any, UUID], ParticipantMemory]] = {
    SessionOpened: _opened,
    SessionClosed: _closed,
    NotebookReloaded: _reloaded,
    CellAdded: _added,
    CellEdited: _edited,
    CellRemoved: _removed,
    RunScheduled: _scheduled,
}

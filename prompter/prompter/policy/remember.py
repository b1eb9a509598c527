"""The fold of the policy: what each event changes in the memory of its participant, and what the rules then propose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellTypeChanged,
    FocusChanged,
    IdleBegan,
    IdleEnded,
    SessionAccepted,
)
from prompter_events.catalogue.runs import (
    KernelFacts,
    RunFinished,
    RunScheduled,
)

from . import showing, standing
from .memory import (
    CellMemory,
    HeldBack,
    Outline,
    ParticipantMemory,
    Place,
    RunMemory,
    SessionMemory,
    cell_of,
    newest,
    with_cell,
)
from .outline import CHANGES, outline_after
from .proposing import Happening, Terms, moment_of, propose
from .reactions import REACTIONS
from .sessions import SESSIONS, accepted
from .steps import frame_step, frames_after

#: How much of a source is remembered to compare with, in characters.
_LONGEST = 64_000

#: How many runs that have not ended are remembered: a page that dies never ends its own.
_MOST_RUNS = 200

#: How many runs that went well wait for what the kernel saw: it says so at once, before or after the end of the run.
_MOST_FINISHED = 8

#: Of how many sessions or notebooks the order of cells, the frames and the idle times are remembered.
_MOST_OPEN = 8

#: A cell's last touch is remembered this coarsely, in µs, so that not every key makes a new state of the cell.
_TOUCH = 10_000_000

#: Causes by which the participant themself made or changed a cell.
OWN = frozenset({"user", "paste", "cut", "drag", "split", "merge", "undo", "redo", "restore"})


def remember(memory: ParticipantMemory, event: Event, body: Body, terms: Terms) -> ParticipantMemory:
    """Fold one event of this participant. Events of types that matter nothing here change nothing."""
    kind = type(body)
    if (react := REACTIONS.get(kind)) is not None:
        return react(memory, event, body, terms.study)
    if isinstance(body, SessionAccepted):
        return accepted(memory, event, body)
    session = memory.sessions.get(event.session_id)
    if session is None:
        return memory
    if terms.outlined and kind in CHANGES:
        outline = outline_after(memory.outlines.get(event.session_id, Outline()), body)
        memory = replace(memory, outlines=newest(memory.outlines, event.session_id, outline, _MOST_OPEN))
    place = Place(session.notebook_id, cell_id) if (cell_id := getattr(body, "cell_id", None)) else None
    if place is not None and kind in _SHOWING and not session.closed:
        memory = showing.seen(memory, event.session_id, place)
    if (change := SESSIONS.get(kind)) is not None:
        memory = change(memory, event, body, session)
    elif (fold := _FOLDS.get(kind)) is not None:
        memory = fold(memory, event, body, session, terms)
    if terms.foreign and place is not None and kind not in _ASKED_ABOUT:
        memory = propose(memory, Happening(event, body, session, place), terms.foreign, terms)
    return memory


def _added(
    memory: ParticipantMemory, event: Event, body: CellAdded, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    place = Place(session.notebook_id, body.cell_id)
    cell = cell_of(memory, place)
    if cell.mine or body.cause not in OWN:
        return memory
    return replace(memory, cells=with_cell(memory, place, replace(cell, mine=True)))


def _edited(
    memory: ParticipantMemory, event: Event, body: CellEdited, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    if body.cause not in OWN:
        return memory
    moment = moment_of(event, session)
    memory = _back(memory, event, body, session, terms)
    place = Place(session.notebook_id, body.cell_id)
    cell = cell_of(memory, place)
    cells = memory.cells
    if not cell.mine or moment >= cell.touched_at + _TOUCH:
        cells = with_cell(memory, place, _touched(replace(cell, mine=True), moment))
    memory = standing.busy(memory, event.session_id, body.cell_id)
    return replace(memory, cells=cells, last_key_at=event.recorded_at, last_input_at=moment)


def _touched(cell: CellMemory, moment: int) -> CellMemory:
    if moment < cell.touched_at + _TOUCH:
        return cell
    away = max(cell.away, moment - cell.touched_at) if cell.touched_at else 0
    return replace(cell, touched_at=moment, away=away)


def _removed(
    memory: ParticipantMemory, event: Event, body: CellRemoved, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    """The cell's memory stays: an undo brings the cell back. What waits or is open about it ends.

    What is asked at the end stays too: the review shows the cell as it stood then.
    """
    place = Place(session.notebook_id, body.cell_id)
    memory = standing.removed(memory, session.notebook_id, body.cell_id)
    gone = tuple(id_ for id_, prompt in memory.open.items() if prompt.place == place and not prompt.at_end)
    dropped = tuple(HeldBack(p, "cell removed") for p in memory.proposals if p.place == place)
    return replace(
        memory,
        proposals=tuple(p for p in memory.proposals if p.place != place),
        held_back=memory.held_back + dropped,
        gone=memory.gone + gone,
        runs={run_id: run for run_id, run in memory.runs.items() if run.place != place},
        finished={run_id: run for run_id, run in memory.finished.items() if run.place != place},
    )


def _scheduled(
    memory: ParticipantMemory, event: Event, body: RunScheduled, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    moment = moment_of(event, session)
    memory = _back(memory, event, body, session, terms)
    place = Place(session.notebook_id, body.cell_id)
    cell = _touched(cell_of(memory, place), moment)
    run = RunMemory(event.session_id, place, cell.runs + 1, body.source[:_LONGEST], body.run_id)
    memory = standing.busy(memory, event.session_id, body.cell_id)
    return replace(
        memory,
        runs=newest(memory.runs, body.run_id, run, _MOST_RUNS),
        cells=with_cell(memory, place, replace(cell, runs=run.version)),
        last_input_at=moment,
    )


def _finished(
    memory: ParticipantMemory, event: Event, body: RunFinished, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    run = memory.runs.get(body.run_id)
    if run is None:
        return memory
    memory = replace(
        memory,
        runs={run_id: other for run_id, other in memory.runs.items() if run_id != body.run_id},
        last_run_at=event.recorded_at,
    )
    if body.status in {"ok", "error"}:
        ended_at = moment_of(event, session)
        memory = standing.ran(memory, run.session_id, run.place.cell_id, body.run_id, ended_at)
    if body.status == "error":
        failed = replace(cell_of(memory, run.place), failed=body.error.name if body.error else "Error")
        return replace(memory, cells=with_cell(memory, run.place, failed))
    if body.status != "ok" or not run.source.strip():
        return memory
    happening = Happening(event, body, session, run.place, run, body.run_id, run.facts, run.step)
    memory = propose(memory, happening, terms.study.rules, terms)
    cell = replace(cell_of(memory, run.place), failed="", away=0)
    return replace(
        memory,
        cells=with_cell(memory, run.place, cell),
        finished=newest(memory.finished, body.run_id, replace(run, facts=None, step=None), _MOST_FINISHED),
    )


def _facts(
    memory: ParticipantMemory, event: Event, body: KernelFacts, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    """What the kernel saw, joined to its run, whichever of both comes first."""
    known = memory.frames.get(session.notebook_id, {})
    step = frame_step(body, known)
    if body.frames:
        frames = newest(memory.frames, session.notebook_id, frames_after(known, body), _MOST_OPEN)
        memory = replace(memory, frames=frames)
    if body.run_id is None:
        return memory
    if (run := memory.runs.get(body.run_id)) is not None:
        return replace(memory, runs={**memory.runs, body.run_id: replace(run, facts=body, step=step)})
    if (run := memory.finished.get(body.run_id)) is not None:
        happening = Happening(event, body, session, run.place, run, body.run_id, body, step)
        return propose(memory, happening, terms.study.rules, terms)
    return memory


def _focused(
    memory: ParticipantMemory, event: Event, body: FocusChanged, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    """Who goes to another cell is done with the one before, for now."""
    if body.cause == "prompt" or not body.visible:
        return memory
    moment = moment_of(event, session)
    was_away = event.session_id in memory.idle
    memory = _back(memory, event, body, session, terms)
    if body.cell_id is not None:
        pause = terms.study.pace.quiet_run * 1000
        memory = standing.moved(memory, event.session_id, body.cell_id, moment, pause)
    if was_away:
        memory = standing.returned(memory, event.session_id, moment)
    proposals = tuple(
        replace(p, moved_on=True) if p.session_id == event.session_id and p.place.cell_id != body.cell_id else p
        for p in (memory.proposals if body.cell_id is not None else ())
    )
    return replace(memory, proposals=proposals or memory.proposals, last_input_at=moment)


def _idle(
    memory: ParticipantMemory, event: Event, body: IdleBegan, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    since = moment_of(event, session) - body.after_ms * 1000
    return replace(memory, idle=newest(memory.idle, event.session_id, since, _MOST_OPEN))


def _awake(
    memory: ParticipantMemory, event: Event, body: IdleEnded, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    moment = moment_of(event, session)
    memory = standing.returned(_back(memory, event, body, session, terms), event.session_id, moment)
    return replace(memory, last_input_at=moment)


def _back(
    memory: ParticipantMemory, event: Event, body: Body, session: SessionMemory, terms: Terms
) -> ParticipantMemory:
    """The first input after a pause, if this is one: the rules may ask about the cell that ran last.

    A study that does not record when people are idle knows of keys and runs alone.
    """
    since = memory.idle.get(event.session_id)
    if since is None:
        if terms.study.focus or not memory.last_input_at:
            return memory
        since = memory.last_input_at
    else:
        memory = replace(memory, idle={key: at for key, at in memory.idle.items() if key != event.session_id})
    paused = moment_of(event, session) - max(since, memory.last_input_at)
    last = next((run for run in reversed(memory.finished.values()) if run.session_id == event.session_id), None)
    if last is None or paused <= 0 or any(run.place == last.place for run in memory.runs.values()):
        return memory
    happening = Happening(event, body, session, last.place, last, last.run_id, paused=paused)
    return propose(memory, happening, terms.study.rules, terms)


_Fold = Callable[[ParticipantMemory, Event, Any, SessionMemory, Terms], ParticipantMemory]

_FOLDS: Mapping[type[Body], _Fold] = MappingProxyType(
    {
        CellAdded: _added,
        CellEdited: _edited,
        CellRemoved: _removed,
        RunScheduled: _scheduled,
        RunFinished: _finished,
        KernelFacts: _facts,
        FocusChanged: _focused,
        IdleBegan: _idle,
        IdleEnded: _awake,
    }
)

_SHOWING = frozenset({CellAdded, CellEdited, CellMoved, CellTypeChanged, FocusChanged, RunScheduled})
"""Events of a page about a cell that it has."""

_ASKED_ABOUT = frozenset({CellRemoved})
"""Events about a cell at which no rule is asked: there is nothing to ask about any more."""

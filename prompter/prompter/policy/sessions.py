"""Sessions in the memory of the participant: notebooks that are opened, said anew and closed, and their kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import NotebookReloaded, SessionAccepted, SessionClosed, SessionOpened
from prompter_events.catalogue.runs import KernelDied, KernelRestarted, KernelStarted
from prompter_events.catalogue.study import RecordingResumed

from ..settings import Condition
from . import showing, standing
from .memory import CellMemory, ParticipantMemory, SessionMemory, newest, rested
from .proposing import moment_of
from .requests import in_session, turn_down

#: Whose sessions are over long ago is not known for sure; the oldest are forgotten.
_MOST_SESSIONS = 200

#: Of how many notebooks the sources are remembered that were asked about: those that were opened last.
_MOST_NOTEBOOKS = 10


def accepted(memory: ParticipantMemory, event: Event, body: SessionAccepted) -> ParticipantMemory:
    """The server saw a session for the first time."""
    session = SessionMemory(
        notebook_id=body.notebook_id,
        asking=body.condition != Condition.EXP_NONE,
        clock_offset=body.clock_offset_ms * 1000,
        at_end=body.condition == Condition.EXP_END,
        period=body.period,
    )
    return replace(
        memory,
        sessions=newest(memory.sessions, event.session_id, session, _MOST_SESSIONS),
        cells=_with_notebook(memory.cells, body.notebook_id),
    )


def _with_notebook(cells: Mapping[UUID, dict[str, CellMemory]], notebook_id: UUID) -> dict[UUID, dict[str, CellMemory]]:
    """A notebook is opened: it comes last, and the one that rested longest goes to rest if there are many."""
    others = {other: known for other, known in cells.items() if other != notebook_id}
    for other in [*others][: max(0, len(others) + 1 - _MOST_NOTEBOOKS)]:
        others[other] = {cell_id: rested(cell) for cell_id, cell in others[other].items()}
    return {**others, notebook_id: cells.get(notebook_id, {})}


def _opened(memory: ParticipantMemory, event: Event, body: SessionOpened, session: SessionMemory) -> ParticipantMemory:
    session = replace(session, language=body.client.language, kernel=body.kernel_name)
    memory = replace(memory, sessions={**memory.sessions, event.session_id: session})
    if body.cells:
        memory = standing.opened(memory, event.session_id, body.cells[0].cell_id, moment_of(event, session))
    if body.continues:
        memory = _over(memory, body.continues)
    return _listed(memory, event, body, session)


def _listed(
    memory: ParticipantMemory,
    event: Event,
    body: SessionOpened | NotebookReloaded | RecordingResumed,
    session: SessionMemory,
) -> ParticipantMemory:
    cells = {cell.cell_id for cell in body.cells}
    return showing.listed(memory, event.session_id, session.notebook_id, cells)


def _closed(memory: ParticipantMemory, event: Event, body: SessionClosed, session: SessionMemory) -> ParticipantMemory:
    return _over(memory, event.session_id)


def _over(memory: ParticipantMemory, session_id: UUID) -> ParticipantMemory:
    """A session that is over, also one whose page died without a word, runs nothing any more and is asked nothing."""
    memory = turn_down(memory, in_session(session_id), "session over")
    memory = showing.gone_dark(memory, session_id)
    sessions = memory.sessions
    if (session := sessions.get(session_id)) is not None:
        sessions = {**sessions, session_id: replace(session, closed=True)}
    return replace(
        standing.left(memory, session_id),
        sessions=sessions,
        runs={run_id: run for run_id, run in memory.runs.items() if run.session_id != session_id},
        idle={other: since for other, since in memory.idle.items() if other != session_id},
        outlines={other: outline for other, outline in memory.outlines.items() if other != session_id},
    )


def _kernel(
    memory: ParticipantMemory,
    event: Event,
    body: KernelStarted | KernelRestarted | KernelDied,
    session: SessionMemory,
) -> ParticipantMemory:
    """Another kernel may speak another language. One that began anew holds no data; one that a page found, does."""
    if body.name != session.kernel:
        sessions = {**memory.sessions, event.session_id: replace(session, kernel=body.name)}
        memory = replace(memory, sessions=sessions)
    if isinstance(body, KernelStarted) or session.notebook_id not in memory.frames:
        return memory
    return replace(memory, frames={key: held for key, held in memory.frames.items() if key != session.notebook_id})


SESSIONS: Mapping[type[Body], Callable[[ParticipantMemory, Event, Any, SessionMemory], ParticipantMemory]] = (
    MappingProxyType(
        {
            SessionOpened: _opened,
            SessionClosed: _closed,
            NotebookReloaded: _listed,
            RecordingResumed: _listed,
            KernelStarted: _kernel,
            KernelRestarted: _kernel,
            KernelDied: _kernel,
        }
    )
)
"""What changes in a session that the log accepted."""

"""Where a participant is in each session, and whether a question would disturb little there: for questions by hand.

A breakpoint is the end of a run, the step to another cell, the return from a pause, and the opening of the notebook. It
lasts until something is typed or run.
"""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from .memory import Breakpoint, ParticipantMemory, Standing, newest

#: Of how many sessions it is remembered; people work in one or two at a time.
_MOST_SESSIONS = 8


def standing_of(memory: ParticipantMemory, session_id: UUID) -> Standing:
    """Where they are in a session; unknown before anything happened there."""
    return memory.standing.get(session_id, _NOWHERE)


def opened(memory: ParticipantMemory, session_id: UUID, cell_id: str, now: int) -> ParticipantMemory:
    """The notebook was opened, with this cell first."""
    return _with(memory, session_id, Standing(cell_id, Breakpoint(cell_id, now)))


def busy(memory: ParticipantMemory, session_id: UUID, cell_id: str) -> ParticipantMemory:
    """Something was typed or run in a cell."""
    return _with(memory, session_id, Standing(cell_id))


def ran(memory: ParticipantMemory, session_id: UUID, cell_id: str, run_id: UUID, now: int) -> ParticipantMemory:
    """A run ended. The participant may have gone on to another cell meanwhile."""
    standing = standing_of(memory, session_id)
    return _with(memory, session_id, replace(standing, breakpoint=Breakpoint(cell_id, now, run_id)))


def moved(memory: ParticipantMemory, session_id: UUID, cell_id: str, now: int, pause: int) -> ParticipantMemory:
    """The participant went to a cell. ``pause``: how long a question waits after a run, µs.

    Who goes on before that is over goes on from what ran, as the notebook itself does when a cell is run by key.
    """
    standing = standing_of(memory, session_id)
    if standing.cell_id == cell_id:
        return memory
    before = standing.breakpoint
    if before is not None and before.run_id is not None and now < before.since + pause:
        return _with(memory, session_id, Standing(cell_id, replace(before, moved_on=True)))
    return _with(memory, session_id, Standing(cell_id, Breakpoint(cell_id, now)))


def returned(memory: ParticipantMemory, session_id: UUID, now: int) -> ParticipantMemory:
    """The participant is back after a pause."""
    standing = standing_of(memory, session_id)
    if standing.breakpoint is not None or not standing.cell_id:
        return memory
    return _with(memory, session_id, replace(standing, breakpoint=Breakpoint(standing.cell_id, now)))


def removed(memory: ParticipantMemory, notebook_id: UUID, cell_id: str) -> ParticipantMemory:
    """A cell is gone from a notebook."""
    for session_id, standing in memory.standing.items():
        session = memory.sessions.get(session_id)
        if session is None or session.notebook_id != notebook_id:
            continue
        at = standing.breakpoint
        left = Standing(
            "" if standing.cell_id == cell_id else standing.cell_id,
            None if at is not None and at.cell_id == cell_id else at,
        )
        if left != standing:
            memory = replace(memory, standing={**memory.standing, session_id: left})
    return memory


def left(memory: ParticipantMemory, session_id: UUID) -> ParticipantMemory:
    """The session is over."""
    if session_id not in memory.standing:
        return memory
    return replace(memory, standing={key: one for key, one in memory.standing.items() if key != session_id})


def _with(memory: ParticipantMemory, session_id: UUID, standing: Standing) -> ParticipantMemory:
    if memory.standing.get(session_id) == standing:
        return memory
    return replace(memory, standing=newest(memory.standing, session_id, standing, _MOST_SESSIONS))


_NOWHERE = Standing()

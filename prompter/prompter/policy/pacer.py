"""A rule proposes, the pacer disposes: whether a proposal asks now, waits, or is held back. Pure; all times in µs."""

from __future__ import annotations

from dataclasses import dataclass

from ..study import Pace
from .memory import ParticipantMemory, Proposal

_HOUR = 3600 * 1_000_000
DAY = 24 * _HOUR

#: After this many prompts in a row without an answer the spacing doubles.
_PATIENCE = 3


@dataclass(frozen=True)
class Ask:
    """Ask now."""


@dataclass(frozen=True)
class Wait:
    """Look again at ``until``, or when the next event comes."""

    until: int


@dataclass(frozen=True)
class Hold:
    """Do not ask; say why."""

    reason: str


Verdict = Ask | Wait | Hold


def pace(memory: ParticipantMemory, proposal: Proposal, limits: Pace, *, adaptive: bool, now: int) -> Verdict:
    """What becomes of a proposal at ``now``."""
    cell = memory.cells[proposal.place.notebook_id][proposal.place.cell_id]
    if cell.muted:
        return Hold("never for this cell")
    if _asked_since(memory, now - _HOUR) >= limits.hour:
        return Hold("hourly cap")
    if _asked_since(memory, now - DAY) >= limits.day:
        return Hold("daily cap")
    if _spaced(memory, limits, adaptive) > _lapses(proposal, limits):
        return Hold("spacing")
    if now >= _lapses(proposal, limits):
        return Hold("stale")
    until = next_look(memory, proposal, limits, adaptive=adaptive)
    return Ask() if now >= until and not _is_running(memory, proposal) else Wait(until)


def next_look(memory: ParticipantMemory, proposal: Proposal, limits: Pace, *, adaptive: bool) -> int:
    """When a proposal that waits is to be looked at again without an event: it may ask then, or has lapsed."""
    lapses = _lapses(proposal, limits)
    if _is_running(memory, proposal):
        return lapses  # the end of the run is an event
    quiet = max(
        memory.last_key_at + limits.quiet_typing * 1000,
        proposal.proposed_at + limits.quiet_run * 1000,
    )
    return min(max(quiet, _spaced(memory, limits, adaptive)), lapses)


def _is_running(memory: ParticipantMemory, proposal: Proposal) -> bool:
    """Whether the page that would ask is running the cell; a page that died runs nothing."""
    return any(run.session_id == proposal.session_id and run.place == proposal.place for run in memory.runs.values())


def _lapses(proposal: Proposal, limits: Pace) -> int:
    return proposal.proposed_at + limits.waits * 1000


def _spaced(memory: ParticipantMemory, limits: Pace, adaptive: bool) -> int:
    if not memory.asked_at:
        return 0
    return memory.asked_at[-1] + limits.apart * 1000 * (2 if adaptive and memory.unanswered >= _PATIENCE else 1)


def _asked_since(memory: ParticipantMemory, moment: int) -> int:
    return sum(1 for asked_at in memory.asked_at if asked_at > moment)

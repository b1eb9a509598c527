"""A rule proposes, the pacer disposes: whether a proposal asks now, waits, or is held back. Pure; all times in µs."""

from __future__ import annotations

from dataclasses import dataclass

from ..study import Pace
from .memory import CellMemory, ParticipantMemory, Proposal, cell_of

_HOUR = 3600 * 1_000_000
DAY = 24 * _HOUR

#: After this many prompts in a row without an answer the spacing doubles.
_PATIENCE = 3

NEVER = 2**53
"""Later than any moment."""


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
    selected: bool = False
    """Whether the question counts as asked all the same. Where answers change nothing of what is asked about, what a
    person would not be asked is selected as for everybody else, and left out."""


Verdict = Ask | Wait | Hold


def pace(memory: ParticipantMemory, proposal: Proposal, limits: Pace, *, adaptive: bool, now: int) -> Verdict:
    """What becomes of a proposal at ``now``."""
    unwanted = _unwanted(memory, cell_of(memory, proposal.place), now)
    if unwanted and adaptive:
        return Hold(unwanted)
    lapses = _lapses(proposal, limits)
    free, cap = free_from(memory, limits, adaptive)
    if free > lapses:
        return Hold(cap)
    if now >= lapses:
        return Hold("stale")
    if _is_out_of_reach(memory, proposal):
        return Wait(lapses)
    until = min(max(quiet_from(memory, proposal, limits), free), lapses)
    if now < until:
        return Wait(until)
    return Hold(unwanted, selected=True) if unwanted else Ask()


def next_look(memory: ParticipantMemory, proposal: Proposal, limits: Pace, *, adaptive: bool) -> int:
    """When a proposal that waits is to be looked at again without an event: it may ask then, or has lapsed."""
    lapses = _lapses(proposal, limits)
    if _is_out_of_reach(memory, proposal):
        return lapses  # an event ends that
    quiet = quiet_from(memory, proposal, limits)
    if quiet >= lapses:
        return lapses
    return min(max(quiet, free_from(memory, limits, adaptive)[0]), lapses)


def quiet_from(memory: ParticipantMemory, proposal: Proposal, limits: Pace) -> int:
    """From when on nobody is disturbed: after the last key, and after the run unless they went on to another cell."""
    after_keys = memory.last_key_at + limits.quiet_typing * 1000
    return after_keys if proposal.moved_on else max(after_keys, proposal.proposed_at + limits.quiet_run * 1000)


def is_running(memory: ParticipantMemory, proposal: Proposal) -> bool:
    """Whether the page that would ask is running the cell; a page that died runs nothing."""
    return any(run.session_id == proposal.session_id and run.place == proposal.place for run in memory.runs.values())


def _is_out_of_reach(memory: ParticipantMemory, proposal: Proposal) -> bool:
    return proposal.unseen or is_running(memory, proposal)


def _lapses(proposal: Proposal, limits: Pace) -> int:
    return proposal.proposed_at + limits.waits * 1000


def _unwanted(memory: ParticipantMemory, cell: CellMemory, now: int) -> str:
    """Why this person would not be asked, by their own word; empty if they would."""
    if cell.muted:
        return "never for this cell"
    return "quiet hour" if now < memory.quiet_until else ""


def free_from(memory: ParticipantMemory, limits: Pace, adaptive: bool) -> tuple[int, str]:
    """From when on every cap lets the next question through, and the one that does so last."""
    asked_at = memory.asked_at
    apart = limits.apart * 1000 * (2 if adaptive and memory.unanswered >= _PATIENCE else 1)
    free, cap = (asked_at[-1] + apart if asked_at else 0), "spacing"
    if (hourly := _frees(asked_at, limits.hour, _HOUR)) > free:
        free, cap = hourly, "hourly cap"
    if (daily := _frees(asked_at, limits.day, DAY)) > free:
        free, cap = daily, "daily cap"
    return free, cap


def _frees(asked_at: tuple[int, ...], most: int, within: int) -> int:
    if most <= 0:
        return NEVER
    return asked_at[-most] + within if len(asked_at) >= most else 0

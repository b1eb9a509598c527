"""Questions that researchers ask by hand: which are turned down, and when the others may be asked. Pure; times in µs.

A request waits for the next breakpoint of its session. It has priority over every rule and heeds the caps and the quiet
hour, unless it is urgent; breakpoints, runs and "never for this cell" hold for urgent ones too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue.prompts import PromptRequested

from ..study import Pace, Study
from .memory import Breakpoint, ParticipantMemory, Place, Request, TurnedDown, cell_of
from .pacer import NEVER, Ask, Hold, Verdict, Wait, free_from
from .standing import standing_of

RESEARCHER = "researcher"
"""Stands in the log where questions by rules name the rule."""

NO_CELL = "?"
"""The cell of a request that was turned down before the log told where the participant is; no cell has this id."""

#: How many requests are known again should they come twice; a monitor says each once, or resends it at once.
_MOST_REQUESTED = 100


def take(memory: ParticipantMemory, event: Event, body: PromptRequested, study: Study) -> ParticipantMemory:
    """A researcher wants to ask."""
    if body.request_id in memory.requested:
        return memory
    request = Request(
        request_id=body.request_id,
        session_id=event.session_id,
        trigger=event.position,
        requested_at=event.recorded_at,
        by=body.by,
        question=body.question,
        choices=tuple(body.choices),
        language=body.language,
        multiple=body.multiple,
        text=body.text,
        urgent=body.urgent,
        override=body.override,
    )
    memory = replace(memory, requested=(*memory.requested, body.request_id)[-_MOST_REQUESTED:])
    if reason := _refusal(memory, request):
        return replace(memory, turned_down=(*memory.turned_down, TurnedDown(request, reason)))
    return replace(memory, requests=(*memory.requests, request))


def _refusal(memory: ParticipantMemory, request: Request) -> str:
    """Why nothing can ever come of a request; empty if something can."""
    session = memory.sessions.get(request.session_id)
    if memory.withdrawn:
        return "consent withdrawn"
    if session is None:
        return "session unknown"
    if session.closed or session.notebook_id in memory.ended:
        return "session over"
    return "" if session.asking or request.override else "condition"


def turn_down(memory: ParticipantMemory, concerned: Callable[[Request], bool], reason: str) -> ParticipantMemory:
    """The memory without some of the requests that wait."""
    gone = tuple(TurnedDown(request, reason) for request in memory.requests if concerned(request))
    if not gone:
        return memory
    kept = tuple(request for request in memory.requests if not concerned(request))
    return replace(memory, requests=kept, turned_down=(*memory.turned_down, *gone))


def in_session(session_id: UUID) -> Callable[[Request], bool]:
    """Whether a request is about a session."""
    return lambda request: request.session_id == session_id


def in_order(requests: Sequence[Request]) -> Sequence[Request]:
    """The urgent ones first, each kind in the order of the log."""
    return sorted(requests, key=lambda request: not request.urgent)


def breakpoint_of(memory: ParticipantMemory, request: Request) -> Breakpoint | None:
    """The breakpoint at which a request may be asked; none while they type, run something or are away."""
    away = request.session_id in memory.idle
    if away or any(run.session_id == request.session_id for run in memory.runs.values()):
        return None
    return standing_of(memory, request.session_id).breakpoint


def verdict(memory: ParticipantMemory, request: Request, limits: Pace, *, adaptive: bool, now: int) -> Verdict:
    """What becomes of a request at ``now``."""
    if request.session_id not in memory.sessions:
        return Hold("session unknown")
    lapses = _lapses(request, limits)
    free, cap = _free(memory, request, limits, adaptive)
    if free > lapses:
        return Hold(cap)
    ready, waits_for = _ready(memory, request, limits)
    if now >= lapses:
        return Hold(waits_for)
    until = min(max(ready, free), lapses)
    return Wait(until) if now < until else Ask()


def next_look(memory: ParticipantMemory, request: Request, limits: Pace, *, adaptive: bool) -> int:
    """When a request that waits is to be looked at again without an event."""
    ready, free = _ready(memory, request, limits)[0], _free(memory, request, limits, adaptive)[0]
    return min(max(ready, free), _lapses(request, limits))


def _lapses(request: Request, limits: Pace) -> int:
    """A researcher's question may wait as long as one that is open: it is about no certain version."""
    return request.requested_at + limits.expires * 1000


def _free(memory: ParticipantMemory, request: Request, limits: Pace, adaptive: bool) -> tuple[int, str]:
    return (0, "") if request.urgent else free_from(memory, limits, adaptive)


def _ready(memory: ParticipantMemory, request: Request, limits: Pace) -> tuple[int, str]:
    """From when on the person may be asked, caps aside, and what is waited for until then."""
    at = breakpoint_of(memory, request)
    if at is None:
        return NEVER, "stale"
    place = Place(memory.sessions[request.session_id].notebook_id, at.cell_id)
    if cell_of(memory, place).muted:
        return NEVER, "never for this cell"
    if any(prompt.place == place and not prompt.at_end for prompt in memory.open.values()):
        return NEVER, "open question"
    quiet = memory.last_key_at + limits.quiet_typing * 1000
    if not at.moved_on:
        quiet = max(quiet, at.since + limits.quiet_run * 1000)
    if not request.urgent and memory.quiet_until > quiet:
        return memory.quiet_until, "quiet hour"
    return quiet, "stale"

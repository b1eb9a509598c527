"""What people do with prompts, what researchers ask, and the end of the study, in the memory of the participant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptFocused,
    PromptQuiet,
    PromptRequested,
    PromptSnoozed,
)
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn, StudyEnded

from ..study import Study
from .memory import HeldBack, OpenPrompt, ParticipantMemory, Request, cell_of, with_cell
from .requests import take, turn_down

#: How many prompts that nobody answered are remembered for what is said of them too late.
_MOST_OVER = 16

#: No click silences for longer than a day, in µs, whatever a page's clock says.
_LONGEST_QUIET = 24 * 3600 * 1_000_000


def _answered(memory: ParticipantMemory, event: Event, body: PromptAnswered, study: Study) -> ParticipantMemory:
    return closed(replace(memory, unanswered=0), body.prompt_id)


def _dismissed(memory: ParticipantMemory, event: Event, body: PromptDismissed, study: Study) -> ParticipantMemory:
    prompt = memory.open.get(body.prompt_id)
    place = prompt.place if prompt else memory.over.get(body.prompt_id)
    if place is not None and body.reason == "never":
        muted = replace(cell_of(memory, place), muted=True)
        memory = replace(memory, cells=with_cell(memory, place, muted))
    if prompt is None:  # over before the click arrived, and counted then
        return memory
    return closed(replace(memory, unanswered=memory.unanswered + 1), body.prompt_id)


def _snoozed(memory: ParticipantMemory, event: Event, body: PromptSnoozed, study: Study) -> ParticipantMemory:
    prompt = memory.open.get(body.prompt_id)
    if prompt is None:
        return memory
    until = max(event.recorded_at + study.pace.snooze * 1000, memory.quiet_until)
    return replace(memory, open={**memory.open, body.prompt_id: replace(prompt, waits_since=until)})


def _focused(memory: ParticipantMemory, event: Event, body: PromptFocused, study: Study) -> ParticipantMemory:
    """Who turns to a question is given the whole time once more: it must not close while they write."""
    prompt = memory.open.get(body.prompt_id)
    if prompt is None or prompt.at_end:
        return memory
    renewed = replace(prompt, waits_since=max(prompt.waits_since, event.recorded_at))
    return replace(memory, open={**memory.open, body.prompt_id: renewed})


def _quiet(memory: ParticipantMemory, event: Event, body: PromptQuiet, study: Study) -> ParticipantMemory:
    until = event.recorded_at + min(body.for_ms * 1000, _LONGEST_QUIET)

    def put_off(prompt: OpenPrompt) -> OpenPrompt:
        by_quiet_alone = prompt.waits_since == memory.quiet_until
        return replace(prompt, waits_since=until if by_quiet_alone else max(prompt.waits_since, until))

    # What is open shows again afterwards, and its time begins then.
    waiting = {key: prompt if prompt.at_end else put_off(prompt) for key, prompt in memory.open.items()}
    return replace(memory, open=waiting, quiet_until=until)


def _ended(memory: ParticipantMemory, event: Event, body: StudyEnded, study: Study) -> ParticipantMemory:
    """The study is over in the session's notebook; said without a session, in all of them."""
    session = memory.sessions.get(event.session_id)
    notebooks = [session.notebook_id] if session else sorted({each.notebook_id for each in memory.sessions.values()})
    over = tuple(notebook for notebook in notebooks if notebook not in memory.ended)
    dropped = tuple(HeldBack(p, "study ended") for p in memory.proposals if p.place.notebook_id in over)
    memory = turn_down(memory, lambda request: _notebook_of(memory, request) in over, "session over")
    return replace(
        memory,
        ended=memory.ended + over,
        ending=memory.ending + over,
        proposals=tuple(p for p in memory.proposals if p.place.notebook_id not in over),
        held_back=memory.held_back + dropped,
    )


def _withdrew(memory: ParticipantMemory, event: Event, body: ConsentWithdrawn, study: Study) -> ParticipantMemory:
    """Nobody who withdrew is asked: what was to be asked is held back, and what is open is taken back."""
    dropped = tuple(HeldBack(proposal, "consent withdrawn") for proposal in memory.proposals)
    open_ones = tuple(prompt_id for prompt_id in memory.open if prompt_id not in memory.gone)
    memory = turn_down(memory, lambda request: True, "consent withdrawn")
    return replace(
        memory,
        proposals=(),
        runs={},
        gone=memory.gone + open_ones,
        held_back=memory.held_back + dropped,
        withdrawn=True,
    )


def _agreed(memory: ParticipantMemory, event: Event, body: ConsentGiven, study: Study) -> ParticipantMemory:
    return replace(memory, withdrawn=False)


def _notebook_of(memory: ParticipantMemory, request: Request) -> UUID | None:
    session = memory.sessions.get(request.session_id)
    return None if session is None else session.notebook_id


def closed(memory: ParticipantMemory, prompt_id: UUID) -> ParticipantMemory:
    """The memory once a prompt is over."""
    return replace(memory, open={key: prompt for key, prompt in memory.open.items() if key != prompt_id})


def ended_by_us(memory: ParticipantMemory, prompt_id: UUID, prompt: OpenPrompt) -> ParticipantMemory:
    """The memory once a prompt is over without a word of the person, whose own may be on its way."""
    over = {**memory.over, prompt_id: prompt.place}
    while len(over) > _MOST_OVER:
        del over[next(iter(over))]
    return closed(replace(memory, over=over), prompt_id)


REACTIONS: Mapping[type[Body], Callable[[ParticipantMemory, Event, Any, Study], ParticipantMemory]] = MappingProxyType(
    {
        PromptAnswered: _answered,
        PromptDismissed: _dismissed,
        PromptSnoozed: _snoozed,
        PromptFocused: _focused,
        PromptQuiet: _quiet,
        StudyEnded: _ended,
        ConsentGiven: _agreed,
        ConsentWithdrawn: _withdrew,
        PromptRequested: take,
    }
)
"""What holds from whichever session it is said."""

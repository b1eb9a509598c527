"""What becomes of researchers' questions: asked as a prompt like any other, or said in the log why not."""

from __future__ import annotations

from uuid import UUID, uuid5

from msgspec.structs import replace

from prompter_events.catalogue.prompts import PromptIssued, PromptSuppressed

from ..study import Study
from .decision import PROMPTS, Decision
from .memory import Breakpoint, HeldBack, OpenPrompt, Place, Request, RunMemory, SessionMemory, cell_of
from .pacer import Ask, Hold
from .requests import NO_CELL, RESEARCHER, in_order, verdict
from .standing import standing_of


def say_turned_down(decision: Decision) -> None:
    """Say which requests came to nothing."""
    for turned_down in decision.memory.turned_down:
        _suppress(decision, turned_down.request, turned_down.reason)
    decision.memory = replace(decision.memory, turned_down=())


def look(decision: Decision, study: Study) -> None:
    """Ask what may be asked now, hold back what waited too long, leave the others."""
    for request in in_order(decision.memory.requests):
        found = verdict(decision.memory, request, study.pace, adaptive=study.adaptive, now=decision.now)
        at = standing_of(decision.memory, request.session_id).breakpoint
        if isinstance(found, Hold):
            _drop(decision, request)
            _suppress(decision, request, found.reason)
        elif isinstance(found, Ask) and at is not None:
            _drop(decision, request)
            _ask(decision, request, at)


def _ask(decision: Decision, request: Request, at: Breakpoint) -> None:
    memory, now = decision.memory, decision.now
    session = memory.sessions[request.session_id]
    place = Place(session.notebook_id, at.cell_id)
    run = None if at.run_id is None else memory.finished.get(at.run_id)
    version = cell_of(memory, place).runs if run is None else run.version
    at_end = session.at_end and not request.override
    prompt_id = uuid5(PROMPTS, f"{memory.participant_id}/{request.request_id}/{RESEARCHER}")
    decision.count()
    if at.run_id is not None:
        _mark(decision, place, version, run)
    opened = OpenPrompt(
        place=place,
        session_id=request.session_id,
        waits_since=now,
        at_end=at_end,
        rule=RESEARCHER,
        version=version,
        run_id=at.run_id,
        question=request.question,
    )
    decision.memory = replace(decision.memory, open={**decision.memory.open, prompt_id: opened})
    decision.emit(request.session_id, _issued(decision, request, session, prompt_id, opened))


def _issued(
    decision: Decision, request: Request, session: SessionMemory, prompt_id: UUID, opened: OpenPrompt
) -> PromptIssued:
    return PromptIssued(
        prompt_id=prompt_id,
        notebook_id=opened.place.notebook_id,
        cell_id=opened.place.cell_id,
        run_id=opened.run_id,
        cell_version=opened.version,
        question=request.question,
        choices=list(request.choices),
        multiple=request.multiple,
        text=request.text,
        language=request.language,
        author=request.by,
        rule=RESEARCHER,
        trigger=request.trigger,
        deliver="end" if opened.at_end else "now",
        decided_at=decision.now,
        after=decision.after,
        # Where the condition asks now, nothing that it would not do has been done.
        deviation=not opened.at_end and (session.at_end or not session.asking),
    )


def _mark(decision: Decision, place: Place, version: int, run: RunMemory | None) -> None:
    """What ran counts as asked about: no rule asks about the same version too."""
    decision.mark(place, version, "" if run is None else run.source)
    memory = decision.memory
    covered = [proposal for proposal in memory.proposals if proposal.place == place and proposal.version <= version]
    decision.memory = replace(
        memory,
        proposals=tuple(proposal for proposal in memory.proposals if proposal not in covered),
        held_back=(*memory.held_back, *(HeldBack(proposal, "asked already") for proposal in covered)),
    )


def _suppress(decision: Decision, request: Request, reason: str) -> None:
    memory = decision.memory
    standing, session = standing_of(memory, request.session_id), memory.sessions.get(request.session_id)
    cell_id = standing.breakpoint.cell_id if standing.breakpoint is not None else standing.cell_id
    version = 0 if session is None else cell_of(memory, Place(session.notebook_id, cell_id)).runs
    suppressed = PromptSuppressed(
        cell_id=cell_id or NO_CELL,
        rule=RESEARCHER,
        reason=reason,
        decided_at=decision.now,
        after=decision.after,
        cell_version=version,
        question=request.question,
    )
    decision.emit(request.session_id, suppressed)


def _drop(decision: Decision, request: Request) -> None:
    others = tuple(other for other in decision.memory.requests if other is not request)
    decision.memory = replace(decision.memory, requests=others)

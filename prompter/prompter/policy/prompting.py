"""The policy: which cells need a characterization, when to ask, and what is held back and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from prompter_events import Event, ParticipantId, Position, Relation, SessionId
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import PromptExpired, PromptIssued, PromptSuppressed, PromptWithdrawn
from prompter_events.transaction import Row
from prompter_projections.fold import Emission, body_of

from ..study import Study
from .memory import OpenPrompt, ParticipantMemory, Proposal
from .pacer import DAY, Ask, Hold, next_look, pace
from .remember import remember

_PROMPTS = UUID("b1f6a1b4-53a7-5b34-8d57-0a4c6b7d9e02")
"""Namespace of prompt ids: the same decision gives the same id, so that a simulation can be compared."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ParticipantMemory)


@dataclass
class _Decision:
    """What one call of ``decide`` has come to so far."""

    memory: ParticipantMemory
    now: int
    after: Position
    emissions: list[Emission] = field(default_factory=list)

    def emit(self, session_id: UUID, body: Body) -> None:
        participant_id = ParticipantId(self.memory.participant_id)
        self.emissions.append(Emission(SessionId(session_id), participant_id, body))


class Prompting:
    """The policy of one study, as a projection that also emits."""

    name = "prompting"
    relations = ()

    def __init__(self, study: Study) -> None:
        self._study = study

    def keys_begin(self, participant_id: ParticipantId, sessions: Sequence[SessionId]) -> Collection[bytes]:
        """The participant."""
        return [participant_id.bytes]

    def key(self, event: Event) -> bytes | None:
        """One state for each participant: the caps hold over all their pages."""
        return event.participant_id.bytes

    def fold(self, state: ParticipantMemory | None, event: Event) -> ParticipantMemory:
        """Remember an event."""
        memory = state or ParticipantMemory(participant_id=event.participant_id)
        body = body_of(event)
        if body is None:
            return memory
        return remember(memory, event, body, self._study.rules, self._study.pace.snooze * 1000)

    def rows(
        self, before: ParticipantMemory | None, after: ParticipantMemory
    ) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """The policy has no read model: what it decides is in the log."""
        return ()

    def encode(self, state: ParticipantMemory) -> bytes:
        """msgpack."""
        return _encoder.encode(state)

    def decode(self, data: bytes) -> ParticipantMemory:
        """What ``encode`` made."""
        return _decoder.decode(data)

    def decide(
        self, state: ParticipantMemory, now: int, after: Position
    ) -> tuple[ParticipantMemory, Sequence[Emission]]:
        """Ask, hold back, expire and withdraw what is due at ``now`` (µs)."""
        if not (state.proposals or state.open or state.gone or state.held_back):
            return state, ()
        decision = _Decision(state, now, after)
        for held in state.held_back:
            self._suppress(decision, held.proposal, held.reason)
        decision.memory = replace(decision.memory, held_back=())
        self._end_prompts(decision)
        for proposal in sorted(state.proposals, key=lambda p: (-self._priority(p.rule), -p.trigger)):
            if proposal.rule not in {rule.use for rule in self._study.rules}:
                self._drop(decision, proposal)
                self._suppress(decision, proposal, "rule no longer in the study")
                continue
            verdict = pace(decision.memory, proposal, self._study.pace, adaptive=self._study.adaptive, now=now)
            if isinstance(verdict, Hold):
                self._drop(decision, proposal)
                self._suppress(decision, proposal, verdict.reason)
            elif isinstance(verdict, Ask):
                self._drop(decision, proposal)
                self._ask(decision, proposal)
        return decision.memory, decision.emissions

    def due(self, state: ParticipantMemory) -> int | None:
        """When the next proposal or open prompt wants to be looked at."""
        limits = self._study.pace
        moments = [prompt.waits_since + limits.expires * 1000 for prompt in state.open.values()]
        moments.extend(
            next_look(state, proposal, limits, adaptive=self._study.adaptive) for proposal in state.proposals
        )
        return min(moments, default=None)

    def _ask(self, decision: _Decision, proposal: Proposal) -> None:
        """Issue the prompt; in a condition that asks nothing, log that it would have been."""
        memory, now = decision.memory, decision.now
        for prompt_id, prompt in memory.open.items():
            if prompt.place == proposal.place:  # a newer version is asked about
                self._expire(decision, prompt_id, prompt)
        memory = _asked(decision.memory, proposal, now)
        if memory.sessions[proposal.session_id].asking:
            issued = self._issued(memory.participant_id, proposal, decision)
            opened = OpenPrompt(proposal.place, proposal.session_id, now)
            memory = replace(memory, open={**memory.open, issued.prompt_id: opened})
            decision.emit(proposal.session_id, issued)
        else:
            self._suppress(decision, proposal, "condition")
        decision.memory = memory

    def _issued(self, participant_id: UUID, proposal: Proposal, decision: _Decision) -> PromptIssued:
        rule = next(rule for rule in self._study.rules if rule.use == proposal.rule)
        question = self._study.questions[rule.ask]
        return PromptIssued(
            prompt_id=uuid5(_PROMPTS, f"{participant_id}/{proposal.run_id}/{proposal.rule}"),
            notebook_id=proposal.place.notebook_id,
            cell_id=proposal.place.cell_id,
            run_id=proposal.run_id,
            cell_version=proposal.version,
            question=question.now[self._study.language],
            choices=question.choices,
            language=self._study.language,
            author="rule",
            rule=proposal.rule,
            trigger=proposal.trigger,
            deliver="now",
            decided_at=decision.now,
            after=decision.after,
        )

    def _end_prompts(self, decision: _Decision) -> None:
        for prompt_id in decision.memory.gone:
            if prompt := decision.memory.open.get(prompt_id):
                decision.memory = _closed(decision.memory, prompt_id)
                withdrawn = PromptWithdrawn(prompt_id=prompt_id, decided_at=decision.now, after=decision.after)
                decision.emit(prompt.session_id, withdrawn)
        decision.memory = replace(decision.memory, gone=())
        expires = self._study.pace.expires * 1000
        for prompt_id, prompt in decision.memory.open.items():
            if decision.now >= prompt.waits_since + expires:
                self._expire(decision, prompt_id, prompt)

    def _expire(self, decision: _Decision, prompt_id: UUID, prompt: OpenPrompt) -> None:
        memory = _closed(decision.memory, prompt_id)
        decision.memory = replace(memory, unanswered=memory.unanswered + 1)
        expired = PromptExpired(prompt_id=prompt_id, decided_at=decision.now, after=decision.after)
        decision.emit(prompt.session_id, expired)

    def _suppress(self, decision: _Decision, proposal: Proposal, reason: str) -> None:
        rule = next((rule for rule in self._study.rules if rule.use == proposal.rule), None)
        suppressed = PromptSuppressed(
            cell_id=proposal.place.cell_id,
            rule=proposal.rule,
            reason=reason,
            decided_at=decision.now,
            after=decision.after,
            run_id=proposal.run_id,
            cell_version=proposal.version,
            question=self._study.questions[rule.ask].now[self._study.language] if rule else "",
        )
        decision.emit(proposal.session_id, suppressed)

    def _drop(self, decision: _Decision, proposal: Proposal) -> None:
        others = tuple(other for other in decision.memory.proposals if other != proposal)
        decision.memory = replace(decision.memory, proposals=others)

    def _priority(self, name: str) -> int:
        return next((rule.priority for rule in self._study.rules if rule.use == name), 0)


def _asked(memory: ParticipantMemory, proposal: Proposal, now: int) -> ParticipantMemory:
    """The memory once this proposal was asked about, whether or not the condition lets the page ask."""
    place = proposal.place
    notebook = memory.cells[place.notebook_id]
    cell = replace(notebook[place.cell_id], asked_source=proposal.source)
    return replace(
        memory,
        cells={**memory.cells, place.notebook_id: {**notebook, place.cell_id: cell}},
        asked_at=(*(moment for moment in memory.asked_at if moment > now - DAY), now),
    )


def _closed(memory: ParticipantMemory, prompt_id: UUID) -> ParticipantMemory:
    return replace(memory, open={key: prompt for key, prompt in memory.open.items() if key != prompt_id})

"""The policy: which cells need a characterization, when to ask, and what is held back and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from prompter_events import Event, ParticipantId, Position, Relation, SessionId
from prompter_events.catalogue.prompts import PromptExpired, PromptIssued, PromptSuppressed, PromptWithdrawn
from prompter_events.transaction import Row
from prompter_projections.fold import Emission, body_of

from ..study import Rule, Study
from . import by_hand, requests
from .decision import PROMPTS, Decision
from .memory import OpenPrompt, ParticipantMemory, Proposal, SessionMemory
from .pacer import Ask, Hold, next_look, pace
from .proposing import Terms, priority
from .reactions import ended_by_us
from .remember import remember
from .rules import RuleFunction, functions
from .wording import Worded, worded

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ParticipantMemory)


class Prompting:
    """The policy of one study, as a projection that also emits.

    ``rules``: the functions of the study's rules; without it those of this program and of installed packages. Raises
    ``SettingInvalid`` if one of them is not to be had.
    """

    name = "prompting"
    relations = ()

    def __init__(self, study: Study, rules: Mapping[str, RuleFunction] | None = None) -> None:
        self._study = study
        self._terms = Terms.of(study, functions(study.rules) if rules is None else rules)
        self._rules = {rule.use: rule for rule in study.rules}

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
        return memory if body is None else remember(memory, event, body, self._terms)

    def rows(
        self, before: ParticipantMemory | None, after: ParticipantMemory
    ) -> Iterable[tuple[Relation, Sequence[Row]]]:
        """The policy has no read model: what it decides is in the log."""
        return ()

    def encode(self, state: ParticipantMemory) -> bytes:
        """msgpack."""
        return _encoder.encode(state)

    def decode(self, data: bytes) -> ParticipantMemory:
        """What ``encode`` made, by this version or an earlier one."""
        return _decoder.decode(data)

    def decide(
        self, state: ParticipantMemory, now: int, after: Position
    ) -> tuple[ParticipantMemory, Sequence[Emission]]:
        """Ask, hold back, expire and withdraw what is due at ``now`` (µs)."""
        if not (
            state.proposals
            or state.open
            or state.gone
            or state.held_back
            or state.ending
            or state.requests
            or state.turned_down
        ):
            return state, ()
        decision = Decision(state, now, after)
        self._say_held_back(decision)
        if state.turned_down:
            by_hand.say_turned_down(decision)
        self._end_prompts(decision)
        looked = None
        # What is asked now may hold back what was to wait: all are looked at again then.
        while decision.memory.asked_at is not looked:
            looked = decision.memory.asked_at
            by_hand.look(decision, self._study)
            self._say_held_back(decision)
            for proposal in self._by_priority(decision.memory.proposals):
                self._dispose(decision, proposal)
        if state.ending:
            self._make_up_reviews(decision)
        return decision.memory, decision.emissions

    def due(self, state: ParticipantMemory) -> int | None:
        """When the next proposal, request or open prompt wants to be looked at."""
        limits = self._study.pace
        moments = [p.waits_since + limits.expires * 1000 for p in state.open.values() if not p.at_end]
        moments.extend(
            next_look(state, proposal, limits, adaptive=self._study.adaptive) for proposal in state.proposals
        )
        moments.extend(
            requests.next_look(state, request, limits, adaptive=self._study.adaptive) for request in state.requests
        )
        return min(moments, default=None)

    def _by_priority(self, proposals: tuple[Proposal, ...]) -> Sequence[Proposal]:
        """The most important first; of equal ones the newest."""
        if len(proposals) < 2:
            return proposals
        return sorted(proposals, key=lambda p: (-priority(self._study, p.rule), -p.trigger))

    def _dispose(self, decision: Decision, proposal: Proposal) -> None:
        """Ask, hold back, or leave for later."""
        rule = self._rules.get(proposal.rule)
        if rule is None:
            self._drop(decision, proposal)
            self._suppress(decision, proposal, "rule no longer in the study")
            return
        limits = self._study.pace
        verdict = pace(decision.memory, proposal, limits, adaptive=self._study.adaptive, now=decision.now)
        if isinstance(verdict, Hold):
            self._drop(decision, proposal)
            if verdict.selected:
                self._select(decision, proposal)
            self._suppress(decision, proposal, verdict.reason)
        elif isinstance(verdict, Ask):
            self._drop(decision, proposal)
            self._select(decision, proposal)
            if _session_of(decision.memory, proposal).asking:
                self._ask(decision, proposal, rule)
            else:
                self._suppress(decision, proposal, "condition")

    def _select(self, decision: Decision, proposal: Proposal) -> None:
        """The cell version counts as asked about from now on, whether or not the condition lets the page ask."""
        for prompt_id, prompt in decision.memory.open.items():
            if prompt.place == proposal.place and not prompt.at_end:  # a newer version is asked about
                self._expire(decision, prompt_id, prompt)
        decision.mark(proposal.place, proposal.version, proposal.source)
        decision.count()

    def _ask(self, decision: Decision, proposal: Proposal, rule: Rule) -> None:
        memory, place, now = decision.memory, proposal.place, decision.now
        at_end = _session_of(memory, proposal).at_end
        question = self._worded(memory, proposal, rule)
        cause = str(proposal.run_id) if proposal.run_id else f"{place.notebook_id}/{place.cell_id}/{proposal.version}"
        prompt_id = uuid5(PROMPTS, f"{memory.participant_id}/{cause}/{proposal.rule}")
        opened = OpenPrompt(
            place=place,
            session_id=proposal.session_id,
            waits_since=now,
            at_end=at_end,
            rule=proposal.rule,
            version=proposal.version,
            run_id=proposal.run_id,
            question=question.text,
        )
        decision.memory = replace(memory, open={**memory.open, prompt_id: opened})
        issued = PromptIssued(
            prompt_id=prompt_id,
            notebook_id=place.notebook_id,
            cell_id=place.cell_id,
            run_id=proposal.run_id,
            cell_version=proposal.version,
            question=question.text,
            choices=question.choices,
            multiple=question.question.multiple,
            text=question.question.text,
            language=question.language,
            author="rule",
            rule=proposal.rule,
            trigger=proposal.trigger,
            deliver="end" if at_end else "now",
            decided_at=now,
            after=decision.after,
        )
        decision.emit(proposal.session_id, issued)

    def _worded(self, memory: ParticipantMemory, proposal: Proposal, rule: Rule) -> Worded:
        session = _session_of(memory, proposal)
        return worded(self._study, rule, session.language, proposal.facts, at_end=session.at_end)

    def _say_held_back(self, decision: Decision) -> None:
        held_back = decision.memory.held_back
        if held_back:
            decision.memory = replace(decision.memory, held_back=())
            for held in held_back:
                self._suppress(decision, held.proposal, held.reason)

    def _end_prompts(self, decision: Decision) -> None:
        memory = decision.memory
        for prompt_id in memory.gone:
            if prompt := memory.open.get(prompt_id):
                self._withdraw(decision, prompt_id, prompt)
        if memory.gone:
            decision.memory = replace(decision.memory, gone=())
        expires = self._study.pace.expires * 1000
        for prompt_id, prompt in decision.memory.open.items():
            if not prompt.at_end and decision.now >= prompt.waits_since + expires:
                self._expire(decision, prompt_id, prompt)

    def _make_up_reviews(self, decision: Decision) -> None:
        """Where the study ended: one item for each cell, at most so many in all, by priority and then the newest."""
        memory = decision.memory
        decision.memory = replace(memory, ending=())
        for notebook_id in memory.ending:
            items = [
                (prompt_id, prompt)
                for prompt_id, prompt in memory.open.items()
                if prompt.at_end and prompt.place.notebook_id == notebook_id
            ]
            items.sort(key=lambda item: (-priority(self._study, item[1].rule), -item[1].waits_since))
            kept: set[str] = set()
            for prompt_id, prompt in items:
                if prompt.place.cell_id not in kept and len(kept) < self._study.review_at_most:
                    kept.add(prompt.place.cell_id)
                else:
                    self._cap(decision, prompt_id, prompt)

    def _cap(self, decision: Decision, prompt_id: UUID, prompt: OpenPrompt) -> None:
        """Take an item out of the review."""
        suppressed = PromptSuppressed(
            cell_id=prompt.place.cell_id,
            rule=prompt.rule,
            reason="review cap",
            decided_at=decision.now,
            after=decision.after,
            run_id=prompt.run_id,
            cell_version=prompt.version,
            question=prompt.question,
        )
        decision.emit(prompt.session_id, suppressed)
        self._withdraw(decision, prompt_id, prompt)

    def _withdraw(self, decision: Decision, prompt_id: UUID, prompt: OpenPrompt) -> None:
        decision.memory = ended_by_us(decision.memory, prompt_id, prompt)
        withdrawn = PromptWithdrawn(prompt_id=prompt_id, decided_at=decision.now, after=decision.after)
        decision.emit(prompt.session_id, withdrawn)

    def _expire(self, decision: Decision, prompt_id: UUID, prompt: OpenPrompt) -> None:
        memory = ended_by_us(decision.memory, prompt_id, prompt)
        decision.memory = replace(memory, unanswered=memory.unanswered + 1)
        expired = PromptExpired(prompt_id=prompt_id, decided_at=decision.now, after=decision.after)
        decision.emit(prompt.session_id, expired)

    def _suppress(self, decision: Decision, proposal: Proposal, reason: str) -> None:
        rule = self._rules.get(proposal.rule)
        suppressed = PromptSuppressed(
            cell_id=proposal.place.cell_id,
            rule=proposal.rule,
            reason=reason,
            decided_at=decision.now,
            after=decision.after,
            run_id=proposal.run_id,
            cell_version=proposal.version,
            question=self._worded(decision.memory, proposal, rule).text if rule else "",
        )
        decision.emit(proposal.session_id, suppressed)

    def _drop(self, decision: Decision, proposal: Proposal) -> None:
        others = tuple(other for other in decision.memory.proposals if other is not proposal)
        decision.memory = replace(decision.memory, proposals=others)


def _session_of(memory: ParticipantMemory, proposal: Proposal) -> SessionMemory:
    """The session of a proposal; of one that was forgotten long ago nothing is asked any more."""
    forgotten = SessionMemory(proposal.place.notebook_id, asking=False, clock_offset=0)
    return memory.sessions.get(proposal.session_id, forgotten)

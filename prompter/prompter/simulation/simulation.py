"""One policy over a recorded log, by the very functions by which the worker runs it.

When a policy decides:

- at each event, and at the due times that came before it: both follow from the log alone;
- when the worker's clock reached a due time with the log read to its end: a recorded decision tells that moment by its
  ``decided_at`` and ``after``. A tick that emitted nothing changed nothing, and is missed by nobody.

So at a due time the simulated policy is asked what it would decide at the next recorded moment. If that is what the log
holds, and the study is the one that ran or the moment is no more than a worker's delay away, it is the tick that was.
Else this is another policy, and it decides as soon as it is due. The policy that ran thereby takes its own decisions
again, each at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from prompter_events import Event, ParticipantId, Position
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import PromptIssued
from prompter_projections.fold import body_of
from prompter_projections.step import FoldFailed, Kept, Letter, Step, advance, keys_of, tick

from ..policy import Prompting
from ..study import Study
from .reactions import REACTION_TYPES, LateReactions, prompt_of
from .record import Record, Said, said

LATE = 1_000_000
"""By how much a worker is late at a due time, at most, where it runs and keeps up, in µs. How late the one was that ran
this very study is not asked: it may have been stopped for days."""

_Failed = Mapping[tuple[Position, bytes | None], Letter]


class Unsaved(Prompting):
    """The policy, whose states nobody keeps: to encode each of them would take most of the time."""

    def encode(self, state: object) -> bytes:
        return b""


class Simulation:
    """One policy; ``record`` holds what the log's own policy decided, all of it.

    ``participants``: for these alone it decides, for all if none are named.
    Memory: one state for each participant, and the ids of the prompts that it issues.
    """

    def __init__(self, study: Study, record: Record, participants: Collection[ParticipantId] = ()) -> None:
        self._digest = study.digest
        self._policy = Unsaved(study)
        self._record = record
        self._participants = frozenset(participants)
        self._kept: dict[bytes, Kept[Any]] = {}
        self._next: dict[bytes, int] = {}
        self._ran: set[bytes] = set()
        self._issued: set[UUID] = set()
        # A rule's proposal waits for so long at most, a researcher's request as long as a question stays open.
        self._late = LateReactions(record, max(study.pace.waits, study.pace.expires) * 1000)
        self._failed: dict[tuple[Position, bytes | None], Letter] = {}
        self._position = Position(0)

    @property
    def failures(self) -> Sequence[Letter]:
        """Where the policy's own code raised; nothing is decided for that participant from there on."""
        return list(self._failed.values())

    def take(self, events: Sequence[Event]) -> Iterator[Event]:
        """The next events of the log, without a hole; none is passed over but by the policy itself.

        Yields what the policy emits, and between that the reactions that it saw, all in order. Reactions to prompts
        that it does not ask never reach it; those to prompts that it asks later come later.
        """
        together: list[tuple[bytes | None, Event]] = []
        for key, event in zip(self._keys(events), events, strict=True):
            together.append((key, event))
            if key is None:
                continue
            if event.type == "session.accepted":
                self._learn_study(key, event)
            reacts = event.type in REACTION_TYPES
            late = self._late.concern(key, event.recorded_at)
            if reacts or late or self._ticked(key, event.position):
                yield from self._advance(together[:-1])
                yield from self._tick_before(key, event.position, event.recorded_at)
                if late:
                    yield from self._catch_up(key, event.recorded_at, Position(event.position - 1))
                replayed = not reacts or self._is_replayed(key, event)
                together = [(key if replayed else None, event)]
                if reacts and replayed:
                    yield event
        yield from self._advance(together)

    def end(self, moment: int) -> Iterator[Event]:
        """The log ends here: what was due until ``moment``, µs since the epoch."""
        for key in list(self._kept):
            yield from self._tick_before(key, Position(2**63), moment)
            yield from self._catch_up(key, moment, self._position)

    def _keys(self, events: Sequence[Event]) -> Sequence[bytes | None]:
        keys = keys_of(self._policy, events, {})
        if not self._participants:
            return keys
        wanted = self._participants
        return [key if event.participant_id in wanted else None for key, event in zip(keys, events, strict=True)]

    def _learn_study(self, key: bytes, event: Event) -> None:
        """Whether the participant works under this very study."""
        body = body_of(event)
        if isinstance(body, SessionAccepted) and body.study_digest == self._digest:
            self._ran.add(key)
        else:
            self._ran.discard(key)

    def _is_replayed(self, key: bytes, event: Event) -> bool:
        """Whether the policy sees a reaction now. It may see it later, or never."""
        prompt_id = prompt_of(event)
        # A question that somebody else asked was asked whatever the policy.
        if prompt_id is None or prompt_id in self._issued or prompt_id not in self._record.prompts:
            return True
        self._late.keep(key, prompt_id, event)
        return False

    def _catch_up(self, key: bytes, moment: int, position: Position) -> Iterator[Event]:
        """Decide at the due times until a moment, and let the late reactions between them come."""
        while True:
            due, reaction = self._due(key), self._late.next(key)
            if due is not None and due <= moment and (reaction is None or due <= reaction):
                yield from self._took(self._decision(key, due, position))
            elif reaction is not None and reaction <= moment:
                event = self._late.pop(key, position)
                yield event
                yield from self._advance([(key, event)])
            else:
                return

    def _advance(self, together: Sequence[tuple[bytes | None, Event]]) -> Iterator[Event]:
        if together:
            after = Position(together[0][1].position - 1)
            self._position = together[-1][1].position
            kept = {key: self._kept.get(key, Kept()) for key, _ in together if key is not None}
            yield from self._took(
                self._without_failures(lambda failed: advance(self._policy, kept, together, after, failed))
            )

    def _ticked(self, key: bytes, position: Position) -> bool:
        """Whether the log's policy decided something after the events so far and before this one."""
        decisions = self._record.of(_participant(key))
        at = self._next.get(key, 0)
        return at < len(decisions) and decisions[at].after < position

    def _tick_before(self, key: bytes, position: Position, moment: int) -> Iterator[Event]:
        """Decide at the recorded moments before the event at a position, which happened at ``moment``."""
        decisions = self._record.of(_participant(key))
        while self._ticked(key, position):
            recorded = decisions[self._next.get(key, 0)]
            self._next[key] = self._next.get(key, 0) + 1
            while (due := self._due(key)) is not None and due <= recorded.decided_at:
                if key in self._ran or recorded.decided_at - due <= LATE:
                    then = self._decision(key, recorded.decided_at, recorded.after)
                    if _said(then) == recorded.said:
                        yield from self._took(then)
                        break
                if due > moment:
                    break  # the event comes first
                yield from self._took(self._decision(key, due, recorded.after))

    def _decision(self, key: bytes, now: int, after: Position) -> Step[Any]:
        kept = {key: self._kept[key]}
        return self._without_failures(lambda failed: tick(self._policy, kept, [key], now, after, failed=failed))

    def _due(self, key: bytes) -> int | None:
        kept = self._kept.get(key)
        return None if kept is None or kept.stopped_at is not None else kept.due

    def _took(self, step: Step[Any]) -> Sequence[Event]:
        self._kept.update(step.changed)
        for event in step.emitted:
            if isinstance(body := body_of(event), PromptIssued):
                self._issued.add(body.prompt_id)
                self._late.asked(event.participant_id.bytes, body.prompt_id, body.decided_at)
        self._failed.update({(letter.position, None): letter for letter in step.letters})
        return step.emitted

    @staticmethod
    def _without_failures(step: Callable[[_Failed], Step[Any]]) -> Step[Any]:
        """A step as the worker takes it after its tries: without what raises."""
        failed: dict[tuple[Position, bytes | None], Letter] = {}
        while True:
            try:
                return step(failed)
            except FoldFailed as failure:
                failed[failure.letter.position, failure.key] = failure.letter


def _participant(key: bytes) -> ParticipantId:
    """Whose state it is: the policy's keys are participants, since its caps hold over all their pages."""
    return ParticipantId(UUID(bytes=key))


def _said(step: Step[Any]) -> tuple[Said, ...]:
    return tuple(said(body) for event in step.emitted if (body := body_of(event)) is not None)

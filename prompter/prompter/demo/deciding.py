"""The real policy over made-up events, event by event, as a worker that always keeps up runs it."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from prompter_events import Checkpoint, Event, Log, ParticipantId, Position
from prompter_events.transaction import NEW_CHECKPOINT
from prompter_projections.fold import is_own
from prompter_projections.states import States
from prompter_projections.step import Kept, Step, advance, tick

from ..policy import Prompting
from ..simulation.simulation import Unsaved
from ..study import Study

_TOGETHER = 500
"""States that are saved in one transaction."""


class Deciding:
    """Decides for everybody; ``studies`` says by whose words. Memory: one state for each participant."""

    def __init__(self, studies: Mapping[ParticipantId, Study]) -> None:
        policies = {id(study): Unsaved(study) for study in studies.values()}
        self._policies = {participant_id.bytes: policies[id(study)] for participant_id, study in studies.items()}
        self._kept: dict[bytes, Kept[Any]] = {}
        self._due: list[tuple[int, bytes]] = []
        self._seqs: dict[bytes, int] = {}

    def take(self, events: Sequence[Event]) -> list[Event]:
        """What the policy says to the next events of the log, numbered by its producers."""
        emitted: list[Event] = []
        for participant_id, some in groupby(events, key=attrgetter("participant_id")):
            key = participant_id.bytes
            policy = self._policies.get(key)
            if policy is not None:
                together = list(some)
                keyed = [(None if is_own(policy.name, event) else key, event) for event in together]
                kept = {key: self._kept.get(key, Kept())}
                emitted += self._took(advance(policy, kept, keyed, Position(together[0].position - 1), {}))
        return emitted

    def due(self) -> int | None:
        """When somebody's next decision is due, µs since the epoch."""
        while self._due and self._kept[self._due[0][1]].due != self._due[0][0]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def tick(self, after: Position) -> list[Event]:
        """The decision that is due next, with the log read up to ``after``."""
        now = self.due()
        if now is None:
            return []
        _, key = heapq.heappop(self._due)
        return self._took(tick(self._policies[key], {key: self._kept[key]}, [key], now, after, failed={}))

    def _took(self, step: Step[Any]) -> list[Event]:
        for key, kept in step.changed.items():
            self._kept[key] = kept
            if kept.due is not None:
                heapq.heappush(self._due, (kept.due, key))
        return [self._numbered(event) for event in step.emitted]

    def _numbered(self, event: Event) -> Event:
        key = event.participant_id.bytes
        self._seqs[key] = self._seqs.get(key, 0) + 1
        return replace(event, producer_seq=self._seqs[key])

    async def save(self, log: Log, study: Study, now: int) -> None:
        """Leave states and checkpoint as a worker of ``study`` leaves them, so that one may go on from here."""
        policy = Prompting(study)
        states = States(log, policy, NEW_CHECKPOINT.generation)
        keys = sorted(self._kept)
        for start in range(0, len(keys), _TOGETHER):
            some = {key: self._kept[key] for key in keys[start : start + _TOGETHER]}
            blobs = {key: None if kept.state is None else policy.encode(kept.state) for key, kept in some.items()}
            await states.commit(Step(changed=some, blobs=blobs), NEW_CHECKPOINT, NEW_CHECKPOINT, now)
        head = (await log.head()).position
        async with log.transaction() as transaction:
            transaction.move(policy.name, NEW_CHECKPOINT, Checkpoint(head, NEW_CHECKPOINT.generation))

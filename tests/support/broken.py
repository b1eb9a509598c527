"""Places whose logs break one promise each, for the tests that must catch them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from msgspec.structs import replace

from prompter_events import START, Batch, Event, Head, Log, Position, Receipt, SessionId
from prompter_events.append import Plan, ProducerState, plan_append
from prompter_events.errors import BatchRefused
from prompter_events.memory import MemoryLog

from .places import Place, kept


class _StoresUpToTheRefused(MemoryLog):
    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        try:
            return await super().append_batches(batches)
        except BatchRefused:
            for batch in batches:
                owner = batch.events[0].participant_id
                taken = [event for event in batch.events if event.participant_id == owner]
                await super().append_batches([Batch(batch.producer_id, taken)])
            raise


def stores_up_to_the_refused() -> Place:
    """Stores the part of an append that comes before the first event that it refuses."""
    return kept(_StoresUpToTheRefused())


class _StoresOneByOne(MemoryLog):
    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        receipts = []
        for batch in batches:
            for event in batch.events:
                [receipt] = await super().append_batches([Batch(batch.producer_id, [event])])
                await asyncio.sleep(0)
            receipts.append(receipt)
        return receipts


def stores_one_by_one() -> Place:
    """Commits each event by itself, with room for readers between two."""
    return kept(_StoresOneByOne())


class _ForgetsProducers(MemoryLog):
    def _plan(self, batches: Sequence[Batch]) -> Plan:
        fresh = {
            one.producer_id: ProducerState(one.events[0].producer_seq - 1, one.events[0].participant_id)
            for one in batches
        }
        return plan_append(self._head, fresh, batches, self._clock())


def forgets_producers() -> Place:
    """Takes whatever comes, from wherever its numbers begin."""
    return kept(_ForgetsProducers())


class _DropsWhatOverlaps(MemoryLog):
    def _plan(self, batches: Sequence[Batch]) -> Plan:
        return super()._plan([self._known_part(one) for one in batches])

    def _known_part(self, batch: Batch) -> Batch:
        state = self._producers.get(batch.producer_id)
        known = [event for event in batch.events if state is not None and event.producer_seq <= state.last_seq]
        return Batch(batch.producer_id, known or batch.events)


def drops_what_overlaps() -> Place:
    """Takes an append that begins with something known for one that brings nothing new."""
    return kept(_DropsWhatOverlaps())


class _LooksOnlyAtWhatWasThere(MemoryLog):
    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        before = dict(self._producers)
        receipts = []
        for batch in batches:
            self._producers = dict(before)
            receipts += await super().append_batches([batch])
        return receipts


def looks_only_at_what_was_there() -> Place:
    """Looks for duplicates in the log, and not within the commit."""
    return kept(_LooksOnlyAtWhatWasThere())


class _RemembersForItself(MemoryLog):
    def __init__(self, first: _RemembersForItself | None = None) -> None:
        super().__init__()
        self._first = first or self
        self._events = self._first._events

    def _plan(self, batches: Sequence[Batch]) -> Plan:
        return plan_append(self._first._head, self._producers, batches, self._clock())

    def _store(self, plan: Plan) -> None:
        super()._store(plan)
        self._first._head = plan.head


def each_for_itself() -> Place:
    """One log, of which each opening knows only the producers that came its own way."""
    first = _RemembersForItself()

    @asynccontextmanager
    async def another() -> AsyncIterator[Log]:
        yield _RemembersForItself(first)

    return Place(another)


class _LeavesGaps(MemoryLog):
    def _plan(self, batches: Sequence[Batch]) -> Plan:
        self._head = Head(Position(self._head.position + 1), self._head.hash)
        return super()._plan(batches)


def leaves_gaps() -> Place:
    """Uses up a position that no event gets, as a counter does when its transaction ends in nothing."""
    return kept(_LeavesGaps())


class _StoresLastFirst(MemoryLog):
    def _store(self, plan: Plan) -> None:
        places = [event.position for event in plan.events]
        turned = [replace(event, position=at) for at, event in zip(places, reversed(plan.events), strict=True)]
        super()._store(Plan(turned, plan.producers, plan.head, plan.outcomes))


def stores_last_first() -> Place:
    """Numbers the events of an append from its end."""
    return kept(_StoresLastFirst())


class _ShowsCommitsLate(MemoryLog):
    _late = False

    def _store(self, plan: Plan) -> None:
        self._producers.update(plan.producers)
        self._head = plan.head
        self._late = not self._late
        if self._late:
            asyncio.get_running_loop().call_later(0.001, self._show, plan)
        else:
            self._show(plan)

    def _show(self, plan: Plan) -> None:
        self._events.extend(plan.events)
        self._news.announce(plan.head.position)

    async def read(
        self,
        after: Position = START,
        session: SessionId | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Event]:
        for event in sorted(self._events, key=lambda one: one.position):
            if event.position > after:
                yield event


def shows_commits_late() -> Place:
    """Shows every second commit after the next one, and reads what is newer than the last event read."""
    return kept(_ShowsCommitsLate())


class _AcknowledgesFirst(MemoryLog):
    def _store(self, plan: Plan) -> None:
        asyncio.get_running_loop().call_soon(super()._store, plan)


def acknowledges_first() -> Place:
    """Says that it stored, and then stores."""
    return kept(_AcknowledgesFirst())


class _LosesItsEnd(MemoryLog):
    def crash(self) -> None:
        del self._events[-1:]


def loses_its_end() -> Place:
    """Has not written the last event down when it is opened again."""
    log = _LosesItsEnd()

    @asynccontextmanager
    async def again() -> AsyncIterator[Log]:
        log.crash()
        yield log

    return Place(again)


class _LastWriteWins(MemoryLog):
    async def append_batches(self, batches: Sequence[Batch]) -> list[Receipt]:
        sent = {(event.producer_id, event.producer_seq): event for batch in batches for event in batch.events}
        self._events = [
            replace(event, payload=sent.get((event.producer_id, event.producer_seq), event).payload)
            for event in self._events
        ]
        return await super().append_batches(batches)


def last_write_wins() -> Place:
    """Puts what is sent again in the place of what was there."""
    return kept(_LastWriteWins())


class _StampsAgain(MemoryLog):
    def _store(self, plan: Plan) -> None:
        super()._store(plan)
        self._events = [replace(event, recorded_at=self._clock()) for event in self._events]


def stamps_again() -> Place:
    """Writes the time of the last commit on every event."""
    return kept(_StampsAgain())


class _ForgetsItsHead(MemoryLog):
    def _store(self, plan: Plan) -> None:
        super()._store(plan)
        self._head = Head(plan.head.position, bytes(32))


def forgets_its_head() -> Place:
    """Keeps a head whose hash is not that of the last event."""
    return kept(_ForgetsItsHead())

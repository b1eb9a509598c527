"""The one writer of a process and log: it commits together what queued up while the last commit ran."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any, TypeVar

from .append import Batch, Outcome, Receipt
from .errors import BatchRefused, LogUnavailable
from .event import Event, Position, payload_bytes
from .invalid import RAW_BYTES, as_invalid
from .log import CommitWatch
from .store import DataRefused, Store

GROUP_EVENTS = 500
"""The most events of one commit: beyond that a longer lock no longer buys throughput."""

GROUP_BYTES = 4 * 1024 * 1024
"""The most bytes of payload of one commit: a quarter of MariaDB's default max_allowed_packet."""

KEPT_BYTES = (RAW_BYTES, 64 * 1024, 0)
"""How many bytes of an event that a store refuses are kept: as many of these as the store takes."""

Result = TypeVar("Result")


class _Call:
    """One caller's batches, stored whole or not at all, and where the caller waits."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.batches = batches
        self.events = sum([len(batch.events) for batch in batches])
        self.bytes = sum([payload_bytes(batch.events) for batch in batches])
        self.done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        # A caller that was cancelled no longer waits; its events are stored all the same.
        if self.done.done():
            return
        receipts = []
        for outcome in outcomes:
            if isinstance(outcome, BatchRefused):
                self.done.set_exception(outcome)
                return
            receipts.append(outcome)
        self.done.set_result(receipts)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Writer:
    """Commits appends in groups, and runs other writing jobs in turn with them.

    Without lingering: an append that finds the writer idle is committed at once. ``announce`` is told of each new head.
    """

    def __init__(self, store: Store, announce: Callable[[Position], None]) -> None:
        self._store = store
        self._announce = announce
        self._calls: deque[_Call] = deque()
        self._jobs: deque[tuple[Callable[[], Awaitable[Any]], asyncio.Future[Any]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.watch: CommitWatch = lambda events, seconds: None

    async def append(self, batches: Sequence[Batch]) -> list[Receipt]:
        """Append with the next commit. Raises ``BatchRefused`` when one of the batches was."""
        if not batches or not all(batch.events for batch in batches):
            raise ValueError("an append of no events")
        self._check_open()
        call = _Call(batches)
        self._calls.append(call)
        self._start()
        return await call.done

    async def run(self, job: Callable[[], Awaitable[Result]]) -> Result:
        """Run a writing job between two commits, and return what it returns."""
        self._check_open()
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, done))
        self._start()
        return await done

    async def aclose(self) -> None:
        """Commit what is queued; take nothing more."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait({self._task})

    def _check_open(self) -> None:
        if self._closed:
            raise LogUnavailable("the log is closed")

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        # Appends and jobs take turns, so that neither a busy page nor a busy worker shuts the other out.
        while self._calls or self._jobs:
            if self._calls:
                await self._append(self._take())
            if self._jobs:
                await self._run(*self._jobs.popleft())

    def _take(self) -> list[_Call]:
        group = [self._calls.popleft()]
        events, size = group[0].events, group[0].bytes
        while self._calls:
            events += self._calls[0].events
            size += self._calls[0].bytes
            if events > GROUP_EVENTS or size > GROUP_BYTES:
                break
            group.append(self._calls.popleft())
        return group

    async def _run(self, job: Callable[[], Awaitable[Any]], done: asyncio.Future[Any]) -> None:
        if done.done():  # given up before its turn
            return
        try:
            result = await job()
        except Exception as error:
            if not done.done():
                done.set_exception(error)
        else:
            if not done.done():
                done.set_result(result)

    async def _append(self, group: Sequence[_Call]) -> None:
        try:
            await self._commit(group)
        except DataRefused as error:
            # One value that the store cannot take must not stop the others: halve until it stands alone.
            if len(group) > 1:
                middle = len(group) // 2
                await self._append(group[:middle])
                await self._append(group[middle:])
            else:
                await self._append_repaired(group[0], error)
        except Exception as error:
            for call in group:
                call.fail(error)

    async def _append_repaired(self, call: _Call, error: DataRefused) -> None:
        try:
            call.batches = await self._replace_culprits(call.batches, error)
            await self._commit([call])
        except Exception as failure:
            call.fail(failure)

    async def _commit(self, group: Sequence[_Call]) -> None:
        began = monotonic()
        plan = await self._store.commit([batch for call in group for batch in call.batches])
        outcomes = plan.outcomes
        self.watch(plan.events, monotonic() - began)
        self._announce(max((one.position for one in outcomes if isinstance(one, Receipt)), default=Position(0)))
        start = 0
        for call in group:
            call.settle(outcomes[start : start + len(call.batches)])
            start += len(call.batches)

    async def _replace_culprits(self, batches: Sequence[Batch], error: DataRefused) -> Sequence[Batch]:
        """The same batches, with each event that the store refuses kept as ``capture.invalid`` under its own number."""
        sound = 0
        events = [event for batch in batches for event in batch.events]
        replacements: dict[int, int] = {}
        while not await self._store.fits(batches):
            # The longest prefix that fits ends before the next culprit.
            low, high = sound, len(events) - 1
            while low < high:
                middle = (low + high + 1) // 2
                if await self._store.fits(_prefix(batches, middle)):
                    low = middle
                else:
                    high = middle - 1
            # What the store does not take even as a `capture.invalid` may be too big: then fewer bytes of it are kept.
            tries = replacements.get(low, 0)
            if tries == len(KEPT_BYTES):
                raise error
            batches = _replaced(batches, low, as_invalid(events[low], error.reason, KEPT_BYTES[tries]))
            replacements[low] = tries + 1
            sound = low
        return batches


def _prefix(batches: Sequence[Batch], count: int) -> list[Batch]:
    prefix = []
    for batch in batches:
        if count <= 0:
            break
        prefix.append(Batch(batch.producer_id, batch.events[:count]))
        count -= len(batch.events)
    return prefix


def _replaced(batches: Sequence[Batch], index: int, event: Event) -> list[Batch]:
    """The same batches with another event at this index, counted over all of them."""
    replaced = []
    for batch in batches:
        events = batch.events
        if 0 <= index < len(events):
            events = [*events[:index], event, *events[index + 1 :]]
        index -= len(batch.events)
        replaced.append(Batch(batch.producer_id, events))
    return replaced

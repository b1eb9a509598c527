"""Several workers read each event once, and each of them reads every event in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from making import Page, edited, opened

from prompter_events import Event, Position, open_log
from prompter_events.log import Log
from prompter_projections import SharedReading
from support.events import events as drafts
from support.events import new_producer


class Counted:
    """A log that counts the readings."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.readings = 0

    def read(self, after: Position, limit: int) -> object:
        self.readings += 1
        return self._log.read(after=after, limit=limit)


async def filled(log: Log, count: int) -> None:
    page = Page()
    await page.say(log, opened())
    while (await log.head()).position < count:
        await page.say(log, edited("a", ["x"]))


async def everything(shared: SharedReading, at_once: int, *, after: int = 0) -> list[int]:
    """The positions that a worker reads until there are no more."""
    found: list[int] = []
    while events := await shared.read(Position(found[-1] if found else after), at_once):
        assert len(events) <= at_once
        found += [event.position for event in events]
    return found


def sharing(log: Log, **most: int) -> tuple[SharedReading, Counted]:
    counted = Counted(log)
    return SharedReading(counted, **most), counted  # type: ignore[arg-type]


async def test_what_one_has_read_the_others_need_not_read() -> None:
    async with open_log("memory://") as log:
        await filled(log, 30)
        shared, counted = sharing(log)
        assert await everything(shared, 10) == list(range(1, 31))
        readings = counted.readings
        # The last one asks whether there is more.
        assert await everything(shared, 7) == list(range(1, 31))
        assert counted.readings == readings + 1


async def test_who_asks_while_another_reads_waits_for_that() -> None:
    async with open_log("memory://") as log:
        await filled(log, 10)
        shared, counted = sharing(log)
        both = await asyncio.gather(*(shared.read(Position(0), 20) for _ in range(4)))
        assert [[event.position for event in events] for events in both] == [list(range(1, 11))] * 4
        assert counted.readings == 1


@pytest.mark.parametrize("most", [{"events": 5}, {"size": 100}, {"events": 1}, {"size": 0}])
async def test_who_is_behind_reads_for_himself_and_takes_nothing_from_the_others(most: dict[str, int]) -> None:
    async with open_log("memory://") as log:
        await filled(log, 40)
        shared, _ = sharing(log, **most)
        assert await everything(shared, 9) == list(range(1, 41))
        slow = await shared.read(Position(3), 4)
        assert [event.position for event in slow] == [4, 5, 6, 7]
        assert await everything(shared, 3, after=38) == [39, 40]
        assert await everything(shared, 9) == list(range(1, 41))


async def test_who_begins_at_the_end_leaves_no_hole() -> None:
    async with open_log("memory://") as log:
        await filled(log, 40)
        shared, _ = sharing(log)
        assert await everything(shared, 5, after=30) == list(range(31, 41))
        assert await everything(shared, 5) == list(range(1, 41))


async def test_what_was_read_before_an_erasure_is_held_no_longer() -> None:
    async with open_log("memory://") as log:
        await filled(log, 5)
        shared, _ = sharing(log)
        [first, *_] = await shared.read(Position(0), 10)
        assert first.payload is not None
        await log.erase(first.participant_id, by="test")
        last = (await shared.read(Position(5), 10))[-1]
        assert last.type == "participant.erased"
        again = await shared.read(Position(0), 10)
        assert [event.payload for event in again[:5]] == [None] * 5


async def test_what_was_committed_here_need_not_be_read(log: Log) -> None:
    shared, counted = sharing(log)
    log.watch_commits(lambda events, seconds: shared.hold(events))
    await filled(log, 30)
    assert await everything(shared, 7) == list(range(1, 31))
    # The last one asks whether there is more.
    assert counted.readings == 1
    held = await shared.read(Position(0), 30)
    assert held == [event async for event in log.read(limit=len(held))]


async def test_what_a_worker_appended_need_not_be_read_either(log: Log) -> None:
    shared, counted = sharing(log)
    times: list[float | None] = []

    def told(events: Sequence[Event], seconds: float | None) -> None:
        shared.hold(events)
        times.append(seconds)

    log.watch_commits(told)
    await filled(log, 3)
    producer = new_producer()
    async with log.transaction() as transaction:
        transaction.append(producer, drafts(producer, 1, 2))
    assert [time is None for time in times] == [False] * (len(times) - 1) + [True]
    held = await shared.read(Position(0), 30)
    assert counted.readings == 0
    assert held == [event async for event in log.read()]
    assert len(held) == 5


async def test_what_others_committed_in_between_is_read() -> None:
    async with open_log("memory://") as log:
        shared, _ = sharing(log)
        await filled(log, 10)
        all_of_them = [event async for event in log.read()]
        shared.hold(all_of_them[:3])
        shared.hold(all_of_them[6:8])
        shared.hold(all_of_them[2:4])
        assert await everything(shared, 4) == list(range(1, 11))

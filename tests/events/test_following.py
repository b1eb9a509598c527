"""Waiting for what is new: at once within a process, by one look for all at what other processes append."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, cast

import pytest

from prompter_events import START, Event, Head, Log, LogUnavailable, Position, open_log
from prompter_events.memory import MemoryLog
from prompter_events.news import LOOK_SECONDS
from prompter_events.stored import StoredLog
from support.events import event, events, new_producer
from support.looks import Looks, look_never, soon
from support.mariadb import MariaDB

FOLLOWERS = 100


@pytest.fixture
async def looks() -> Looks:
    return Looks()


@pytest.fixture
async def unseeing_log(log: Log) -> Log:
    """A log that learns nothing by looking: whoever wakes was woken by an append of this process."""
    assert isinstance(log, StoredLog | MemoryLog)
    log._news._look = look_never
    return log


class TestWaiting:
    async def test_it_ends_with_something_newer(self, unseeing_log: Log) -> None:
        producer = new_producer()
        waiting = [asyncio.create_task(soon(unseeing_log.wait(START))) for _ in range(5)]
        await asyncio.sleep(0)
        await unseeing_log.append(producer, events(producer, 1, 3))
        assert await asyncio.gather(*waiting) == [3] * 5
        assert await soon(unseeing_log.wait(Position(2))) == 3

    async def test_it_ends_with_a_transaction_too(self, unseeing_log: Log) -> None:
        producer = new_producer()
        waiting = asyncio.create_task(soon(unseeing_log.wait(START)))
        await asyncio.sleep(0)
        async with unseeing_log.transaction() as transaction:
            transaction.append(producer, events(producer, 1, 2))
        assert await waiting == 2

    async def test_it_ends_with_its_time(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 3))
        assert await log.wait(Position(3), timeout=0.01) == 3

    async def test_what_is_appended_between_reading_and_waiting_is_not_lost(self, unseeing_log: Log) -> None:
        producer = new_producer()
        for number in range(1, 8):
            seen = [one.position async for one in unseeing_log.read(after=Position(number - 1))]
            await unseeing_log.append(producer, [event(producer, number)])
            assert seen == []
            assert await soon(unseeing_log.wait(Position(number - 1))) == number

    @pytest.mark.parametrize("ahead", [0, 1, 3])
    async def test_a_follower_keeps_up_wherever_it_stands(self, unseeing_log: Log, ahead: int) -> None:
        # The writer is so many events ahead: the follower waits, is about to wait, or is in the midst of reading.
        producer = new_producer()
        async with aclosing(cast(Any, unseeing_log.follow())) as following:
            for number in range(1, ahead + 1):
                await unseeing_log.append(producer, [event(producer, number)])
            for number in range(ahead + 1, 40):
                coming = asyncio.create_task(soon(anext(following)))
                await asyncio.sleep(0)
                await unseeing_log.append(producer, [event(producer, number)])
                found: Event = await coming
                assert found.position == number - ahead


class HeadReads:
    """Counts how often a log's head is read, and paces the looks."""

    def __init__(self, log: Log, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
        assert isinstance(log, StoredLog)
        self.news = log._news
        self.count = 0
        self.error: Exception | None = None
        self._head = log._store.head
        monkeypatch.setattr(log._store, "head", self.head)
        monkeypatch.setattr(self.news, "_pause", looks.pause)

    async def head(self) -> Head:
        self.count += 1
        if self.error:
            raise self.error
        return await self._head()

    async def waiting(self, count: int) -> None:
        """The moment in which so many wait."""
        while len(self.news._waiters) < count:  # noqa: ASYNC110  # nobody is told that another one waits
            await asyncio.sleep(0)


@pytest.fixture
async def reads(stored_log: Log, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> HeadReads:
    return HeadReads(stored_log, looks, monkeypatch)


class TestOtherProcesses:
    async def test_two_open_logs_see_each_other(self, stored_url: str) -> None:
        async with open_log(stored_url) as here, open_log(stored_url) as there:
            producer = new_producer()
            waiting = asyncio.create_task(soon(there.wait(START)))
            await here.append(producer, events(producer, 1, 3))
            assert await waiting == 3
            receipt = await there.append(producer, events(producer, 2, 5))
            assert (receipt.stored, receipt.duplicates, receipt.position) == (2, 2, 5)
            assert await soon(here.wait(Position(3))) == 5

    async def test_what_another_appends_is_seen_at_the_next_look(
        self, stored_log: Log, stored_url: str, looks: Looks, reads: HeadReads
    ) -> None:
        producer = new_producer()
        waiting = asyncio.create_task(soon(stored_log.wait(START)))
        await looks.pausing()
        async with open_log(stored_url) as other:
            await other.append(producer, events(producer, 1, 3))
        assert not waiting.done()
        await looks.next()
        assert await waiting == 3
        assert reads.count == 2
        assert looks.pauses == [LOOK_SECONDS] * 2

    async def test_a_hundred_followers_cost_one_look(
        self, stored_log: Log, stored_url: str, looks: Looks, reads: HeadReads
    ) -> None:
        producer = new_producer()

        async def first() -> int:
            async with aclosing(cast(Any, stored_log.follow())) as following:
                found: Event = await soon(anext(following))
                return found.position

        followers = [asyncio.create_task(first()) for _ in range(FOLLOWERS)]
        await soon(reads.waiting(FOLLOWERS))
        await looks.pausing()
        idle = reads.count
        for _ in range(10):
            await looks.next()
        assert reads.count == idle + 10
        async with open_log(stored_url) as other:
            await other.append(producer, events(producer, 1, 1))
        await looks.next()
        assert await asyncio.gather(*followers) == [1] * FOLLOWERS

    async def test_an_error_of_the_log_reaches_every_waiter(
        self, stored_log: Log, looks: Looks, reads: HeadReads
    ) -> None:
        waiting = [asyncio.create_task(soon(stored_log.wait(START))) for _ in range(5)]
        await looks.pausing()
        reads.error = LogUnavailable("gone")
        await looks.end_pause()
        assert await asyncio.gather(*waiting, return_exceptions=True) == [reads.error] * 5
        reads.error = None
        producer = new_producer()
        again = asyncio.create_task(soon(stored_log.wait(START)))
        await soon(reads.waiting(1))
        await stored_log.append(producer, events(producer, 1, 1))
        assert await again == 1

    @pytest.mark.parametrize("how", ["in order", "crash"])
    async def test_following_goes_on_through_a_restart_of_the_server(
        self, mysql_url: str, mariadb: MariaDB, how: str
    ) -> None:
        producer = new_producer()
        async with (
            open_log(mysql_url) as here,
            open_log(mysql_url) as there,
            aclosing(cast(Any, there.follow())) as following,
        ):
            await here.append(producer, events(producer, 1, 3))
            assert [(await anext(following)).position for _ in range(3)] == [1, 2, 3]
            coming = asyncio.create_task(anext(following))
            await asyncio.to_thread(mariadb.kill if how == "crash" else mariadb.stop)
            await asyncio.to_thread(mariadb.start)
            await here.append(producer, events(producer, 4, 6))
            assert (await coming).position == 4
            assert [(await anext(following)).position for _ in range(2)] == [5, 6]

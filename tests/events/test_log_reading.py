"""What a reader is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import cast

import pytest

from prompter_events import START, Event, ForeignProducer, Log, Position, SessionId, verify
from prompter_events.catalogue.study import TaskBegan
from prompter_events.chain import GENESIS
from support.events import ALICE, BOB, event, events, new_producer, new_session, note
from support.reading import everything


async def test_a_new_log_is_empty(log: Log) -> None:
    head = await log.head()
    assert (head.position, head.hash) == (START, GENESIS)
    assert await everything(log) == []
    assert await log.last_seq(new_producer()) == 0
    assert await verify(log) == 0


async def test_a_producers_number_is_told_to_the_one_whose_it_is(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 3, participant_id=ALICE))
    assert await log.last_seq(producer, of=ALICE) == 3
    assert await log.last_seq(producer) == 3
    with pytest.raises(ForeignProducer):
        await log.last_seq(producer, of=BOB)
    assert await log.last_seq(new_producer(), of=BOB) == 0


async def test_reading_goes_page_by_page_to_the_head_as_it_was(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 1200))
    seen: list[int] = []
    async for one in log.read(after=Position(100)):
        if not seen:
            await log.append(producer, events(producer, 1201, 1300))
        seen.append(one.position)
    assert seen == list(range(101, 1201))


async def test_a_selection_by_session_type_and_number(log: Log) -> None:
    producer, here, there = new_producer(), new_session(), new_session()
    bodies = [note("a"), TaskBegan(name="t"), note("b"), TaskBegan(name="u"), note("c")]
    for number, body in enumerate(bodies * 2, 1):
        await log.append(producer, [event(producer, number, body, session_id=here if number % 3 else there)])

    async def positions(
        after: Position = START,
        session: SessionId | None = None,
        types: Collection[str] | None = None,
        limit: int | None = None,
    ) -> list[int]:
        return [one.position async for one in log.read(after, session, types, limit)]

    assert await positions(session=there) == [3, 6, 9]
    assert await positions(types={"task.began"}) == [2, 4, 7, 9]
    assert await positions(types={"task.began"}, session=there) == [9]
    assert await positions(types=("task.began", "note.added"), limit=4) == [1, 2, 3, 4]
    assert await positions(session=here, after=Position(4), limit=2) == [5, 7]
    assert await positions(types=()) == []
    assert await positions(limit=0) == []
    assert await positions(after=Position(99)) == []
    assert await positions(session=new_session()) == []


async def test_an_abandoned_reader_holds_nothing(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 300))
    abandoned = [log.read() for _ in range(20)]
    for reader in abandoned:
        assert (await anext(reader)).position == 1
    assert len(await everything(log)) == 300
    for reader in abandoned:
        async with aclosing(cast(AsyncGenerator[Event, None], reader)):
            pass

"""What several processes send at the same time is stored once."""

from __future__ import annotations

from prompter_events import open_log, verify
from support.checking import number_faults
from support.events import new_producer
from support.load import Load


async def test_processes_that_send_the_same_events_store_them_once(stored_url: str) -> None:
    # As when a page's outbox is drained by two other pages at once.
    producers = [new_producer(), new_producer()]
    async with Load(stored_url, [producers] * 4, appends=20, sizes="1..20") as load:
        assert await load.ended() == [0] * 4
    assert load.losses == []
    async with open_log(stored_url) as log:
        stored = [event async for event in log.read()]
        assert await verify(log) == len(stored) == sum(load.acknowledged.values())
    assert number_faults(stored, load.acknowledged) == []

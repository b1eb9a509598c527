"""Promises that only several processes, or a crash, can break."""

from __future__ import annotations

import asyncio
from uuid import UUID

from prompter_events import ProducerId, open_log, verify
from support.events import events, new_producer
from support.processes import python

WRITERS, BATCHES, SIZE = 4, 25, 8
TOTAL = WRITERS * BATCHES * SIZE


async def test_a_follower_misses_nothing_of_four_writing_processes(stored_url: str) -> None:
    seen: list[int] = []
    numbers: dict[UUID, list[int]] = {}

    async def follow() -> None:
        async with open_log(stored_url) as log:
            async for one in log.follow():
                seen.append(one.position)
                numbers.setdefault(one.producer_id, []).append(one.producer_seq)
                if one.position == TOTAL:
                    return

    following = asyncio.create_task(follow())
    writers = [await python("support.writing", stored_url, BATCHES, SIZE) for _ in range(WRITERS)]
    outputs = await asyncio.gather(*(writer.communicate() for writer in writers))
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    await following
    assert seen == list(range(1, TOTAL + 1))
    acknowledged = {UUID(lines[0]): int(lines[-1]) for lines in (out.decode().split() for out, _ in outputs)}
    assert acknowledged == dict.fromkeys(numbers, BATCHES * SIZE)
    assert all(each == list(range(1, BATCHES * SIZE + 1)) for each in numbers.values())
    async with open_log(stored_url) as log:
        assert await verify(log) == TOTAL


async def test_what_was_acknowledged_outlives_a_killed_process(stored_url: str) -> None:
    writer = await python("support.writing", stored_url, 0, SIZE)
    assert writer.stdout is not None
    producer = ProducerId(UUID((await writer.stdout.readline()).decode().strip()))
    acknowledged = 0
    while acknowledged < 20 * SIZE:
        acknowledged = int(await writer.stdout.readline())
    writer.kill()
    rest = (await writer.stdout.read()).split(b"\n")[:-1]
    await writer.wait()
    acknowledged = int(rest[-1]) if rest else acknowledged
    async with open_log(stored_url) as log:
        # The append comes first: it waits for a commit that the server may still be at.
        receipt = await log.append(producer, events(producer, 1, acknowledged + 2 * SIZE))
        # Whole appends only, and at most the one whose answer was under way.
        assert receipt.duplicates in (acknowledged, acknowledged + SIZE)
        assert receipt.duplicates + receipt.stored == receipt.last_seq == acknowledged + 2 * SIZE
        assert await verify(log) == receipt.last_seq


async def test_writers_of_one_producer_in_two_processes_store_it_once(stored_url: str) -> None:
    producer = new_producer()
    async with open_log(stored_url) as here, open_log(stored_url) as there:
        for first in range(1, 100, 5):
            some = events(producer, first, first + 9)
            receipts = await asyncio.gather(here.append(producer, some), there.append(producer, some))
            assert {receipt.last_seq for receipt in receipts} == {first + 9}
        assert await verify(here) == 105

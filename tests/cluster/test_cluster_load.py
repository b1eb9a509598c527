"""Load on a cluster whose nodes all take writes, and one that dies under it. The promises are those of every log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import pytest

from prompter_events import Event, ProducerId, open_log, verify
from support.checking import number_faults, position_faults
from support.following import end, following
from support.galera import Galera
from support.hand import extent
from support.load import Load, own_producers

pytestmark = pytest.mark.cluster

PATIENCE_SECONDS = 30.0
"""A reader has delivered everything a moment after it was written."""


async def judge(urls: Sequence[str], acknowledged: Mapping[ProducerId, int], seen: Mapping[str, Sequence[int]]) -> None:
    """The same whole log on every node, with all that was acknowledged, and readers that skipped nothing."""
    stored: list[list[Event]] = []
    for url in urls:
        whole = await extent(url)
        assert position_faults(whole.head, whole.last, whole.count, seen) == []
        async with open_log(url) as log:
            stored.append([event async for event in log.read()])
            assert await verify(log) == whole.head
        assert number_faults(stored[-1], acknowledged) == []
    assert all(one == stored[0] for one in stored)


async def test_writers_on_every_node_make_one_order(galera: Galera, urls: list[str]) -> None:
    conflicts = await galera.conflicts()
    async with following(urls[1]) as second, following(urls[2]) as third, AsyncExitStack() as stack:
        loads = [
            await stack.enter_async_context(Load(url, own_producers(2, 2), appends=appends, sizes=sizes))
            for url, appends, sizes in zip(urls, (60, 40, 15), ("1", "1..9", "1..200"), strict=True)
        ]
        for load in loads:
            assert await load.ended() == [0, 0]
            assert load.losses == []
        async with open_log(urls[0]) as log:
            await end(log)
        seen = {
            "the reader at the second node": await second.seen(PATIENCE_SECONDS),
            "the reader at the third node": await third.seen(PATIENCE_SECONDS),
        }
    acknowledged = {producer: number for load in loads for producer, number in load.acknowledged.items()}
    await judge(urls, acknowledged, seen)
    assert (await extent(urls[0])).head == sum(acknowledged.values()) + 1
    # Without conflicts between the nodes this would have shown little.
    assert await galera.conflicts() > conflicts


async def test_one_producer_through_two_nodes_at_once_is_stored_once(urls: list[str]) -> None:
    producers = own_producers(1, 3)
    async with (
        Load(urls[0], producers, appends=40, sizes="1..9") as here,
        Load(urls[1], producers, appends=40, sizes="1..9") as there,
    ):
        assert [await here.ended(), await there.ended()] == [[0], [0]]
    assert here.losses == there.losses == []
    assert here.acknowledged == there.acknowledged
    await judge(urls, here.acknowledged, {})
    assert (await extent(urls[2])).head == sum(here.acknowledged.values())


async def test_a_node_that_dies_under_load_loses_nothing_and_comes_back(galera: Galera, urls: list[str]) -> None:
    dying = galera.nodes[2]
    orphans = own_producers(1, 2)
    async with following(urls[0]) as first, following(urls[1]) as second, AsyncExitStack() as stack:
        staying = [
            await stack.enter_async_context(Load(url, own_producers(1, 2), appends=150, sizes="1..9"))
            for url in urls[:2]
        ]
        leaving = await stack.enter_async_context(Load(urls[2], orphans, appends=0, sizes="1..9"))
        await asyncio.gather(*(load.under_way(20) for load in (*staying, leaving)))
        await dying.kill()
        try:
            leaving.kill()
            await leaving.ended()
            # What was acknowledged to them comes again through another node, and then what was not.
            moved = await stack.enter_async_context(Load(urls[0], orphans, appends=200, sizes="1..9"))
            await asyncio.gather(*(load.under_way(1) for load in (*staying, moved)))
            for load in (*staying, moved):
                assert await load.ended() == [0]
                assert load.losses == []
        finally:
            await galera.rejoin(dying)
        assert await dying.status("wsrep_cluster_size") == "3"
        async with open_log(urls[2]) as log:  # the node takes writes again
            await end(log)
        seen = {
            "the reader at the first node": await first.seen(PATIENCE_SECONDS),
            "the reader at the second node": await second.seen(PATIENCE_SECONDS),
        }
    acknowledged = {producer: number for load in (*staying, moved) for producer, number in load.acknowledged.items()}
    assert all(leaving.acknowledged[producer] <= acknowledged[producer] for producer in orphans[0])
    await judge(urls, acknowledged, seen)
    assert (await extent(urls[2])).head == sum(acknowledged.values()) + 1


async def test_an_open_log_outlives_a_death_that_it_did_not_see(galera: Galera, urls: list[str]) -> None:
    [[producer]] = own_producers(1)
    async with Load(urls[0], [[producer]], appends=60, sizes="3") as load, open_log(urls[1]) as log:
        await load.under_way(5)
        await galera.nodes[2].kill()
        try:
            # Reads wait while the others agree that it is gone; they raise nothing.
            assert (await log.head()).position >= 15
            assert await log.last_seq(producer) >= 15
            assert await load.ended() == [0]
        finally:
            await galera.rejoin(galera.nodes[2])
    await judge(urls, load.acknowledged, {})

"""Positions under load: gapless, in commit order, and skipped by no reader.

What a broken reader or writer would do is done here as well, to show that the judge of the load sees it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from prompter_events import LogCorrupt, open_log, verify
from prompter_events.stored import StoredLog
from support.checking import number_faults, position_faults
from support.following import end, follow, following
from support.hand import Extent, by_hand, extent, first_events
from support.load import Load, own_producers
from support.mariadb import MariaDB

WRITERS = 8

PATIENCE_SECONDS = 30.0
"""A reader has delivered everything a moment after it was written."""

LOOK_SECONDS = 0.05
"""Between two looks of one who must not take the whole processor; nothing depends on it."""


async def test_eight_writing_processes_and_no_reader_skips_a_position(stored_url: str) -> None:
    here: list[int] = []
    over = asyncio.Event()
    watching = asyncio.create_task(_watch(stored_url, over))
    async with following(stored_url) as there, open_log(stored_url) as log:
        reading = asyncio.create_task(follow(log, here))
        async with Load(stored_url, own_producers(WRITERS, 4), appends=8, sizes="1..200") as load:
            assert await load.ended() == [0] * WRITERS
        assert load.losses == []
        await end(log)
        # A reader that never comes to the end is judged by what it has.
        await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
        positions_there = await there.seen(PATIENCE_SECONDS)
        reading.cancel()
        over.set()
        moments = await watching
        stored = [event async for event in log.read()]
        assert await verify(log) == len(stored)
    whole = await extent(stored_url)
    seen = {"the reader here": here, "the reading process": positions_there}
    assert position_faults(whole.head, whole.last, whole.count, seen) == []
    assert number_faults(stored, load.acknowledged) == []
    assert whole.head == sum(load.acknowledged.values()) + 1
    # At every moment the head and the events agree; some of these moments lie in the midst of the load.
    assert any(0 < moment.head < load.position for moment in moments)
    for moment in moments:
        assert position_faults(moment.head, moment.last, moment.count, {}) == []


async def _watch(url: str, over: asyncio.Event) -> set[Extent]:
    moments = set()
    async with by_hand(url) as hand:
        while not over.is_set():
            moments.add(await hand.extent())
            await asyncio.sleep(LOOK_SECONDS)
    return moments


class TestControls:
    """What the judge must catch."""

    async def test_a_reader_that_tails_an_auto_increment_column_is_caught(
        self, mysql_url: str, mariadb: MariaDB
    ) -> None:
        await mariadb.run(mysql_url, "CREATE TABLE counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, n INT)")
        await mariadb.run(mysql_url, "GRANT SELECT, INSERT ON counted TO prompter_user@'%'")
        held = asyncio.get_running_loop().create_future()
        passed, over = asyncio.Event(), asyncio.Event()
        seen: list[int] = []

        async def write(writer: int) -> None:
            drawn = random.Random(writer)
            async with by_hand(mysql_url) as hand:
                if writer:
                    await held
                for append in range(10):
                    size = drawn.randint(1, 200)
                    await hand.begin()
                    await hand.run(f"INSERT INTO counted (n) VALUES {', '.join(['(1)'] * size)}")
                    if not writer and not append:
                        # One slow writer is enough: it commits when the reader is past its numbers.
                        [(first,)] = await hand.run("SELECT LAST_INSERT_ID()")
                        held.set_result(range(first, first + size))
                        await passed.wait()
                    await hand.end()

        async def tail() -> None:
            async with by_hand(mysql_url) as hand:
                last_look = False
                while not last_look:
                    last_look = over.is_set()
                    after = seen[-1] if seen else 0
                    seen.extend(row[0] for row in await hand.run("SELECT id FROM counted WHERE id > %s", after))
                    if held.done() and seen and seen[-1] > held.result()[-1]:
                        passed.set()

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            tailing = group.create_task(tail())
            await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
            over.set()
            await tailing
        [(last, count)] = await mariadb.run(mysql_url, "SELECT MAX(id), COUNT(*) FROM counted")
        assert last == count  # the column itself has no holes
        faults = position_faults(int(str(last)), int(str(last)), int(str(count)), {"the tail": seen})
        assert faults
        assert set(held.result()).isdisjoint(seen)
        assert all(fault.startswith("the tail skipped") for fault in faults)

    async def test_a_writer_that_reserves_positions_is_caught(self, stored_url: str) -> None:
        some = await first_events(6)
        async with by_hand(stored_url) as hand:
            await hand.begin()
            await hand.insert(some[:2])
            await hand.move_head(some[1])
            await hand.end()
            # The head is committed before the events, as a counter that hands out numbers would be.
            await hand.begin()
            await hand.move_head(some[5])
            await hand.end()
            between = await hand.extent()
            assert position_faults(between.head, between.last, between.count, {}) == [
                "the head is 6, the last event's position 2",
                "the head is 6, but there are 2 events",
            ]
            seen: list[int] = []
            async with open_log(stored_url) as log:
                assert isinstance(log, StoredLog)
                log.hole_seconds = 0.1
                with pytest.raises(LogCorrupt) as damage:
                    await follow(log, seen)
            assert damage.value.position == 3
            assert position_faults(6, 6, 6, {"the reader": seen}) == ["the reader ended at 2, the head is 6"]
            await hand.begin()
            await hand.insert(some[2:])
            await hand.end()
            later = await hand.extent()
        assert position_faults(later.head, later.last, later.count, {}) == []

    @pytest.mark.parametrize(
        ("seen", "fault"),
        [
            ([1, 2, 4, 5], "it skipped 3 to 3"),
            ([1, 3, 2, 4, 5], "it was given 2 after 3"),
            ([1, 2, 2, 3, 4, 5], "it was given 2 after 2"),
            ([2, 3, 4, 5], "it skipped 1 to 1"),
            ([1, 2, 3, 4], "it ended at 4, the head is 5"),
            ([1, 2, 3, 4, 5, 6], "it ended at 6, the head is 5"),
            ([], "it ended at 0, the head is 5"),
        ],
    )
    def test_every_wrong_order_is_named(self, seen: Sequence[int], fault: str) -> None:
        assert fault in position_faults(5, 5, 5, {"it": seen})
        assert position_faults(5, 5, 5, {"it": range(1, 6)}) == []

"""The seven promises of a log, kept by all three. ``test_log_broken.py`` shows that each of these tests can fail."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from prompter_events import (
    START,
    Batch,
    Checkpoint,
    ForeignProducer,
    Head,
    Log,
    LogCorrupt,
    Position,
    ProducerId,
    Receipt,
    verify,
)
from support.events import ALICE, BOB, event, events, new_producer, note
from support.forging import FORGERIES, Forged, hashed_anew
from support.places import Place
from support.reading import everything


class TestLog:
    """Each promise by its name. A test opens the log once or several times, as several processes would."""

    async def test_atomic_what_is_refused_leaves_no_trace(self, place: Place) -> None:
        mine, theirs = new_producer(), new_producer()
        mixed = [*events(theirs, 1, 3), event(theirs, 4, participant_id=BOB)]
        async with place.open() as log:
            with pytest.raises(ForeignProducer):
                await log.append_batches([Batch(mine, events(mine, 1, 3)), Batch(theirs, mixed)])
            assert [(one.producer_id, one.producer_seq) for one in await everything(log)] == [
                (mine, 1),
                (mine, 2),
                (mine, 3),
            ]
            assert await log.last_seq(theirs) == 0
            assert (await log.append(theirs, events(theirs, 1, 3))).stored == 3

    async def test_atomic_no_reader_sees_half_an_append(self, place: Place) -> None:
        size, rounds = 7, 15
        producers = [new_producer() for _ in range(2)]
        async with place.open() as log, place.open() as peer:
            writing = asyncio.gather(*(_append_in_steps(log, one, size, rounds) for one in producers))
            while not writing.done():
                head = await peer.head()
                seen = await everything(peer)
                assert head.position % size == 0
                assert len(seen) % size == 0
                assert len(seen) >= head.position
                await asyncio.sleep(0)
            await writing
            assert len(await everything(peer)) == size * rounds * len(producers)

    async def test_exactly_once_what_is_resent_is_stored_once(self, place: Place) -> None:
        producer = new_producer()
        async with place.open() as log:
            await log.append(producer, events(producer, 1, 5))
            receipt = await log.append(producer, events(producer, 3, 8))
            assert receipt == Receipt(last_seq=8, position=Position(8), stored=3, duplicates=3)
            receipt = await log.append(producer, events(producer, 1, 8))
            assert receipt == Receipt(last_seq=8, position=Position(8), stored=0, duplicates=8)
        async with place.open() as log:
            receipt = await log.append(producer, events(producer, 8, 9))
            assert receipt == Receipt(last_seq=9, position=Position(9), stored=1, duplicates=1)
            assert await log.last_seq(producer) == 9
            assert [one.producer_seq for one in await everything(log)] == list(range(1, 10))

    async def test_exactly_once_within_one_commit(self, place: Place) -> None:
        producer = new_producer()
        async with place.open() as log:
            receipts = await asyncio.gather(*(log.append(producer, events(producer, 1, 2)) for _ in range(10)))
            assert sum(receipt.stored for receipt in receipts) == 2
            assert {receipt.last_seq for receipt in receipts} == {2}
            receipts = await log.append_batches([Batch(producer, events(producer, 2, 4)) for _ in range(3)])
            assert [(receipt.stored, receipt.duplicates) for receipt in receipts] == [(2, 1), (0, 3), (0, 3)]
            assert [one.producer_seq for one in await everything(log)] == [1, 2, 3, 4]

    async def test_exactly_once_whichever_way_it_came(self, place: Place) -> None:
        producer = new_producer()
        async with place.open() as here, place.open() as there:
            for first in range(1, 60, 5):
                some = events(producer, first, first + 9)
                receipts = await asyncio.gather(here.append(producer, some), there.append(producer, some))
                assert {receipt.last_seq for receipt in receipts} == {first + 9}
            assert [one.producer_seq for one in await everything(here)] == list(range(1, 66))

    async def test_gapless_total_order_of_several_writers(self, place: Place) -> None:
        producers = [new_producer() for _ in range(6)]
        async with place.open() as here, place.open() as there:
            receipts = await asyncio.gather(
                *(_append_in_steps((here, there)[at % 2], one, 7, 6) for at, one in enumerate(producers))
            )
            stored = await everything(here)
            assert await everything(there) == stored
            assert [one.position for one in stored] == list(range(1, 6 * 7 * 6 + 1))
            assert (await here.head()).position == len(stored)
        for producer, own in zip(producers, receipts, strict=True):
            placed = {one.producer_seq: one.position for one in stored if one.producer_id == producer}
            assert list(placed) == list(range(1, 43))
            assert list(placed.values()) == sorted(placed.values())
            assert all(placed[receipt.last_seq] <= receipt.position for receipt in own)

    async def test_no_reader_skips_a_position(self, place: Place) -> None:
        total = 4 * 40
        async with place.open() as here, place.open() as there:
            following = [asyncio.create_task(_follow_to(log, total)) for log in (here, there)]
            await asyncio.gather(
                *(_append_in_steps((here, there)[at % 2], new_producer(), 1, 40) for at in range(4)),
            )
            for seen in await asyncio.gather(*following):
                assert seen == list(range(1, total + 1))
            for after in (0, 1, 77, total - 1, total):
                assert [one.position async for one in here.read(after=Position(after))] == list(
                    range(after + 1, total + 1)
                )

    async def test_durable_before_acknowledged(self, place: Place) -> None:
        producer, others = new_producer(), [new_producer() for _ in range(10)]
        async with place.open() as log, place.open() as peer:
            for number in range(1, 6):
                receipt = await log.append(producer, [event(producer, number)])
                assert await peer.last_seq(producer) == receipt.last_seq
                assert (await peer.head()).position == receipt.position
                assert [one.producer_seq for one in await everything(peer)] == list(range(1, number + 1))
                async with place.open() as opened_now:
                    assert await opened_now.last_seq(producer) == number
            queued = [asyncio.create_task(log.append(one, events(one, 1, 3))) for one in others]
            for one, appending in zip(others, queued, strict=True):
                receipt = await appending
                assert await peer.last_seq(one) == receipt.last_seq == 3
            before = await everything(log)
            epoch, name = log.epoch, await log.participant("Zoë")
        async with place.open() as log:
            assert log.epoch == epoch
            assert await everything(log) == before
            assert await log.participant("Zoë") == name
            assert await verify(log) == len(before) == 35

    async def test_append_only_what_is_stored_stays_as_it_is(self, place: Place) -> None:
        producer = new_producer()
        async with place.open() as log:
            await log.append(producer, events(producer, 1, 20))
            before = await everything(log)
            # The same numbers with another content, another's claim, and everything else that writes.
            changed = [event(producer, number, note("changed")) for number in range(1, 23)]
            assert (await log.append(producer, changed)).duplicates == 20
            with pytest.raises(ForeignProducer):
                await log.append(producer, [event(producer, 1, note("stolen"), participant_id=BOB)])
            notebook = await log.notebook(ALICE, "loans", "a.ipynb")
            await log.rename_notebook(notebook, "b.ipynb")
            async with log.transaction() as transaction:
                transaction.move("cells", Checkpoint(START, 1), Checkpoint(Position(9), 1))
                transaction.append(producer, events(producer, 23, 24))
            after = await everything(log)
            assert after[:20] == before
            assert [one.producer_seq for one in after[20:]] == [21, 22, 23, 24]
            assert {one.body for one in after[20:22]} == {note("changed")}

    async def test_tamper_evident_the_chain_vouches_for_every_event(self, place: Place) -> None:
        producer = new_producer()
        told: list[tuple[int, int]] = []
        async with place.open() as log:
            await log.append(producer, events(producer, 1, 250))
            assert await verify(log, lambda done, total: told.append((done, total))) == 250
            stored = await everything(log)
            assert (await log.head()).hash == stored[-1].hash
        assert told[-1] == (250, 250)
        assert len({one.hash for one in stored}) == 250

    async def test_tamper_evident_the_first_wrong_event_is_named(self, place: Place) -> None:
        producer = new_producer()
        async with place.open() as log:
            await log.append(producer, events(producer, 1, 12))
            stored, head = await everything(log), await log.head()
        for name, forge in FORGERIES.items():
            with pytest.raises(LogCorrupt) as damage:
                await verify(cast(Log, Forged(forge(stored, 7), head)))
            assert damage.value.position == 7, name
        with pytest.raises(LogCorrupt) as damage:
            await verify(cast(Log, Forged(hashed_anew(stored, 7), head)))
        assert damage.value.position == 8
        shortened = Forged(stored[:9], Head(Position(9), stored[8].hash))
        assert await verify(cast(Log, shortened)) == 9
        with pytest.raises(LogCorrupt):
            await verify(cast(Log, shortened), anchors={head.position: head.hash})


async def _append_in_steps(log: Log, producer: ProducerId, size: int, rounds: int) -> Sequence[Receipt]:
    """One append after the other."""
    return [await log.append(producer, events(producer, done * size + 1, (done + 1) * size)) for done in range(rounds)]


async def _follow_to(log: Log, last: int) -> list[int]:
    """The positions that a follower is given, until one is the last."""
    seen: list[int] = []
    async for one in log.follow():
        seen.append(one.position)
        if one.position >= last:
            break
    return seen

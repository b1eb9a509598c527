"""The writer alone, over a store whose commits the test lets through one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest

from prompter_events import Batch, LogUnavailable, Position, ProducerId, Receipt
from prompter_events.append import Head, Plan
from prompter_events.store import DataRefused, Store
from prompter_events.writer import GROUP_BYTES, GROUP_EVENTS, Writer
from support.events import event, events, new_producer


class Gate:
    """A store that takes everything but events of the type ``bad``, when the test lets it."""

    def __init__(self) -> None:
        self.commits: list[list[tuple[ProducerId, int]]] = []
        self.entered = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.probes = 0
        self.failure: Exception | None = None

    async def commit(self, batches: Sequence[Batch]) -> Plan:
        self.entered.set()
        await self.open.wait()
        if self.failure:
            raise self.failure
        if not self._sound(batches):
            raise DataRefused("here", "a bad type")
        self.commits.append([(batch.producer_id, len(batch.events)) for batch in batches])
        self.stored = [one for batch in batches for one in batch.events]
        receipts = [Receipt(batch.events[-1].producer_seq, Position(7), len(batch.events), 0) for batch in batches]
        return Plan([], {}, Head(Position(7), b""), receipts)

    async def fits(self, batches: Sequence[Batch]) -> bool:
        self.probes += 1
        return self._sound(batches)

    def _sound(self, batches: Sequence[Batch]) -> bool:
        return all(one.type != "bad" for batch in batches for one in batch.events)


def writer_of(gate: Gate, announced: list[int] | None = None) -> Writer:
    return Writer(cast(Store, gate), (announced if announced is not None else []).append)


def batch(size: int) -> list[Batch]:
    producer = new_producer()
    return [Batch(producer, events(producer, 1, size))]


async def test_what_queues_during_a_commit_is_committed_together() -> None:
    gate, announced = Gate(), list[int]()
    writer = writer_of(gate, announced)
    gate.open.clear()
    first = asyncio.create_task(writer.append(batch(1)))
    await gate.entered.wait()
    others = [asyncio.create_task(writer.append(batch(2))) for _ in range(9)]
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(first, *others)
    assert [len(commit) for commit in gate.commits] == [1, 9]
    assert announced == [7, 7]


async def test_a_group_is_bounded_by_events_and_by_bytes() -> None:
    gate = Gate()
    writer = writer_of(gate)
    await asyncio.gather(*(writer.append(batch(GROUP_EVENTS // 4)) for _ in range(9)))
    assert [len(commit) for commit in gate.commits] == [4, 4, 1]
    gate.commits.clear()
    producer = new_producer()
    big = msgspec.structs.replace(event(producer, 1), payload=bytes(GROUP_BYTES // 2))
    await asyncio.gather(*(writer.append([Batch(producer, [big])]) for _ in range(5)))
    assert [len(commit) for commit in gate.commits] == [2, 2, 1]


async def test_one_call_goes_whole_however_large() -> None:
    gate = Gate()
    await writer_of(gate).append(batch(GROUP_EVENTS * 2))
    assert gate.commits[0][0][1] == GROUP_EVENTS * 2


async def test_appends_and_jobs_take_turns() -> None:
    gate, order = Gate(), list[str]()
    writer = writer_of(gate)

    async def job() -> None:
        order.append(f"job after {len(gate.commits)} commits")

    full = [writer.append(batch(GROUP_EVENTS)) for _ in range(3)]
    await asyncio.gather(*full, *(writer.run(job) for _ in range(3)))
    assert order == ["job after 1 commits", "job after 2 commits", "job after 3 commits"]


async def test_halving_finds_each_bad_event_and_keeps_it_as_invalid() -> None:
    gate = Gate()
    producer = new_producer()
    spoiled = events(producer, 1, 100)
    for index in (0, 41, 42, 99):
        spoiled[index] = msgspec.structs.replace(spoiled[index], type="bad")
    [receipt] = await writer_of(gate).append([Batch(producer, spoiled)])
    assert receipt.stored == 100
    invalid = [one.producer_seq for one in gate.stored if one.type == "capture.invalid"]
    assert invalid == [1, 42, 43, 100]
    body = cast(Any, gate.stored[41].body)
    assert (body.reason, body.claimed_type, body.raw) == ("a bad type", "bad", spoiled[41].payload)
    assert gate.probes < 50


class Narrow(Gate):
    """A store that takes payloads of at most so many bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def _sound(self, batches: Sequence[Batch]) -> bool:
        return all(len(one.payload or b"") <= self.most for batch in batches for one in batch.events)


@pytest.mark.parametrize(("most", "kept"), [(200_000, 64 * 1024), (1000, 0)])
async def test_as_much_is_kept_of_an_event_as_the_store_takes(most: int, kept: int) -> None:
    gate = Narrow(most)
    producer = new_producer()
    sent = events(producer, 1, 3)
    sent[1] = msgspec.structs.replace(sent[1], payload=bytes(300_000))
    [receipt] = await writer_of(gate).append([Batch(producer, sent)])
    assert receipt.stored == 3
    body = cast(Any, gate.stored[1].body)
    assert (len(body.raw), body.size) == (kept, 300_000)


async def test_a_store_that_takes_nothing_at_all_fails_the_caller() -> None:
    gate = Narrow(1)
    with pytest.raises(DataRefused):
        await writer_of(gate).append(batch(3))
    assert gate.commits == []


async def test_a_failure_reaches_every_caller_of_the_group_and_no_other() -> None:
    gate = Gate()
    writer = writer_of(gate)
    gate.failure = LogUnavailable("gone")
    results = await asyncio.gather(*(writer.append(batch(1)) for _ in range(3)), return_exceptions=True)
    assert results == [gate.failure] * 3
    gate.failure = None
    assert (await writer.append(batch(1)))[0].stored == 1


async def test_a_job_that_fails_or_is_given_up_leaves_the_writer_running() -> None:
    gate, ran = Gate(), list[str]()
    writer = writer_of(gate)

    async def fail() -> None:
        raise ZeroDivisionError

    async def note() -> None:
        ran.append("ran")

    gate.open.clear()
    first = asyncio.create_task(writer.append(batch(1)))
    await gate.entered.wait()
    given_up = asyncio.create_task(writer.run(note))
    await asyncio.sleep(0)
    given_up.cancel()
    gate.open.set()
    await first
    with pytest.raises(ZeroDivisionError):
        await writer.run(fail)
    assert (await writer.append(batch(1)))[0].stored == 1
    assert ran == []


async def test_closing_drains_the_queue_and_then_refuses() -> None:
    gate = Gate()
    writer = writer_of(gate)
    waiting = [asyncio.create_task(writer.append(batch(1))) for _ in range(3)]
    await asyncio.sleep(0)
    await writer.aclose()
    assert [len(commit) for commit in gate.commits] == [3]
    await asyncio.gather(*waiting)
    with pytest.raises(LogUnavailable):
        await writer.append(batch(1))

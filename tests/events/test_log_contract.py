"""The contract of a log, kept by all three. Each strong promise has a test that bears its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import cast
from uuid import uuid4

import msgspec
import pytest

from prompter_events import (
    MAX_EVENT_BYTES,
    START,
    Batch,
    Checkpoint,
    CheckpointMoved,
    Event,
    ForeignProducer,
    Log,
    LogUnavailable,
    Position,
    ProducerId,
    Receipt,
    Relation,
    SessionId,
    Transaction,
    Value,
    open_log,
    pack,
    verify,
)
from prompter_events.catalogue.study import CaptureInvalid, TaskBegan
from prompter_events.chain import GENESIS
from support.events import ALICE, BOB, event, events, new_producer, new_session, note

DEAD_LETTER = Relation("dead_letter", ("projection", "position"), ("session_id", "traceback", "recorded_at"))
NEW = Checkpoint(START, 1)


async def everything(log: Log) -> list[Event]:
    return [one async for one in log.read()]


async def commit(log: Log, prepared: Transaction) -> None:
    async with log.transaction() as transaction:
        transaction.saves += prepared.saves
        transaction.moves += prepared.moves
        transaction.batches += prepared.batches


def letter(position: int, traceback: str = "…") -> dict[str, Value]:
    return {
        "projection": "cells",
        "position": position,
        "session_id": uuid4(),
        "traceback": traceback,
        "recorded_at": 7,
    }


class TestAppending:
    async def test_an_event_comes_back_as_it_was_sent(self, log: Log) -> None:
        producer, session = new_producer(), new_session()
        sent = event(producer, 1, note("Größe 📈 \\ ' \" % \x00 \r\n"), session_id=session)
        receipt = await log.append(producer, [sent])
        assert receipt == Receipt(last_seq=1, position=Position(1), stored=1, duplicates=0)
        [found] = await everything(log)
        assert found.body == sent.body
        assert (found.position, found.session_id, found.producer_id, found.producer_seq) == (1, session, producer, 1)
        assert (found.participant_id, found.type, found.schema_version) == (ALICE, "note.added", 1)
        assert (found.occurred_at, found.payload) == (sent.occurred_at, sent.payload)
        assert found.recorded_at > sent.occurred_at
        assert len(found.salt or b"") == 16

    async def test_an_append_is_stored_whole_or_not_at_all(self, log: Log) -> None:
        mine, theirs = new_producer(), new_producer()
        mixed = [event(theirs, 1), event(theirs, 2, participant_id=BOB)]
        with pytest.raises(ForeignProducer):
            await log.append_batches([Batch(mine, events(mine, 1, 3)), Batch(theirs, mixed)])
        assert {one.producer_id for one in await everything(log)} == {mine}
        assert await log.last_seq(theirs) == 0

    async def test_what_is_sent_again_is_stored_once(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 5))
        receipt = await log.append(producer, events(producer, 3, 8))
        assert receipt == Receipt(last_seq=8, position=Position(8), stored=3, duplicates=3)
        receipt = await log.append(producer, events(producer, 1, 8))
        assert receipt == Receipt(last_seq=8, position=Position(8), stored=0, duplicates=8)
        assert [one.producer_seq for one in await everything(log)] == list(range(1, 9))

    async def test_the_same_event_twice_in_one_commit_is_stored_once(self, log: Log) -> None:
        producer = new_producer()
        receipts = await asyncio.gather(*(log.append(producer, events(producer, 1, 2)) for _ in range(10)))
        assert sum(receipt.stored for receipt in receipts) == 2
        assert {receipt.last_seq for receipt in receipts} == {2}
        assert len(await everything(log)) == 2

    async def test_a_hole_is_left_out_and_named(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        receipt = await log.append(producer, events(producer, 4, 6))
        assert (receipt.last_seq, receipt.stored) == (2, 0)
        within = [event(producer, 3), event(producer, 5)]
        assert (await log.append(producer, within)).last_seq == 3

    async def test_a_producer_belongs_to_its_first_participant(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        with pytest.raises(ForeignProducer) as refusal:
            await log.append(producer, events(producer, 3, 4, participant_id=BOB))
        assert refusal.value.owned == producer
        assert await log.last_seq(producer) == 2

    async def test_positions_have_no_gaps_and_hold_each_producers_order(self, log: Log) -> None:
        producers = [new_producer() for _ in range(8)]

        async def work(producer: ProducerId) -> None:
            for first in range(1, 60, 7):
                await log.append(producer, events(producer, first, first + 6))

        await asyncio.gather(*map(work, producers))
        stored = await everything(log)
        assert [one.position for one in stored] == list(range(1, 8 * 63 + 1))
        for producer in producers:
            assert [one.producer_seq for one in stored if one.producer_id == producer] == list(range(1, 64))

    async def test_a_cancelled_caller_disturbs_nobody(self, log: Log) -> None:
        first, given_up, last = new_producer(), new_producer(), new_producer()
        tasks = [asyncio.create_task(log.append(one, events(one, 1, 3))) for one in (first, given_up, last)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        receipts = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(receipts[0], Receipt)
        assert isinstance(receipts[2], Receipt)
        assert await log.last_seq(given_up) in (0, 3)
        assert await verify(log) == (await log.head()).position

    async def test_the_largest_event_fits(self, log: Log) -> None:
        producer = new_producer()
        room = MAX_EVENT_BYTES - len(pack(note())) - 8
        body = note("\x00" * room)
        await log.append(producer, [event(producer, number, body) for number in range(1, 9)])
        assert {one.body for one in await everything(log)} == {body}

    async def test_nothing_cannot_be_appended(self, log: Log) -> None:
        with pytest.raises(ValueError, match="no events"):
            await log.append(new_producer(), [])

    async def test_closing_finishes_what_is_under_way(self, log: Log) -> None:
        producer = new_producer()
        appends = [asyncio.create_task(log.append(producer, [event(producer, number)])) for number in range(1, 20)]
        await asyncio.sleep(0)
        await log.aclose()
        assert [(await one).last_seq for one in appends][-1] == 19
        with pytest.raises(LogUnavailable, match="closed"):
            await log.append(producer, [event(producer, 20)])
        with pytest.raises(LogUnavailable, match="closed"):
            await log.wait(Position(99))


class TestReading:
    async def test_a_reader_never_skips_a_position(self, log: Log) -> None:
        seen: list[int] = []
        producers = [new_producer() for _ in range(4)]

        async def follow() -> None:
            async for one in log.follow():
                seen.append(one.position)
                if len(seen) == 400:
                    return

        async def write(producer: ProducerId) -> None:
            for number in range(1, 101):
                await log.append(producer, [event(producer, number)])

        await asyncio.gather(follow(), *map(write, producers))
        assert seen == list(range(1, 401))

    async def test_reading_goes_page_by_page_to_the_head_as_it_was(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 1200))
        seen: list[int] = []
        async for one in log.read(after=Position(100)):
            if not seen:
                await log.append(producer, events(producer, 1201, 1300))
            seen.append(one.position)
        assert seen == list(range(101, 1201))

    async def test_a_selection_by_session_type_and_number(self, log: Log) -> None:
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

    async def test_an_abandoned_reader_holds_nothing(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 300))
        abandoned = [log.read() for _ in range(20)]
        for reader in abandoned:
            assert (await anext(reader)).position == 1
        assert len(await everything(log)) == 300
        for reader in abandoned:
            async with aclosing(cast(AsyncGenerator[Event, None], reader)):
                pass

    async def test_waiting_ends_with_something_newer(self, log: Log) -> None:
        producer = new_producer()
        waiting = [asyncio.create_task(log.wait(START)) for _ in range(5)]
        await asyncio.sleep(0)
        await log.append(producer, events(producer, 1, 3))
        assert await asyncio.gather(*waiting) == [3] * 5
        assert await log.wait(Position(2)) == 3

    async def test_waiting_ends_with_its_time(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 3))
        assert await log.wait(Position(3), timeout=0.01) == 3

    async def test_a_new_log_is_empty(self, log: Log) -> None:
        head = await log.head()
        assert (head.position, head.hash) == (START, GENESIS)
        assert await everything(log) == []
        assert await log.last_seq(new_producer()) == 0
        assert await verify(log) == 0


class TestChain:
    async def test_every_hash_vouches_for_all_before_it(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 250))
        told: list[tuple[int, int]] = []
        assert await verify(log, lambda done, total: told.append((done, total))) == 250
        assert told[-1] == (250, 250)
        stored = await everything(log)
        assert (await log.head()).hash == stored[-1].hash
        assert len({one.hash for one in stored}) == 250

    async def test_equal_payloads_have_different_digests(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, [event(producer, 1, note("same")), event(producer, 2, note("same"))])
        first, second = await everything(log)
        assert first.payload == second.payload
        assert first.payload_digest != second.payload_digest


class TestTransactions:
    async def test_rows_checkpoint_and_events_are_written_together(self, log: Log) -> None:
        producer = new_producer()
        async with log.transaction() as transaction:
            transaction.save(DEAD_LETTER, [letter(1), letter(2)])
            transaction.move("cells", NEW, Checkpoint(Position(2), 1))
            transaction.append(producer, events(producer, 1, 2))
        assert len(await log.rows(DEAD_LETTER, {"projection": "cells"})) == 2
        assert await log.checkpoint("cells") == Checkpoint(Position(2), 1)
        assert await log.last_seq(producer) == 2
        assert await verify(log) == 2

    async def test_a_moved_checkpoint_undoes_everything(self, log: Log) -> None:
        async with log.transaction() as transaction:
            transaction.move("cells", NEW, Checkpoint(Position(5), 1))
        producer = new_producer()
        for stale in (NEW, Checkpoint(Position(4), 1), Checkpoint(Position(5), 2)):
            transaction = Transaction()
            transaction.save(DEAD_LETTER, [letter(1)])
            transaction.move("other", NEW, Checkpoint(Position(9), 1))
            transaction.move("cells", stale, Checkpoint(Position(6), 1))
            transaction.append(producer, events(producer, 1, 2))
            with pytest.raises(CheckpointMoved) as refusal:
                await commit(log, transaction)
            assert (refusal.value.projection, refusal.value.found) == ("cells", 5)
        assert await log.rows(DEAD_LETTER, {}) == []
        assert await log.checkpoint("other") == NEW
        assert (await log.head()).position == 0

    async def test_two_workers_cannot_both_move_a_checkpoint(self, log: Log) -> None:
        async def move() -> bool:
            try:
                async with log.transaction() as transaction:
                    transaction.move("cells", NEW, Checkpoint(Position(1), 1))
            except CheckpointMoved:
                return False
            return True

        assert sorted(await asyncio.gather(*(move() for _ in range(5)))) == [False] * 4 + [True]

    async def test_refused_events_undo_everything(self, log: Log) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 1))
        for bad, reason in (
            (events(producer, 2, 3, participant_id=BOB), ForeignProducer),
            (events(producer, 3, 4), ValueError),
        ):
            transaction = Transaction()
            transaction.save(DEAD_LETTER, [letter(1)])
            transaction.append(producer, bad)
            with pytest.raises(reason):
                await commit(log, transaction)
        assert await log.rows(DEAD_LETTER, {}) == []
        assert await log.last_seq(producer) == 1

    async def test_an_error_in_the_block_writes_nothing(self, log: Log) -> None:
        async def fail() -> None:
            async with log.transaction() as transaction:
                transaction.save(DEAD_LETTER, [letter(1)])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await log.rows(DEAD_LETTER, {}) == []

    async def test_a_row_replaces_the_one_with_its_key(self, log: Log) -> None:
        for text in ("first", "second"):
            async with log.transaction() as transaction:
                transaction.save(DEAD_LETTER, [letter(number, f"{text} {number}") for number in (3, 1)])
        found = await log.rows(DEAD_LETTER, {"projection": "cells"})
        assert [(row["position"], row["traceback"]) for row in found] == [(1, "second 1"), (3, "second 3")]

    async def test_rows_are_found_by_equal_and_present_columns(self, log: Log) -> None:
        session = uuid4()
        row = {**letter(1), "session_id": session}
        async with log.transaction() as transaction:
            transaction.save(DEAD_LETTER, [row, letter(2)])
        [found] = await log.rows(DEAD_LETTER, {"session_id": session}, ["traceback"])
        assert found == {**row, "session_id": session.bytes}
        assert await log.rows(DEAD_LETTER, {"traceback": None}) == []
        with pytest.raises(ValueError, match="no column"):
            await log.rows(DEAD_LETTER, {"1=1; --": 1})

    async def test_a_row_with_other_columns_is_refused(self, log: Log) -> None:
        with pytest.raises(ValueError, match="dead_letter"):
            async with log.transaction() as transaction:
                transaction.save(DEAD_LETTER, [{"projection": "cells"}])
        with pytest.raises(ValueError, match="cannot name"):
            async with log.transaction() as transaction:
                transaction.save(Relation("x; DROP TABLE event", ("a",), ()), [{"a": 1}])


class TestLeases:
    async def test_one_holder_at_a_time_until_the_lease_ends(self, log_url: str) -> None:
        now = 1_000_000
        async with open_log(log_url, clock=lambda: now) as log:
            mine, theirs = uuid4(), uuid4()
            assert await log.lease("cells", mine, 10)
            assert not await log.lease("cells", theirs, 10)
            assert await log.lease("cells", mine, 10)
            assert await log.lease("prompts", theirs, 10)
            now += 10_000_000
            assert await log.lease("cells", theirs, 10)
            assert not await log.lease("cells", mine, 10)
            assert await log.checkpoint("cells") == NEW

    async def test_a_lease_can_be_given_back_by_its_holder_alone(self, log: Log) -> None:
        mine, theirs = uuid4(), uuid4()
        assert await log.lease("cells", mine, 60)
        await log.release("cells", theirs)
        assert not await log.lease("cells", theirs, 60)
        await log.release("cells", mine)
        assert await log.lease("cells", theirs, 60)

    async def test_a_lease_survives_moves(self, log: Log) -> None:
        mine = uuid4()
        assert await log.lease("cells", mine, 60)
        async with log.transaction() as transaction:
            transaction.move("cells", NEW, Checkpoint(Position(1), 1))
        assert not await log.lease("cells", uuid4(), 60)


class TestNames:
    async def test_a_participant_keeps_their_id(self, log: Log) -> None:
        names = ["Zoë", "zoë", "Zoë ", "Zoe", "x" * 400]
        ids = [await log.participant(name) for name in names]
        assert len(set(ids)) == len(names)
        assert [await log.participant(name) for name in names] == ids
        assert await log.participant_names() == dict(zip(ids, names, strict=True))

    async def test_a_notebook_keeps_its_id_when_it_is_renamed(self, log: Log) -> None:
        first = await log.notebook(ALICE, "loans", "a.ipynb")
        assert await log.notebook(ALICE, "loans", "a.ipynb") == first
        others = [
            await log.notebook(BOB, "loans", "a.ipynb"),
            await log.notebook(ALICE, "other", "a.ipynb"),
            await log.notebook(ALICE, "loans", "A.ipynb"),
            await log.notebook(ALICE, "loans", "a.ipynb "),
        ]
        assert len({first, *others}) == 5
        await log.rename_notebook(first, "b.ipynb")
        assert await log.notebook(ALICE, "loans", "b.ipynb") == first
        assert await log.notebook(ALICE, "loans", "a.ipynb") not in {first, *others}

    async def test_a_notebook_takes_over_the_path_of_another(self, log: Log) -> None:
        old = await log.notebook(ALICE, "loans", "b.ipynb")
        renamed = await log.notebook(ALICE, "loans", "a.ipynb")
        await log.rename_notebook(renamed, "b.ipynb")
        await log.rename_notebook(renamed, "b.ipynb")
        assert await log.notebook(ALICE, "loans", "b.ipynb") == renamed
        assert await log.notebook(ALICE, "loans", "a.ipynb") not in (old, renamed)

    async def test_a_session_belongs_to_the_participant_of_its_first_event(self, log: Log) -> None:
        session, producer = new_session(), new_producer()
        assert await log.session_owner(session) is None
        await log.append(producer, events(producer, 1, 2, participant_id=BOB, session_id=session))
        assert await log.session_owner(session) == BOB


class TestStoredLogs:
    async def test_what_was_acknowledged_is_there_after_reopening(self, stored_url: str) -> None:
        producer = new_producer()
        async with open_log(stored_url) as log:
            epoch = log.epoch
            await log.append(producer, events(producer, 1, 40))
            before = await everything(log)
            name = await log.participant("Zoë")
        async with open_log(stored_url) as log:
            assert log.epoch == epoch
            assert await everything(log) == before
            assert await log.last_seq(producer) == 40
            assert await log.participant("Zoë") == name
            assert await verify(log) == 40

    async def test_two_open_logs_see_each_other(self, stored_url: str) -> None:
        async with open_log(stored_url) as here, open_log(stored_url) as there:
            producer = new_producer()
            waiting = asyncio.create_task(there.wait(START))
            await here.append(producer, events(producer, 1, 3))
            assert await waiting == 3
            receipt = await there.append(producer, events(producer, 2, 5))
            assert (receipt.stored, receipt.duplicates, receipt.position) == (2, 2, 5)
            assert await here.wait(Position(3)) == 5

    async def test_one_bad_event_stops_nobody_else(self, stored_log: Log) -> None:
        good, bad = new_producer(), new_producer()
        spoiled = events(bad, 1, 9)
        spoiled[3] = msgspec.structs.replace(spoiled[3], type="x" * 200)
        spoiled[6] = msgspec.structs.replace(spoiled[6], schema_version=70_000)
        spoiled[8] = msgspec.structs.replace(spoiled[8], type="lone \ud800")
        calls = [stored_log.append(good, events(good, first, first + 4)) for first in (1, 6, 11)]
        calls.insert(1, stored_log.append(bad, spoiled))
        receipts = await asyncio.gather(*calls)
        assert [receipt.stored for receipt in receipts] == [5, 9, 5, 5]
        stored = [one for one in await everything(stored_log) if one.producer_id == bad]
        assert [one.producer_seq for one in stored] == list(range(1, 10))
        assert [one.producer_seq for one in stored if one.type == "capture.invalid"] == [4, 7, 9]
        kept = stored[3].body
        assert isinstance(kept, CaptureInvalid)
        assert kept.claimed_type == "x" * 200
        assert kept.raw == spoiled[3].payload
        assert await verify(stored_log) == 24

    async def test_an_empty_transaction_needs_no_writer(self, stored_log: Log) -> None:
        async with stored_log.transaction():
            pass
        assert (await stored_log.head()).position == 0

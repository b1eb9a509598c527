"""What a projection writes together, and the lease by which one worker at a time runs it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from prompter_events import (
    START,
    Checkpoint,
    CheckpointMoved,
    ForeignProducer,
    Log,
    Position,
    Relation,
    Transaction,
    Value,
    open_log,
    verify,
)
from support.events import BOB, events, new_producer

DEAD_LETTER = Relation("dead_letter", ("projection", "position"), ("session_id", "traceback", "recorded_at"))
NEW = Checkpoint(START, 1)


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

    async def test_an_empty_transaction_needs_no_writer(self, stored_log: Log) -> None:
        async with stored_log.transaction():
            pass
        assert (await stored_log.head()).position == 0


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

"""What only one of two may do, done on two nodes of a cluster at once; and reads right after a commit elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import aiomysql
import pymysql
import pytest

from prompter_events import (
    START,
    Batch,
    Checkpoint,
    Log,
    LogUnavailable,
    Position,
    ProducerId,
    open_log,
    verify,
)
from prompter_events.clock import now_micros
from prompter_events.mysql import connections, people, read_models, statements
from prompter_events.mysql.connections import Account, goodbye
from prompter_events.mysql.errors import may_pass
from prompter_events.transaction import Move
from prompter_events.url import MysqlUrl, parse_url
from support.events import ALICE, events, new_producer
from support.galera import Galera, Node

pytestmark = pytest.mark.cluster

ROUNDS = 30
STATEMENT_BYTES = 1_000_000


@pytest.fixture
async def logs(urls: list[str]) -> AsyncIterator[list[Log]]:
    """The log, open at each node."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_log(url)) for url in urls]


@asynccontextmanager
async def connected(node: Node, url: str) -> AsyncIterator[aiomysql.Connection]:
    """An administrator's connection to the log's database on one node."""
    target = parse_url(url)
    assert isinstance(target, MysqlUrl)
    admin = node.server.admin
    connection = await Account(target, admin.user, admin.password, admin.unix_socket).connect()
    try:
        yield connection
    finally:
        await goodbye(connection)


class TestReading:
    async def test_a_read_sees_what_was_committed_on_another_node_before(self, logs: list[Log]) -> None:
        producer = new_producer()
        for number in range(1, ROUNDS + 1):
            here, there, third = (logs[(number + offset) % 3] for offset in range(3))
            receipt = await here.append(producer, events(producer, number, number))
            assert await there.last_seq(producer) == number
            assert (await third.head()).position == receipt.position
            at = Checkpoint(Position(number - 1), 1)
            async with there.transaction() as transaction:
                transaction.move("reader", at, Checkpoint(Position(number), 1))
            assert await third.checkpoint("reader") == Checkpoint(Position(number), 1)

    async def test_a_read_waits_for_a_node_that_is_behind(
        self, logs: list[Log], galera: Galera, urls: list[str]
    ) -> None:
        producer = new_producer()
        async with connected(galera.nodes[1], urls[1]) as paused:
            await connections.execute(paused, "FLUSH TABLES WITH READ LOCK")
            await logs[0].append(producer, events(producer, 1, 3))
            reading = asyncio.create_task(logs[1].last_seq(producer))
            assert not await _done_soon(reading)
            await connections.execute(paused, "UNLOCK TABLES")
            assert await reading == 3

    async def test_without_that_it_would_miss_it(
        self, logs: list[Log], galera: Galera, urls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "CLUSTER_SETTING", "SET SESSION wsrep_sync_wait = 0")
        producer = new_producer()
        async with connected(galera.nodes[1], urls[1]) as paused, open_log(urls[1]) as behind:
            await connections.execute(paused, "FLUSH TABLES WITH READ LOCK")
            await logs[0].append(producer, events(producer, 1, 3))
            assert await behind.last_seq(producer) == 0
            await connections.execute(paused, "UNLOCK TABLES")


async def _done_soon(task: asyncio.Task[int]) -> bool:
    # Longer than a read takes that does not wait; one that waits does so however long this is.
    done, _ = await asyncio.wait({task}, timeout=0.5)
    return bool(done)


class TestOnlyOne:
    async def test_a_lease_has_one_holder(self, logs: list[Log]) -> None:
        for number in range(ROUNDS):
            holders = [uuid4() for _ in logs]
            taken = await asyncio.gather(
                *(log.lease(f"projection {number}", holder, 60) for log, holder in zip(logs, holders, strict=True))
            )
            assert taken.count(True) == 1, taken
            winner = taken.index(True)
            again = [await log.lease(f"projection {number}", holders[winner], 60) for log in logs]
            assert again == [True] * 3
            await logs[winner].release(f"projection {number}", holders[winner])
            other = (winner + 1) % 3
            assert await logs[other].lease(f"projection {number}", holders[other], 60)

    async def test_a_checkpoint_is_moved_by_one_and_only_its_events_are_there(self, logs: list[Log]) -> None:
        workers = logs[:2]
        producers = [new_producer() for _ in workers]
        won = [0 for _ in workers]

        async def work(which: int, at: Checkpoint, to: Checkpoint) -> None:
            async with workers[which].transaction() as transaction:
                transaction.move("both", at, to)
                transaction.append(producers[which], events(producers[which], won[which] + 1, won[which] + 2))

        for number in range(ROUNDS):
            at, to = Checkpoint(Position(number), 1), Checkpoint(Position(number + 1), 1)
            results = await asyncio.gather(*(work(which, at, to) for which in (0, 1)), return_exceptions=True)
            assert sorted(type(result).__name__ for result in results) == ["CheckpointMoved", "NoneType"]
            won[results.index(None)] += 2
            assert [await log.checkpoint("both") for log in logs] == [to] * 3
        assert [await logs[2].last_seq(producer) for producer in producers] == won
        assert await verify(logs[2]) == 2 * ROUNDS

    async def test_a_worker_whose_lease_went_to_another_node_commits_nothing(
        self, logs: list[Log], galera: Galera, urls: list[str]
    ) -> None:
        late, other, producer = uuid4(), uuid4(), new_producer()
        at = Checkpoint(START, 1)
        founder = galera.nodes[0].server
        await founder.run(urls[0], "CREATE TABLE filler (n INT AUTO_INCREMENT PRIMARY KEY, a CHAR(36), KEY (a))")
        await founder.run(urls[0], "INSERT INTO filler (a) SELECT UUID() FROM seq_1_to_60000")
        assert await logs[1].lease("ticking", late, 0)
        async with connected(galera.nodes[1], urls[1]) as worker:
            # What a worker commits when a timer fires: the checkpoint stays where it is.
            await worker.begin()
            await read_models.move(worker, Move("ticking", at, at, late))
            await _append(worker, logs[1], producer)
            # Its node takes a second to apply this, and so learns of the lease later than the first node.
            await founder.run(urls[0], "UPDATE filler SET a = UUID()")
            assert await logs[0].lease("ticking", other, 60)
            with pytest.raises(pymysql.err.OperationalError) as conflict:
                await worker.commit()
        assert conflict.value.args[0] == 1213
        assert await logs[2].last_seq(producer) == 0

    async def test_a_name_belongs_to_one_participant(self, logs: list[Log]) -> None:
        for number in range(ROUNDS):
            found = await asyncio.gather(*(log.participant(f"person {number}") for log in logs))
            assert len(set(found)) == 1
            notebooks = await asyncio.gather(*(log.notebook(found[0], "study", f"{number}.ipynb") for log in logs))
            assert len(set(notebooks)) == 1

    async def test_an_append_that_began_before_an_erasure_is_not_stored_after_it(
        self, logs: list[Log], galera: Galera, urls: list[str]
    ) -> None:
        producer = new_producer()
        async with connected(galera.nodes[0], urls[0]) as eraser, connected(galera.nodes[1], urls[1]) as writer:
            await _append_halfway(writer, logs[1], producer)
            await _bar(eraser, logs[0])
            with pytest.raises(pymysql.err.OperationalError) as conflict:
                await writer.commit()
        assert conflict.value.args[0] == 1213
        assert await logs[2].last_seq(producer) == 0

    async def test_without_a_claim_on_the_head_it_would_be(
        self, logs: list[Log], galera: Galera, urls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def pass_over(*_: object) -> None:
            return

        monkeypatch.setattr(people, "claim_head", pass_over)
        producer = new_producer()
        async with connected(galera.nodes[0], urls[0]) as eraser, connected(galera.nodes[1], urls[1]) as writer:
            await _append_halfway(writer, logs[1], producer)
            await _bar(eraser, logs[0])
            await writer.commit()
        assert await logs[2].last_seq(producer) == 2


async def _append_halfway(writer: aiomysql.Connection, log: Log, producer: ProducerId) -> None:
    await writer.begin()
    await _append(writer, log, producer)


async def _append(writer: aiomysql.Connection, log: Log, producer: ProducerId) -> None:
    batch = Batch(producer, events(producer, 1, 2))
    await statements.append(writer, [batch], now_micros(), STATEMENT_BYTES, epoch=log.epoch)


async def _bar(eraser: aiomysql.Connection, log: Log) -> None:
    await eraser.begin()
    assert await people.bar(eraser, ALICE, now_micros(), log.epoch) == {}
    await eraser.commit()


async def test_conflicts_at_commit_are_errors_without_the_retry(
    logs: list[Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "may_pass", lambda error: error.args[0] != 1213 and may_pass(error))
    refusals: list[str] = []
    acknowledged: dict[ProducerId, int] = {}

    async def write(log: Log) -> None:
        producer = new_producer()
        for _ in range(ROUNDS):
            try:
                last = acknowledged.get(producer, 0)
                acknowledged[producer] = (await log.append(producer, events(producer, last + 1, last + 1))).last_seq
            except LogUnavailable as error:
                refusals.append(str(error))

    await asyncio.gather(*map(write, logs))
    assert refusals
    assert all("too busy" in refusal for refusal in refusals)
    # What was refused is not there, and what was acknowledged is.
    assert await verify(logs[0]) == sum(acknowledged.values()) == 3 * ROUNDS - len(refusals)
    assert [await logs[0].last_seq(producer) for producer in acknowledged] == list(acknowledged.values())

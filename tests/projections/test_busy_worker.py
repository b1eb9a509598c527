"""A busy worker does not hold up those who append: what waits is counted in transactions, never in milliseconds."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from math import inf
from pathlib import Path
from typing import Any

import aiomysql
import pymysql
import pytest
from busy_worker import worker_beside
from making import Page, opened, run
from workers import Asking, Clock, Recounting, Tally, at_work

from prompter_events import Log, Position, Transaction, open_log
from prompter_events.memory import MemoryLog
from prompter_events.mysql.store import MysqlStore
from prompter_events.sqlite import database
from prompter_events.sqlite.turn import Turn
from prompter_events.stored import StoredLog
from prompter_events.transaction import Cost
from prompter_events.writer import Writer
from prompter_projections import MIGRATIONS, CurrentProjection, rebuild
from prompter_projections.portion import FIRST, FOLD_SECONDS, HOLD_SECONDS, LEAST, Portion
from prompter_projections.relations import SESSION
from support.events import events, new_producer
from support.hand import by_hand
from support.mariadb import MariaDB

MOST = 500


@pytest.fixture
async def mysql_url(mariadb: MariaDB) -> str:
    return await mariadb.fresh_database(MIGRATIONS)


@pytest.fixture
async def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    async with open_log(url, migrate=True, migrations=[MIGRATIONS]):
        return url


class TestPortions:
    """How much a transaction takes, by the cost of the one before it."""

    @staticmethod
    def sizes(cost: Callable[[int], Cost], count: int, portion: Portion | None = None) -> list[int]:
        """The sizes of so many full transactions, each with the cost that the size before it says."""
        portion = portion or Portion(MOST)
        found = []
        for _ in range(count):
            found.append(portion.size)
            portion.took(portion.size, cost(portion.size))
        return found

    def test_it_grows_while_a_transaction_takes_less_than_half_of_what_it_may(self) -> None:
        assert self.sizes(lambda size: Cost(size * 1e-6, 0.0005), 5) == [FIRST, 200, 400, MOST, MOST]

    @pytest.mark.parametrize("each", [8e-6, 11e-6, 17e-6, 40e-6, 70e-6])
    @pytest.mark.parametrize("commit", [0.0, 0.001, 0.002])
    def test_it_settles_where_statements_and_commit_take_5_ms_at_most(self, each: float, commit: float) -> None:
        sizes = self.sizes(lambda size: Cost(size * each, commit), 12)
        settled = set(sizes[6:])
        assert len(settled) == 1
        size = settled.pop()
        assert size * each + commit <= HOLD_SECONDS or size == LEAST
        assert size == MOST or 2 * size * each > (HOLD_SECONDS - commit) / 2

    def test_one_that_took_too_long_is_followed_by_smaller_ones(self) -> None:
        portion = Portion(MOST)
        self.sizes(lambda size: Cost(), 5, portion)
        assert self.sizes(lambda size: Cost(size * 30e-6, 0), 4, portion) == [500, 250, 125, 125]

    def test_a_slow_disk_may_take_as_long_again_as_it_needs_by_itself(self) -> None:
        assert self.sizes(lambda size: Cost(size * 30e-6, 0.020), 4) == [100, 200, 400, 400]
        assert self.sizes(lambda size: Cost(size * 200e-6, 0.020), 3) == [100, 100, 100]

    def test_it_never_becomes_so_small_that_the_worker_falls_behind(self) -> None:
        assert self.sizes(lambda size: Cost(1.0, 1.0), 4) == [100, 100, 100, 100]
        assert self.sizes(lambda size: Cost(1.0, 0.0), 4) == [100, 50, 25, LEAST]
        assert self.sizes(lambda size: Cost(1.0, 0.0), 2, Portion(1)) == [1, 1]

    def test_a_transaction_that_was_not_full_says_nothing_of_larger_ones(self) -> None:
        portion = Portion(MOST)
        for _ in range(9):
            portion.took(FIRST - 1, Cost())
        assert portion.size == FIRST

    def test_folding_counts_as_well(self) -> None:
        portion = Portion(MOST)
        portion.took(FIRST, Cost(), folding=1.01 * FOLD_SECONDS)
        assert portion.size == FIRST // 2
        portion.took(LEAST, Cost(), folding=0.6 * FOLD_SECONDS)
        assert portion.size == FIRST // 2
        portion.took(FIRST // 2, Cost(), folding=0.4 * FOLD_SECONDS)
        assert portion.size == FIRST


class CostlyLog(MemoryLog):
    """Each row of a transaction costs so many seconds."""

    def __init__(self, each: float) -> None:
        super().__init__()
        self.each = each
        self.rows_of: list[int] = []
        self.moved: list[int] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with super().transaction() as transaction:
            yield transaction
        count = sum(len(rows) for _, rows in transaction.saves)
        transaction.cost = Cost(count * self.each)
        self.rows_of.append(count)
        self.moved += [move.to.position - move.expected.position for move in transaction.moves]


async def a_long_log(log: Log, count: int) -> int:
    """A log of so many sessions of one event each; its head."""
    return [await Page().say(log, opened()) for _ in range(count)][-1]


async def test_a_worker_that_catches_up_takes_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter_projections.portion.FOLD_SECONDS", inf)  # the machine's speed is not what is tested
    log = CostlyLog(15e-6)
    async with at_work(log, Tally()) as worker:
        await worker.caught_up(await a_long_log(log, 3_000))
    # Each event is a session, whose state is a row.
    taken = log.moved
    assert sum(taken) == 3_000
    assert taken[:3] == [FIRST, 200, 200]
    assert all(count * log.each <= HOLD_SECONDS for count in log.rows_of)


async def test_a_rebuild_writes_in_transactions_that_fit_however_much_it_folds_at_once() -> None:
    log = CostlyLog(15e-6)
    head = await a_long_log(log, 1_000)
    done = await rebuild(log, CurrentProjection())
    assert done.position == head
    # A row for each session, and one for its state.
    assert sum(log.rows_of) == 2_000
    assert max(log.rows_of) * log.each <= HOLD_SECONDS
    assert len(await log.rows(SESSION, {"generation": done.generation})) == 1_000


class TestInOneProcess:
    """Appends and workers take turns in the writer's queue."""

    @pytest.fixture
    async def log(self, sqlite_url: str) -> AsyncIterator[StoredLog]:
        async with open_log(sqlite_url, migrations=[MIGRATIONS]) as log:
            assert isinstance(log, StoredLog)
            yield log

    async def test_an_append_waits_for_one_transaction_of_any_worker_at_most(self, log: StoredLog) -> None:
        assert max(await transactions_passed(log)) <= 1

    async def test_a_writer_that_prefers_workers_would_be_caught(
        self, log: StoredLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work(writer: Writer) -> None:
            while writer._calls or writer._jobs:
                for _ in range(3):
                    if writer._jobs:
                        await writer._run(*writer._jobs.popleft())
                if writer._calls:
                    await writer._append(writer._take())

        monkeypatch.setattr(Writer, "_work", work)
        assert max(await transactions_passed(log)) > 1

    async def test_on_a_server_an_append_waits_for_no_worker_at_all(self, mysql_url: str) -> None:
        """One that emits nothing is written beside the writer: here a transaction stays open until others are done."""
        async with open_log(mysql_url, migrations=[MIGRATIONS]) as log:
            assert isinstance(log, StoredLog)
            store, written, go_on = log._store, asyncio.Event(), asyncio.Event()
            assert isinstance(store, MysqlStore)
            write = store._write

            @functools.wraps(write)
            async def held(connection: aiomysql.Connection, transaction: Transaction) -> None:
                await write(connection, transaction)
                written.set()
                await go_on.wait()

            store._write = held  # type: ignore[method-assign]
            page, producer = Page(), new_producer()
            await page.say(log, opened())
            async with at_work(log, Tally()) as worker:
                await written.wait()
                receipt = await log.append(producer, events(producer, 1, 40))
                assert (receipt.stored, worker.position) == (40, 0)
                go_on.set()
                await worker.caught_up(receipt.position)


async def transactions_passed(log: StoredLog) -> list[int]:
    """How many transactions of three workers that catch up are committed while an append waits, for each append.

    All three always have one in the writer's hands: it runs when the other two are queued.
    """
    store, done, busy = log._store, 0, True
    transact = store.transact

    @functools.wraps(transact)
    async def counted(transaction: Transaction) -> Position:
        nonlocal done
        while busy and len(log._writer._jobs) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)  # the queue tells nobody
        position = await transact(transaction)
        done += 1
        return position

    store.transact = counted  # type: ignore[method-assign]
    page, producer, passed = Page(), new_producer(), []
    await page.say(log, *(opened() for _ in range(400)))
    async with AsyncExitStack() as stack:
        workers = []
        for number in range(3):
            tally = Tally()
            tally.name = f"tally-{number}"
            workers.append(await stack.enter_async_context(at_work(log, tally, batch=1)))
        for number in range(1, 41):
            before = done
            await log.append(producer, events(producer, number, number))
            passed.append(done - before)
        # They were busy all the time.
        assert all(worker.position < 400 for worker in workers)
        busy = False
    return passed


class TestInTwoProcesses:
    async def test_an_append_to_sqlite_waits_for_one_transaction_of_a_worker_at_most(
        self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once it has its turn; see ``TestTurns`` for what keeps that and for what a worker without turns would do."""
        at_turn: list[int] = []
        path = Path(sqlite_url.removeprefix("sqlite:///"))

        with closing(database.connect(path, writing=False)) as beside:

            def position() -> int:
                [found] = beside.execute("SELECT position FROM checkpoint WHERE projection = 'tally'").fetchone() or [0]
                return int(found)

            class Watched(Turn):
                def take(self) -> bool:
                    taken = super().take()
                    at_turn.append(position())
                    return taken

            page, producer = Page(), new_producer()
            async with open_log(sqlite_url) as log:
                head = await page.say(log, *(opened() for _ in range(4_000)))
            monkeypatch.setattr(database, "Turn", Watched)
            async with open_log(sqlite_url) as log, worker_beside(sqlite_url):
                passed = []
                for number in range(1, 61):
                    # The append's own transaction sees the checkpoint as it was when the lock was had.
                    at_lock = await append_and_look(log, producer, number)
                    passed.append(at_lock - at_turn[-1])
                assert position() < head  # it was busy all the time
        assert len(at_turn) >= 60
        assert max(passed) <= 1

    async def test_a_worker_gets_its_turn_while_another_process_appends_without_a_pause(self, sqlite_url: str) -> None:
        page = Page()
        async with open_log(sqlite_url) as log, open_log(sqlite_url, migrations=[MIGRATIONS]) as beside:
            head = await page.say(log, *(opened() for _ in range(200)))
            appended = 0

            async def flood() -> None:
                nonlocal appended
                producer = new_producer()
                while True:
                    appended += 1
                    await log.append(producer, events(producer, appended, appended))

            flooding = asyncio.create_task(flood())
            async with at_work(beside, Tally(), batch=1) as worker:
                await worker.caught_up(head)
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)
        assert appended > 0


async def append_and_look(log: Log, producer: Any, number: int) -> int:
    """Append one event; where the worker's checkpoint was meanwhile."""
    assert isinstance(log, StoredLog)
    found = -1
    store: Any = log._store
    write = store._writer.write

    async def looking(function: Callable[[Any], Any], *rest: Any) -> Any:
        def run(connection: Any) -> Any:
            nonlocal found
            [found] = connection.execute("SELECT position FROM checkpoint WHERE projection = 'tally'").fetchone()
            return function(connection)

        return await write(run, *rest)

    store._writer.write = looking
    try:
        await log.append(producer, events(producer, number, number))
    finally:
        store._writer.write = write
    return found


class TestTheHeadRow:
    """On a server: who appends waits for the head row's lock, and for nothing else."""

    @pytest.fixture
    def statements(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Every statement that this process sends."""
        sent: list[str] = []
        send = aiomysql.Connection._execute_command

        async def noted(connection: Any, command: int, sql: Any) -> None:
            text = sql if isinstance(sql, str) else bytes(sql).decode(errors="replace")
            sent.extend(text.split(";"))  # several may go at once, and no value here has one
            await send(connection, command, sql)

        monkeypatch.setattr(aiomysql.Connection, "_execute_command", noted)
        return sent

    @staticmethod
    def transactions(statements: list[str]) -> list[list[str]]:
        """The statements of each transaction that was committed and moved a checkpoint."""
        found: list[list[str]] = []
        for sql in statements:
            if sql == "BEGIN":
                found.append([])
            elif found:
                found[-1].append(sql)
        return [one[: one.index("COMMIT")] for one in found if any("UPDATE checkpoint SET position" in s for s in one)]

    @staticmethod
    def index(transaction: list[str], *words: str) -> int:
        """The place of the one statement with these words."""
        [place] = [place for place, sql in enumerate(transaction) if all(word in sql for word in words)]
        return place

    async def test_it_comes_last_and_only_with_events(self, mysql_url: str, statements: list[str]) -> None:
        page, transactions = Page(), list[list[str]]()
        async with open_log(mysql_url, migrations=[MIGRATIONS]) as log:
            for projection in (Tally(), Recounting()):
                head = await page.say(log, opened(("a", "")), *run("a", ""))
                statements.clear()
                async with at_work(log, projection) as worker:
                    await worker.caught_up(head)
                    transactions += self.transactions(statements)
        locks = [[sql for sql in one if "log_head" in sql and "FOR UPDATE" in sql] for one in transactions]
        with_events = [one for one, found in zip(transactions, locks, strict=True) if found]
        assert len(with_events) == 1
        [one] = with_events
        head_lock = self.index(one, "log_head", "FOR UPDATE")
        rows = [self.index(one, "INSERT", table) for table in ("`run_row`", "`projection_state`")]
        assert max(rows) < self.index(one, "UPDATE checkpoint SET position") < head_lock
        assert head_lock < self.index(one, "INSERT INTO event") < self.index(one, "UPDATE log_head")

    async def test_a_worker_that_emits_nothing_goes_on_while_somebody_holds_it(self, mysql_url: str) -> None:
        page = Page()
        async with open_log(mysql_url, migrations=[MIGRATIONS]) as log, by_hand(mysql_url) as other:
            head = await page.say(log, opened(("a", "")), *run("a", ""))
            await other.begin()
            await other.run("SELECT position FROM log_head FOR UPDATE")
            async with at_work(log, Tally()) as worker:
                await worker.caught_up(head)
            assert (await rebuild(log, CurrentProjection())).position == head
            await other.end(commit=False)

    async def test_a_worker_that_emits_has_all_but_the_head_done_when_it_waits_for_it(
        self, mysql_url: str, mariadb: MariaDB
    ) -> None:
        page = Page()
        async with open_log(mysql_url, migrations=[MIGRATIONS]) as log, by_hand(mysql_url) as other:
            head = await page.say(log, opened(("a", "")), *run("a", ""))
            await other.begin()
            await other.run("SELECT position FROM log_head FOR UPDATE")
            async with at_work(log, Asking(), clock=Clock()) as worker:
                waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
                while await mariadb.run(mysql_url, waiting) == [(0,)]:
                    pass
                assert worker.position == 0
                async with by_hand(mysql_url) as third:
                    await third.begin()
                    with pytest.raises(pymysql.err.OperationalError, match="timeout"):
                        await third.run("SELECT position FROM checkpoint WHERE projection = 'asking' FOR UPDATE NOWAIT")
                await other.end(commit=False)
                await worker.caught_up(head + 1)

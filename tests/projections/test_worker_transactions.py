"""A worker's rows, states, checkpoint and emitted events appear together or not at all, and each decision once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from dying_worker import WRITTEN, dying_worker
from making import Page, opened, run
from workers import EXPIRY, Asking, Clock, Recounting, Tally, at_work, question_of, run_row

from prompter_events import (
    Checkpoint,
    CheckpointMoved,
    Event,
    Log,
    LogCorrupt,
    Position,
    ProducerId,
    Transaction,
    open_log,
    verify,
)
from prompter_events.transaction import Move
from prompter_projections import MIGRATIONS
from prompter_projections.fold import producer_of
from prompter_projections.relations import RUN, STATE
from support.cutting import Cut, way_to
from support.events import events, new_producer
from support.mariadb import MariaDB

NAME = Recounting.name


async def url_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "mysql":
        server: MariaDB = request.getfixturevalue("mariadb")
        return await server.fresh_database(MIGRATIONS)
    url = f"{kind}:///{tmp_path}/log.db" if kind == "sqlite" else "memory://"
    async with open_log(url, migrate=kind == "sqlite", migrations=[MIGRATIONS]):
        return url


@pytest.fixture(params=["sqlite", "mysql"])
async def stored_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return await url_of(request.param, request, tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Log]:
    url = await url_of(request.param, request, tmp_path)
    async with open_log(url, migrations=[MIGRATIONS], clock=clock) as opened_log:
        yield opened_log


async def traces(log: Log, page: Page, head: int) -> dict[str, bool]:
    """Which parts of the transaction are there that folds the page's run and asks about it; ``head`` was its last."""
    question = question_of(page.participant_id, 0)
    asked = [event.body async for event in log.read(types=["prompt.issued"])]
    return {
        "row": bool(await log.rows(RUN, {"session_id": page.session_id, "run_id": question})),
        "state": bool(await log.rows(STATE, {"projection": NAME, "state_key": page.participant_id.bytes})),
        "checkpoint": (await log.checkpoint(NAME)).position >= head,
        "event": any(body.prompt_id == question for body in asked),  # type: ignore[attr-defined]
        "number": await log.last_seq(producer_of(NAME, page.participant_id)) > 0,
    }


async def after_death(url: str, page: Page, head: int) -> tuple[dict[str, bool], list[str]]:
    """What a dead worker left, and what is wrong once another one took its place."""
    async with open_log(url, migrations=[MIGRATIONS]) as log:
        # A server may still be at the dead process's commit; this waits for it.
        await log.release(NAME, uuid4())
        left = await traces(log, page, head)
        try:
            async with at_work(log, Recounting()) as worker:
                await worker.caught_up(head)
            await verify(log)
        except LogCorrupt as error:
            return left, [str(error)]
        faults = [f"no {part}" for part, there in (await traces(log, page, head)).items() if not there]
        asked = [event async for event in log.read(types=["prompt.issued"]) if event.session_id == page.session_id]
        if len(asked) != 1:
            faults.append(f"asked {len(asked)} times")
    return left, faults


async def killed_at(url: str, variant: str) -> AsyncGenerator[tuple[str, dict[str, bool], list[str]], None]:
    """A worker killed at each of its steps: where, what it left, and what the next one could not mend."""
    async with dying_worker(url, variant) as program:
        for step in count(1):
            page = Page()
            async with open_log(url, migrations=[MIGRATIONS]) as log:
                head = await page.say(log, opened(("a", "")), *run("a", ""))
            died = await program.at(step, head)
            yield died, *await after_death(url, page, head)
            if not died:
                return


async def test_a_worker_killed_at_any_step_of_its_transaction_leaves_all_of_it_or_nothing(stored_url: str) -> None:
    outcomes: dict[str, bool] = {}
    async for died, left, faults in killed_at(stored_url, "sound"):
        assert len(set(left.values())) == 1, (died, left)
        assert faults == [], died
        outcomes[died] = left["event"]
    steps = list(outcomes)
    assert steps[-2:] == [WRITTEN, ""]
    assert outcomes[WRITTEN]
    before_commit = steps[: steps.index("before COMMIT") + 1]
    for part in ("INSERT INTO event", "UPDATE log_head SET"):
        assert any(step.startswith("before ") and part in step for step in before_commit)
    assert any("run_row" in step for step in before_commit)
    assert any("checkpoint" in step for step in before_commit)
    assert not any(outcomes[step] for step in before_commit)


async def test_a_transaction_in_pieces_would_be_caught(stored_url: str) -> None:
    """The control of the test above: each statement commits by itself."""
    async with aclosing(killed_at(stored_url, "torn")) as deaths:
        async for died, left, faults in deaths:
            if len(set(left.values())) > 1 or faults:
                break
            assert died, "no step of a transaction in pieces did any harm"


async def write(log: Log, move: Move, some: Sequence[Event]) -> None:
    """A transaction with a row, a move and events of one producer."""
    async with log.transaction() as transaction:
        transaction.save(RUN, [run_row(uuid4(), uuid4())])
        transaction.moves.append(move)
        transaction.append(some[0].producer_id, some)


class Through:
    """A log as one worker sees it: what the test replaces, and all else as it is."""

    def __init__(self, log: Log, **replaced: Any) -> None:
        self._log = log
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


async def test_a_worker_writes_nothing_once_another_moved_the_checkpoint(log: Log) -> None:
    page, other = Page(), Page()
    passed_over = await page.say(log, opened(("a", "")), *run("a", ""))
    moved = False

    @asynccontextmanager
    async def transaction() -> AsyncIterator[Transaction]:
        nonlocal moved
        async with log.transaction() as mine:
            yield mine
            if not moved:
                moved = True
                async with log.transaction() as theirs:
                    theirs.move(NAME, await log.checkpoint(NAME), Checkpoint(Position(passed_over), 1))

    async with at_work(Through(log, transaction=transaction), Recounting()) as worker:
        await worker.caught_up(await other.say(log, opened(("a", "")), *run("a", "")))
    # What the other one counted as done is not done a second time: the checkpoint says so.
    assert set((await traces(log, page, passed_over)).items()) >= {("row", False), ("event", False), ("state", False)}
    assert all((await traces(log, other, passed_over)).values())


async def test_a_worker_that_lost_its_lease_writes_nothing_even_where_its_checkpoint_stays(
    log: Log, clock: Clock
) -> None:
    mine, theirs, producer = uuid4(), uuid4(), new_producer()
    here = Checkpoint(Position(0), 1)
    assert await log.lease(NAME, mine, 10)
    async with log.transaction() as transaction:
        transaction.move(NAME, here, here, mine)
        transaction.append(producer, events(producer, 1, 1))
    clock.now += 11_000_000
    async with log.transaction() as transaction:  # late, but nobody was in the way
        transaction.move(NAME, here, here, mine)
        transaction.append(producer, events(producer, 2, 2))
    assert await log.lease(NAME, theirs, 10)
    with pytest.raises(CheckpointMoved, match="another worker took over"):
        await write(log, Move(NAME, here, here, mine), events(producer, 3, 3))
    assert await log.last_seq(producer) == 2
    assert await log.rows(RUN, {}) == []
    async with log.transaction() as transaction:
        transaction.move(NAME, here, here, theirs)


async def test_a_timer_is_decided_once_though_a_worker_wakes_after_its_lease_was_taken(log: Log, clock: Clock) -> None:
    """The first worker's decision is ready when it is halted. It wakes when the second one has read the old state."""
    page = Page()
    async with at_work(log, Asking(), clock=clock) as worker:
        await worker.caught_up(await page.say(log, opened(("a", "")), *run("a", "")) + 1)
    clock.now += EXPIRY
    halted, wakes, over, decided = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def of_the_first() -> AsyncIterator[Transaction]:
        try:
            async with log.transaction() as transaction:
                yield transaction
                halted.set()
                await wakes.wait()
        finally:
            over.set()

    async def last_seq(producer_id: ProducerId) -> int:
        wakes.set()
        await over.wait()
        return await log.last_seq(producer_id)

    @asynccontextmanager
    async def of_the_second() -> AsyncIterator[Transaction]:
        async with log.transaction() as transaction:
            yield transaction
        decided.set()

    async with at_work(Through(log, transaction=of_the_first), Asking(), clock=clock) as first:
        await halted.wait()
        clock.now += 60_000_000
        second_log = Through(log, last_seq=last_seq, transaction=of_the_second)
        async with at_work(second_log, Asking(), clock=clock):
            await decided.wait()
            first.stop()
    assert [event.type async for event in log.read(after=Position(5))] == ["prompt.expired"]


async def test_numbers_that_somebody_else_used_refuse_the_whole_transaction(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 2))
    for first, last in ((1, 1), (2, 3), (1, 2)):
        with pytest.raises(CheckpointMoved, match=f"producer {producer} is at 2, not at {first - 1}"):
            await write(
                log, Move(NAME, Checkpoint(Position(0), 1), Checkpoint(Position(2), 1)), events(producer, first, last)
            )
    assert await log.rows(RUN, {}) == []
    assert await log.checkpoint(NAME) == Checkpoint(Position(0), 1)
    assert (await log.head()).position == 2


class TestCommitsWithoutAnAnswer:
    """On a server: the connection breaks at a COMMIT, before the server gets it or before its answer comes."""

    @pytest.fixture
    async def mysql_url(self, mariadb: MariaDB) -> str:
        return await mariadb.fresh_database(MIGRATIONS)

    @pytest.mark.parametrize("cut", ["before", "after"])
    async def test_a_batch_and_a_timer_are_committed_once(
        self, mysql_url: str, cut: Cut, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "prompter_projections")
        page = Page()
        async with (
            way_to(mysql_url) as (way, url),
            open_log(mysql_url, clock=clock) as beside,
            open_log(url, migrations=[MIGRATIONS], clock=clock) as log,
        ):
            asking = Recounting()
            async with at_work(log, asking, clock=clock) as worker:
                await worker.caught_up(await page.say(beside, opened(("a", ""))))
                way.cut_next(cut)
                head = await page.say(beside, *run("a", ""))
                await worker.caught_up(head + 1)
                clock.now += EXPIRY
                way.cut_next(cut)
                # Somebody else's event wakes the worker, and is folded with the timer or before it.
                head = await Page().say(beside, opened())
                await worker.caught_up(head)
                # The worker may have woken by itself, to renew its lease: then the timer's event comes before.
                seen = (await log.head()).position
                while not [event async for event in log.read(types=["prompt.expired"])]:
                    seen = await log.wait(seen)
                await worker.caught_up((await log.head()).position)
            assert way.cuts == 2
            assert [event.type async for event in log.read() if event.producer_seq and event.type.startswith("p")] == [
                "prompt.issued",
                "prompt.expired",
            ]
            assert all((await traces(log, page, head)).values())
            await verify(log)
        # The worker never noticed: neither a moved checkpoint nor an unavailable log.
        assert caplog.records == []

    async def test_it_is_recognised_by_the_lease(self, mysql_url: str) -> None:
        """Without a holder nobody knows who moved the checkpoint, and the worker is told so."""
        here, there = Checkpoint(Position(0), 1), Checkpoint(Position(3), 1)
        async with way_to(mysql_url) as (way, url), open_log(url, migrations=[MIGRATIONS]) as log:
            mine = uuid4()
            assert await log.lease("held", mine, 60)
            for name, holder in (("held", mine), ("free", None)):
                way.cut_next("after")
                try:
                    async with log.transaction() as transaction:
                        transaction.move(name, here, there, holder)
                except CheckpointMoved:
                    assert holder is None
                else:
                    assert holder == mine
                assert await log.checkpoint(name) == there
            assert way.cuts == 2

    async def test_events_without_a_move_are_stored_once(self, mysql_url: str) -> None:
        producer = new_producer()
        async with way_to(mysql_url) as (way, url), open_log(url, migrations=[MIGRATIONS]) as log:
            way.cut_next("after")
            async with log.transaction() as transaction:
                transaction.append(producer, events(producer, 1, 3))
            assert way.cuts == 1
            assert await verify(log) == 3


async def test_a_worker_goes_on_after_a_tally_of_another(log: Log) -> None:
    """Two projections do not fence each other."""
    page = Page()
    async with at_work(log, Tally()) as one, at_work(log, Recounting()) as two:
        head = await page.say(log, opened(("a", "")), *run("a", ""))
        await one.caught_up(head)
        await two.caught_up(head)
    assert all((await traces(log, page, head)).values())

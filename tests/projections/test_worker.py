"""The worker's promises: each event counts once, each decision is taken once, one bad event stops its own key only."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4, uuid5

import pytest
from making import BEGIN, SECOND, Page, edited, opened, run
from workers import EXPIRY, Asking, Clock, Fault, ShakyLog, Tally, at_once, at_work

from prompter_events import LogCorrupt, LogUnavailable, Position, open_log
from prompter_events.catalogue.prompts import PromptExpired, PromptIssued
from prompter_events.log import Log
from prompter_events.transaction import Transaction
from prompter_projections import MIGRATIONS, Worker, WorkerStopped
from prompter_projections.fold import producer_of
from prompter_projections.relations import DEAD_LETTER, STATE


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Log]:
    if request.param == "mysql":
        url = await request.getfixturevalue("mariadb").fresh_database(MIGRATIONS)
    else:
        url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/log.db"
    migrate = request.param == "sqlite"
    async with open_log(url, migrate=migrate, migrations=[MIGRATIONS], clock=clock) as opened_log:
        yield opened_log


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def tallies(log: Log, name: str = "tally") -> dict[object, tuple[int, int]]:
    rows = await log.rows(STATE, {"projection": name})
    return {row["state_key"]: Tally().decode(row["state"]) for row in rows if isinstance(row["state"], bytes)}


async def emitted(log: Log) -> list[PromptIssued | PromptExpired]:
    events = [event async for event in log.read(types=["prompt.issued", "prompt.expired"])]
    bodies = [event.body for event in events]
    assert [event.occurred_at for event in events] == [body.decided_at for body in bodies]  # type: ignore[attr-defined]
    return bodies  # type: ignore[return-value]


async def test_every_event_is_folded_once_in_order(log: Log) -> None:
    one, two = Page(), Page()
    async with at_work(log, Tally(), batch=3) as worker:
        for _ in range(5):
            await one.say(log, opened(), edited("a", ["x"]))
            head = await two.say(log, opened())
        await worker.caught_up(head)
    assert await tallies(log) == {one.session_id.bytes: (10, 14), two.session_id.bytes: (5, 15)}
    assert (await log.checkpoint("tally")).position == 15


async def test_a_new_worker_goes_on_where_the_last_one_stopped(log: Log) -> None:
    page = Page()
    for n in range(1, 4):
        head = await page.say(log, opened())
        async with at_work(log, Tally()) as worker:
            await worker.caught_up(head)
        assert await tallies(log) == {page.session_id.bytes: (n, n)}


faults: list[Fault | None] = ["before commit", "after commit", "moved", "disk full", None]


@pytest.mark.parametrize("broken", list(itertools.product(faults, repeat=3)))
async def test_each_event_counts_once_and_is_decided_once_whatever_fails(broken: tuple[Fault | None, ...]) -> None:
    log = ShakyLog(faults=broken)
    assert await prompts_issued_for_three_runs(log) == [1, 1, 1]


async def test_a_log_that_forgot_checkpoints_would_be_caught() -> None:
    """The control of the test above: with emissions and checkpoint in two commits, a crash between them shows."""

    class TwoCommits(ShakyLog):
        crashed = False

        @asynccontextmanager
        async def transaction(self) -> AsyncIterator[Transaction]:
            async with super().transaction() as transaction:
                yield transaction
                crash = bool(transaction.batches) and not self.crashed
                if crash:
                    transaction.moves.clear()
                    transaction.saves.clear()
            if crash:
                self.crashed = True
                raise LogUnavailable("the power went between the two")

    assert max(await prompts_issued_for_three_runs(TwoCommits())) == 2


async def prompts_issued_for_three_runs(log: Log) -> list[int]:
    """How often each prompt was issued; also that the policy's producers have no holes."""
    page, other = Page(), Page()
    async with at_work(log, Asking(), batch=2) as worker:
        await page.say(log, opened(("a", "")), *run("a", ""))
        await other.say(log, opened(("a", "")), *run("a", ""))
        head = await page.say(log, *run("a", ""))
        await worker.caught_up(head)
    for one in (page, other):
        producer = producer_of("asking", one.participant_id)
        seqs = [event.producer_seq async for event in log.read() if event.producer_id == producer]
        assert seqs == list(range(1, len(seqs) + 1))
    counts = Counter(body.prompt_id for body in await emitted(log))
    return [counts[uuid5(one.participant_id, str(n))] for one, n in ((page, 0), (page, 1), (other, 0))]


async def test_the_worker_wakes_its_readers_and_itself_without_polling(log: Log) -> None:
    page = Page()
    async with at_work(log, Asking()):
        head = await page.say(log, opened(("a", "")), *run("a", ""))
        assert await log.wait(Position(head)) == head + 1
    [body] = await emitted(log)
    assert isinstance(body, PromptIssued)
    assert body.after == head


async def test_a_worker_that_rests_lets_events_gather_until_somebody_waits() -> None:
    page = Page()
    async with open_log("memory://") as log, at_work(log, Tally(), rest=600.0) as worker:
        first = await page.say(log, opened())
        await worker.caught_up(first)
        for _ in range(3):
            last = await page.say(log, edited("a", ["x"]))
            await asyncio.sleep(0)
        assert worker.position == first
        await worker.caught_up(last)
        # The next rest ends as the worker is told to stop, or this test would take ten minutes.


async def test_a_worker_that_is_behind_does_not_rest_where_nobody_appends() -> None:
    page = Page()
    async with open_log("memory://") as log:
        for _ in range(10):
            last = await page.say(log, opened(), edited("a", ["x"]))
        async with at_work(log, Tally(), rest=600.0, batch=2) as worker:
            turns = 0
            while worker.position < last and turns < 10_000:
                turns += 1
                await asyncio.sleep(0)
            assert worker.position == last


async def test_what_a_policy_emitted_is_passed_over_when_it_is_read_back(log: Log) -> None:
    page = Page()
    async with at_work(log, Asking()) as worker:
        head = await page.say(log, opened(("a", "")), *run("a", ""))
        await worker.caught_up(head + 1)
    [row] = await log.rows(STATE, {"projection": "asking"})
    assert isinstance(row["state"], bytes)
    state = Asking().decode(row["state"])
    assert (state.runs, state.asked, len(state.open)) == (1, 1, 1)


async def test_a_timer_fires_when_the_clock_reaches_it(log: Log, clock: Clock) -> None:
    page = Page()
    async with at_work(log, Asking(), clock=clock) as worker:
        head = await page.say(log, opened(("a", "")), *run("a", ""))
        await worker.caught_up(head + 1)
        clock.now += EXPIRY
        await Page().say(log, opened())  # somebody else's event wakes the worker
        await log.wait(Position(head + 2))
    issued, expired = await emitted(log)
    assert isinstance(expired, PromptExpired)
    assert expired.decided_at == clock.now
    assert expired.after in (head + 1, head + 2)  # before or after it saw that event
    assert expired.prompt_id == issued.prompt_id


async def test_a_timer_survives_a_restart(log: Log, clock: Clock) -> None:
    page = Page()
    async with at_work(log, Asking(), clock=clock) as worker:
        head = await page.say(log, opened(("a", "")), *run("a", ""))
        await worker.caught_up(head + 1)
    clock.now += 100 * EXPIRY
    async with at_work(log, Asking(), clock=clock):
        await log.wait(Position(head + 1))
    assert [type(body) for body in await emitted(log)] == [PromptIssued, PromptExpired]


async def test_a_timer_that_came_before_an_event_is_decided_before_it(log: Log, clock: Clock) -> None:
    page = Page()
    asked_at = clock.now
    await page.say(log, opened(("a", "")), *run("a", ""))
    clock.now += 3 * EXPIRY
    head = await page.say(log, *run("a", ""))
    async with at_work(log, Asking(), clock=clock) as worker:
        await worker.caught_up(head)
    first, expired, second = await emitted(log)
    assert (first.decided_at, first.after) == (asked_at, 4)
    assert isinstance(expired, PromptExpired)
    assert (expired.decided_at, expired.after) == (asked_at + EXPIRY, 4)
    assert (second.decided_at, second.after) == (clock.now, head)


async def test_an_event_that_cannot_be_folded_goes_to_dead_letter_and_stops_its_key_alone(log: Log) -> None:
    bad, good = Page(), Page()
    tally = Tally(poison="cell.edited")
    async with at_work(log, tally) as worker:
        await bad.say(log, opened(), edited("a", ["x"]), opened())
        await good.say(log, opened(), opened())
        head = await bad.say(log, opened())
        await worker.caught_up(head)
    assert tally.refused == 5
    assert await tallies(log) == {bad.session_id.bytes: (1, 1), good.session_id.bytes: (2, 5)}
    [letter] = await log.rows(DEAD_LETTER, {})
    assert (letter["projection"], letter["position"], letter["session_id"]) == ("tally", 2, bad.session_id.bytes)
    assert "this one cannot be counted" in str(letter["traceback"])
    [row] = await log.rows(STATE, {"projection": "tally"}, present=["stopped_at"])
    assert row["stopped_at"] == 2

    async with at_work(log, tally) as worker:  # a restart does not try it again
        await worker.caught_up(await bad.say(log, opened()))
    assert tally.refused == 5
    assert (await tallies(log))[bad.session_id.bytes] == (1, 1)


class Rash(Asking):
    """Raises at its timer."""

    def decide(self, state, now, after):  # type: ignore[no-untyped-def]
        if any(until <= now for _, until in state.open):
            raise RuntimeError("too late")
        return super().decide(state, now, after)


async def test_a_timer_that_fails_stops_its_key_alone(log: Log, clock: Clock) -> None:
    page, other = Page(), Page()
    head = await page.say(log, opened(("a", "")), *run("a", ""))
    async with at_work(log, Rash(), clock=clock) as worker:
        await worker.caught_up(head + 1)
        clock.now += EXPIRY
        head = await other.say(log, opened(("a", "")), *run("a", ""))
        await log.wait(Position(head))
    [stopped] = await log.rows(STATE, {"projection": "asking"}, present=["stopped_at"])
    assert stopped["state_key"] == page.participant_id.bytes
    [letter] = await log.rows(DEAD_LETTER, {})
    assert "too late" in str(letter["traceback"])
    assert [body.prompt_id for body in await emitted(log)][1:] == [uuid5(other.participant_id, "0")]


class Restless(Asking):
    """Wants to decide again at once, for ever, against the contract."""

    decided = 0

    def decide(self, state, now, after):  # type: ignore[no-untyped-def]
        self.decided += 1
        return state, ()

    def due(self, state):  # type: ignore[no-untyped-def]
        return 1


async def test_a_policy_that_wants_to_decide_without_end_does_not_keep_the_worker_busy(log: Log) -> None:
    page, policy = Page(), Restless()
    async with at_work(log, policy) as worker:
        for _ in range(3):
            await worker.caught_up(await page.say(log, opened()))
    assert policy.decided <= 9  # once at each event, at most once before it and once after it


async def test_one_worker_at_a_time_and_the_next_takes_over_when_it_stops(log: Log) -> None:
    page = Page()
    tries = asyncio.Queue[float]()

    async def noted(seconds: float) -> None:
        tries.put_nowait(seconds)
        await asyncio.sleep(0)

    async with at_work(log, Tally()) as first:
        await first.caught_up(await page.say(log, opened()))
        async with at_work(log, Tally(), pause=noted) as second:
            for _ in range(3):
                assert await tries.get() == 2.0
            assert second.position == -1
            await first.caught_up(await page.say(log, opened()))
            first.stop()
            await second.caught_up(await page.say(log, opened()))
    assert await tallies(log) == {page.session_id.bytes: (3, 3)}


async def test_a_dead_workers_lease_ends_by_itself() -> None:
    clock = Clock()
    log = ShakyLog(clock)
    assert await log.lease("tally", uuid4(), 10.0)

    async def passing(seconds: float) -> None:
        clock.now += round(seconds * SECOND)

    async with at_work(log, Tally(), clock=clock, pause=passing) as worker:
        await worker.caught_up(await Page().say(log, opened()))
    assert clock.now == BEGIN + 10 * SECOND


async def test_stop_finishes_the_batch_under_way_and_gives_the_lease_back() -> None:
    page = Page()

    class StopsInside(ShakyLog):
        def transaction(self):  # type: ignore[no-untyped-def]
            worker.stop()
            return super().transaction()

    log = StopsInside()
    await page.say(log, opened(), opened(), opened())
    worker = Worker(log, Tally(), batch=2, clock=Clock())
    await worker.run()
    assert await tallies(log) == {page.session_id.bytes: (2, 2)}
    assert await log.lease("tally", uuid4(), 1.0)
    await worker.caught_up(2)
    with pytest.raises(WorkerStopped, match="ended at 2"):
        await worker.caught_up(3)


async def test_whoever_waits_hears_that_the_worker_ended() -> None:
    async with at_work(ShakyLog(), Tally()) as worker:
        waiting = asyncio.create_task(worker.caught_up(1))
        await asyncio.sleep(0)
        worker.stop()
        with pytest.raises(WorkerStopped):
            await waiting


async def test_an_unavailable_log_is_waited_for_with_growing_pauses_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "prompter_projections")
    pauses: list[float] = []

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await at_once(seconds)

    log = ShakyLog(faults=["before commit"] * 8)
    head = await Page().say(log, opened())
    async with at_work(log, Tally(), pause=noted) as worker:
        await worker.caught_up(head)
        await worker.caught_up(await Page().say(log, opened()))
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert [record.message for record in caplog.records] == [
        "tally waits for the log: the power went",
        "tally goes on: the log is back",
    ]


async def test_a_damaged_log_ends_the_worker() -> None:
    class Damaged(ShakyLog):
        async def lease(self, projection, holder, seconds):  # type: ignore[no-untyped-def]
            raise LogCorrupt(7, "a hole")

    with pytest.raises(LogCorrupt, match="position 7"):
        await Worker(Damaged(), Tally()).run()


async def test_states_that_are_not_hot_are_loaded_again(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter_projections.states.States.__init__.__defaults__", (2,))
    pages = [Page() for _ in range(5)]
    async with at_work(log, Tally(), batch=1) as worker:
        for _ in range(2):
            for page in pages:
                head = await page.say(log, opened())
        await worker.caught_up(head)
    assert sorted(count for count, _ in (await tallies(log)).values()) == [2] * 5


async def test_an_event_that_changes_nothing_costs_no_state() -> None:
    class Nothing(Tally):
        def key(self, event):  # type: ignore[no-untyped-def]
            return None

    log = ShakyLog()
    async with at_work(log, Nothing()) as worker:
        await worker.caught_up(await Page().say(log, opened()))
    assert await log.rows(STATE, {}) == []
    assert (await log.checkpoint("tally")).position == 1

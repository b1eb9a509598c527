"""What a policy folds in silence is written a moment later, and nothing depends on when."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from making import Page, edited, opened, run
from workers import Asking, AskingState, Fault, ShakyLog, Tally, at_work, question_of

from prompter_events import Position
from prompter_events.event import Event
from prompter_events.log import Log
from prompter_projections import Emission, Worker
from prompter_projections.relations import STATE

NEVER = 1_000.0
"""Seconds; no test takes so long."""


class Watched(Asking):
    """Asks about every third run, and says when it folded an event."""

    def __init__(self) -> None:
        self.folded = Position(0)
        self._news = asyncio.Event()

    def fold(self, state: AskingState | None, event: Event) -> AskingState:
        state = super().fold(state, event)
        self.folded = event.position
        self._news.set()
        return state

    def decide(self, state: AskingState, now: int, after: Position) -> tuple[AskingState, Sequence[Emission]]:
        return super().decide(state, now, after) if state.runs % 3 == 0 else (state, ())

    async def came_to(self, position: int) -> None:
        """Wait until it has folded so far; the worker has gone on when this returns."""
        async with asyncio.timeout(120):
            while self.folded < position:
                self._news.clear()
                await self._news.wait()
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is not written by the clock."""
    monkeypatch.setattr("prompter_projections.writing.HELD_SECONDS", NEVER)


async def said(log: Log, policy: Watched, page: Page, count: int) -> int:
    """A page runs a cell so often, each time after the policy has folded what came before; the position at the end."""
    head = 0
    for _ in range(count):
        head = await page.say(log, *run("a", ""))
        await policy.came_to(head)
    return head


async def questions(log: Log, count: int) -> Counter[object]:
    """How often each question was asked, once there are so many events of questions."""
    async with asyncio.timeout(120):
        while True:
            head = (await log.head()).position
            events = [event async for event in log.read(types=["prompt.issued"])]
            if len(events) >= count:
                return Counter(event.body.prompt_id for event in events)  # type: ignore[attr-defined]
            await log.wait(head)


async def saved(log: Log) -> dict[object, AskingState]:
    rows = await log.rows(STATE, {"projection": "asking"})
    return {row["state_key"]: Asking().decode(row["state"]) for row in rows if isinstance(row["state"], bytes)}


@pytest.mark.usefixtures("held")
async def test_what_led_to_a_question_is_written_with_it_in_one_transaction() -> None:
    log, policy, page = ShakyLog(), Watched(), Page()
    async with at_work(log, policy):
        await said(log, policy, page, 2)
        assert log.transactions == 0
        assert (await log.checkpoint("asking")).position == 0
        head = await page.say(log, *run("a", ""))
        await questions(log, 1)
        assert log.transactions == 1
        assert (await log.checkpoint("asking")).position == head
        assert [state.runs for state in (await saved(log)).values()] == [3]


@pytest.mark.usefixtures("held")
async def test_of_what_others_see_nothing_is_held() -> None:
    log, page = ShakyLog(), Page()
    async with at_work(log, Tally()):
        head = await page.say(log, opened())
        async with asyncio.timeout(120):
            while (await log.checkpoint("tally")).position < head:  # noqa: ASYNC110  # a checkpoint tells nobody
                await asyncio.sleep(0)


async def test_it_is_written_a_moment_later_though_nothing_follows() -> None:
    log, policy, page = ShakyLog(), Watched(), Page()
    async with at_work(log, policy):
        head = await said(log, policy, page, 1)
        async with asyncio.timeout(120):
            while (await log.checkpoint("asking")).position < head:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert [state.runs for state in (await saved(log)).values()] == [1]


@pytest.mark.usefixtures("held")
async def test_it_is_written_at_once_for_whoever_waits() -> None:
    log, policy, page = ShakyLog(), Watched(), Page()
    async with at_work(log, policy) as worker:
        head = await said(log, policy, page, 1)
        await worker.caught_up(head)
        assert (await log.checkpoint("asking")).position == head


@pytest.mark.usefixtures("held")
async def test_it_is_written_before_the_worker_ends() -> None:
    log, policy, page = ShakyLog(), Watched(), Page()
    async with at_work(log, policy) as worker:
        head = await said(log, policy, page, 1)
    assert worker.position == (await log.checkpoint("asking")).position == head


@pytest.mark.usefixtures("held")
async def test_a_worker_that_dies_with_it_loses_nothing() -> None:
    log, page = ShakyLog(), Page()
    for dying in (True, True, False):
        async with killed_after(log, Watched()) if dying else working(log, Watched()) as policy:
            await said(log, policy, page, 1)
    assert await questions(log, 1) == {question_of(page.participant_id, number): 1 for number in range(3)}
    assert [state.runs for state in (await saved(log)).values()] == [3]


@pytest.mark.usefixtures("held")
async def test_a_held_state_is_found_though_it_is_hot_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prompter_projections.states.States.__init__.__defaults__", (1,))
    log, policy, pages = ShakyLog(), Watched(), [Page() for _ in range(4)]
    async with at_work(log, policy):
        for _ in range(2):
            for page in pages:
                await said(log, policy, page, 1)
        assert log.transactions == 0
        head = await said(log, policy, pages[0], 1)
        assert set(await questions(log, 3)) == {question_of(pages[0].participant_id, number) for number in range(3)}
        assert (await log.checkpoint("asking")).position == head
    assert sorted(state.runs for state in (await saved(log)).values()) == [2, 2, 2, 3]


@pytest.mark.usefixtures("held")
async def test_of_somebody_who_is_erased_nothing_held_is_kept() -> None:
    log, policy, page, other = ShakyLog(), Watched(), Page(), Page()
    async with at_work(log, policy) as worker:
        await said(log, policy, page, 1)
        await said(log, policy, other, 1)
        await log.erase(page.participant_id, by="test")
        await policy.came_to((await log.head()).position)
        await worker.caught_up((await log.head()).position)
    left = {state.participant_id for state in (await saved(log)).values()}
    assert page.participant_id not in left
    assert other.participant_id in left


faults: list[Fault | None] = ["before commit", "after commit", "moved", "disk full", None]


@pytest.mark.parametrize("broken", list(itertools.product(faults, repeat=3)))
@pytest.mark.parametrize("seconds", [0.0, NEVER])
async def test_each_decision_is_taken_once_whatever_fails_and_whenever_it_is_written(
    broken: tuple[Fault | None, ...], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prompter_projections.writing.HELD_SECONDS", seconds)
    log, page, other = ShakyLog(faults=broken), Page(), Page()
    async with at_work(log, Watched()):
        for _ in range(3):
            await page.say(log, edited("a", ["x"]), *run("a", ""))
            await other.say(log, *run("a", ""))
            await asyncio.sleep(0)
        counts = await questions(log, 6)
    assert counts == {question_of(one.participant_id, number): 1 for one in (page, other) for number in range(3)}


@asynccontextmanager
async def working(log: Log, policy: Watched) -> AsyncIterator[Watched]:
    async with at_work(log, policy):
        yield policy


@asynccontextmanager
async def killed_after(log: Log, policy: Watched) -> AsyncIterator[Watched]:
    """A worker that is gone at the end, without a last word; its lease has run out."""
    running = asyncio.create_task(Worker(log, policy, lease_seconds=0.0).run())
    yield policy
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

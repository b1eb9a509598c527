"""The one reader behind the monitor: it follows, says why it stands still, goes on, and knows who is connected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from prompter.monitor import watching as module
from prompter.monitor.actions import ActionHandler, Refused
from prompter.monitor.watching import Watching
from prompter.pages import Pages
from prompter.service import Running
from prompter.settings import Settings
from prompter.study import WITHOUT_STUDY
from prompter_events import Event, LogUnavailable, ParticipantId, ProducerId
from prompter_events.memory import MemoryLog
from prompter_projections.monitor import Reader
from prompter_projections.monitor.person import OFFLINE_US
from prompter_projections.monitor.sitting import Sitting
from support.lifelike import Desk

SOON = 60.0
"""Seconds: whoever waits longer waits for ever."""

STUDY = WITHOUT_STUDY.__class__(name="loans", digest=None, output_bytes=None)


class Clock:
    """µs since the epoch, as told."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class FailingLog(MemoryLog):
    """A log that cannot be reached while it is told so."""

    away = False

    async def head(self) -> Any:
        """As ever, or not at all."""
        if self.away:
            raise LogUnavailable("the database is away: start it")
        return await super().head()


@dataclass
class Held:
    """What the monitor asks a service."""

    running: Running | None
    reason: str = ""


class Story(Desk):
    """A session that goes into a log piece by piece."""

    def __init__(self, seed: int, log: MemoryLog, clock: Clock) -> None:
        super().__init__(seed, first_position=1)
        self.log, self.clock, self.told = log, clock, 0

    async def tell(self) -> None:
        """Append what was not told yet."""
        fresh, self.told = self.events[self.told :], len(self.events)
        for event in fresh:
            self.clock.now = event.recorded_at
            await self.log.append(event.producer_id, [event])


def service_of(log: MemoryLog) -> Held:
    settings = Settings(log_url="memory://", study=STUDY, condition=None, participant=None)
    return Held(Running(log, None, settings, (), ()))  # type: ignore[arg-type]  # nobody follows here


async def until(watching: Watching, so: Callable[[], Any]) -> None:
    """Look until something is so."""
    async with asyncio.timeout(SOON):
        while not so():
            watching.look()
            await watching.changed(0.2)


def rows(watching: Watching, *, blinded: bool = False) -> dict[str, Any]:
    return {row["id"]: row for row in watching.picture(Reader("ada", blinded, 0)).rows.values()}


async def opened(seed: int, log: MemoryLog, clock: Clock) -> Story:
    desk = Story(seed, log, clock)
    desk.open(("a", "code", "x = 1"))
    await desk.tell()
    return desk


async def test_the_picture_follows_the_log() -> None:
    clock = Clock(0)
    async with MemoryLog(clock=clock) as log:
        desk = await opened(1, log, clock)
        watching = Watching(service_of(log), Pages(), clock=clock)  # type: ignore[arg-type]
        await until(watching, lambda: rows(watching))
        desk.run("a", "error")
        await desk.tell()
        await until(watching, lambda: rows(watching)[str(desk.participant_id)]["errors"])
        footing = watching.footing()
        assert (footing.position, footing.reading, footing.trouble) == ((await log.head()).position, None, "")
        assert watching.closeup(desk.participant_id, Reader("ada", False, 0)) is not None
        assert watching.closeup(ParticipantId(uuid4()), Reader("ada", False, 0)) is None


async def test_while_the_log_is_away_it_says_so_and_then_goes_on() -> None:
    clock = Clock(0)
    async with FailingLog(clock=clock) as log:
        desk = await opened(1, log, clock)
        watching = Watching(service_of(log), Pages(), clock=clock)  # type: ignore[arg-type]
        await until(watching, lambda: rows(watching))
        log.away = True
        desk.run("a", "error")
        await desk.tell()
        await until(watching, lambda: watching.footing().trouble)
        assert watching.footing().trouble == "the database is away: start it"
        assert rows(watching)[str(desk.participant_id)]["errors"] == 0
        log.away = False
        await until(watching, lambda: rows(watching)[str(desk.participant_id)]["errors"] == 1)
        assert watching.footing().trouble == ""


async def test_an_event_that_cannot_be_folded_is_passed_over(caplog: Any, monkeypatch: Any) -> None:
    clock = Clock(0)
    async with MemoryLog(clock=clock) as log:
        desk = await opened(1, log, clock)
        scheduled = Sitting.take

        def broken(self: Sitting, event: Event, body: Any) -> None:
            if event.type == "run.scheduled":
                raise RuntimeError("a fault of ours")
            scheduled(self, event, body)

        monkeypatch.setattr(Sitting, "take", broken)
        watching = Watching(service_of(log), Pages(), clock=clock)  # type: ignore[arg-type]
        desk.run("a", "error")
        await desk.tell()
        await until(watching, lambda: rows(watching) and rows(watching)[str(desk.participant_id)]["errors"] == 1)
        assert "passes over the event at position" in caplog.text
        assert watching.footing().position == (await log.head()).position


async def test_from_the_first_look_on_it_says_that_it_still_reads() -> None:
    clock = Clock(0)
    async with FailingLog(clock=clock) as log, FailingLog(clock=clock) as restored:
        desk = await opened(1, log, clock)
        log.away = restored.away = True
        held = service_of(log)
        watching = Watching(held, Pages(), clock=clock)  # type: ignore[arg-type]
        handler = SimpleNamespace(_watching=watching)
        for looked_at in (log, restored):
            held.running = service_of(looked_at).running
            watching.look()
            assert (watching.footing().reading, watching.footing().behind_ms) == (0.0, 0)
            with pytest.raises(Refused, match="still reads") as refused:
                ActionHandler.whom(handler, desk.participant_id)  # type: ignore[arg-type]  # all of one that it asks
            assert refused.value.status == 503
            looked_at.away = False
            await until(watching, lambda: watching.footing().reading is None)
        with pytest.raises(Refused) as refused:
            ActionHandler.whom(handler, desk.participant_id)  # type: ignore[arg-type]
        assert refused.value.status == 404


async def test_another_log_is_watched_from_its_begin() -> None:
    """After a restore positions mean other events."""
    clock = Clock(0)
    async with MemoryLog(clock=clock) as log, MemoryLog(clock=clock) as restored:
        first, second = await opened(1, log, clock), await opened(2, restored, clock)
        held = service_of(log)
        watching = Watching(held, Pages(), clock=clock)  # type: ignore[arg-type]
        await until(watching, lambda: rows(watching).keys() == {str(first.participant_id)})
        held.running = None
        held.reason = "the log is being opened"
        watching.look()
        assert watching.footing().trouble == "the log is being opened"
        held.running, held.reason = service_of(restored).running, ""
        await until(watching, lambda: rows(watching).keys() == {str(second.participant_id)})


async def test_whose_last_page_went_a_minute_ago_is_offline_and_comes_back() -> None:
    clock = Clock(0)
    pages: Pages[object] = Pages()
    async with MemoryLog(clock=clock) as log:
        desk = await opened(1, log, clock)
        watching = Watching(service_of(log), pages, clock=clock)  # type: ignore[arg-type]
        await until(watching, lambda: rows(watching))

        def state() -> str:
            clock.now += 500_000  # a picture holds for half a second
            watching.look()
            return str(rows(watching)[str(desk.participant_id)]["state"])

        one, two = object(), object()
        pages.enter(desk.participant_id, ProducerId(uuid4()), one, clock.now)
        producer = ProducerId(uuid4())
        pages.enter(desk.participant_id, producer, two, clock.now)
        assert state() == "connected"
        pages.leave(desk.participant_id, producer, two)
        clock.now += OFFLINE_US
        assert state() == "connected", "there is another page"
        pages = watching._pages
        for key in list(pages._newest):
            pages.leave(*key, pages._newest[key][1])
        assert state() == "connected", "it has just gone"
        clock.now += OFFLINE_US
        assert state() == "offline"
        pages.enter(desk.participant_id, producer, two, clock.now)
        assert state() == "connected"


async def test_a_session_that_began_before_the_day_is_told_whole(monkeypatch: Any) -> None:
    clock = Clock(0)
    async with MemoryLog(clock=clock) as log:
        desk = Story(1, log, clock)
        desk.open(("a", "code", "x = 1"))
        desk.run("a", "error")
        await desk.tell()
        began = clock.now
        for seconds in (60, 60):
            desk.wait(seconds)
            desk.write("a", f"x = {seconds}{desk.now}")
            await desk.tell()
        clock.now = began + 60_000_000
        monkeypatch.setattr(module, "DAY_US", 30_000_000)
        reads: list[object] = []
        whole = log.read

        def counted(*args: Any, **more: Any) -> AsyncIterator[Event]:
            reads.append(more.get("session"))
            return whole(*args, **more)

        monkeypatch.setattr(log, "read", counted)
        watching = Watching(service_of(log), Pages(), clock=clock)  # type: ignore[arg-type]
        await until(watching, lambda: rows(watching))
        assert rows(watching)[str(desk.participant_id)]["errors"] == 1
        assert reads.count(desk.session_id) == 1
        assert watching.footing().position == (await log.head()).position


async def test_two_birds_of_one_name_are_told_apart() -> None:
    clock = Clock(0)
    async with MemoryLog(clock=clock) as log:
        watching = Watching(service_of(log), Pages(), clock=clock)  # type: ignore[arg-type]
        watching.look()
        people = [ParticipantId(uuid4()) for _ in range(600)]
        birds = {watching.called(one).bird for one in people}
        assert len(birds) == 600

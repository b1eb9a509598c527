"""The study as this process watches it: one reader of the log, whatever the number of researchers who look.

It begins when the first of them comes. What is older than a day is not read: where the day begins in the log is found
by halving, and sessions that began before are read from their own begin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prompter_events import Event, Log, LogError, LogRestored, ParticipantId, Position
from prompter_events.clock import now_micros
from prompter_projections.monitor import Called, Link, Person, Reader, Seen, Watch, closeup, row, seen, totals
from prompter_projections.pseudonym import pseudonym

from ..pages import Pages
from ..service import Running, Service

logger = logging.getLogger(__name__)

DAY_US = 86_400_000_000

REST_SECONDS = 0.5
"""How long events gather between two looks: people do not see half a second, and pages are told twice a second."""

_RETRY_SECONDS = 1.0

_FORGET_US = 60_000_000
"""Between two times that what is old is let go."""

_TURN_EVENTS = 250
"""After so many events others have their turn: some 5 ms."""

_BIRD_DIGITS = 4
"""Of a pseudonym's digits so many are shown where they tell everybody apart."""


@dataclass(frozen=True)
class Picture:
    """Everybody as one kind of reader sees them, at one moment."""

    rows: Mapping[str, Mapping[str, Any]]
    totals: Mapping[str, Any]


@dataclass(frozen=True)
class Footing:
    """How current the picture is."""

    study: str
    position: int
    behind_ms: int
    """How old the newest event is that is not in the picture yet; 0 if there is none."""
    reading: float | None
    """The share that was read, from the first look until the past is read; none from then on."""
    trouble: str
    """Why the picture stands still; empty while it does not."""


class Watching:
    """Follows the running log of a service. ``look`` keeps it going; ``clock``: µs since the epoch, UTC."""

    def __init__(self, service: Service, pages: Pages[Any], *, clock: Callable[[], int] = now_micros) -> None:
        self._service = service
        self._pages = pages
        self.clock = clock
        self._running: Running | None = None
        self._task: asyncio.Task[None] | None = None
        self._watch = Watch("")
        self._news = asyncio.Event()
        self._names: Mapping[ParticipantId, str] = {}
        self._called: dict[ParticipantId, Called] = {}
        self._present: set[ParticipantId] = set()
        self._left: dict[ParticipantId, int] = {}
        self._begin = self._head = self._waiting_since = 0
        self._reading = True
        self._trouble = ""
        self._pictures: dict[tuple[bool, int], tuple[tuple[int, int], Picture]] = {}

    def look(self) -> Running | None:
        """What is watched now; none while there is no log. Called by whoever looks, again and again."""
        running = self._service.running
        if running is not self._running:
            self._running = running
            if self._task is not None:
                self._task.cancel()
                self._task = None
            self._trouble = ""
            if running is not None:
                self._watch = Watch(running.settings.study.name)
                self._called, self._pictures, self._reading = {}, {}, True
                self._begin = self._head = self._waiting_since = 0
                self._task = asyncio.create_task(self._follow(running), name="prompter monitor")
        self._look_at_pages()
        return running

    async def changed(self, seconds: float) -> None:
        """Wait for something new, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    def footing(self) -> Footing:
        """How current the picture is."""
        read, whole = self._watch.position - self._begin, self._head - self._begin
        behind = (self.clock() - self._waiting_since) // 1000 if self._waiting_since else 0
        return Footing(
            study=self._watch.study,
            position=self._watch.position,
            behind_ms=max(0, behind),
            reading=None if not self._reading else min(1.0, read / whole) if whole > 0 else 0.0,
            trouble=self._trouble or self._service.reason,
        )

    def person(self, participant_id: ParticipantId) -> Person | None:
        """Somebody who is watched."""
        return self._watch.people.get(participant_id)

    def called(self, participant_id: ParticipantId) -> Called:
        """How somebody is called."""
        found = self._called.get(participant_id)
        if found is None:
            bird = pseudonym(participant_id, self._watch.study)
            short = bird[: bird.rfind("-") + 1 + _BIRD_DIGITS]
            taken = {called.bird for called in self._called.values()}
            bird = bird if short in taken else short
            found = self._called[participant_id] = Called(self._names.get(participant_id, bird), bird)
        return found

    def name(self, participant_id: ParticipantId) -> str:
        """Their id in the study."""
        return self.called(participant_id).name

    def picture(self, reader: Reader) -> Picture:
        """Everybody. Those who ask for the same within half a second are told the same."""
        now = self.clock()
        key, stamp = (reader.blinded, reader.since), (self._watch.position, now // 500_000)
        known = self._pictures.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        everybody = [one for person in self._watch.people.values() if (one := self._seen(person, now, reader))]
        rows = {str(one.person.participant_id): row(one, now, reader) for one in everybody}
        picture = Picture(rows, totals(everybody, now, reader))
        if len(self._pictures) > 16:  # readers of other days and time zones
            self._pictures.clear()
        self._pictures[key] = stamp, picture
        return picture

    def closeup(self, participant_id: ParticipantId, reader: Reader) -> dict[str, Any] | None:
        """One participant as their panel shows them; none if they are not watched."""
        person = self._watch.people.get(participant_id)
        one = None if person is None else self._seen(person, self.clock(), reader)
        return None if one is None else closeup(one, reader)

    def _seen(self, person: Person, now: int, reader: Reader) -> Seen | None:
        known = person.participant_id
        link = Link(known in self._present, self._left.get(known))
        return seen(person, self.called(known), link, now, reader)

    def _look_at_pages(self) -> None:
        present, now = self._pages.present(), self.clock()
        for gone in self._present - present:
            self._left[gone] = now
        for back in present:
            self._left.pop(back, None)
        self._present = present

    async def _follow(self, running: Running) -> None:
        """Until the service lets go of the log."""
        log, begun = running.log, False
        while self._service.running is running:
            try:
                if not begun:
                    self._begin = await first_since(log, self.clock() - DAY_US)
                    self._watch.position, begun = self._begin, True
                await self._read(log)
                self._trouble, self._reading = "", False
                self._tell()
                await asyncio.sleep(REST_SECONDS)
                await log.wait(Position(self._watch.position), timeout=5.0)
            except LogRestored:
                return  # the service opens the log again, and whoever looks then begins anew
            except LogError as error:
                if self._trouble != str(error):
                    logger.warning("the monitor waits: %s", error)
                self._trouble = str(error)
                self._tell()
                await asyncio.sleep(_RETRY_SECONDS)
            except Exception:
                logger.exception("the monitor stumbled")
                self._trouble = "an internal error; see the server's log"
                self._tell()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _read(self, log: Log) -> None:
        """Take all that came."""
        watch = self._watch
        self._head = int((await log.head()).position)
        forgotten, taken, people = watch.recorded, 0, len(watch.people)
        async for event in log.read(after=Position(watch.position)):
            self._waiting_since = event.recorded_at
            if watch.lacks_begin(event):
                await _take_begin(log, watch, event)
            _take(watch, event)
            taken += 1
            if taken % _TURN_EVENTS == 0:
                await asyncio.sleep(0)
            if watch.recorded - forgotten > _FORGET_US:
                watch.forget(watch.recorded - DAY_US)
                forgotten = watch.recorded
        watch.forget(self.clock() - DAY_US)
        self._waiting_since = 0
        if len(watch.people) != people or watch.people.keys() - self._names.keys():
            self._names = await log.participant_names()
            self._called.clear()

    def _tell(self) -> None:
        """Wake whoever waits for news."""
        news, self._news = self._news, asyncio.Event()
        news.set()


async def first_since(log: Log, moment: int) -> Position:
    """The position before the first event that was recorded at ``moment`` (µs since the epoch) or later."""
    low, high = 0, int((await log.head()).position)
    while low < high:
        middle = (low + high) // 2
        [event] = [event async for event in log.read(after=Position(middle), limit=1)]
        if event.recorded_at < moment:
            low = middle + 1
        else:
            high = middle
    return Position(low)


def _take(watch: Watch, event: Event) -> None:
    """One event that cannot be folded stops nobody's monitor: it is passed over, as its position already was."""
    try:
        watch.take(event)
    except Exception:
        logger.exception("the monitor passes over the event at position %d", event.position)


async def _take_begin(log: Log, watch: Watch, event: Event) -> None:
    """What happened in the event's session before it."""
    position = watch.position
    async for earlier in log.read(session=event.session_id):
        if earlier.position >= event.position:
            break
        _take(watch, earlier)
    watch.position = position

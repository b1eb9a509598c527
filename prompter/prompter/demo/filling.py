"""Filling a log with made-up people: their frames in the order of arrival, each taken in as a server takes it in.

Events go through ``Recording`` into the log, the real policy decides at each of them and at its due times, and what it
decides reaches the pages. Nothing is held but the people and what the policy remembers of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID, uuid5

from prompter_events import Batch, Event, Log, ParticipantId, Position, ProducerId, draft
from prompter_events.catalogue.study import StudyEnded
from prompter_projections.fold import body_of

from ..conditions import condition_of
from ..connection import Store
from ..follower import Follower
from ..record import tell_study
from ..recording import Recording
from ..settings import Settings
from ..study import Study
from .deciding import Deciding
from .page import Frame, Page

_ENDING = UUID("a37cf3f1-6a3b-5d5b-9a39-3b2f6f0d7c11")
"""Namespace of the producers that end sessions here, one for each."""

_DECIDES = 4_000
"""µs from an event to what the policy says about it in the log: two commits."""


class Clock:
    """The server's, as told: µs since the epoch, never backwards."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def reaches(self, moment: int) -> None:
        """It is at least that late."""
        self.now = max(self.now, moment)


class Filling:
    """Fills one log that nobody else writes to; ``clock`` is the log's. ``reached`` is told of each frame's arrival."""

    def __init__(
        self,
        log: Log,
        clock: Clock,
        pages: Sequence[Page],
        studies: Mapping[ParticipantId, Study],
        reached: Callable[[int], None] = lambda moment: None,
    ) -> None:
        self._log = log
        self._clock = clock
        self._pages = pages
        self._studies = studies
        self._deciding = Deciding(studies)
        self._reached = reached
        self._numbers = {page.participant_id: number for number, page in enumerate(pages)}
        self._waiting: list[tuple[int, int]] = []
        self._committed: list[Event] = []
        self._recordings: dict[ParticipantId, Recording] = {}
        self._follower = Follower(log, Position(0))
        self._position = Position(0)
        self.events = 0
        """How many there are so far."""

    async def fill(self) -> None:
        """From the first frame to the last decision."""
        self._log.watch_commits(lambda events, seconds: self._committed.extend(events))
        for number in range(len(self._pages)):
            self._await(number)
        while self._waiting:
            at, number = heapq.heappop(self._waiting)
            if self._pages[number].arrival() != at:
                continue  # what was asked meanwhile changed what comes next
            if await self._decide_until(at):
                self._await(number)
                continue
            await self._take_in(self._pages[number].take(), self._pages[number])
            self._reached(at)
            self._await(number)
        while (due := self._deciding.due()) is not None:
            await self._decide_until(due)
        await self._deciding.save(self._log, self._latest(), self._clock())

    def _await(self, number: int) -> None:
        """The next frame of somebody is to come."""
        if (at := self._pages[number].arrival()) is not None:
            heapq.heappush(self._waiting, (at, number))

    def _latest(self) -> Study:
        return self._studies[self._pages[-1].participant_id]

    async def _decide_until(self, moment: int) -> bool:
        """Decide once if something is due until then; whether it was."""
        due = self._deciding.due()
        if due is None or due > moment:
            return False
        self._clock.reaches(due + _DECIDES)
        await self._emit(self._deciding.tick(self._position))
        return True

    async def _take_in(self, frame: Frame, page: Page) -> None:
        self._clock.reaches(frame.arrives)
        if frame.events:
            recording = self._recording(page.participant_id)
            if frame.opened:
                study = self._studies[page.participant_id]
                await tell_study(self._log, study, clock=self._clock)
                await condition_of(self._log, self._settings(study), page.participant_id, clock=self._clock)
            await recording.store(Store(frame.producer_id, frame.events, frame.opened), frame.offset_ms)
        if frame.ended:
            await self._end(frame, page)
        await self._hear()

    async def _end(self, frame: Frame, page: Page) -> None:
        producer_id = ProducerId(uuid5(_ENDING, str(frame.session_id)))
        ended = draft(
            StudyEnded(by="participant"),
            session_id=frame.session_id,
            producer_id=producer_id,
            producer_seq=1,
            participant_id=page.participant_id,
            occurred_at=self._clock(),
        )
        await self._log.append(producer_id, [ended])

    async def _hear(self) -> None:
        """Let the policy hear what was committed, and commit what it says."""
        events, self._committed = self._committed, []
        if events:
            self._position = events[-1].position
            self.events += len(events)
            if said := self._deciding.take(events):
                self._clock.reaches(self._clock() + _DECIDES)
                await self._emit(said)

    async def _emit(self, said: Sequence[Event]) -> None:
        if not said:
            return
        batches = [Batch(producer_id, list(some)) for producer_id, some in groupby(said, key=attrgetter("producer_id"))]
        await self._log.append_batches(batches)
        for event in said:
            if (body := body_of(event)) is not None:
                number = self._numbers[event.participant_id]
                self._pages[number].tell(body, self._clock())
                self._await(number)
        await self._hear()

    def _recording(self, participant_id: ParticipantId) -> Recording:
        recording = self._recordings.get(participant_id)
        if recording is None:
            settings = self._settings(self._studies[participant_id])
            recording = Recording(self._log, self._follower, settings, participant_id)
            self._recordings[participant_id] = recording
        return recording

    def _settings(self, study: Study) -> Settings:
        return Settings(log_url="memory://", study=study, condition=None, participant=None)

"""The archive of one person, made while it is sent: the log is read portion by portion, and little is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, TypeVar

from prompter_events import NO_SESSION, ErasedParticipant, Event, Log, ParticipantId, Position, SessionId
from prompter_projections.narrative.questions import ASKED

from ..study import Study
from .archive import Archive
from .consents import consent_files, known_texts
from .lines import ANSWERED, answer_line, answers_head, event_line
from .readme import folder, readme
from .sessions import Own, OwnSession, own_sessions
from .telling import Telling

PORTION_EVENTS = 250
"""Events between two moments at which others may work: some milliseconds of a thread."""

PORTION_BYTES = 1024 * 1024
"""Of payload, likewise."""

PIECE_BYTES = 64 * 1024
"""What is handed on at once, at least: a socket's buffer."""

Made = TypeVar("Made")


class Bench:
    """Where archives are made in one process: one portion at a time, and one archive for each person."""

    def __init__(self) -> None:
        self._at_work: set[ParticipantId] = set()
        self._turn = asyncio.Lock()

    @contextmanager
    def place(self, participant_id: ParticipantId) -> Iterator[bool]:
        """Whether this person may have one made now: false while another one of theirs is on its way."""
        if participant_id in self._at_work:
            yield False
            return
        self._at_work.add(participant_id)
        try:
            yield True
        finally:
            self._at_work.discard(participant_id)

    async def do(self, work: Callable[[], Made]) -> Made:
        """Work in a thread, since sockets want to be heard meanwhile; archives take turns."""
        async with self._turn:
            return await asyncio.to_thread(work)


@dataclass(frozen=True)
class MyData:
    """One person's data as the log held them at one position."""

    log: Log
    study: Study
    participant_id: ParticipantId
    own: Own
    upto: Position
    made_at: datetime

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded of this person."""
        return not self.own.sessions and not self.own.assigned

    async def pieces(self, bench: Bench) -> AsyncGenerator[bytes, None]:
        """The ZIP file, in pieces. Raises ``ErasedParticipant`` if the person is erased meanwhile."""
        archive = Archive(self.made_at)
        async for _ in self._files(archive, bench):
            if archive.waiting >= PIECE_BYTES:
                yield archive.taken()
        if await self.log.is_erased(self.participant_id):
            raise ErasedParticipant(self.participant_id)
        archive.close()
        yield archive.taken()

    async def _files(self, archive: Archive, bench: Bench) -> AsyncIterator[None]:
        """Write one file after another; a word after each portion."""
        archive.add("README.txt", readme(self.own, self.study, self.made_at, self.upto))
        known = await known_texts(self.log, self.own, self.study.consent, bench.do)
        for name, content in consent_files(self.own, known):
            archive.add(name, content)
        with archive.file("events.jsonl") as file:
            async for number, events in self._portions():
                await bench.do(partial(_write_events, file, events, number, self.participant_id))
                yield
        with archive.file("answers.csv") as file:
            file.write(answers_head())
            async for number, events in self._portions(ANSWERED):
                file.write(b"".join(answer_line(event, number, self.own.asked) for event in events))
                yield
        for session in self.own.sessions:
            if session.opened:
                telling = Telling()
                async for events in self._portions_of(session.session_id):
                    await bench.do(partial(telling.take, events))
                    yield
                elsewhere = await self._elsewhere(session)
                await bench.do(partial(_write_files, archive, folder(session), telling, elsewhere))
                yield

    async def _elsewhere(self, session: OwnSession) -> list[Event]:
        """What became of a session's questions in later ones."""
        found: list[Event] = []
        for later in self.own.later(session):
            async for events in self._portions_of(later.session_id, ASKED):
                found += events
        return found

    async def _portions(self, types: Collection[str] | None = None) -> AsyncIterator[tuple[int | None, list[Event]]]:
        """Events of theirs with the number of their session: first those of none, then session after session."""
        async for events in self._portions_of(NO_SESSION, types):
            yield None, events
        for session in self.own.sessions:
            async for events in self._portions_of(session.session_id, types):
                yield session.number, events

    async def _portions_of(
        self, session_id: SessionId, types: Collection[str] | None = None
    ) -> AsyncIterator[list[Event]]:
        """A session's events that the person may see, in order. Raises ``ErasedParticipant``."""
        portion: list[Event] = []
        size = 0
        async for event in self.log.read(session=session_id, types=types):
            if event.position > self.upto:
                break
            if event.participant_id != self.participant_id:
                continue
            if event.payload is None:
                raise ErasedParticipant(self.participant_id)
            if self.own.seen.is_told(event):
                portion.append(event)
                size += len(event.payload)
            if len(portion) >= PORTION_EVENTS or size >= PORTION_BYTES:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion


async def my_data(log: Log, study: Study, participant_id: ParticipantId, made_at: datetime) -> MyData:
    """One person's data as the log holds them now. Raises ``ErasedParticipant``, and what the log raises."""
    if await log.is_erased(participant_id):
        raise ErasedParticipant(participant_id)
    head = await log.head()
    own = await own_sessions(log, participant_id, head.position)
    return MyData(log, study, participant_id, own, head.position, made_at)


def _write_events(file: IO[bytes], events: Sequence[Event], number: int | None, own: ParticipantId) -> None:
    file.write(b"".join(event_line(event, number, own) for event in events))


def _write_files(archive: Archive, within: str, telling: Telling, elsewhere: Sequence[Event]) -> None:
    for name, content in telling.files(elsewhere):
        archive.add(f"{within}/{name}", content)

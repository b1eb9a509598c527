"""Pages at work: where a benchmark's events come from."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from functools import cache
from uuid import UUID

from prompter_events import Event, Log, ParticipantId, ProducerId, SessionId
from support.lifelike import lifelike


class Page:
    """A page that lives through the made-up session of the tests, reloads, and lives through it again.

    Its payloads are those of a real session: 570 events, 70 bytes in the mean, from a keystroke to a whole notebook.
    """

    def __init__(self) -> None:
        self._participant_id = ParticipantId(_new_id())
        self._reload()

    def events(self, count: int) -> tuple[ProducerId, list[Event]]:
        """The next events, at most ``count``, as they come from the wire; one at least."""
        if self._done == len(_session()):
            self._reload()
        some = _session()[self._done : self._done + count]
        first = self._done + 1
        self._done += len(some)
        return self.producer_id, [
            Event(
                session_id=self._session_id,
                producer_id=self.producer_id,
                producer_seq=seq,
                participant_id=self._participant_id,
                type=event.type,
                schema_version=event.schema_version,
                occurred_at=event.occurred_at,
                payload=event.payload,
            )
            for seq, event in enumerate(some, first)
        ]

    def _reload(self) -> None:
        self.producer_id = ProducerId(_new_id())
        self._session_id = SessionId(_new_id())
        self._done = 0


Call = tuple[ProducerId, list[Event]]
"""One caller's events, which are of one producer."""


def queues(pages: Sequence[Page], events: int, size: int) -> list[list[Call]]:
    """For each page its calls to come: about so many events over all pages, at most ``size`` of them to a call."""
    each = max(1, events // (len(pages) * size))
    return [[page.events(size) for _ in range(each)] for page in pages]


async def append_all(log: Log, queued: Iterable[Sequence[Call]]) -> None:
    """All pages at once; each waits for what it sent to be durable before it sends more."""
    async with asyncio.TaskGroup() as group:
        for one in queued:
            group.create_task(_send(log, one))


async def _send(log: Log, calls: Sequence[Call]) -> None:
    for producer_id, events in calls:
        await log.append(producer_id, events)


@cache
def _session() -> Sequence[Event]:
    made_up = lifelike()
    page = made_up[0].producer_id
    return [event for event in made_up if event.producer_id == page]


def _new_id() -> UUID:
    # uuid4 asks the system for its random bits each time.
    return UUID(int=random.getrandbits(128), version=4)

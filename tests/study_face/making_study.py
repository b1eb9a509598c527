"""Logs of a small study: lifelike sessions of named people under two conditions, appended as pages append them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from msgspec.structs import replace

from prompter.storage import DIRECTORIES
from prompter_events import Event, Log, ParticipantId, ProducerId, SessionId, draft, migrate, open_log, pack
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import CellSnapshot, Client, SessionAccepted, SessionOpened
from support.events import ALICE, new_producer, new_session
from support.lifelike import BEGIN, lifelike

DAY = 86_400_000_000
"""µs."""

PEOPLE = {"Ada Lovelace": "EXP_CTS", "Grace Hopper": "EXP_END", "Alan Turing": "EXP_CTS"}
"""Names and conditions."""


async def recorded_study(url: str, people: dict[str, str] = PEOPLE, *, migrated: bool = False) -> None:
    """Fill a new log: a session of each, one a day."""
    if not migrated:
        await migrate(url, directories=DIRECTORIES)
    clock = Clock()
    async with open_log(url, migrations=DIRECTORIES, clock=clock) as log:
        for number, (name, condition) in enumerate(people.items()):
            events = lifelike(seed=17 + number)
            await append(log, _of(events, await log.participant(name), condition, number * DAY), clock)


class Clock:
    """The server's, which a test sets."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now


async def append(log: Log, events: Sequence[Event], clock: Clock, within_s: float = 5) -> None:
    """Append events in their order, each recorded when it says, or at most so many seconds later."""
    waiting: list[Event] = []
    for event in events:
        first = waiting[0] if waiting else event
        if (event.producer_id, True) != (first.producer_id, event.recorded_at - first.recorded_at <= within_s * 1e6):
            await log.append(first.producer_id, waiting)
            waiting = []
        waiting.append(event)
        clock.now = event.recorded_at
    if waiting:
        await log.append(waiting[0].producer_id, waiting)


def copied(url: str, directory: Path) -> str:
    """A log of one's own with the same content."""
    shutil.copy(url.removeprefix("sqlite:///"), directory / "study.db")
    return f"sqlite:///{directory}/study.db"


def _of(events: Sequence[Event], participant_id: ParticipantId, condition: str, later: int) -> list[Event]:
    """The same events of somebody else, under another condition, on a later day."""
    changed = []
    for event in events:
        body = event.body
        if isinstance(body, SessionAccepted):
            body = replace(body, participant_id=participant_id, condition=condition)
        changed.append(
            replace(
                event,
                participant_id=participant_id,
                payload=pack(body),
                occurred_at=event.occurred_at + later,
                recorded_at=event.recorded_at + later,
            )
        )
    return changed


class Page:
    """A page whose participant types what hostile people type."""

    def __init__(self, *more: Body) -> None:
        self.producer, self.session = new_producer(), new_session()
        client = Client(lab="", extension="", browser="")
        cells = [CellSnapshot(cell_id="=1+1", cell_type="code", source="😀")]
        path = '../../"><script>window.ran = 1</script>.ipynb'
        self.events: list[Event] = []
        for body in (SessionOpened(notebook_path=path, kernel_name="\0", client=client, cells=cells), *more):
            self.events.append(self._event(body))

    def _event(self, body: Body) -> Event:
        return draft(
            body,
            session_id=SessionId(self.session),
            producer_id=ProducerId(self.producer),
            producer_seq=len(self.events) + 1,
            participant_id=ALICE,
            occurred_at=BEGIN + len(self.events),
        )


def large_study(url: str, events: int) -> None:
    """A log of so many events at least, in sessions like the story's."""
    story = lifelike()

    async def fill() -> None:
        await migrate(url, directories=DIRECTORIES)
        async with open_log(url, migrations=DIRECTORIES) as log:
            for _ in range(-(-events // len(story))):
                producer, session, person = new_producer(), new_session(), ParticipantId(uuid4())
                # One producer, and one commit: what matters here is how much there is.
                told = [
                    replace(event, session_id=session, producer_id=producer, producer_seq=number, participant_id=person)
                    for number, event in enumerate(story, 1)
                ]
                await log.append(producer, told)

    asyncio.run(fill())

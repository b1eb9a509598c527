"""One participant as a researcher watches them: their sessions, their questions, and in which state they are."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec

from prompter_events.event import ParticipantId, SessionId

from .questions import Questions
from .sitting import Sitting

State = Literal["not begun", "connected", "silent", "offline", "paused", "in review", "ended", "closed"]
"""``closed``: the notebook was closed without an end; the person may come back on another day."""

SECOND = 1_000_000

SILENT_US = 600 * SECOND
"""Ten minutes: people read and think for some minutes, and go for a coffee; idle is said after one."""

OFFLINE_US = 60 * SECOND
"""A minute without a socket: a page that reloads or changes its network is back after seconds, and pages of a restarted
server within half a minute."""

MOST_NOTES = 100
"""Of one participant; the log holds them all."""

WITH_TEXTS = 2
"""Notebooks of one participant whose texts are held: the one that they work in, and another one beside it."""


@dataclass(frozen=True)
class Link:
    """What a server knows of a participant's sockets. Of several servers none knows the sockets of the others."""

    here: bool = False
    """There is one at this server."""
    left: int | None = None
    """When the last one at this server went; none: there never was one."""


class Remark(msgspec.Struct, frozen=True, gc=False):
    """A researcher's note."""

    text: str
    at: int
    """The position that it is about."""
    by: str
    written: int


class Person:
    """A participant within the time that is watched."""

    def __init__(self, participant_id: ParticipantId) -> None:
        self.participant_id = participant_id
        self.assigned = ""
        """The condition that was assigned, before any session has told one."""
        self.assigned_at = 0
        self.came = 0
        """When they came, µs since the epoch: the order in which people are listed."""
        self.sittings: dict[SessionId, Sitting] = {}
        self.questions = Questions()
        self.notes: deque[Remark] = deque(maxlen=MOST_NOTES)

    @property
    def current(self) -> Sitting | None:
        """The session that they are at, or were at last."""
        if not self.sittings:
            return None
        return max(self.sittings.values(), key=lambda one: (not one.closed, one.ended is None, one.last, one.position))

    @property
    def open(self) -> list[Sitting]:
        """The sessions that can still be ended or asked in, the latest last."""
        going = (one for one in self.sittings.values() if not one.closed and one.ended is None)
        return sorted(going, key=lambda one: (one.last, one.position))

    @property
    def condition(self) -> str:
        """The one that holds; empty while nothing is known of it."""
        current = self.current
        return current.condition if current is not None and current.condition else self.assigned

    def may_answer(self, session_id: UUID) -> bool:
        """Whether what is held for the end of a session is asked now."""
        sitting = self.sittings.get(SessionId(session_id))
        return sitting is not None and (sitting.ended is not None or sitting.reviewing)


def state_of(person: Person, link: Link, now: int, *, blinded: bool) -> State:
    """In which state somebody is at ``now``, µs since the epoch.

    A blinded researcher is told no review: there are reviews in one condition alone.
    """
    sitting = person.current
    if sitting is None:
        return "not begun"
    if sitting.ended is not None and (blinded or not sitting.reviewing):
        return "ended"
    if sitting.closed:
        return "closed"
    if is_away(link, sitting, now):
        return "offline"
    return _at_work(sitting, now, blinded=blinded)


def _at_work(sitting: Sitting, now: int, *, blinded: bool) -> State:
    if sitting.reviewing and not blinded:
        return "in review"
    if sitting.paused:
        return "paused"
    last = sitting.worked if blinded else sitting.last
    return "silent" if now - last >= SILENT_US else "connected"


def is_away(link: Link, sitting: Sitting, now: int) -> bool:
    """Whether the last socket went some time ago, and no page came by way of another server since.

    Whoever never had a socket here is not said to be away: theirs may be at another server.
    """
    if link.here or link.left is None:
        return False
    return now - max(link.left, sitting.arrived) >= OFFLINE_US

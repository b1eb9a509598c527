"""Which task each participant works on, and until when, as the log tells; and sessions that others than they ended."""

from __future__ import annotations

from typing import Literal

from prompter_events import Event, Log, NotebookId, ParticipantId, Position, SessionId
from prompter_events.catalogue.study import PARTICIPANT, TIME_LIMIT, StudyEnded, TaskBegan, TaskEnded
from prompter_projections.fold import body_of

from .study import Study
from .wire.messages import Ended, Task

TASK_TYPES = frozenset({"task.began", "task.ended"})
"""The events that tell what somebody works on."""

ENDED = "study.ended"

_MINUTE = 60 * 1_000_000


class Timetable:
    """The current task of each participant, fed with events in the log's order."""

    def __init__(self, study: Study) -> None:
        # Without limits nobody says what is worked on; what was said under another study is over.
        self._is_said = study.is_limited and any(period.tasks for period in study.periods)
        self._tasks: dict[ParticipantId, Task] = {}

    async def read(self, log: Log, since: Position) -> None:
        """Take what the log holds since the study's limits hold: one pass over that, and only where tasks are said."""
        if self._is_said:
            async for event in log.read(after=since, types=TASK_TYPES):
                self.take(event)

    def take(self, event: Event) -> Task | None:
        """Take an event. Returns what the pages of its participant are to be told; none if nothing.

        Who leaves a task is told of the next one when it begins.
        """
        if not self._is_said:
            return None
        match body_of(event):
            case TaskBegan(name=name, minutes=minutes):
                ends_at = event.occurred_at + minutes * _MINUTE if minutes else None
                task = Task(name=name, ends_at=ends_at)
            case TaskEnded(name=name, by=by) if by == TIME_LIMIT:
                task = Task(name=name, over=True)
            case TaskEnded():
                self._tasks.pop(event.participant_id, None)
                return None
            case _:
                return None
        self._tasks[event.participant_id] = task
        return task

    def of(self, participant_id: ParticipantId) -> Task | None:
        """What somebody works on, or did until its time was over."""
        return self._tasks.get(participant_id)


def by_others(event: Event) -> bool:
    """Whether somebody else than its own person ended a session: that one's page knows."""
    body = body_of(event)
    return isinstance(body, StudyEnded) and body.by != PARTICIPANT


def ended(event: Event, notebook_id: NotebookId | None) -> Ended | None:
    """What pages are told of a ``study.ended``. They know what their own person ended, and no researcher's name."""
    body = body_of(event)
    if not isinstance(body, StudyEnded) or not by_others(event) or notebook_id is None:
        return None
    by: Literal["researcher", "time limit"] = "time limit" if body.by == TIME_LIMIT else "researcher"
    return Ended(session_id=event.session_id, notebook_id=notebook_id, by=by)


async def ending_of(log: Log, session_id: SessionId, notebook_id: NotebookId) -> Ended | None:
    """What a page is told of the end of its session; none if it goes on, or if its person ended it."""
    async for event in log.read(session=session_id, types=[ENDED], limit=1):
        return ended(event, notebook_id)
    return None

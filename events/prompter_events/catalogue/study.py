"""The study around the work, and what capture says about itself."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from .base import Body, Count, Digest, Name, PositionField, event
from .notebook import CellSnapshot

PARTICIPANT, TIME_LIMIT = "participant", "time limit"
"""Who ends a session or a task, where it is no researcher; no researcher is signed by these words."""


@event("recording.paused")
class RecordingPaused(Body, frozen=True, kw_only=True):
    """The participant stopped the recording."""


@event("recording.resumed")
class RecordingResumed(Body, frozen=True, kw_only=True):
    """The recording goes on; what the pause changed becomes visible."""

    cells: list[CellSnapshot]


@event("consent.given")
class ConsentGiven(Body, frozen=True, kw_only=True):
    """The participant agreed to a version of the consent text."""

    version: Name


@event("consent.withdrawn")
class ConsentWithdrawn(Body, frozen=True, kw_only=True):
    """The participant withdrew."""

    version: Name


@event("participant.assigned")
class ParticipantAssigned(Body, frozen=True, kw_only=True):
    """A participant got a condition for a period."""

    period: Name
    condition: Name
    by: Name
    """``block``, ``counterbalance``, or the researcher who decided."""
    reason: str = ""
    study: Name = ""
    strata: dict[str, Name] = {}
    """The participant's traits that the assignment looked at."""
    place: Count = 0
    """Which one the participant is in the stratum, counted from 1; 0 if no block decided."""


@event("participant.erased")
class ParticipantErased(Body, frozen=True, kw_only=True):
    """A participant's payloads were removed; digests stay. Whatever was made of their events is to be forgotten."""

    participant_id: UUID
    sessions: list[UUID]
    """All sessions that held events of theirs."""
    events: Count
    """How many payloads were removed."""
    by: Name
    """Who did it."""


@event("study.loaded")
class StudyLoaded(Body, frozen=True, kw_only=True):
    """A study came into force. It holds until the next one is loaded."""

    digest: Digest
    """Of the file's bytes."""
    version: Name
    phase: Literal["pilot", "main"]
    name: Name = ""
    text: str | None = None
    """The whole file, so that what was asked can be looked up when the file is gone."""
    texts: dict[str, str] = {}
    """The texts beside it that people agreed to, by their file's name."""
    reason: str = ""
    """Why it was changed, where a change needs a reason."""


@event("study.ended")
class StudyEnded(Body, frozen=True, kw_only=True):
    """The study ended for a participant."""

    by: Name
    """``participant``, ``time limit``, or the researcher who ended it."""


@event("task.began")
class TaskBegan(Body, frozen=True, kw_only=True):
    """Work on a section or task began."""

    name: Name
    minutes: Count = 0
    """How long it may last; 0: no limit is set."""


@event("task.ended")
class TaskEnded(Body, frozen=True, kw_only=True):
    """Work on a section or task ended."""

    name: Name
    by: Name = ""
    """``participant``, who went on to another one, or ``time limit``."""


@event("note.added")
class NoteAdded(Body, frozen=True, kw_only=True):
    """A researcher's remark."""

    text: str
    at: PositionField
    by: Name


@event("clock.jumped")
class ClockJumped(Body, frozen=True, kw_only=True):
    """The page's wall clock and its monotonic clock came apart."""

    by_ms: int
    """Wall clock minus monotonic clock, milliseconds."""


@event("capture.lost")
class CaptureLost(Body, frozen=True, kw_only=True):
    """A hole: events that were made and can never arrive."""

    count: Count
    reason: Name
    producer_id: UUID | None = None
    """The producer whose numbers are missing, if not this one."""
    first_seq: Count = 0
    last_seq: Count = 0


@event("capture.invalid")
class CaptureInvalid(Body, frozen=True, kw_only=True):
    """An event that could not be understood, kept as it came."""

    reason: str
    claimed_type: str
    claimed_version: int
    raw: bytes
    """The payload; its first bytes only if it was too large."""
    size: Count
    """Length of the whole payload in bytes."""

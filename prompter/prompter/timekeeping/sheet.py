"""What is known of one participant's time, over all their pages, reloads and days. All times in µs.

A state that an earlier version kept is read back: every field that came later has a default.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from ..policy.memory import Outline


class OpenSession(Struct, frozen=True, omit_defaults=True):
    """A session that is not closed, as far as the log tells."""

    notebook_id: UUID
    period: str
    accepted: int
    """The position at which the server accepted it."""
    over: bool = False
    """Whether the study has ended in it."""
    at: tuple[str, ...] = ()
    """The cells where the person is and was just before."""
    where: tuple[str, str] | None = None
    """The cell that was worked on last and its task, empty for none; forgotten when the notebook's order changes."""


class Spent(Struct, frozen=True, omit_defaults=True):
    """Work on a task so far, without what goes on now."""

    micros: int = 0
    over: bool = False
    """Whether its time is used up."""


class Running(Struct, frozen=True, omit_defaults=True):
    """The task that is worked on."""

    name: str
    period: str
    since: int
    session_id: UUID
    """Where it was last worked on."""
    notebook_id: UUID
    accepted: int
    """The position at which that session was accepted."""


class Entered(Struct, frozen=True):
    """Work in a task that is not the running one: to be said."""

    session_id: UUID
    name: str


class Sheet(Struct, frozen=True, omit_defaults=True):
    """One participant."""

    participant_id: UUID
    study: str = ""
    since: int = 0
    """Under which study's limits the times below were taken, and since which position those hold: others begin anew."""
    sessions: dict[UUID, OpenSession] = {}
    outlines: dict[UUID, Outline] = {}
    """By session, where a task is a section or a tag."""
    began: dict[str, int] = {}
    """When the participant's first session of a period was accepted."""
    spent: dict[str, dict[str, Spent]] = {}
    """By period, then by task."""
    running: Running | None = None
    entered: Entered | None = None
    ended: str = ""
    """Who just ended the study where the running task is; to be said of the task too."""

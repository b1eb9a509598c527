"""What the policy remembers of one participant, over all their pages, reloads and days. All times in µs."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct


class Place(Struct, frozen=True):
    """A cell of a notebook."""

    notebook_id: UUID
    cell_id: str


class SessionMemory(Struct, frozen=True):
    """A session that the server accepted."""

    notebook_id: UUID
    asking: bool
    """False where the condition asks nothing."""
    clock_offset: int
    """Server clock minus page clock, µs."""


class CellMemory(Struct, frozen=True):
    """One cell."""

    mine: bool = False
    """Added, or changed, by this participant: a given cell that was only run is not new."""
    runs: int = 0
    """Runs so far: the version of the newest one."""
    asked_source: str | None = None
    """The source that was last asked about."""
    muted: bool = False
    """The participant said: never for this cell."""


class RunMemory(Struct, frozen=True):
    """A run that has not ended."""

    session_id: UUID
    place: Place
    version: int
    source: str


class Proposal(Struct, frozen=True):
    """A rule's wish to ask, waiting for its moment."""

    place: Place
    session_id: UUID
    run_id: UUID
    version: int
    source: str
    rule: str
    trigger: int
    """Position of the event that made the rule propose it."""
    proposed_at: int
    """When the run ended, by the server's clock."""


class OpenPrompt(Struct, frozen=True):
    """A prompt that has been issued and is not over."""

    place: Place
    session_id: UUID
    waits_since: int
    """When it was issued, or the moment until which it was put off: it expires from there."""


class HeldBack(Struct, frozen=True):
    """A proposal that came to nothing, to be said in the log."""

    proposal: Proposal
    reason: str


class ParticipantMemory(Struct, frozen=True):
    """One participant."""

    participant_id: UUID
    sessions: dict[UUID, SessionMemory] = {}
    cells: dict[UUID, dict[str, CellMemory]] = {}
    """By notebook, then by cell."""
    runs: dict[UUID, RunMemory] = {}
    proposals: tuple[Proposal, ...] = ()
    open: dict[UUID, OpenPrompt] = {}
    gone: tuple[UUID, ...] = ()
    """Open prompts whose cell was removed: to be withdrawn."""
    held_back: tuple[HeldBack, ...] = ()
    asked_at: tuple[int, ...] = ()
    """When prompts were issued, within the last day; in conditions that ask nothing, when they would have been."""
    unanswered: int = 0
    """Prompts in a row without an answer."""
    last_key_at: int = 0
    last_run_at: int = 0

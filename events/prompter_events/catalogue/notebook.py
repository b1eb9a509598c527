"""Sessions, notebooks and cells: what the person sees and changes.

Offsets and lengths of text are UTF-16 code units, as the editor counts: an emoji is 2.

In a shared notebook the text that somebody types who agreed to nothing is *withheld*: for each of its UTF-16 units the
page records one ``WITHHELD``, wherever that text would appear, and says so in the field ``withheld``. So lengths are
kept, later offsets hold, and digests are taken over what was recorded.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from .base import (
    Body,
    Cause,
    CellIdField,
    CellType,
    Count,
    Digest,
    Index,
    Millis,
    Name,
    event,
)

WITHHELD = "\u2592"
"""Stands for one UTF-16 unit of text that is not recorded: ▒."""

Author = Annotated[UUID | None, Meta(description="with cause remote: the participant who did it, where known")]

Ops = Annotated[
    list[int | str],
    Meta(description="n keeps n UTF-16 units, -n deletes n, text is inserted; what follows the last op is kept"),
]


class CellSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One cell as it stands."""

    cell_id: CellIdField
    cell_type: CellType
    source: str
    withheld: bool = False
    """Whether a part of the source is withheld."""
    tags: list[Name] = []
    """The cell's tags, by which a study may name a section."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """Which programs made the events."""

    lab: Name
    """Name and version of the front end."""
    extension: Name
    """Version of this plugin."""
    browser: Name
    """The browser's user agent."""
    language: Name = ""
    """The front end's language, BCP 47; empty if unknown."""


@event("session.opened")
class SessionOpened(Body, frozen=True, kw_only=True):
    """A notebook was opened in a page; all its cells as they stood then.

    A notebook larger than one event goes on in ``cell.added`` and ``cell.edited`` events with cause ``tool``.
    """

    notebook_path: str
    kernel_name: Name
    client: Client
    cells: list[CellSnapshot]
    shared: bool = False
    """Whether real-time collaboration is on."""
    continues: UUID | None = None
    """The session that the same page had on this notebook before, if any."""


@event("session.accepted")
class SessionAccepted(Body, frozen=True, kw_only=True):
    """The server saw a session for the first time and says whose it is."""

    participant_id: UUID
    notebook_id: UUID
    condition: Name
    study: Name
    """Name of the study; empty without one."""
    study_digest: Digest | None
    clock_offset_ms: int
    """Server clock minus page clock at hello, in milliseconds."""
    period: str = ""
    """The study's period in force; empty where it has none."""


@event("session.closed")
class SessionClosed(Body, frozen=True, kw_only=True):
    """The notebook was closed, or its page went away."""

    reason: Name


@event("notebook.saved")
class NotebookSaved(Body, frozen=True, kw_only=True):
    """The file was written. Replay is checked against the digest."""

    digest: Digest
    """``prompter_events.notebook_digest`` of the cells as saved, withheld text as it was recorded."""
    behind: Count = 0
    """How many events of this session came after the content was taken, because somebody typed while it was written."""


@event("notebook.renamed")
class NotebookRenamed(Body, frozen=True, kw_only=True):
    """The file has a new path."""

    path: str


@event("notebook.reloaded")
class NotebookReloaded(Body, frozen=True, kw_only=True):
    """All cells were replaced from the file: a revert, or a change on disk."""

    cells: list[CellSnapshot]


@event("cell.added")
class CellAdded(Body, frozen=True, kw_only=True):
    """A cell was inserted."""

    cell_id: CellIdField
    index: Index
    cell_type: CellType
    source: str
    cause: Cause
    parents: list[CellIdField] = []
    """The cells that a split or merge made this one from."""
    author: Author = None
    withheld: bool = False
    """Whether a part of the source is withheld."""


@event("cell.removed")
class CellRemoved(Body, frozen=True, kw_only=True):
    """A cell was deleted."""

    cell_id: CellIdField
    index: Index
    cause: Cause
    author: Author = None


@event("cell.moved")
class CellMoved(Body, frozen=True, kw_only=True):
    """A cell changed its place. ``to`` is its index once it has been taken out of ``from_``."""

    cell_id: CellIdField
    from_: Index = msgspec.field(name="from")
    to: Index
    cause: Cause = "user"
    author: Author = None


@event("cell.type_changed")
class CellTypeChanged(Body, frozen=True, kw_only=True):
    """A cell became code, markdown or raw; its id and source stay."""

    cell_id: CellIdField
    cell_type: CellType
    cause: Cause = "user"
    author: Author = None


@event("cell.edited")
class CellEdited(Body, frozen=True, kw_only=True):
    """One burst of edits in one cell, at most 500 ms long, each with its own moment."""

    cell_id: CellIdField
    changes: list[tuple[Millis, Ops]]
    """Pairs of (milliseconds since ``occurred_at``, operations), applied in order."""
    cause: Cause
    author: Author = None
    withheld: bool = False
    """Whether text that the burst inserts is withheld."""


@event("focus.changed")
class FocusChanged(Body, frozen=True, kw_only=True):
    """Another cell became the active one, or the page was shown or hidden."""

    cell_id: CellIdField | None
    visible: bool
    cause: Cause = "user"


@event("idle.began")
class IdleBegan(Body, frozen=True, kw_only=True):
    """A minute passed without a key, the mouse or the wheel in the page."""

    after_ms: Millis = 60_000
    """How long before ``occurred_at`` the last input was. More than a minute where the page or the machine slept."""


@event("idle.ended")
class IdleEnded(Body, frozen=True, kw_only=True):
    """The person came back."""

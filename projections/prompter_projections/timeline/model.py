"""What a timeline shows of one session: plain, frozen values without pixels or colours.

Times are µs since the epoch, UTC, by the page's clock; positions are places in the log.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from prompter_events.catalogue.base import CellType
from prompter_events.catalogue.runs import RunError, RunOutput

Outcome = Literal["ok", "error", "aborted", "lost", "unfinished"]
"""How a run ended. ``unfinished``: the log does not tell its end."""

Fate = Literal["answered", "dismissed", "expired", "withdrawn", "open", "held back"]
"""What became of a prompt, as far as this session's events tell. A snoozed prompt is open."""

StripKind = Literal["save", "restart", "died", "interrupt", "reload", "closed", "paused", "offline", "lost"]
"""What the session's strip shows. ``offline``: events came late, without a connection. ``lost``: they never came."""


class Edit(msgspec.Struct, frozen=True, gc=False):
    """One burst of edits in one cell."""

    at: int
    inserted: int
    """UTF-16 code units, as are the deleted ones."""
    deleted: int
    position: int
    remote: bool = False
    """Typed by somebody else who shares the notebook."""


class Run(msgspec.Struct, frozen=True):
    """One execution of one cell version."""

    run_id: UUID
    number: int
    """Counted from 1 within the cell."""
    begin: int
    """When the kernel began; when it was asked for, if the kernel never did."""
    end: int
    outcome: Outcome
    execution_count: int | None
    duration_ms: int | None
    position: int
    """Of ``run.scheduled``."""
    source: str
    """As it stood when the run was asked for."""
    outputs: tuple[RunOutput, ...] = ()
    error: RunError | None = None
    positions: tuple[int, ...] = ()
    """Of all that is recorded of it: asked for, begun, finished."""


class Prompt(msgspec.Struct, frozen=True):
    """One question, or one that a rule wished for and that was held back."""

    position: int
    issued: int
    shown: int | None
    ended: int | None
    """When it was answered, dismissed, expired or withdrawn."""
    fate: Fate
    question: str
    rule: str
    choice: str | None = None
    text: str = ""
    reason: str = ""
    """Why it was held back, or how it was dismissed."""
    run_id: UUID | None = None
    amended: bool = False
    """The answer is a later one than the first."""
    positions: tuple[int, ...] = ()
    """Of all that is recorded of it, from the first on."""

    @property
    def delay(self) -> int | None:
        """From shown to its end, in µs; none if it was never shown or never ended."""
        if self.shown is None or self.ended is None:
            return None
        return max(0, self.ended - self.shown)


class Span(msgspec.Struct, frozen=True):
    """A time during which a cell was in the notebook."""

    begin: int
    end: int | None
    """When it was removed; none if it stayed."""
    given: bool
    """It was there when the notebook was opened."""
    added: int = 0
    """The position at which it came."""
    removed: int | None = None
    """The position at which it went."""


class Lane(msgspec.Struct, frozen=True):
    """One cell over the session."""

    cell_id: str
    cell_type: CellType
    source: str
    """As it stood at the end."""
    number: int | None
    """Its place in the final notebook, counted from 1; none for a cell that was removed."""
    spans: tuple[Span, ...]
    edits: tuple[Edit, ...] = ()
    runs: tuple[Run, ...] = ()
    prompts: tuple[Prompt, ...] = ()

    @property
    def heading(self) -> str | None:
        """The heading that begins a section; none for any other cell."""
        if self.cell_type != "markdown" or self.number is None:
            return None
        first = first_line(self.source)
        return first.lstrip("#").strip() or "(heading)" if first.startswith("#") else None

    @property
    def removed_at(self) -> int | None:
        """When the cell left the notebook for good; none if it stayed."""
        return self.spans[-1].end if self.spans and self.number is None else None


class StripMark(msgspec.Struct, frozen=True):
    """Something that concerns the whole session."""

    kind: StripKind
    begin: int
    end: int
    """Equal to ``begin`` where it has no length."""
    position: int
    text: str


class Session(msgspec.Struct, frozen=True):
    """Whose work it is, and when."""

    session_id: UUID
    participant_id: UUID
    notebook_path: str
    condition: str
    """Empty without a study."""
    study: str
    kernel_name: str
    begin: int
    end: int
    first: int
    """The first position."""
    last: int
    """The last position."""
    events: int
    unreadable: int
    """Events whose payload was erased or cannot be understood."""
    called: str = ""
    """How the participant is called; empty: by the pseudonym that needs no key."""


class Quiet(msgspec.Struct, frozen=True):
    """A long time in which nothing happened in the page."""

    begin: int
    end: int
    paused: bool
    """The recording was paused."""


class Timeline(msgspec.Struct, frozen=True):
    """One session."""

    session: Session
    lanes: tuple[Lane, ...]
    """The cells of the final notebook, in its order."""
    removed: tuple[Lane, ...]
    """The cells that are gone, in the order of their removal."""
    strip: tuple[StripMark, ...]
    quiet: tuple[Quiet, ...]

    @property
    def all_lanes(self) -> tuple[Lane, ...]:
        """Every cell that there ever was."""
        return self.lanes + self.removed


def blinded(timeline: Timeline) -> Timeline:
    """The timeline for who must not know the condition: without its name, and without why prompts were held back.

    What was asked, and when, stays; who knows the study may guess from it.
    """

    def lane(one: Lane) -> Lane:
        prompts = tuple(
            msgspec.structs.replace(prompt, reason="") if prompt.fate == "held back" else prompt
            for prompt in one.prompts
        )
        return msgspec.structs.replace(one, prompts=prompts)

    return msgspec.structs.replace(
        timeline,
        session=msgspec.structs.replace(timeline.session, condition=""),
        lanes=tuple(map(lane, timeline.lanes)),
        removed=tuple(map(lane, timeline.removed)),
    )


def first_line(source: str) -> str:
    """The first line that is not blank, without the blanks around it."""
    return next((line.strip() for line in source.split("\n") if line.strip()), "")

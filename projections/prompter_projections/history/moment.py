"""One moment of a notebook's history, and what its text says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

import msgspec

from prompter_events.catalogue.base import Cause
from prompter_events.catalogue.runs import RunOutput
from prompter_events.event import Event

SHORT = 80
"""Characters of a moment's text: a line of the list holds about forty."""

PLAIN = frozenset({"text/plain", "stream/stdout"})

MomentKind = Literal[
    "opened",
    "reloaded",
    "ran",
    "edited",
    "answered",
    "amended",
    "added",
    "removed",
    "moved",
    "retyped",
    "restored",
    "renamed",
    "saved",
    "paused",
    "resumed",
    "lost",
    "away",
]


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One moment. The notebook as it stood then is that of ``session_id`` at ``position``."""

    session_id: UUID
    position: int
    at: int
    """µs since the epoch, UTC, by the page's clock; of ``away`` when it began."""
    kind: MomentKind
    cell_id: str | None = None
    place: int | None = None
    """The cell's place then, counted from 1; of a removed cell the one that it had."""
    to: int | None = None
    """The place that a cell was moved to."""
    cells: int | None = None
    """How many cells there were then, where all were read anew."""
    status: Literal["ok", "error", "aborted", "lost", "unfinished"] | None = None
    """How a run ended; ``unfinished`` while the log does not tell."""
    duration_ms: int | None = None
    """Of a run, by the kernel; of ``away``, how long."""
    wrote: bool = False
    """The cell was written into before it was run."""
    continued: bool = False
    """The notebook was opened again by the same page."""
    cause: Cause | None = None
    """Why a cell was added or removed."""
    count: int | None = None
    """How many events never arrived."""
    text: str = ""
    """An error's name, an output of one line, an answer, a path, a cell's type."""


def new_moment(event: Event, kind: MomentKind, **facts: Any) -> Moment:
    """The moment at which an event happened."""
    return Moment(session_id=event.session_id, position=event.position, at=event.occurred_at, kind=kind, **facts)


def insert(moments: list[Moment], moment: Moment) -> None:
    """Put a moment at its place among those of its session, which are the last ones."""
    at = len(moments)
    while at > 0 and moments[at - 1].session_id == moment.session_id and moments[at - 1].position > moment.position:
        at -= 1
    moments.insert(at, moment)


def short(text: str) -> str:
    """The first line that is not blank, cut."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"


def one_line(outputs: Iterable[RunOutput]) -> str:
    """The last output that says all in one short line."""
    found = ""
    for output in outputs:
        text = (output.text or "").strip()
        whole = output.text is not None and len(output.text.encode()) >= output.bytes
        if output.mime in PLAIN and whole and 0 < len(text) <= SHORT and "\n" not in text:
            found = text
    return found

"""Many sessions at a glance: what the small multiples of a participant or a study show, one row for each session.

A row holds sums and moments instead of sources and outputs, so that a study of any length fits into memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Literal

import msgspec

from prompter_events.event import SessionId
from prompter_events.log import Log

from . import facts
from .model import Outcome, Prompt, Session, Timeline

Align = Literal["begin", "clock"]
"""Where rows begin: all at the left, or each at its time of the clock."""

ALIGNMENTS: tuple[Align, ...] = ("begin", "clock")

STEP_US = 30_000_000
"""Edits are summed over half minutes."""


class RowRun(msgspec.Struct, frozen=True, gc=False):
    """One run in a row."""

    begin: int
    outcome: Outcome
    position: int


class SessionRow(msgspec.Struct, frozen=True):
    """One session in a line. Times are µs since the epoch, UTC, by the page's clock."""

    session: Session
    edits: tuple[tuple[int, int], ...]
    """(half minute since the begin, characters inserted and deleted); half minutes without an edit are left out."""
    runs: tuple[RowRun, ...]
    """By their begins."""
    prompts: tuple[Prompt, ...]
    active: tuple[tuple[int, int], ...]
    """The times between the long quiet ones."""
    cells: int

    @property
    def who(self) -> str:
        """How the participant is called."""
        return facts.who(self.session)

    @property
    def errors(self) -> int:
        """Runs that failed."""
        return sum(run.outcome == "error" for run in self.runs)

    @property
    def asked(self) -> int:
        """Prompts that were issued."""
        return sum(prompt.fate != "held back" for prompt in self.prompts)

    @property
    def answered(self) -> int:
        """Prompts that were answered."""
        return sum(prompt.fate == "answered" for prompt in self.prompts)


class StudyTimeline(msgspec.Struct, frozen=True):
    """All rows, in the order in which they are drawn."""

    rows: tuple[SessionRow, ...]
    align: Align

    @property
    def begin(self) -> int:
        """The first session's begin."""
        return min(row.session.begin for row in self.rows)

    @property
    def end(self) -> int:
        """The last session's end."""
        return max(row.session.end for row in self.rows)

    @property
    def longest(self) -> int:
        """The longest session's length, µs."""
        return max(row.session.end - row.session.begin for row in self.rows)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions by which the rows are grouped."""
        return tuple(sorted({row.session.condition for row in self.rows}))

    @property
    def grouped(self) -> bool:
        """Whether rows stand by condition; one person's sessions stand in their order instead."""
        return self.participants > 1

    @property
    def participants(self) -> int:
        """How many people these are."""
        return len({row.session.participant_id for row in self.rows})


def study_timeline(rows: Iterable[SessionRow], *, align: Align = "begin") -> StudyTimeline:
    """Rows by condition, participant and begin; those of a single participant by begin alone.

    Raises ``ValueError`` if there is no row.
    """
    given = sorted(rows, key=lambda row: (row.session.begin, row.session.session_id.bytes))
    if not given:
        raise ValueError("there is no session to draw")
    study = StudyTimeline(tuple(given), align)
    if study.grouped:
        # What stands by time already keeps that order within.
        given.sort(key=lambda row: (row.session.condition, row.who))
    return StudyTimeline(tuple(given), align)


def session_row(timeline: Timeline) -> SessionRow:
    """What small multiples show of one session."""
    session, sums = timeline.session, dict[int, int]()
    for lane in timeline.all_lanes:
        for edit in lane.edits:
            if not edit.remote:
                place = max(0, min(edit.at, session.end) - session.begin) // STEP_US
                sums[place] = sums.get(place, 0) + edit.inserted + edit.deleted
    runs = [RowRun(run.begin, run.outcome, run.position) for lane in timeline.all_lanes for run in lane.runs]
    prompts = [prompt for lane in timeline.all_lanes for prompt in lane.prompts]
    active, since = [], session.begin
    for gap in timeline.quiet:
        active.append((since, gap.begin))
        since = gap.end
    return SessionRow(
        session=session,
        edits=tuple(sorted(sums.items())),
        runs=tuple(sorted(runs, key=lambda run: (run.begin, run.position))),
        prompts=tuple(sorted(prompts, key=lambda prompt: (prompt.issued, prompt.position))),
        active=(*active, (since, session.end)),
        cells=len(timeline.all_lanes),
    )


async def session_timelines(
    log: Log, sessions: Sequence[SessionId], progress: Callable[[int, int], None] | None = None
) -> AsyncIterator[Timeline]:
    """The sessions' timelines one by one, so that no more than one need be in memory.

    ``progress`` is told how many are done, of how many. Raises ``UnknownSession``.
    """
    from . import timeline  # noqa: PLC0415 - the package imports this module

    for done, session in enumerate(sessions):
        if progress is not None:
            progress(done, len(sessions))
        yield await timeline(log, session)
    if progress is not None:
        progress(len(sessions), len(sessions))

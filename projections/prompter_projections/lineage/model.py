"""What a lineage holds: plain, frozen values. Times are µs since the epoch by the page's clock, lengths of time µs.

Runs are told by their index in ``Lineage.runs``. Everything that is said carries ``positions``, the events of the log
that it rests on, in order.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from prompter_events.catalogue.base import CellType
from prompter_events.catalogue.runs import FrameFact, RunStatus
from prompter_events.event import SessionId

from .findings import Attempt, DataStep, DeadEnd, ModelTried, Repair, Result
from .values import Estimator, Shape, Source, Teller


class RunNode(msgspec.Struct, frozen=True, kw_only=True):
    """One run and how it hangs together with the others."""

    index: int
    run_id: UUID
    cell_id: str
    version: int
    """Which run of its cell it was, counted from 1."""
    source: str
    scheduled_position: int
    started_position: int | None
    finished_position: int | None
    facts_position: int | None
    """Of the kernel's facts about it."""
    scheduled_at: int
    started_at: int | None
    finished_at: int | None
    status: RunStatus
    """``lost`` too if its end was never recorded."""
    duration: int | None
    """µs from the kernel's start to its reply."""
    execution_count: int | None
    error_name: str | None
    error_message: str | None
    output: str
    """The last line that it showed as text, shortened; empty if none."""
    outputs: int
    """How many outputs."""
    facts: Teller
    kernel_life: int
    """0 before the first restart, then 1, 2 …"""
    reads: tuple[str, ...]
    """Names that it used and did not bind first, in order. By syntax without Python's own."""
    binds: tuple[str, ...]
    changes: tuple[str, ...]
    """Names whose objects it changed in place: ``df["x"] = …``, ``model.fit(…)``."""
    fed_by: tuple[int, ...]
    """Runs whose names or files it used, in order; all of them earlier ones."""
    sources: tuple[Source, ...]
    """The same by name."""
    unknown_names: tuple[str, ...]
    """Names that it read and no run here bound."""
    feeds: tuple[int, ...]
    survives: bool
    """Whether it leads to a result or to something else that stands in the final notebook, or stands there itself and
    is no dead end."""
    frames: tuple[FrameFact, ...]
    """Data frames before and after, as the kernel told."""
    shapes: tuple[tuple[str, Shape], ...]
    """Data frames that it bound, changed or showed, with their sizes after it."""
    estimators: tuple[Estimator, ...]
    figures: int
    """By the kernel; else how many images it showed."""
    files_read: tuple[str, ...]
    """Paths and addresses that stand as texts in the code."""
    files_written: tuple[str, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        """Of its events."""
        found = (self.scheduled_position, self.started_position, self.facts_position, self.finished_position)
        return tuple(sorted(position for position in found if position is not None))


class CellLife(msgspec.Struct, frozen=True, kw_only=True):
    """A cell over the session."""

    cell_id: str
    cell_type: CellType
    source: str
    """As it stood at the end, or when it was removed."""
    runs: tuple[int, ...]
    place: int | None
    """In the final notebook, counted from 1; none if it is not there."""
    given: bool
    """It was there when the notebook was opened."""
    edited: bool
    """Whether the person changed its text."""
    added_position: int | None
    removed_position: int | None
    """Where it was removed for good."""
    last_edit_position: int | None

    @property
    def removed(self) -> bool:
        """Whether it is gone."""
        return self.removed_position is not None


class LineageNote(msgspec.Struct, frozen=True):
    """What could not be known."""

    positions: tuple[int, ...]
    text: str


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """How the runs of a session hang together."""

    session_id: SessionId
    runs: tuple[RunNode, ...]
    """In the order in which they were scheduled."""
    cells: dict[str, CellLife]
    """By id, in the order of their first appearance."""
    results: tuple[int, ...]
    """Indices of the runs that count as final results."""
    result_reasons: tuple[Result, ...]
    """The same runs, and why."""
    feeding: frozenset[int]
    """The results and all runs that lead to them."""
    restarts: tuple[int, ...]
    """Positions at which the kernel forgot its names."""
    attempts: tuple[Attempt, ...]
    repairs: tuple[Repair, ...]
    dead_ends: tuple[DeadEnd, ...]
    data_steps: tuple[DataStep, ...]
    models: tuple[ModelTried, ...]
    notes: tuple[LineageNote, ...]

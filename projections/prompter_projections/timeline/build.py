"""A session's events folded into a timeline, in one pass and without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from uuid import UUID

import msgspec

from prompter_events.catalogue import Body
from prompter_events.catalogue.base import CellType
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    NotebookReloaded,
    NotebookSaved,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.runs import (
    KernelDied,
    KernelInterrupted,
    KernelRestarted,
    KernelStarted,
    RunFinished,
    RunScheduled,
    RunStarted,
)
from prompter_events.catalogue.study import CaptureInvalid, CaptureLost, RecordingPaused, RecordingResumed
from prompter_events.event import Event

from ..current import BY_THE_SERVER
from ..fold import body_of
from ..notebook import EMPTY, FOLDED, NotebookState
from ..notebook import fold as notebook_after
from ..text import units
from .asked import Asked
from .model import (
    Edit,
    Lane,
    Prompt,
    Quiet,
    Run,
    Session,
    Span,
    StripKind,
    StripMark,
    Timeline,
)

QUIET_US = 120_000_000
"""Two minutes: a longer time without an event is folded away in the drawing."""

LATE_US = 10_000_000
"""Ten seconds between an event and its recording: slow networks take less, so the page was cut off."""

# Text that came into a cell in another way than by typing or pasting was written before, elsewhere.
_WRITTEN = frozenset({"user", "paste", "remote"})

_KERNEL: dict[type[Body], tuple[StripKind, str]] = {
    KernelRestarted: ("restart", "Kernel restarted"),
    KernelDied: ("died", "Kernel died"),
    KernelInterrupted: ("interrupt", "Kernel interrupted"),
}


class _OpenRun(msgspec.Struct):
    run_id: UUID
    cell_id: str
    position: int
    source: str
    scheduled: int
    started: int | None = None
    finished: int | None = None
    result: RunFinished | None = None
    positions: list[int] = msgspec.field(default_factory=list)


class _OpenLane(msgspec.Struct):
    cell_id: str
    cell_type: CellType = "code"
    source: str = ""
    spans: list[Span] = msgspec.field(default_factory=list)
    edits: list[Edit] = msgspec.field(default_factory=list)
    runs: list[_OpenRun] = msgspec.field(default_factory=list)
    prompts: list[Prompt | UUID] = msgspec.field(default_factory=list)


class Building:
    """What is known so far: events are taken in the order of their positions, and it can be asked at any time."""

    def __init__(self) -> None:
        self.notebook: NotebookState = EMPTY
        self.lanes: dict[str, _OpenLane] = {}
        self.runs: dict[UUID, _OpenRun] = {}
        self.asked = Asked()
        self.strip: list[StripMark] = []
        self.moments: list[int] = []
        self.arrivals: list[tuple[int, int, int]] = []
        self.changed = False
        self.first: Event | None = None
        self.last_position = self.events = self.unreadable = 0
        self.offset = 0
        self.condition = self.study = self.kernel = ""
        self.paused: tuple[int, int] | None = None

    def take(self, event: Event) -> None:
        """Fold one event."""
        self.events += 1
        if self.first is None:
            self.first = event
        self.last_position = event.position
        at = event.occurred_at
        if event.type in BY_THE_SERVER:
            # Made by the server's clock; ``session.accepted`` tells how far that is from the page's.
            at -= self.offset
        else:
            self.arrivals.append((at, event.recorded_at, event.position))
            self.moments.append(at)
        body = body_of(event)
        if body is None or isinstance(body, CaptureInvalid):
            self.unreadable += 1
        if event.type in FOLDED:
            before = self.notebook
            self.notebook = notebook_after(before, event)
            self.changed = self.notebook is not before
            if self.notebook.order is not before.order:
                self._cells_changed(before, at, event.position, given=isinstance(body, SessionOpened))
        if body is not None:
            self._step(body, at, event.position)

    def _cells_changed(self, before: NotebookState, at: int, position: int, *, given: bool) -> None:
        for cell_id in self.notebook.table.keys() - before.table.keys():
            self.lane(cell_id).spans.append(Span(at, None, given, position))
        for cell_id in before.table.keys() - self.notebook.table.keys():
            lane, gone = self.lane(cell_id), before.table[cell_id]
            lane.source, lane.cell_type = gone.source, gone.cell_type
            if lane.spans:
                lane.spans[-1] = msgspec.structs.replace(lane.spans[-1], end=at, removed=position)

    def lane(self, cell_id: str) -> _OpenLane:
        """The lane of a cell, made at first sight."""
        lane = self.lanes.get(cell_id)
        if lane is None:
            lane = self.lanes[cell_id] = _OpenLane(cell_id)
        return lane

    def _step(self, body: Body, at: int, position: int) -> None:  # noqa: PLR0912 - one branch for each kind of fact
        match body:
            case CellEdited() | CellAdded():
                self._typed(body, at, position)
            case RunScheduled():
                run = _OpenRun(body.run_id, body.cell_id, position, body.source, at, positions=[position])
                self.runs[body.run_id] = run
                self.lane(body.cell_id).runs.append(run)
            case RunStarted():
                if body.run_id in self.runs:
                    self.runs[body.run_id].started = at
                    self.runs[body.run_id].positions.append(position)
            case RunFinished():
                if body.run_id in self.runs:
                    self.runs[body.run_id].finished, self.runs[body.run_id].result = at, body
                    self.runs[body.run_id].positions.append(position)
            case SessionAccepted():
                self.offset = body.clock_offset_ms * 1000
                self.condition, self.study = body.condition, body.study
            case KernelStarted():
                self.kernel = body.name or self.kernel
            case KernelRestarted() | KernelDied() | KernelInterrupted():
                kind, text = _KERNEL[type(body)]
                self._mark(kind, at, at, position, text)
            case NotebookSaved():
                # The notebook's fold compares digests, and notes where they differ.
                text = "Saved; the file is not what the events tell" if self.changed else "Saved; replay agrees"
                self._mark("save", at, at, position, text)
            case NotebookReloaded():
                self._mark("reload", at, at, position, "All cells were replaced from the file")
            case SessionClosed():
                self._mark("closed", at, at, position, f"Closed: {body.reason}")
            case RecordingPaused():
                self.paused = self.paused or (at, position)
            case RecordingResumed():
                if self.paused:
                    self._mark("paused", self.paused[0], at, self.paused[1], "Recording paused by the participant")
                    self.paused = None
            case CaptureLost():
                since = self.moments[-2] if len(self.moments) > 1 else at
                self._mark("lost", min(since, at), at, position, f"{body.count} events never arrived: {body.reason}")
            case _:
                new = self.asked.step(body, at, position)
                if new is not None:
                    cell_id, prompt = new
                    self.lane(cell_id).prompts.append(prompt)

    def _typed(self, body: CellEdited | CellAdded, at: int, position: int) -> None:
        inserted = deleted = 0
        if isinstance(body, CellAdded):
            if body.cause in _WRITTEN:
                inserted = units(body.source)
        elif body.cause != "tool":
            for _, ops in body.changes:
                for op in ops:
                    if isinstance(op, str):
                        inserted += units(op)
                    elif op < 0:
                        deleted -= op
        if inserted or deleted:
            edit = Edit(at, inserted, deleted, position, body.cause == "remote")
            self.lane(body.cell_id).edits.append(edit)

    def _mark(self, kind: StripKind, begin: int, end: int, position: int, text: str) -> None:
        self.strip.append(StripMark(kind, begin, end, position, text))

    def timeline(self) -> Timeline:
        """The timeline up to here; more events may follow. Raises ``ValueError`` if there was no event."""
        if self.first is None:
            raise ValueError("a timeline of no events")
        moments = sorted(self.moments) or [self.first.occurred_at]
        begin, end = moments[0], moments[-1]
        strip = [*self.strip]
        if self.paused:
            since, position = self.paused
            strip.append(StripMark("paused", since, end, position, "Recording paused by the participant"))
        for since, until, position in self._late():
            strip.append(StripMark("offline", since, min(until, end), position, "No connection; the events came later"))
        session = Session(
            session_id=self.first.session_id,
            participant_id=self.first.participant_id,
            notebook_path=self.notebook.path,
            condition=self.condition,
            study=self.study,
            kernel_name=self.kernel or self.notebook.kernel_name,
            begin=begin,
            end=end,
            first=self.first.position,
            last=self.last_position,
            events=self.events,
            unreadable=self.unreadable,
        )
        # A cell whose adding is missing has no place: it stands below, with those that are gone.
        gone = [lane for cell_id, lane in self.lanes.items() if cell_id not in self.notebook.table]
        gone.sort(key=lambda lane: (lane.spans[-1].end or end) if lane.spans else end)
        strip.sort(key=lambda mark: mark.begin)
        return Timeline(
            session=session,
            lanes=tuple(
                self._finished(self.lane(cell_id), number, end) for number, cell_id in enumerate(self.notebook.order, 1)
            ),
            removed=tuple(self._finished(lane, None, end) for lane in gone),
            strip=tuple(strip),
            quiet=_quiet(moments, [(mark.begin, mark.end) for mark in strip if mark.kind == "paused"]),
        )

    def _late(self) -> list[tuple[int, int, int]]:
        """When the page had no connection: (begin, end, first position), by events that were recorded late."""
        merged: list[tuple[int, int, int]] = []
        for at, recorded, position in sorted(self.arrivals):
            arrived = recorded - self.offset
            if not recorded or arrived - at <= LATE_US:
                continue
            if merged and at <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], arrived), merged[-1][2])
            else:
                merged.append((at, arrived, position))
        return merged

    def _finished(self, lane: _OpenLane, number: int | None, end: int) -> Lane:
        cell = self.notebook.table.get(lane.cell_id)
        runs = tuple(_run(run, i, end) for i, run in enumerate(lane.runs, 1))
        source = cell.source if cell else lane.source
        if cell is None and not lane.spans and runs:
            source = runs[-1].source
        return Lane(
            cell_id=lane.cell_id,
            cell_type=cell.cell_type if cell else lane.cell_type,
            source=source,
            number=number,
            spans=tuple(lane.spans),
            edits=tuple(lane.edits),
            runs=runs,
            prompts=tuple(self.asked.finished(prompt) for prompt in lane.prompts),
        )


def build(events: Iterable[Event]) -> Timeline:
    """The timeline of one session from its events, in the order of their positions.

    What cannot be read is passed over and counted. Raises ``ValueError`` if there is no event.
    """
    building = Building()
    for event in events:
        building.take(event)
    return building.timeline()


def _run(run: _OpenRun, number: int, session_end: int) -> Run:
    result = run.result
    begin = run.started if run.started is not None else run.scheduled
    end = run.finished if run.finished is not None else begin
    if result is not None and result.duration_ms is not None:
        end = begin + result.duration_ms * 1000
    elif result is None and run.started is not None:
        end = session_end
    return Run(
        run_id=run.run_id,
        number=number,
        begin=begin,
        end=max(begin, end),
        outcome=result.status if result else "unfinished",
        execution_count=result.execution_count if result else None,
        duration_ms=result.duration_ms if result else None,
        position=run.position,
        source=run.source,
        outputs=tuple(result.outputs) if result else (),
        error=result.error if result else None,
        positions=tuple(run.positions),
    )


def _quiet(moments: list[int], pauses: list[tuple[int, int]]) -> tuple[Quiet, ...]:
    """The long gaps between sorted moments."""
    gaps = []
    for before, after in pairwise(moments):
        if after - before > QUIET_US:
            paused = any(begin <= before and after <= end for begin, end in pauses)
            gaps.append(Quiet(before, after, paused))
    return tuple(gaps)

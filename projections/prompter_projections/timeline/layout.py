"""Where everything stands: lanes down the page, time across, sizes in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .model import Edit, Lane, Quiet, Timeline
from .scale import FOLD_PX, Fold, Scale

LEFT = 186
"""Room for the lanes' labels: the number and 23 columns of code."""

MARGIN = 6
"""Right of the last moment, so that its marks are whole."""

TOP = 46
"""Axis and strip."""

STRIP = 31
"""The line of the session's strip."""

AXIS = 13
"""The base of the axis's labels."""

LABEL_COLUMNS = 23

BIN = 3
"""Edits are summed over so many pixels."""

CELL, HEADING, REMOVED = 37, 24, 34
"""Heights of lanes."""


@dataclass(frozen=True)
class Row:
    """A lane's place."""

    lane: Lane
    index: int
    """In ``Timeline.all_lanes``."""
    top: float
    height: float
    base: float
    """The line from which edits rise and below which runs hang."""
    reach: float
    """The tallest bar of edits."""


@dataclass(frozen=True)
class Stretch:
    """Bursts of one cell that follow each other closely: what one look at the bars takes in. Times as in the model."""

    begin: int
    end: int
    inserted: int
    deleted: int
    bursts: int
    first: int
    """The first position."""
    last: int


@dataclass(frozen=True)
class Layout:
    """One session's drawing, before it is drawn."""

    timeline: Timeline
    width: float
    height: float
    scale: Scale
    gaps: tuple[Quiet, ...]
    """The quiet times that are folded, as ``scale.folds`` has them."""
    rows: tuple[Row, ...]
    bands: tuple[tuple[float, float], ...]
    """Sections: (top, height)."""
    removed_top: float | None
    """Where the removed cells begin."""

    @property
    def right(self) -> float:
        """The last moment's pixel."""
        return self.width - MARGIN

    def seconds(self, micros: int) -> float:
        """A moment as seconds since the begin, kept within the session."""
        session = self.timeline.session
        return (min(max(micros, session.begin), session.end) - session.begin) / 1e6

    def x(self, micros: int) -> float:
        """A moment's pixel."""
        return self.scale(self.seconds(micros))


def layout(timeline: Timeline, width: float) -> Layout:
    """Lay a timeline out in a width."""
    rows: list[Row] = []
    bands: list[tuple[float, float]] = []
    y = band = float(TOP)
    for index, lane in enumerate(timeline.lanes):
        heading = lane.heading is not None
        if heading and rows:
            bands.append((band, y - band))
            y += 5
            band = y
        height = HEADING if heading else CELL
        rows.append(Row(lane, index, y, height, y + (18 if heading else 20), 11 if heading else 16))
        y += height
    if rows:
        bands.append((band, y - band))
    removed_top = None
    if timeline.removed:
        y += 22
        removed_top = y
        for index, lane in enumerate(timeline.removed, len(rows)):
            rows.append(Row(lane, index, y, REMOVED, y + 17, 14))
            y += REMOVED
    session = timeline.session
    gaps = _folded(timeline, width)
    folds = [Fold((gap.begin - session.begin) / 1e6, (gap.end - session.begin) / 1e6) for gap in gaps]
    scale = Scale(LEFT, width - MARGIN, max(1.0, (session.end - session.begin) / 1e6), folds)
    return Layout(timeline, width, y + 4, scale, gaps, tuple(rows), tuple(bands), removed_top)


def _folded(timeline: Timeline, width: float) -> tuple[Quiet, ...]:
    """The quiet times that a fold makes narrower, longest first, as many as leave half of the width to the work."""
    room = width - MARGIN - LEFT
    live = timeline.session.end - timeline.session.begin
    folded: list[Quiet] = []
    for gap in sorted(timeline.quiet, key=lambda gap: gap.begin - gap.end):
        length = gap.end - gap.begin
        left = room - len(folded) * FOLD_PX
        if left < room / 2 or length * left <= FOLD_PX * live:
            break
        folded.append(gap)
        live -= length
    return tuple(sorted(folded, key=lambda gap: gap.begin))


def binned(plan: Layout, edits: tuple[Edit, ...], *, remote: bool) -> dict[int, int]:
    """Edited characters by bin: the bin's number from the left → characters inserted and deleted."""
    bins: dict[int, int] = {}
    for edit in edits:
        if edit.remote is remote:
            place = int((plan.x(edit.at) - LEFT) / BIN)
            bins[place] = bins.get(place, 0) + edit.inserted + edit.deleted
    return bins


def stretches(lane: Lane, length_us: int) -> Iterator[Stretch]:
    """The lane's bursts, joined where less than 15 s (or a 300th of the session) and no run lies between."""
    apart = max(15_000_000, length_us // 300)
    runs = iter([*(run.begin for run in lane.runs), 2**63])
    next_run = next(runs)
    open_: Stretch | None = None
    for edit in lane.edits:
        passed = False
        while next_run <= edit.at:
            next_run, passed = next(runs), True
        if open_ is not None and not passed and edit.at - open_.end <= apart:
            open_ = Stretch(
                open_.begin,
                edit.at,
                open_.inserted + edit.inserted,
                open_.deleted + edit.deleted,
                open_.bursts + 1,
                open_.first,
                edit.position,
            )
            continue
        if open_ is not None:
            yield open_
        open_ = Stretch(edit.at, edit.at, edit.inserted, edit.deleted, 1, edit.position, edit.position)
    if open_ is not None:
        yield open_

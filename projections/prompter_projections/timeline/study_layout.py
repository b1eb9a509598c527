"""Where the small multiples stand: rows down the page by condition, time across, one scale for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from . import facts
from .scale import FOLD_PX, TICK_MINUTES, TICK_PX, Fold, Scale, rough, tick
from .study import STEP_US, SessionRow, StudyTimeline

LEFT = 186
"""Room for the rows' labels, as beside a single session."""

COLUMN = 58
"""The width of one of the three columns of figures at the right."""

MARGIN = 10
"""Between the last moment and the first figure."""

TOP = 40
"""Dates and times."""

ROW, GROUP = 27, 30
"""Heights of a row and of the head of a group."""

BASE = 17
"""From a row's top to the line from which edits rise and below which runs hang."""

REACH = 13
"""The tallest bar of edits."""

BIN = 2
"""Bars are at least so many pixels wide; of several half minutes in one the busiest counts."""

BESIDE = 12
"""Pixels beside a fold without a tick, so that its label does not touch the fold's."""

IDLE_US = 1_200_000_000
"""Twenty minutes without anybody: a shorter time belongs to the work, as in the single session beside it."""

POWER = 0.65
"""Bars are as high as this power of their characters: between areas and heights, so that small work stays visible."""


@dataclass(frozen=True)
class StudyLayout:
    """The small multiples before they are drawn."""

    study: StudyTimeline
    width: float
    height: float
    scale: Scale
    tops: tuple[float, ...]
    """Of the rows."""
    heads: tuple[tuple[str, float], ...]
    """Of the groups: (condition, top)."""
    tall: int
    """Characters in half a minute that make the tallest bar."""

    @property
    def right(self) -> float:
        """The last moment's pixel."""
        return right_of(self.width)

    def seconds(self, row: SessionRow, micros: int) -> float:
        """A moment of a row on the common scale."""
        at = min(max(micros, row.session.begin), row.session.end)
        return (at - (self.study.begin if self.study.align == "clock" else row.session.begin)) / 1e6

    def x(self, row: SessionRow, micros: int) -> float:
        """A moment's pixel."""
        return self.scale(self.seconds(row, micros))


def right_of(width: float) -> float:
    """The last moment's pixel in a drawing of this width."""
    return width - 3 * COLUMN - MARGIN


def study_layout(study: StudyTimeline, width: float) -> StudyLayout:
    """Lay small multiples out in a width."""
    tops: list[float] = []
    heads: list[tuple[str, float]] = []
    y = float(TOP)
    for row in study.rows:
        condition = row.session.condition
        if study.grouped and len(study.conditions) > 1 and (not heads or heads[-1][0] != condition):
            heads.append((condition, y))
            y += GROUP
        tops.append(y)
        y += ROW
    right = right_of(width)
    clock = study.align == "clock"
    length = max(1.0, (study.end - study.begin if clock else study.longest) / 1e6)
    folds = folded(study, right - LEFT) if clock else ()
    return StudyLayout(
        study, width, y + 6, Scale(LEFT, right, length, folds), tuple(tops), tuple(heads), tallest(study)
    )


def tallest(study: StudyTimeline) -> int:
    """The 96th percentile of what was edited in half a minute, over all rows: one large paste flattens nothing."""
    sums = sorted(total for row in study.rows for _, total in row.edits)
    return sums[int(len(sums) * 0.96)] if sums else 1


def folded(study: StudyTimeline, room: float) -> tuple[Fold, ...]:
    """When nobody worked, in seconds since the first begin: as many of the longest times as widen the rest the most."""
    busy: list[list[int]] = []
    for begin, end in sorted(part for row in study.rows for part in row.active):
        if busy and begin <= busy[-1][1]:
            busy[-1][1] = max(busy[-1][1], end)
        else:
            busy.append([begin, end])
    between = ((a[1], b[0]) for a, b in pairwise(busy) if b[0] - a[1] > IDLE_US)
    gaps = sorted(between, key=lambda gap: (gap[0] - gap[1], gap))
    live = study.end - study.begin
    best, widest = 0, room / max(1, live)
    for count, (begin, end) in enumerate(gaps, 1):
        live -= end - begin
        # Many folds share half of the width, as the scale has it.
        rate = (room - count * min(FOLD_PX, room / 2 / count)) / max(1, live)
        if rate > widest:
            best, widest = count, rate
    return tuple(Fold((begin - study.begin) / 1e6, (end - study.begin) / 1e6) for begin, end in sorted(gaps[:best]))


def gap_words(seconds: float) -> str:
    """A folded time, short enough to be written into it: ``28 min``, ``21 h``, ``3 d``."""
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else rough(seconds)


def bars(plan: StudyLayout, row: SessionRow) -> Iterator[tuple[float, float, float]]:
    """A row's edits: (left, width, height) in pixels."""
    columns: dict[int, tuple[float, float, int]] = {}
    for place, total in row.edits:
        begin = row.session.begin + place * STEP_US
        x = plan.x(row, begin)
        wide = max(float(BIN), plan.x(row, begin + STEP_US) - x)
        column = int(x / BIN)
        known = columns.get(column)
        columns[column] = (x, wide, total) if known is None else (known[0], known[1], max(known[2], total))
    for x, wide, total in columns.values():
        yield x, wide, min(float(REACH), 1 + (REACH - 1) * (total / plan.tall) ** POWER)


def ticks(plan: StudyLayout) -> Iterator[tuple[float, str]]:
    """Round moments outside the folds: (seconds, label). By the clock they are round numbers of the clock, UTC."""
    scale, clock = plan.scale, plan.study.align == "clock"
    minutes = next((m for m in TICK_MINUTES if m * 60 * scale.per_second >= TICK_PX), TICK_MINUTES[-1])
    step = minutes * 60
    shift = (plan.study.begin / 1e6) % step if clock else 0.0
    last = -float(TICK_PX)
    for i in range(int((scale.length + shift) // step) + 1):
        moment = i * step - shift
        if moment < 0:
            continue
        x = scale(moment)
        if any(scale(fold.begin) - BESIDE < x < scale(fold.end) + BESIDE for fold in scale.folds):
            continue
        if x - last >= TICK_PX - 4:
            last = x
            if clock:
                at = facts.moment(plan.study.begin) + timedelta(seconds=moment)
                yield moment, f"{at:%H:%M:%S}" if minutes < 1 else f"{at:%H:%M}"
            else:
                yield moment, tick(moment)


def dates(plan: StudyLayout) -> Iterator[tuple[float, str]]:
    """Where a new day begins to be shown: (seconds, ``9 Jun``), with room for each."""
    begin = facts.moment(plan.study.begin)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    starts = {0.0} | {fold.end for fold in plan.scale.folds}
    days = int(plan.scale.length // 86_400) + 1
    starts |= {(midnight - begin).total_seconds() + day * 86_400 for day in range(days)}
    told, last = "", -1e9
    for moment in sorted(starts):
        if moment > plan.scale.length or any(fold.begin <= moment < fold.end for fold in plan.scale.folds):
            continue
        at = begin + timedelta(seconds=moment + 0.001)
        words = f"{at.day} {at:%b}"
        x = plan.scale(moment)
        if words != told and x - last >= 46:
            told, last = words, x
            yield moment, words

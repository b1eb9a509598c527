"""Where chapters begin: at headings, after long pauses and restarts, and where the code turns to something else.

All of it goes by ``Act``: a run, or words written into a Markdown cell. Without headings the shifts are found as
TextTiling does (M. A. Hearst, Computational Linguistics 23(1), 1997): the names in a few runs before a gap are compared
with those in a few runs after it, and a chapter begins in the valleys of that curve.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean, pstdev
from typing import Literal

import msgspec
from msgspec.structs import replace

LONG_PAUSE_US = 300_000_000
"""Five minutes without an event: the policy's long pause."""

STAY = 3
"""So many acts in a row in an earlier section are a return to it; fewer are a look."""

WINDOW = 4
"""Runs on either side of a gap that are compared."""

LEAST = 12
"""A stretch without headings is searched for shifts if it has so many acts, and a chapter keeps half as many."""

MOST_CHAPTERS = 24
"""Of more, the weakest borders are given up: a list of contents should be taken in at one look."""

Kind = Literal["beginning", "section", "restart", "pause", "back", "shift"]

_STRENGTH: dict[Kind, int] = {"shift": 1, "back": 2, "pause": 3, "restart": 4, "section": 5, "beginning": 9}


class Act(msgspec.Struct, frozen=True):
    """Something that was done at one moment. Times in µs since the epoch."""

    at: int
    began: tuple[int, int]
    """When the work on it began, and at which position: with the first edit of its cell since the act before."""
    position: int
    cell_id: str
    section: str
    """The heading above the cell; empty without one."""
    names: frozenset[str] = frozenset()
    """What the code reads, binds and calls."""
    again: bool = False
    """A run of the same source as the cell's run before: it says little about what somebody turned to."""


class Break(msgspec.Struct, frozen=True):
    """A time without work, or a restart."""

    begin: int
    end: int
    kind: Literal["pause", "paused", "restart", "died"]
    positions: tuple[int, ...]


class Border(msgspec.Struct, frozen=True):
    """Where a chapter begins."""

    index: int
    """Of its first act."""
    kind: Kind
    section: str
    breaks: tuple[Break, ...] = ()
    """What lies between this act and the one before."""
    merged: int = 0
    """Weaker borders within that were given up."""


def borders(acts: Sequence[Act], breaks: Sequence[Break]) -> list[Border]:
    """The borders of all chapters in order; the first one is where the session begins. None without acts."""
    if not acts:
        return []
    found = _strong(acts, breaks)
    found = _with_shifts(acts, found)
    return _few(found)


def _strong(acts: Sequence[Act], breaks: Sequence[Break]) -> list[Border]:
    current = acts[0].section
    seen = {current}
    found = [Border(0, "beginning", current, _between(breaks, None, acts[0]))]
    for index in range(1, len(acts)):
        before, act = acts[index - 1], acts[index]
        between = _between(breaks, before, act)
        kind: Kind | None = None
        if act.section != current and act.section not in seen and act.section:
            kind = "section"
        elif any(each.kind in {"restart", "died"} for each in between) and index + 1 < len(acts):
            kind = "restart"
        elif any(each.end - each.begin >= LONG_PAUSE_US for each in between):
            kind = "pause"
        elif act.section != current and _stays(acts, index):
            kind = "back"
        if kind is None:
            continue
        current = act.section
        seen.add(current)
        found.append(Border(index, kind, current, between))
    return found


def _stays(acts: Sequence[Act], index: int) -> bool:
    """Whether new work begins with an act in its section and goes on there. Running old cells once more is none."""
    following = acts[index : index + STAY]
    return (
        len(following) == STAY
        and not acts[index].again
        and all(each.section == acts[index].section for each in following)
    )


def _between(breaks: Sequence[Break], before: Act | None, act: Act) -> tuple[Break, ...]:
    since = before.at if before is not None else 0
    return tuple(each for each in breaks if since <= each.begin and each.end <= act.at)


def _with_shifts(acts: Sequence[Act], found: list[Border]) -> list[Border]:
    """The borders, with those at shifts in stretches that have no heading."""
    whole = list(found)
    ends = [border.index for border in found[1:]] + [len(acts)]
    for border, end in zip(found, ends, strict=True):
        if not border.section and end - border.index >= LEAST:
            for index in _valleys([each.names for each in acts[border.index : end]]):
                whole.append(Border(border.index + index, "shift", ""))
    return sorted(whole, key=lambda each: each.index)


def _valleys(names: Sequence[frozenset[str]]) -> list[int]:
    """Indices at which the names shift: valleys of similarity deeper than the mean depth and half a deviation."""
    gaps = range(WINDOW, len(names) - WINDOW + 1)
    alike = [_cosine(names[gap - WINDOW : gap], names[gap : gap + WINDOW]) for gap in gaps]
    depths = [_depth(alike, index) for index in range(len(alike))]
    if not depths:
        return []
    least = fmean(depths) + pstdev(depths) / 2
    kept: list[int] = []
    for index in sorted(range(len(depths)), key=lambda each: (-depths[each], each)):
        gap = gaps[index]
        if depths[index] > least and all(abs(gap - other) >= LEAST // 2 for other in (0, len(names), *kept)):
            kept.append(gap)
    return sorted(kept)


def _depth(alike: Sequence[float], index: int) -> float:
    """How far a valley lies below the peaks on both sides (Hearst's depth score)."""
    left = right = index
    while left > 0 and alike[left - 1] >= alike[left]:
        left -= 1
    while right + 1 < len(alike) and alike[right + 1] >= alike[right]:
        right += 1
    return alike[left] + alike[right] - 2 * alike[index]


def _cosine(before: Iterable[frozenset[str]], after: Iterable[frozenset[str]]) -> float:
    a = Counter(name for names in before for name in names)
    b = Counter(name for names in after for name in names)
    dot = sum(count * b[name] for name, count in a.items())
    norm = sqrt(sum(count * count for count in a.values()) * sum(count * count for count in b.values()))
    return dot / norm if norm else 1.0


def _few(found: list[Border]) -> list[Border]:
    """At most ``MOST_CHAPTERS`` borders: the strongest, and of those that do not all fit, evenly spread ones."""
    room = MOST_CHAPTERS - 1
    kept = [found[0]]
    for strength in sorted({_STRENGTH[border.kind] for border in found[1:]}, reverse=True):
        alike = [border for border in found[1:] if _STRENGTH[border.kind] == strength]
        if len(alike) > room:
            alike = [alike[(2 * index + 1) * len(alike) // (2 * room)] for index in range(room)]
        kept += alike
        room -= len(alike)
    kept.sort(key=lambda border: border.index)
    ends = [border.index for border in kept[1:]] + [found[-1].index + 1]
    places = [border.index for border in found]
    return [
        replace(border, merged=bisect_left(places, end) - bisect_left(places, border.index) - 1)
        for border, end in zip(kept, ends, strict=True)
    ]

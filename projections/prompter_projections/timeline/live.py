"""A session's timeline while the session goes on: built on as events come, and told as what a page draws.

The drawing is that of the exported page, and ``drawing.js`` and ``figure.js`` place it anew there as they do here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from prompter_events.event import Event, Position

from . import facts, glyphs
from .build import Building
from .data import as_data
from .layout import layout
from .model import Fate, Lane, Prompt, Timeline
from .paper import sheet_within
from .svg import figure

NARROWEST, WIDEST = 320, 4_000
"""Pixels of a drawing: labels and some room for the work; more than any screen has."""

MOST_SOURCE = 20_000
"""Characters of a cell's text that a page is told each time; the log holds them all."""


_NEVER_SEEN: Fate = "held back"


class LiveTimeline:
    """One session, as far as its events were taken."""

    def __init__(self, *, numbered: bool = False) -> None:
        """``numbered``: what it tells counts the events that were taken, and says nothing of the log's positions."""
        self._building = Building()
        self._numbered = numbered
        self.position = 0
        """Of the last event that was taken, in the log; 0 before the first."""

    @property
    def events(self) -> int:
        """How many were taken."""
        return self._building.events

    def take(self, event: Event) -> None:
        """Take the session's next event, in the order of positions."""
        self.position = event.position
        if self._numbered:
            event = msgspec.structs.replace(event, position=Position(self.events + 1))
        self._building.take(event)

    def told(self, width: float, seen: Callable[[Timeline], Timeline]) -> dict[str, Any]:
        """What a page draws, ``width`` pixels wide (kept within reason), of what ``seen`` leaves of the timeline.

        ``drawing`` is markup of SVG, a ``<g>`` in a box of ``width`` by ``height``; ``data`` is what the scripts know
        beside it; ``cells`` are the ids of the cells in the order of ``data["lanes"]``; ``begin`` and ``end`` are µs
        since the epoch, UTC. Raises ``ValueError`` if no event was taken.
        """
        timeline = seen(self._building.timeline())
        session = timeline.session
        plan = layout(timeline, min(max(width, NARROWEST), WIDEST))
        return {
            "position": self.position,
            "begin": session.begin,
            "end": session.end,
            "kernel": session.kernel_name,
            "erased": session.unreadable > 0 and not timeline.all_lanes,
            "figures": [pair for pair in facts.figures(timeline) if pair[0] != "positions"],
            "legend": [
                {"mark": mark, "width": wide, "words": words}
                for mark, wide, words in glyphs.legend("hatch-live", [timeline])
                if seen is not as_seen or words != _NEVER_SEEN
            ],
            "width": plan.width,
            "height": plan.height,
            "drawing": figure(plan, "live", interactive=True),
            "cells": [row.lane.cell_id for row in plan.rows],
            "data": as_data(plan),
        }


def as_seen(timeline: Timeline) -> Timeline:
    """The timeline with what its participant may see while the study goes on.

    Prompts that never came before their eyes are left out: those held back, and those kept for the end. To read their
    questions here would be to be asked. Nothing names the condition or a prompt's rule either.
    """
    timeline = capped(timeline)
    return msgspec.structs.replace(
        timeline,
        session=msgspec.structs.replace(timeline.session, condition="", study=""),
        lanes=tuple(_as_seen(lane) for lane in timeline.lanes),
        removed=tuple(_as_seen(lane) for lane in timeline.removed),
    )


def _as_seen(lane: Lane) -> Lane:
    return msgspec.structs.replace(
        lane,
        prompts=tuple(msgspec.structs.replace(one, rule="") for one in lane.prompts if _was_seen(one)),
    )


def capped(timeline: Timeline) -> Timeline:
    """The timeline with each text cut where it would be too long for each time."""
    lanes, removed = (tuple(_capped(lane) for lane in some) for some in (timeline.lanes, timeline.removed))
    return msgspec.structs.replace(timeline, lanes=lanes, removed=removed)


def _capped(lane: Lane) -> Lane:
    return msgspec.structs.replace(
        lane,
        source=_cut(lane.source),
        runs=tuple(
            run if len(run.source) <= MOST_SOURCE else msgspec.structs.replace(run, source=_cut(run.source))
            for run in lane.runs
        ),
    )


def _cut(source: str) -> str:
    return source if len(source) <= MOST_SOURCE else f"{source[:MOST_SOURCE]}…"


def _was_seen(prompt: Prompt) -> bool:
    return prompt.fate != _NEVER_SEEN and (prompt.shown is not None or prompt.fate in {"answered", "dismissed"})


@cache
def style() -> str:
    """The style sheet for a drawing within another page, in a shadow root; see ``sheet_within``."""
    page, narrow = (files(__package__).joinpath(name).read_text("utf-8") for name in ("page.css", "live.css"))
    return sheet_within(f"{page}\n{narrow}")

"""Timelines: sessions drawn as a lane per cell, and many as small multiples; as HTML, SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence

from prompter_events.event import SessionId
from prompter_events.log import Log

from ..replay import UnknownSession
from .build import Building, build
from .document import document
from .model import Timeline, blinded
from .page import html
from .png import picture, png
from .study import (
    ALIGNMENTS,
    Align,
    SessionRow,
    StudyTimeline,
    session_row,
    session_timelines,
    study_timeline,
)
from .study_page import file_of, study_html
from .study_svg import study_document

__all__ = [
    "ALIGNMENTS",
    "FORMATS",
    "Align",
    "SessionRow",
    "StudyTimeline",
    "Timeline",
    "blinded",
    "build",
    "file_of",
    "render",
    "render_study",
    "session_row",
    "session_timelines",
    "study_timeline",
    "timeline",
]

FORMATS = (".html", ".svg", ".png")


async def timeline(log: Log, session_id: SessionId) -> Timeline:
    """The timeline of a session as the log holds it now. Raises ``UnknownSession``."""
    building = Building()
    async for event in log.read(session=session_id):
        building.take(event)
    if not building.events:
        raise UnknownSession(session_id)
    return building.timeline()


def render(timelines: Sequence[Timeline], suffix: str, *, back: str = "") -> bytes:
    """A file of one or more sessions, one below the other. ``suffix``: ``.html``, ``.svg`` or ``.png``.

    ``back`` is the file of all sessions, to which a page leads. Raises ``ValueError`` for another suffix, and if there
    is no timeline.
    """
    if not timelines:
        raise ValueError("there is no timeline to draw")
    match suffix.lower():
        case ".html":
            return html(timelines, back=back)
        case ".svg":
            return document(timelines).encode("utf-8")
        case ".png":
            return png(timelines)
    raise ValueError(_unknown(suffix))


def render_study(
    study: StudyTimeline, title: str, suffix: str, *, timelines: Sequence[Timeline] = (), beside: bool = False
) -> bytes:
    """A file of small multiples, one row for each session.

    In a page, rows lead to those ``timelines`` that are given, in the same file; or, with ``beside``, each to the file
    ``file_of(row)`` in the same directory. Raises ``ValueError`` for another suffix than ``.html``, ``.svg``, ``.png``.
    """
    match suffix.lower():
        case ".html":
            return study_html(study, title, timelines=timelines, beside=beside)
        case ".svg":
            return study_document(study, title).encode("utf-8")
        case ".png":
            return picture(study_document(study, title))
    raise ValueError(_unknown(suffix))


def _unknown(suffix: str) -> str:
    return f"a timeline can be written as {', '.join(FORMATS)}, not as {suffix!r}"

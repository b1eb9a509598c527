"""Timelines: one session drawn as a lane per cell, as HTML, SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence

from prompter_events.event import SessionId
from prompter_events.log import Log

from ..replay import UnknownSession
from .build import build
from .document import document
from .model import Timeline
from .page import html
from .png import png

__all__ = ["FORMATS", "Timeline", "build", "render", "timeline"]

FORMATS = (".html", ".svg", ".png")


async def timeline(log: Log, session_id: SessionId) -> Timeline:
    """The timeline of a session as the log holds it now. Raises ``UnknownSession``."""
    events = [event async for event in log.read(session=session_id)]
    if not events:
        raise UnknownSession(session_id)
    return build(events)


def render(timelines: Sequence[Timeline], suffix: str) -> bytes:
    """A file of one or more sessions, one below the other. ``suffix``: ``.html``, ``.svg`` or ``.png``.

    Raises ``ValueError`` for another suffix, and if there is no timeline.
    """
    if not timelines:
        raise ValueError("there is no timeline to draw")
    match suffix.lower():
        case ".html":
            return html(timelines)
        case ".svg":
            return document(timelines).encode("utf-8")
        case ".png":
            return png(timelines)
    raise ValueError(f"a timeline can be written as {', '.join(FORMATS)}, not as {suffix!r}")

"""Timelines gathered for a view, under the names that the frames use."""

from __future__ import annotations

from prompter_projections.timeline import Align, SessionRow, Timeline, blinded, session_row

from ..called import Called
from .views import TimelineView

INSIDE_SESSIONS, INSIDE_EVENTS = 40, 100_000
"""Up to so many, a page of small multiples holds the sessions' own timelines as well; ``prompter timeline`` agrees."""


class Drawing:
    """Takes timelines one by one; holds no more of them than a page may."""

    def __init__(self, called: Called, *, blind: bool) -> None:
        self._called = called
        self._blind = blind
        self._rows: list[SessionRow] = []
        self._inside: list[Timeline] = []
        self._events = 0

    def add(self, timeline: Timeline) -> None:
        """One more session."""
        shown = self._called(blinded(timeline) if self._blind else timeline)
        self._rows.append(session_row(shown))
        self._events += shown.session.events
        if len(self._rows) == 1 or (len(self._rows) <= INSIDE_SESSIONS and self._events <= INSIDE_EVENTS):
            self._inside.append(shown)

    def view(self, align: Align) -> TimelineView:
        """What was gathered."""
        inside = self._inside if len(self._inside) == len(self._rows) else []
        return TimelineView(self._rows, inside, align=align, title=self._title())

    def _title(self) -> str:
        sessions = [row.session for row in self._rows]
        studies = ", ".join(dict.fromkeys(session.study for session in sessions if session.study))
        people = dict.fromkeys(session.called for session in sessions)
        if len(people) == 1:
            return " · ".join(part for part in (*people, studies) if part)
        return f"Study {studies}" if studies else "All sessions"

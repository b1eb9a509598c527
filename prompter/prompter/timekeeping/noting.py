"""The fold of timekeeping: what each event changes on the sheet of its participant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from prompter_events import NO_SESSION, Event, Position
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellEdited,
    FocusChanged,
    SessionAccepted,
    SessionClosed,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunScheduled
from prompter_events.catalogue.study import PARTICIPANT, StudyEnded

from ..policy.memory import Outline
from ..policy.outline import CHANGES, follows, outline_after, tasks_of
from ..policy.remember import OWN
from ..study import Period, Study, Task
from .sheet import Entered, OpenSession, Sheet, Spent

#: A page that dies never closes its session; the oldest are forgotten.
_MOST_SESSIONS = 50

#: Of how many sessions the order of cells is known.
_MOST_OUTLINES = 8

#: Where the person is, and where they were: a run is often told after they went on to the next cell.
_PLACES = 2


@dataclass(frozen=True)
class Terms:
    """What a study says about time, prepared for reading events."""

    study: Study
    since: Position
    """Sessions that were accepted up to here were under no limit."""
    periods: Mapping[str, Period]
    has_tasks: bool
    outlined: bool
    """Whether the order of cells must be known."""

    @classmethod
    def of(cls, study: Study, since: Position) -> Terms:
        """The terms of a study."""
        tasks = [task for period in study.periods for task in period.tasks]
        return cls(study, since, {period.name: period for period in study.periods}, bool(tasks), follows(tasks))

    def tasks(self, period: str) -> Sequence[Task]:
        """Those of a period; none of one that the study no longer has."""
        return self.periods[period].tasks if period in self.periods else ()

    @property
    def types(self) -> Collection[str]:
        """The event types that matter."""
        return _SESSIONS | (_WORK if self.has_tasks else frozenset()) | (_CELLS if self.outlined else frozenset())


_SESSIONS = frozenset({"session.accepted", "session.opened", "session.closed", "study.ended"})
_WORK = frozenset({"cell.edited", "run.scheduled", "focus.changed"})
_CELLS = frozenset(
    {
        "cell.added",
        "cell.removed",
        "cell.moved",
        "cell.type_changed",
        "notebook.reloaded",
        "recording.resumed",
    }
)


def note(sheet: Sheet, event: Event, body: Body, terms: Terms) -> Sheet:
    """Fold one event of this participant."""
    if isinstance(body, SessionAccepted):
        return _accepted(sheet, event, body, terms)
    if isinstance(body, StudyEnded):
        return _ended(sheet, event, body)
    session = sheet.sessions.get(event.session_id)
    if session is None:
        return sheet
    if terms.outlined and type(body) in CHANGES:
        sheet = _outlined(sheet, event.session_id, body)
    if (fold := _FOLDS.get(type(body))) is not None:
        sheet = fold(sheet, event.session_id, body, terms)
    return sheet


def _accepted(sheet: Sheet, event: Event, body: SessionAccepted, terms: Terms) -> Sheet:
    ours = body.study == terms.study.name and body.period in terms.periods and event.position > terms.since
    if not ours:
        return sheet
    if (sheet.study, sheet.since) != (terms.study.name, terms.since):
        # A period of that name in another study, or before the limits were lifted and set again, is another one.
        sheet = Sheet(sheet.participant_id, terms.study.name, terms.since)
    sessions = dict(sheet.sessions)
    while len(sessions) >= _MOST_SESSIONS:
        del sessions[next(iter(sessions))]
    sessions[event.session_id] = OpenSession(body.notebook_id, body.period, event.position)
    return replace(sheet, sessions=sessions, began={body.period: event.recorded_at, **sheet.began})


def _opened(sheet: Sheet, session_id: UUID, body: SessionOpened, terms: Terms) -> Sheet:
    return _without(sheet, body.continues) if body.continues else sheet


def _closed(sheet: Sheet, session_id: UUID, body: SessionClosed, terms: Terms) -> Sheet:
    return _without(sheet, session_id)


def _without(sheet: Sheet, session_id: UUID) -> Sheet:
    """A session that is over; the time of its task goes on."""
    return replace(
        sheet,
        sessions={other: session for other, session in sheet.sessions.items() if other != session_id},
        outlines={other: outline for other, outline in sheet.outlines.items() if other != session_id},
    )


def _ended(sheet: Sheet, event: Event, body: StudyEnded) -> Sheet:
    """The study is over in the session's notebook; said without a session, in all of them."""
    session, running = sheet.sessions.get(event.session_id), sheet.running
    if event.session_id == NO_SESSION:
        notebooks = {other.notebook_id for other in sheet.sessions.values()}
        stops = running is not None
    else:
        notebooks = {session.notebook_id} if session else set()
        stops = running is not None and (running.notebook_id in notebooks or running.session_id == event.session_id)
    sessions = {
        other: replace(each, over=True) if each.notebook_id in notebooks and not each.over else each
        for other, each in sheet.sessions.items()
    }
    return replace(sheet, sessions=sessions, ended=(body.by or PARTICIPANT) if stops else "")


def _outlined(sheet: Sheet, session_id: UUID, body: Body) -> Sheet:
    before = sheet.outlines.get(session_id, Outline())
    outline = outline_after(before, body)
    if outline is before:
        return sheet
    outlines = {other: each for other, each in sheet.outlines.items() if other != session_id}
    while len(outlines) >= _MOST_OUTLINES:
        del outlines[next(iter(outlines))]
    sheet = replace(sheet, outlines={**outlines, session_id: outline})
    session = sheet.sessions[session_id]
    if session.where is None or (isinstance(body, CellEdited) and not _is_markdown(outline, body.cell_id)):
        return sheet  # what is typed into code makes no section
    return _with(sheet, session_id, replace(session, where=None))


def _is_markdown(outline: Outline, cell_id: str) -> bool:
    cell = outline.cells.get(cell_id)
    return cell is not None and cell.cell_type == "markdown"


def _focused(sheet: Sheet, session_id: UUID, body: FocusChanged, terms: Terms) -> Sheet:
    session = sheet.sessions[session_id]
    if body.cause == "prompt" or not body.visible or body.cell_id is None or session.at[-1:] == (body.cell_id,):
        return sheet
    return _with(sheet, session_id, replace(session, at=(*session.at, body.cell_id)[-_PLACES:]))


def _edited(sheet: Sheet, session_id: UUID, body: CellEdited, terms: Terms) -> Sheet:
    return _worked(sheet, session_id, body.cell_id, terms) if body.cause in OWN else sheet


def _run(sheet: Sheet, session_id: UUID, body: RunScheduled, terms: Terms) -> Sheet:
    """A run is work where the person is; who runs all cells does not work in each section."""
    at = sheet.sessions[session_id].at
    return sheet if at and body.cell_id not in at else _worked(sheet, session_id, body.cell_id, terms)


def _worked(sheet: Sheet, session_id: UUID, cell_id: str, terms: Terms) -> Sheet:
    session = sheet.sessions[session_id]
    if session.over or not terms.has_tasks:
        return sheet
    if session.where is None or session.where[0] != cell_id:
        name = _task_of(sheet, session_id, cell_id, terms)
        session = replace(session, where=(cell_id, name))
        sheet = _with(sheet, session_id, session)
    else:
        name = session.where[1]
    if not name or sheet.spent.get(session.period, {}).get(name, _NOTHING).over:
        return sheet
    running = sheet.running
    if running is None or (running.period, running.name) != (session.period, name):
        return replace(sheet, entered=Entered(session_id, name))
    if running.session_id == session_id:
        return sheet
    moved = replace(running, session_id=session_id, notebook_id=session.notebook_id, accepted=session.accepted)
    return replace(sheet, running=moved)


def _task_of(sheet: Sheet, session_id: UUID, cell_id: str, terms: Terms) -> str:
    """The cell's task; of several the one that the study names last; empty for none."""
    tasks = terms.tasks(sheet.sessions[session_id].period)
    names = tasks_of(sheet.outlines.get(session_id, Outline()), cell_id, tasks)
    return next((task.name for task in reversed(tasks) if task.name in names), "")


def _with(sheet: Sheet, session_id: UUID, session: OpenSession) -> Sheet:
    return replace(sheet, sessions={**sheet.sessions, session_id: session})


_NOTHING = Spent()

_FOLDS: Mapping[type[Body], Callable[[Sheet, UUID, Any, Terms], Sheet]] = MappingProxyType(
    {
        SessionOpened: _opened,
        SessionClosed: _closed,
        FocusChanged: _focused,
        CellEdited: _edited,
        RunScheduled: _run,
    }
)

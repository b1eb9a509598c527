"""``prompter.Study``: what a log holds, for people who analyse it in a notebook or a script."""

from __future__ import annotations

import os
import weakref
from asyncio import Lock
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from prompter_events import CATALOGUE, Log, LogUnavailable, SessionId
from prompter_events.url import MemoryUrl, SqliteUrl, parse_url
from prompter_projections import notebook_at
from prompter_projections.narrative import DEFAULT, material_of, told
from prompter_projections.replay import micros
from prompter_projections.timeline import ALIGNMENTS, Align, blinded, session_timelines

from ..called import Called
from ..errors import SettingInvalid
from ..exports import Release, ReleasedLog, open_release
from ..exports.key import pseudonym_key
from ..exports.tables import CELLS, EDITS, RUNS, SESSIONS, Row, Table
from ..naming import find_session
from ..settings import checked_log_url, default_log_url
from ..storage import open_study_log
from . import columns
from .columns import Frame
from .drawing import Drawing
from .frames import LIBRARIES, Library, Rows
from .loop import LoopThread
from .rows import rows_of_events, rows_of_prompts, rows_of_sessions
from .selecting import Session, released_session, released_sessions
from .views import NarrativeView, NotebookView, TimelineView

Moment = datetime | str | int
"""A time with its zone, as a ``datetime`` (pandas' ``Timestamp`` is one), in ISO 8601, or in µs since the epoch."""


class Study:
    """A log, opened for reading, and all its data as frames, notebooks, timelines and narratives.

    Usable as it is or as a context manager, inside and outside of a running event loop, from any thread.

    ``url`` names the log; without it that of ``PROMPTER_LOG``, else the SQLite file in Jupyter's data directory.
    ``frames`` is ``"pandas"`` or ``"polars"``. The frames hold what ``prompter export`` would write with the same
    options: pseudonyms in place of names unless ``identified``, no conditions if ``blind``, sessions of a pilot only
    with ``pilots``, and nothing of who was erased. Pseudonyms need a secret, that of ``key_file``, else the log's own,
    which is made beside it at the first use. To the log a study writes nothing, and it upgrades nothing.

    Raises ``SettingInvalid``, ``LogUrlInvalid``, ``LogNotMigrated``, ``LogTooNew``, ``LogUnavailable`` or
    ``LogCorrupt``, each in one line that says what to do.
    """

    def __init__(
        self,
        url: str = "",
        *,
        frames: Library = "pandas",
        identified: bool = False,
        blind: bool = False,
        pilots: bool = False,
        key_file: str | Path | None = None,
    ) -> None:
        if frames not in LIBRARIES:
            raise SettingInvalid(f"frames is {frames!r}: it is one of {', '.join(LIBRARIES)}")
        self.url = checked_log_url(url or default_log_url(os.environ))
        """The log's."""
        self._library: Library = frames
        self._identified, self._blind, self._pilots = identified, blind, pilots
        self._key_file = None if key_file is None else Path(key_file)
        self._secret = b""
        self._surveying = Lock()
        self._last: ReleasedLog | None = None
        _check_there(self.url)
        self._loop = LoopThread()
        try:
            self._log = self._loop.run(_opened(self.url))
        except BaseException:
            self._loop.close(_nothing())
            raise
        self._end = weakref.finalize(self, _close, self._loop, self._log)

    def sessions(self) -> Any:
        """A frame of sessions, in the order of their first events; see ``docs/python.md`` for the columns of each."""
        return self._frame(columns.SESSIONS, lambda released: rows_of_sessions(released, released.sessions, SESSIONS))

    def events(
        self,
        types: str | Collection[str] | None = None,
        *,
        session: Session | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Any:
        """A frame of events, in the order of the log.

        ``types`` selects: one type or several, ``"run.*"`` for all that begin so. ``since`` and ``until`` (left out)
        bound ``occurred_at``. The events are streamed: what is kept is about what the frame takes.
        """
        wanted, begin, end = _types(types), _micros(since, "since"), _micros(until, "until")

        def rows(released: ReleasedLog) -> AsyncIterator[Row]:
            one = None if session is None else released_session(released, session)
            return rows_of_events(released, one, wanted, begin, end)

        return self._frame(columns.EVENTS, rows)

    def cells(self, session: Session | None = None) -> Any:
        """A frame of cells as they stood at the end of each session, or when they were removed."""
        return self._by_session(columns.CELLS, CELLS, session)

    def runs(self, session: Session | None = None) -> Any:
        """A frame of runs."""
        return self._by_session(columns.RUNS, RUNS, session)

    def edits(self, session: Session | None = None) -> Any:
        """A frame of edits: while somebody types, a row for each key."""
        return self._by_session(columns.EDITS, EDITS, session)

    def prompts(self, session: Session | None = None) -> Any:
        """A frame of questions and what became of them, with those that were held back; by position."""

        def rows(released: ReleasedLog) -> AsyncIterator[Row]:
            return rows_of_prompts(released, None if session is None else released_session(released, session))

        return self._frame(columns.PROMPTS, rows)

    def notebook(self, session: Session, at: Moment | None = None, position: int | None = None) -> NotebookView:
        """The notebook of a session as it stood at an instant or after a position; without either, as it was last.

        Instants are told by the clock of the page, keystroke by keystroke. Raises ``SettingInvalid`` for a session that
        is unknown or was erased, and if both are given.
        """
        if at is not None and position is not None:
            raise SettingInvalid("give a position or an instant, not both")
        instant = _micros(at, "at")

        async def view() -> NotebookView:
            return NotebookView(await notebook_at(self._log, await _session(self._log, session), position, instant))

        return self._loop.run(view())

    def timeline(
        self, session: Session | None = None, *, participant: str | None = None, align: Align = "begin"
    ) -> TimelineView:
        """The timeline of a session, or small multiples of a participant's sessions, or without either of all.

        ``participant`` is named as the frames do, or by name. ``align`` is ``"begin"``, or ``"clock"`` to have small
        multiples stand by the time of the clock. Raises ``SettingInvalid`` for whom the log does not know.
        """
        if session is not None and participant is not None:
            raise SettingInvalid("give a session or a participant, not both")
        if align not in ALIGNMENTS:
            raise SettingInvalid(f"align is {align!r}: it is one of {', '.join(ALIGNMENTS)}")
        return self._loop.run(self._timeline(session, participant, align))

    async def _timeline(self, session: Session | None, participant: str | None, align: Align) -> TimelineView:
        if session is not None:
            wanted = [await _session(self._log, session)]
        else:
            wanted = released_sessions(await self._released(), participant)
        drawing = Drawing(await self._called(), blind=self._blind)
        async for one in session_timelines(self._log, wanted):
            drawing.add(one)
        return drawing.view(align)

    def narrative(self, session: Session, *, narrator: str = DEFAULT) -> NarrativeView:
        """How somebody approached a notebook, told by our narrator or another one that is installed.

        Raises ``SettingInvalid`` for a session that is unknown or was erased, ``NarratorFailed``.
        """

        async def view() -> NarrativeView:
            material = await material_of(self._log, await _session(self._log, session))
            timeline = blinded(material.timeline) if self._blind else material.timeline
            material.timeline = (await self._called())(timeline)
            return NarrativeView(told(material, narrator), material)

        return self._loop.run(view())

    def close(self) -> None:
        """Close the log and end the thread; what other threads still ask for ends with ``StudyClosed``."""
        self._end()

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked any more."""
        return self._loop.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<prompter.Study {self.url}{', closed' if self.closed else ''}>"

    def _by_session(self, frame: Frame, table: Table, session: Session | None) -> Any:
        def rows(released: ReleasedLog) -> AsyncIterator[Row]:
            wanted = released.sessions if session is None else [released_session(released, session)]
            return rows_of_sessions(released, wanted, table)

        return self._frame(frame, rows)

    def _frame(self, frame: Frame, rows: Callable[[ReleasedLog], AsyncIterator[Row]]) -> Any:
        gathered = Rows(frame, self._library)

        async def gather() -> None:
            async for row in rows(await self._released()):
                gathered.add(row)

        self._loop.run(gather())
        return gathered.frame()

    async def _called(self) -> Called:
        """How participants are called on drawings: as in the frames."""
        if self._identified:
            return Called(await self._log.participant_names())
        return Called(None, self._key())

    def _key(self) -> bytes:
        if not self._secret and not self._identified:
            self._secret = pseudonym_key(self.url, self._key_file).secret
        return self._secret

    async def _released(self) -> ReleasedLog:
        """What of the log may be told. It is looked over again only where it has grown."""
        async with self._surveying:
            if self._last is None or self._last.head != await self._log.head():
                release = Release(identified=self._identified, blind=self._blind, pilots=self._pilots, key=self._key())
                self._last = await open_release(self._log, release)
            return self._last


async def _opened(url: str) -> Log:
    return await open_study_log(url)


async def _nothing() -> None:
    pass


def _close(loop: LoopThread, log: Log) -> None:
    loop.close(log.aclose())


def _check_there(url: str) -> None:
    """Raise where nothing can be read, instead of advising to make a new log."""
    target = parse_url(url)
    if isinstance(target, MemoryUrl):
        raise SettingInvalid("a log in memory belongs to the process that writes it: name a file or a server")
    if isinstance(target, SqliteUrl) and not target.path.exists():
        raise LogUnavailable(f"there is no log at {target.path.absolute()}: check the path, or PROMPTER_LOG")


async def _session(log: Log, session: Session) -> SessionId:
    """A session by its id, also one whose beginning was lost, or by how its id begins. Raises ``SettingInvalid``."""
    try:
        known = SessionId(UUID(str(session)))
    except ValueError:
        return await find_session(log, str(session))
    owner = await log.session_owner(known)
    if owner is None:
        raise SettingInvalid(f"there is no session {str(session)!r}: sessions() lists them")
    if await log.is_erased(owner):
        raise SettingInvalid(f"session {str(session)!r} was erased: there is nothing left to show")
    return known


def _types(types: str | Collection[str] | None) -> list[str] | None:
    """The types that are asked for. Raises ``SettingInvalid`` for one that the catalogue does not know."""
    if types is None:
        return None
    wanted: list[str] = []
    for one in [types] if isinstance(types, str) else types:
        found = [name for name in CATALOGUE if name == one or (one.endswith(".*") and name.startswith(one[:-1]))]
        if not found:
            raise SettingInvalid(f"there are no events of type {one!r}: docs/events.md lists the types")
        wanted += found
    return list(dict.fromkeys(wanted))


def _micros(moment: Moment | None, name: str) -> int | None:
    """µs since the epoch. Raises ``SettingInvalid`` for what is no time, or has no zone."""
    if moment is None or isinstance(moment, int):
        return moment
    try:
        return micros(datetime.fromisoformat(moment) if isinstance(moment, str) else moment)
    except (ValueError, TypeError, AttributeError):
        raise SettingInvalid(f"{name} is {moment!r}: write a time with its zone, such as 2026-06-09T13:30Z") from None

"""The live timeline of one session for researchers: pushed anew as the session goes on.

A researcher sees every question, also those that were held back or wait for the end. For a blinded one the drawing is
made of the work alone: no event about a question or a review enters it, and positions, which go on with each of them in
the log, count the events of the work.
"""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import msgspec

from prompter_events import LogError, ParticipantId, SessionId
from prompter_projections import UnknownSession
from prompter_projections.monitor import is_work
from prompter_projections.timeline import Timeline
from prompter_projections.timeline.live import capped, style
from prompter_projections.timeline.page import WIDTH

from ..history import SESSION
from ..roles import Role
from ..timelines import Timelines
from .live import TellingSocket
from .watching import Watching

REDRAW_SECONDS = 2.0
"""Between two drawings of a session that goes on: a long one takes some tenths of a second to make."""

_NO_SESSION = 4404

_WORDS_OF_QUESTIONS = ("prompt", "held back")
_MARKS_OF_QUESTIONS = frozenset({"answered", "dismissed", "expired", "withdrawn", "open", "held back"})
"""Figures and marks that a drawing of the work alone has no use for."""


def _work_alone(timeline: Timeline) -> Timeline:
    """Without what names a condition."""
    session = msgspec.structs.replace(timeline.session, condition="", study="")
    return capped(msgspec.structs.replace(timeline, session=session))


class LiveTimelines:
    """The timelines that researchers of either kind look at, in one process."""

    def __init__(self) -> None:
        self.whole = Timelines(seen=capped)
        self.work = Timelines(takes=is_work, seen=_work_alone, numbered=True)

    def of(self, role: Role) -> Timelines:
        """Those that somebody may see."""
        return self.work if role is Role.BLINDED else self.whole


class TimelineLiveHandler(TellingSocket):
    """``monitor/timeline/live?session=…&width=…``: the drawing, pushed whenever the session went on."""

    def initialize(self, watching: Watching, timelines: LiveTimelines) -> None:
        """``timelines`` are shared by the handlers of one process."""
        self._watching = watching
        self._timelines = timelines
        self._after = -1
        self._styled = False
        self._said = ""

    async def tell(self) -> None:
        """The drawing, if the session went on since the last one."""
        running = self._watching.look()
        found = re.fullmatch(SESSION, self.get_query_argument("session", ""))
        asked = self.get_query_argument("width", "")
        if found is None:
            self.close(_NO_SESSION, "there is no such timeline")
            return
        if running is None:
            await self._trouble(self._watching.footing().trouble)
            return
        session_id, width = (
            SessionId(UUID(found["session"])),
            int(asked) if asked.isascii() and asked.isdigit() else WIDTH,
        )
        try:
            owner = await running.log.session_owner(session_id)
            if owner is None:
                raise UnknownSession(session_id)
            told = await self._timelines.of(self.role).told(
                running.log, ParticipantId(owner), session_id, width=min(width, 10_000), after=self._after
            )
        except UnknownSession:
            self.close(_NO_SESSION, "there is no such timeline")
            return
        except LogError as error:
            await self._trouble(str(error))
            return
        self._said = ""
        after, self._after = self._after, told["position"]
        if told["position"] == after or "drawing" not in told:
            await self.write_message('{"current": true}')
            return
        if self.role is Role.BLINDED:
            told["position"] = 0
            told["figures"] = [pair for pair in told["figures"] if not pair[1].startswith(_WORDS_OF_QUESTIONS)]
            told["legend"] = [item for item in told["legend"] if item["words"] not in _MARKS_OF_QUESTIONS]
        called = self._watching.called(ParticipantId(owner))
        told["called"] = {"name": called.name, "bird": called.bird}
        if not self._styled:
            self._styled = True
            told["style"] = style()
        await self.write_message(msgspec.json.encode(told).decode())

    async def pause(self) -> None:
        """Two seconds, in which the session goes on."""
        await asyncio.sleep(REDRAW_SECONDS)

    async def _trouble(self, message: str) -> None:
        if message != self._said:
            self._said = message
            await self.write_message(msgspec.json.encode({"trouble": message}).decode())

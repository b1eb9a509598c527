"""The endpoint of the live timeline: a running session as it stands now.

A person sees the sessions of their own participant id. Whatever else is asked for is not there.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

import tornado.web
from jupyter_server.auth.decorator import authorized

from prompter_events import Event, Log, ParticipantId, Position, SessionId
from prompter_projections import UnknownSession
from prompter_projections.timeline import Timeline
from prompter_projections.timeline.live import LiveTimeline, as_seen, style
from prompter_projections.timeline.page import WIDTH

from .history import SESSION
from .personal import PersonalHandler
from .service import Running, Service

MOST_EVENTS = 300_000
"""Of all the sessions that are kept in memory together: some 100 MB. Beyond that the one asked for longest ago goes."""

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)

_NO_SESSION = SessionId(UUID(int=0))


def _everything(event: Event) -> bool:
    return True


class Timelines:
    """The timelines of one process that somebody looks at: each reads only what came since it was last asked for."""

    def __init__(
        self,
        *,
        takes: Callable[[Event], bool] = _everything,
        seen: Callable[[Timeline], Timeline] = as_seen,
        numbered: bool = False,
    ) -> None:
        """``takes``: which events they are made of; ``seen``: what of them may be seen.

        ``numbered``: they count these events, and say nothing of the log's positions.
        """
        self._numbered = numbered
        self._takes = takes
        self._seen = seen
        self._log: Log | None = None
        self._kept: OrderedDict[SessionId, tuple[LiveTimeline, asyncio.Lock]] = OrderedDict()

    async def told(
        self, log: Log, participant_id: ParticipantId, session_id: SessionId, *, width: int, after: int
    ) -> dict[str, Any]:
        """What a page draws; ``{"position": …}`` alone if nothing came after the position ``after``.

        Raises ``UnknownSession``, for another participant's session as for one that is not there or erased.
        """
        if log is not self._log:
            # After a restore positions mean other events.
            self._log = log
            self._kept.clear()
        if await log.session_owner(session_id) != participant_id or await log.is_erased(participant_id):
            self._kept.pop(session_id, None)
            raise UnknownSession(session_id)
        live, turn = self._kept.setdefault(session_id, (LiveTimeline(numbered=self._numbered), asyncio.Lock()))
        self._kept.move_to_end(session_id)
        async with turn:
            async for event in log.read(after=Position(live.position), session=session_id):
                if self._takes(event):
                    live.take(event)
            self._forget()
            if live.position == after:
                return {"position": after}
            # Drawing a long session takes a while, in which sockets want to be heard.
            return await asyncio.to_thread(live.told, width, self._seen)

    def _forget(self) -> None:
        while len(self._kept) > 1 and sum(live.events for live, _ in self._kept.values()) > MOST_EVENTS:
            self._kept.popitem(last=False)


class TimelineHandler(PersonalHandler):
    """``prompter/timeline?session_id=…``: the drawing of a session and what stands behind it.

    ``&width=`` pixels; ``&after=`` the position of the last answer, which is told again alone if nothing came since;
    ``&style=1`` asks for the style sheet, too.
    """

    def initialize(self, service: Service, timelines: Timelines) -> None:  # type: ignore[override]  # tornado passes what the list of handlers says
        """``timelines`` is shared by the handlers of one process."""
        super().initialize(service)
        self._timelines = timelines

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """JSON, or one line."""

        async def answer(running: Running, participant_id: ParticipantId) -> dict[str, Any]:
            session_id = self._session_id()
            width, after = self._number("width", WIDTH), self._number("after", 0)
            told = await self._timelines.told(running.log, participant_id, session_id, width=width, after=after)
            return told | {"style": style()} if self.get_query_argument("style", "") == "1" else told

        await self.tell(answer, unknown="there is no such timeline")

    def _session_id(self) -> SessionId:
        """Raises ``UnknownSession``: whatever is no id names nothing."""
        found = re.fullmatch(SESSION, self.get_query_argument("session_id", ""))
        if found is None:
            raise UnknownSession(_NO_SESSION)
        return SessionId(UUID(found["session"]))

    def _number(self, name: str, otherwise: int) -> int:
        asked = self.get_query_argument(name, "")
        return int(asked) if _NUMBER.fullmatch(asked) else otherwise

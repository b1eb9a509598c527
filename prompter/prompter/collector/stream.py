"""The socket of a page at the collector: its first frame says whose it is, and the Hub whether that still holds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.websocket import WebSocketHandler

from prompter_events import LogError

from ..conditions import LinkContradicts, assign_by_link
from ..connection import Close, token_in
from ..errors import SettingInvalid
from ..handlers import PageSocket
from ..pages import Pages
from ..roles import Role
from ..service import Service
from .people import CannotAsk, Identity, Person, TokenRefused

logger = logging.getLogger(__name__)

HELLO_SECONDS = 10.0
"""So long a socket may stay open without a word: nobody knows whose it is."""

RECHECK_SECONDS = 30.0
"""Between two looks whether the token is still good: a Hub with 200 pages is asked seven times a second."""

SIGNED_OUT, NOT_YOURS, TRY_AGAIN = 4401, 4403, 1013


class CollectedPage(PageSocket):
    """A page of any participant's. Who it is comes from its token, never from what it claims."""

    def initialize(  # type: ignore[override]  # tornado passes what the list of handlers says
        self, service: Service, pages: Pages[PageSocket], people: Identity
    ) -> None:
        """``people`` says whose a token is."""
        super().initialize(service, pages)
        self._people = people
        self._admitted = False
        self._waiting: asyncio.TimerHandle | None = None
        self._rechecking: asyncio.Task[None] | None = None

    @allow_unauthenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Upgrade whoever comes from a page of ours; nothing is read of them but a token."""
        await WebSocketHandler.get(self, *args, **kwargs)

    async def came(self) -> None:
        """Wait for the first frame, not for long."""
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(HELLO_SECONDS, self.refuse, 4400, "no hello came")

    async def on_message(self, message: bytes | str) -> None:
        """The first frame shows a token; from then on the page is like any other."""
        if self.refused:
            return
        if not self._admitted:
            self._admitted = True
            if self._waiting is not None:
                self._waiting.cancel()
            await self._admit(token_in(message))
        await super().on_message(message)

    def on_close(self) -> None:
        """Ask no more about the page."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self._rechecking is not None:
            self._rechecking.cancel()
        super().on_close()

    async def _admit(self, token: str | Close) -> None:
        if isinstance(token, Close):
            self.refuse(token.code, token.reason)
        elif (person := await self._person(token)) is not None:
            await self._begin_with(person)
            if not self.refused and not self._gone:
                self._rechecking = asyncio.create_task(self._recheck(token, person), name="prompter token")

    async def _person(self, token: str) -> Person | None:
        """Whose page it is; none if it is refused, which the page is told."""
        try:
            person = await self._people.person(token)
        except TokenRefused as error:
            self.refuse(SIGNED_OUT, str(error))
            return None
        except CannotAsk as error:
            logger.warning("a page waits: %s", error)
            self.refuse(TRY_AGAIN, "who this is cannot be asked at present")
            return None
        if person.role is not Role.PARTICIPANT:
            # They would take a place in the study, and stand in its data.
            self.refuse(NOT_YOURS, "the study's team is not recorded")
            return None
        return person

    async def _begin_with(self, person: Person) -> None:
        running = await self.ready()
        if running is None:
            return
        try:
            if person.condition is not None:
                participant_id = await running.log.participant(person.name)
                await assign_by_link(running.log, running.settings, participant_id, person.condition)
        except LinkContradicts as error:
            self.refuse(NOT_YOURS, str(error))
            return
        except SettingInvalid as error:
            logger.warning("a link does not fit the study: %s", error)
            self.refuse(NOT_YOURS, "this link does not fit the study: ask its team for a new one")
            return
        except LogError as error:
            self._service.refused(error)
            self.not_recording()
            return
        await self.begin(running, person.name)

    async def _recheck(self, token: str, person: Person) -> None:
        """Close the socket once its token is taken back. A Hub that does not answer takes nothing back."""
        while True:
            # Not all at once after a restart, when all pages come together.
            await asyncio.sleep(RECHECK_SECONDS * random.uniform(0.75, 1.25))  # noqa: S311 - it spreads load
            with contextlib.suppress(CannotAsk):
                try:
                    now = await self._people.person(token)
                except TokenRefused as error:
                    self.refuse(SIGNED_OUT, str(error))
                    return
                if now.name != person.name:
                    self.refuse(NOT_YOURS, "the token is somebody else's now: reload the page")
                    return

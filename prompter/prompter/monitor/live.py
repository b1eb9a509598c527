"""The sockets of the monitor: what changed is pushed, at most twice a second, and never faster than a page reads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError

from prompter_events import ParticipantId
from prompter_projections.monitor import Reader

from ..collector.researcher import ResearcherSocket
from ..roles import Role
from .differences import difference
from .watching import DAY_US, REST_SECONDS, Watching

logger = logging.getLogger(__name__)

MAX_WORDS = 4096
"""Bytes of what a page may say at once."""

HEART_SECONDS = 1.0
"""So often a page is told that it is current, though nothing happened; time alone makes somebody silent."""

RECHECK_SECONDS = 60.0
"""Between two looks whether whoever looks is still a researcher."""

SIGNED_OUT, NOT_YOURS, BAD_WORDS = 4401, 4403, 4400

_GRAIN_US = 60_000_000
"""The day's begin moves by minutes, so that those who look share one picture."""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page wants to be told."""

    since: Annotated[int, Meta(ge=0, lt=2**53)] | None = None
    """ms since the epoch; none: a day."""
    watch: UUID | None = None
    """Whose panel is open."""


class TellingSocket(ResearcherSocket):
    """Pushes until the page goes, or its researcher is none any more."""

    _telling: asyncio.Task[None] | None = None

    @property
    def max_message_size(self) -> int:
        """In bytes."""
        return MAX_WORDS

    async def open(self, *args: str, **kwargs: str) -> None:
        """Begin to tell."""
        self.set_nodelay(True)
        self._telling = asyncio.create_task(self._tell_all(), name="prompter monitor page")

    def on_message(self, message: bytes | str) -> None:
        """Nothing is to be said."""

    def on_close(self) -> None:
        """Stop telling."""
        if self._telling is not None:
            self._telling.cancel()

    @abstractmethod
    async def tell(self) -> None:
        """Say what is new; called again and again."""

    @abstractmethod
    async def pause(self) -> None:
        """Wait until there may be something new."""

    async def _tell_all(self) -> None:
        loop = asyncio.get_running_loop()
        checked = loop.time()
        try:
            while True:
                if loop.time() - checked > RECHECK_SECONDS:
                    checked = loop.time()
                    if not await self._may_still():
                        return
                await self.tell()
                await self.pause()
        except WebSocketClosedError:
            pass  # the page went away
        except Exception:
            logger.exception("a monitor's socket failed")
            self.close(1011, "internal error; see the server's log")

    async def _may_still(self) -> bool:
        """Whether whoever looks is a researcher now; one that cannot be asked about stays."""
        with contextlib.suppress(HTTPError):
            person = await self._visitor()
            if person is None:
                self.close(SIGNED_OUT, "sign in again")
                return False
            if person.role is Role.PARTICIPANT:
                self.close(NOT_YOURS, "this page is for the study's team")
                return False
        return True


class LiveHandler(TellingSocket):
    """``monitor/live``: everybody, first whole, then what changes."""

    def initialize(self, watching: Watching) -> None:
        """``watching`` is shared by the handlers of one process."""
        self._watching = watching
        self._wish = Wish()
        self._role: Role | None = None
        self._wished = asyncio.Event()
        self._rows: Mapping[str, Mapping[str, Any]] = {}
        self._rest: dict[str, Any] = {}

    def on_message(self, message: bytes | str) -> None:
        """A wish takes the place of the one before."""
        try:
            wish = msgspec.json.decode(message, type=Wish)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.close(BAD_WORDS, "not understood: reload the page")
            return
        if wish.since != self._wish.since:
            self._begin_anew()
        self._wish = wish
        self._wished.set()

    async def tell(self) -> None:
        """What changed since the last time."""
        watching = self._watching
        watching.look()
        if self.role != self._role:
            self._role = self.role
            self._begin_anew()
        now = watching.clock()
        reader = Reader(self.researcher, self.role is Role.BLINDED, self._since(now))
        picture = watching.picture(reader)
        rows, gone = difference(self._rows, picture.rows)
        footing = watching.footing()
        said: dict[str, Any] = {"now": now // 1000, "behind": footing.behind_ms}
        if not self._rest:
            said["whole"] = True
        rest: dict[str, Any] = {
            "study": footing.study,
            "trouble": footing.trouble,
            "reading": footing.reading,
            "totals": picture.totals,
            "closeup": self._closeup(reader),
        }
        if not reader.blinded:
            # It goes on with each question and answer, too.
            rest["position"] = footing.position
        said |= {name: value for name, value in rest.items() if name not in self._rest or self._rest[name] != value}
        if rows:
            said["rows"] = rows
        if gone:
            said["gone"] = gone
        self._rows, self._rest = picture.rows, rest
        await self.write_message(msgspec.json.encode(said).decode())

    async def pause(self) -> None:
        """Half a second at least, unless the page wishes for something else."""
        self._wished.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_SECONDS):
                await self._wished.wait()
                return
        await self._watching.changed(HEART_SECONDS - REST_SECONDS)

    def _closeup(self, reader: Reader) -> dict[str, Any] | None:
        wanted = self._wish.watch
        return None if wanted is None else self._watching.closeup(ParticipantId(wanted), reader)

    def _since(self, now: int) -> int:
        day = (now - DAY_US) // _GRAIN_US * _GRAIN_US
        return day if self._wish.since is None else max(day, self._wish.since * 1000)

    def _begin_anew(self) -> None:
        self._rows, self._rest = {}, {}

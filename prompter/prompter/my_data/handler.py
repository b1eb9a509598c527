"""The endpoint by which people get what was recorded of them.

A person gets the data of their own participant id. Nobody can ask for anybody else's.
"""

from __future__ import annotations

import logging
from contextlib import aclosing
from datetime import UTC, datetime

import tornado.web
from jupyter_server.auth.decorator import authorized
from tornado.iostream import StreamClosedError

from prompter_events import ErasedParticipant, ParticipantId

from ..personal import PersonalHandler
from ..service import Running, Service
from .making import Bench, MyData, my_data

logger = logging.getLogger(__name__)

_NOTHING = "nothing is recorded of you here"
"""Also for somebody erased."""

_TWICE = "your data are on their way already: wait until that download has ended"

_TYPE = "application/zip"


class MyDataHandler(PersonalHandler):
    """``prompter/my-data``: everything that is recorded of this person, as a ZIP file that is made while it is sent.

    With a `README.txt` that says what is in it. It holds what the log held when it was asked for. 404 if nothing is
    recorded, 429 while another one of theirs is on its way. What tells the condition is left out, and what is kept for
    the end of a session comes when the session was ended. Where something fails on the way the connection is broken
    off, so that nobody takes a part for the whole.
    """

    def initialize(self, service: Service, bench: Bench) -> None:  # type: ignore[override]  # tornado passes what the list of handlers says
        """``bench`` is shared by the handlers of one process."""
        super().initialize(service)
        self._bench = bench

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """The file, or one line."""

        async def answer(running: Running, participant_id: ParticipantId) -> None:
            with self._bench.place(participant_id) as free:
                if not free:
                    self._say(429, _TWICE)
                elif (data := await self._found(running, participant_id)) is not None:
                    await self._send(data)

        await self.tell(answer, unknown=_NOTHING)

    @tornado.web.authenticated
    @authorized
    async def head(self) -> None:
        """Whether there is a file, and what it would be called."""

        async def answer(running: Running, participant_id: ParticipantId) -> None:
            if await self._found(running, participant_id) is not None:
                self.finish(set_content_type=_TYPE)

        await self.tell(answer, unknown=_NOTHING)

    async def _found(self, running: Running, participant_id: ParticipantId) -> MyData | None:
        """The data, with the headers of their file set; none if there are none, which is said then."""
        self.set_header("Cache-Control", "no-store")
        data = await my_data(running.log, running.settings.study, participant_id, datetime.now(UTC))
        if data.is_empty:
            self._say(404, _NOTHING)
            return None
        self.set_header("Content-Type", _TYPE)
        # No name of anybody: files lie about in folders that others see.
        name = f"my-data-{data.made_at:%Y-%m-%d-%H%M}.zip"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        return data

    async def _send(self, data: MyData) -> None:
        try:
            async with aclosing(data.pieces(self._bench)) as pieces:
                async for piece in pieces:
                    self.write(piece)
                    # Waits for a slow reader, so that little is held in memory.
                    await self.flush()
        except StreamClosedError:
            return  # they went away
        except Exception as error:
            if not self._headers_written:
                self.clear_header("Content-Disposition")
                raise
            if isinstance(error, ErasedParticipant):
                logger.info("a participant was erased while their data were sent: broken off")
            else:
                logger.exception("a participant's data could not be sent whole: broken off")
            self._break_off()
            return
        self.finish(set_content_type=_TYPE)

    def _break_off(self) -> None:
        """Close the connection before the answer is whole: its reader is told of an error."""
        connection = self.request.connection
        if connection is not None and (stream := getattr(connection, "stream", None)) is not None:
            stream.close()

"""The pages' socket under ``{base_url}prompter/stream``. It moves bytes; others decide."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from prompter_events import BatchRefused, LogError, ParticipantId, ProducerId
from prompter_events.clock import now_micros

from .connection import HEARTBEAT_MS, MAX_FRAME_BYTES, Close, Connection, Greet, Idle, Say, Step, Store, encode
from .logfmt import line
from .pages import Pages
from .participant import participant_name
from .recording import Recording
from .service import Service
from .settings import Condition
from .wire.messages import SUBPROTOCOL, ServerMessage, State

logger = logging.getLogger(__name__)

AUTH_RESOURCE = "prompter"

#: A close reason has at most 123 bytes by the WebSocket protocol.
_REASON_BYTES = 123


class StreamHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One page's socket."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, service: Service, pages: Pages[StreamHandler]) -> None:
        """``pages`` is shared by the handlers of one process."""
        self._service = service
        self._pages = pages
        self._connection: Connection | None = None
        self._recording: Recording | None = None
        self._participant_id: ParticipantId | None = None
        self._producer_id: ProducerId | None = None
        self._stop_listening: Callable[[], None] = _nothing
        self._heartbeat: asyncio.Task[None] | None = None
        self._held: list[ServerMessage] | None = []
        self._began = monotonic()
        self._stored = 0
        self._gone = False

    @property
    def max_message_size(self) -> int:
        """In bytes; a larger frame closes the socket with 1009."""
        return MAX_FRAME_BYTES

    @property
    def unsent(self) -> int:
        """How many events wait in the page, as it last told."""
        return self._connection.unsent if self._connection is not None else 0

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Speak ``prompter.v1`` or nothing."""
        return SUBPROTOCOL if SUBPROTOCOL in subprotocols else None

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Upgrade, once the user is known and the origin was checked."""
        await super().get(*args, **kwargs)

    async def open(self, *args: str, **kwargs: str) -> None:
        """Prepare for the page's hello."""
        super().open(*args, **kwargs)
        self.set_nodelay(True)
        if self.selected_subprotocol != SUBPROTOCOL:
            self._close(4426, f"this server speaks {SUBPROTOCOL}; reload the page")
            return
        running = await self._service.ready()
        if running is None:
            self._not_recording()
            return
        name = participant_name(running.settings, self.current_user, self.identity_provider, os.environ)
        try:
            participant_id = await running.log.participant(name)
        except LogError as error:
            self._service.refused(error)
            self._not_recording()
            return
        if self._gone:
            return
        self._participant_id = participant_id
        settings = running.settings
        asking = settings.condition is not Condition.EXP_NONE
        allowance = self._pages.allowance(participant_id)
        self._connection = Connection(participant_id, settings.study, allowance, asking=asking)
        self._recording = Recording(running.log, running.follower, settings, participant_id)
        self._stop_listening = running.follower.listen(participant_id, self._push, self._begin_again)
        beating = self._beat(self._connection, self._recording)
        self._heartbeat = asyncio.create_task(beating, name="prompter heartbeat")

    async def on_message(self, message: bytes | str) -> None:
        """Take one frame; the next one is read when this one is durable."""
        if self._connection is None or self._recording is None:
            return  # refused in open(); the close is under way
        try:
            await self._do(self._connection.receive(message, now_micros()), self._connection, self._recording)
        except BatchRefused as error:
            self._close(4403, f"{error}: reload the page")
        except LogError as error:
            self._service.refused(error)
            self._not_recording()
        except WebSocketClosedError:
            pass  # the page went away while its frame was being stored; it asks again where it stands
        except Exception:
            logger.exception("a page's socket failed")
            self._close(1011, "internal error; see the server's log")

    def on_close(self) -> None:
        """Forget the page."""
        self._gone = True
        lasted = monotonic() - self._began
        facts = {"participant": self._participant_id, "producer": self._producer_id, "code": self.close_code}
        logger.info(line("page left", **facts, seconds=lasted, stored=self._stored, unsent=self.unsent))
        self._stop_listening()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        if self._participant_id is not None and self._producer_id is not None:
            self._pages.leave(self._participant_id, self._producer_id, self)
        super().on_close()

    async def _do(self, step: Step, connection: Connection, recording: Recording) -> None:
        match step:
            case Greet():
                await self._greet(step, connection, recording)
            case Store():
                began = monotonic()
                receipt, accepted = await recording.store(step, connection.clock_offset_ms)
                took = monotonic() - began
                self._stored += receipt.stored
                self._service.recovered()
                self._service.metrics.stored(step, receipt, took)
                await self._send(connection.stored(receipt, round(took * 1000)))
                if accepted:
                    await self._send([State(recording=True, sessions=accepted)])
            case Say():
                self._say(step.messages)
            case Close():
                self._close(step.code, step.reason)
            case Idle():
                pass

    async def _greet(self, greet: Greet, connection: Connection, recording: Recording) -> None:
        if self._gone or self._participant_id is None:
            return
        self._producer_id = greet.producer_id
        older = self._pages.enter(self._participant_id, self._producer_id, self)
        if older is not None:
            older._close(4409, "taken over by a newer socket")
        last_seq = await recording.last_seq(greet.producer_id)
        sessions = await recording.known_sessions(greet)
        await self._send(connection.greeted(last_seq, recording.epoch, await recording.prompts(), sessions))
        logger.info(line("page came", participant=self._participant_id, producer=self._producer_id, durable=last_seq))
        held, self._held = self._held or [], None
        for message in held:
            self._push(message)

    async def _beat(self, connection: Connection, recording: Recording) -> None:
        while not self._gone:
            await asyncio.sleep(HEARTBEAT_MS / 1000)
            await self._do(connection.beat(now_micros()), connection, recording)

    def _push(self, message: ServerMessage) -> None:
        """Send what the follower saw; what it saw during the greeting comes after the greeting."""
        if self._held is not None:
            self._held.append(message)
        else:
            self._say([message])

    def _begin_again(self) -> None:
        # The page connects again and is told what is durable now: after a restore that may be less than before.
        self._close(1001, "the log is being opened again")

    async def _send(self, messages: Sequence[ServerMessage]) -> None:
        """Send, and wait until the page's side took it: who does not read is not read from."""
        for message in messages:
            await self.write_message(encode(message), binary=True)

    def _say(self, messages: Sequence[ServerMessage]) -> None:
        """Send without waiting: a dead page would keep us for ever."""
        with contextlib.suppress(WebSocketClosedError):
            for message in messages:
                self.write_message(encode(message), binary=True)

    def _not_recording(self) -> None:
        self._say([State(recording=False, reason=self._service.reason)])
        self._close(1013, "not recording")

    def _close(self, code: int, reason: str) -> None:
        self._service.metrics.closed(code)
        self.close(code, reason.encode()[:_REASON_BYTES].decode(errors="ignore"))


def _nothing() -> None:
    """Stop listening to nothing."""

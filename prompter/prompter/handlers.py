"""The pages' socket under ``{base_url}prompter/stream``. It moves bytes; others decide."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from prompter_events import BatchRefused, LogError, ParticipantId, ProducerId
from prompter_events.clock import now_micros

from .conditions import condition_of
from .connection import HEARTBEAT_MS, MAX_FRAME_BYTES, Asking, Close, Connection, Greet, Idle, Say, Step, Store, encode
from .logfmt import line
from .pages import Pages
from .participant import participant_name
from .recording import Recording
from .service import Running, Service
from .settings import Condition
from .wire.messages import SUBPROTOCOL, ServerMessage, State

logger = logging.getLogger(__name__)

AUTH_RESOURCE = "prompter"

_ASKING: dict[Condition, Asking] = {
    Condition.EXP_CTS: "now",
    Condition.EXP_END: "end",
    Condition.EXP_NONE: "never",
    Condition.NO_EXP: "now",
}

#: A close reason has at most 123 bytes by the WebSocket protocol.
_REASON_BYTES = 123


class PageSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One page's socket. Its kinds differ in how they come to know whose it is."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, service: Service, pages: Pages[PageSocket]) -> None:
        """``pages`` is shared by the handlers of one process."""
        self._service = service
        self._pages = pages
        self._connection: Connection | None = None
        self._recording: Recording | None = None
        self._participant_id: ParticipantId | None = None
        self._producer_id: ProducerId | None = None
        self._stop_listening: Callable[[], None] = _nothing
        self._agreed_at: Callable[[], int | None] = _nothing
        self._heartbeat: asyncio.Task[None] | None = None
        self._held: list[ServerMessage] | None = []
        self._began = monotonic()
        self._stored = 0
        self._gone = False
        self.refused = False
        """Whether the server has closed the socket: what still arrives is not taken."""
        self._unassigned = False

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

    async def open(self, *args: str, **kwargs: str) -> None:
        """Prepare for the page's hello."""
        super().open(*args, **kwargs)
        self.set_nodelay(True)
        if self.selected_subprotocol != SUBPROTOCOL:
            self.refuse(4426, f"this server speaks {SUBPROTOCOL}; reload the page")
            return
        await self.came()

    @abstractmethod
    async def came(self) -> None:
        """A page is there: ``begin``, now or when it has said whose it is."""

    async def ready(self) -> Running | None:
        """What the socket works with; without it the page is told why, and its socket closed."""
        running = await self._service.ready()
        if running is None:
            self.not_recording()
        return running

    async def begin(self, running: Running, name: str) -> None:
        """The page is this person's: take its frames from here on."""
        settings = running.settings
        try:
            participant_id = await running.log.participant(name)
            agreed_at = running.follower.consents.agreed_at(participant_id)
            # Who has not agreed is given no place in the study, of which the log would tell.
            self._unassigned = settings.study.consent is not None and agreed_at is None
            condition = settings.condition or Condition.NO_EXP
            if not self._unassigned:
                condition = await condition_of(running.log, settings, participant_id)
        except LogError as error:
            self._service.refused(error)
            self.not_recording()
            return
        if self._gone or self.refused:
            return
        # Asked anew: they may have withdrawn while their place was looked for, and nobody listened yet.
        agreed_at = running.follower.consents.agreed_at(participant_id)
        self._participant_id = participant_id
        self._agreed_at = lambda: running.follower.consents.agreed_at(participant_id)
        self._connection = Connection(
            participant_id,
            settings.study,
            self._pages.allowance(participant_id),
            asking=_ASKING[condition],
            agreed_at=agreed_at,
        )
        self._recording = Recording(running.log, running.follower, settings, participant_id)
        self._stop_listening = running.follower.listen(participant_id, self._push, self._begin_again)
        beating = self._beat(self._connection, self._recording)
        self._heartbeat = asyncio.create_task(beating, name="prompter heartbeat")

    async def on_message(self, message: bytes | str) -> None:
        """Take one frame; the next one is read when this one is durable."""
        if self._connection is None or self._recording is None or self.refused:
            return  # refused in open(); the close is under way
        came = monotonic()
        try:
            await self._do(self._connection.receive(message, now_micros()), self._connection, self._recording, came)
        except BatchRefused as error:
            self.refuse(4403, f"{error}: reload the page")
        except LogError as error:
            self._service.refused(error)
            self.not_recording()
        except WebSocketClosedError:
            pass  # the page went away while its frame was being stored; it asks again where it stands
        except Exception:
            logger.exception("a page's socket failed")
            self.refuse(1011, "internal error; see the server's log")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One line: whoever upgrades shows no page, and a collector has none of Jupyter's."""
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{status_code} {self._reason}\n")

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

    async def _do(self, step: Step, connection: Connection, recording: Recording, came: float) -> None:
        match step:
            case Greet():
                await self._greet(step, connection, recording)
            case Store():
                self._service.metrics.arrived(step, came)
                receipt, accepted = await recording.store(step, connection.clock_offset_ms)
                took = monotonic() - came
                self._stored += receipt.stored
                self._service.recovered()
                self._service.metrics.stored(step, receipt, took)
                await self._send(connection.stored(receipt, round(took * 1000)))
                if accepted:
                    await self._send([State(recording=True, sessions=accepted)])
            case Say():
                self._say(step.messages)
            case Close():
                self.refuse(step.code, step.reason)
            case Idle():
                pass

    async def _greet(self, greet: Greet, connection: Connection, recording: Recording) -> None:
        if self._gone or self._participant_id is None:
            return
        self._producer_id = greet.producer_id
        ousted = self._pages.enter(self._participant_id, self._producer_id, self, greet.sent_at)
        if ousted is self:
            # Not for good: a page that sends what another left may have a clock that is behind, and comes again.
            self.refuse(1001, "a newer socket of this page is here")
            return
        if ousted is not None:
            ousted.refuse(4409, "taken over by a newer socket")
        last_seq = await recording.last_seq(greet.producer_id)
        sessions = await recording.known_sessions(greet)
        prompts, reviews = await recording.prompts(), await recording.reviews()
        course = await recording.course(sessions)
        await self._send(connection.greeted(last_seq, recording.epoch, prompts, sessions, reviews, course=course))
        logger.info(line("page came", participant=self._participant_id, producer=self._producer_id, durable=last_seq))
        held, self._held = self._held or [], None
        for message in held:
            self._push(message)

    async def _beat(self, connection: Connection, recording: Recording) -> None:
        while not self._gone:
            await asyncio.sleep(HEARTBEAT_MS / 1000)
            await self._do(connection.beat(now_micros()), connection, recording, monotonic())

    def _push(self, message: ServerMessage) -> None:
        """Send what the follower saw; what it saw during the greeting comes after the greeting."""
        if self._held is not None or self._connection is None:
            self._held = [*(self._held or ()), message]
        elif isinstance(message, State) and message.consent is not None:
            self._say(self._connection.agreed(self._agreed_at()))
            if self._unassigned and message.consent:
                self.refuse(1001, "agreed: the page is greeted anew, with what holds for it")
        elif self._connection.may_record:
            self._say([self._connection.told(message)])

    def _begin_again(self) -> None:
        # The page connects again and is told what is durable now: after a restore that may be less than before.
        self.refuse(1001, "the log is being opened again")

    async def _send(self, messages: Sequence[ServerMessage]) -> None:
        """Send, and wait until the page's side took it: who does not read is not read from."""
        for message in messages:
            await self.write_message(encode(message), binary=True)

    def _say(self, messages: Sequence[ServerMessage]) -> None:
        """Send without waiting: a dead page would keep us for ever."""
        with contextlib.suppress(WebSocketClosedError):
            for message in messages:
                self.write_message(encode(message), binary=True)

    def not_recording(self) -> None:
        """Tell the page why nothing is recorded, and close its socket: it tries again."""
        self._say([State(recording=False, reason=self._service.told(self._service.reason))])
        self.refuse(1013, "not recording")

    def refuse(self, code: int, reason: str) -> None:
        """Close the socket, with a reason for whoever looks at it."""
        self.refused = True
        self._service.metrics.closed(code)
        self.close(code, reason.encode()[:_REASON_BYTES].decode(errors="ignore"))


class StreamHandler(PageSocket):
    """The socket of a page whose server knows the user."""

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Upgrade, once the user is known and the origin was checked."""
        await super().get(*args, **kwargs)

    async def came(self) -> None:
        """Begin at once."""
        if (running := await self.ready()) is not None:
            name = participant_name(running.settings, self.current_user, self.identity_provider, os.environ)
            await self.begin(running, name)


def _nothing() -> None:
    """Stop listening to nothing; nobody agreed."""

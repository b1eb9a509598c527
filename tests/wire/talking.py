"""The server's side of a dialogue: connections and a log in memory, without sockets and without time that passes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import msgpack
import msgspec

from prompter.connection import Close, Connection, Greet, Idle, Say, Step, Store, encode
from prompter.consents import CONSENT_TYPES, Consents
from prompter.follower import Follower
from prompter.pages import Pages
from prompter.recording import Recording
from prompter.settings import Condition, Settings
from prompter.study import WITHOUT_STUDY, Consent, Period, Task
from prompter.timetable import Timetable
from prompter.wire.messages import ServerMessage, State
from prompter_events import START, Batch, BatchRefused, Event, ParticipantId, ProducerId, Receipt, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import IdleBegan, SessionAccepted
from prompter_events.catalogue.prompts import PromptIssued, PromptWithdrawn
from prompter_events.catalogue.study import StudyEnded, TaskBegan, TaskEnded
from prompter_events.memory import MemoryLog
from support.events import ALICE, BOB

LIMITED = msgspec.structs.replace(
    WITHOUT_STUDY, periods=(Period("one", ("EXP_CTS",), tasks=(Task("clean", heading="# Clean", minutes=10),)),)
)
"""A study whose tasks are said."""

BEGAN = 1_790_000_000_000_000

SETTINGS = Settings(log_url="memory:", study=WITHOUT_STUDY, condition=Condition.EXP_CTS, participant=None)

CONSENT = Consent(version="v1", text={"en": "Do you agree?"})

Mark = int | str


class Socket:
    """One connection of a dialogue, and what the server said on it that the dialogue has not told yet."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.said: deque[dict[str, Any]] = deque()
        self.closed: int | None = None
        self.producer: ProducerId | None = None
        self.stored: list[tuple[Receipt, list[Any]]] = []
        self.beaten_ms = 0
        self.stop: Callable[[], None] = lambda: None

    def say(self, messages: Sequence[ServerMessage]) -> None:
        self.said.extend(msgspec.msgpack.decode(encode(message)) for message in messages)


class Server:
    """Does what a handler does, and keeps time."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.pages: Pages[Socket] = Pages()
        self.producer = ProducerId(uuid4())
        self.session = uuid4()
        self.notebook = uuid4()
        self.sockets: list[Socket] = []
        self.late_ms = 0
        self._ms = 0
        self._prompts: dict[str, UUID] = {}
        self._study = WITHOUT_STUDY
        self._begin()

    def _begin(self) -> None:
        self.follower = Follower(self.log, START, consents=Consents(self._study.consent), timetable=Timetable(LIMITED))
        self.recording = Recording(self.log, self.follower, SETTINGS, ALICE)

    def ask_for_consent(self) -> None:
        """The study has a text from here on."""
        self._study = msgspec.structs.replace(WITHOUT_STUDY, consent=CONSENT)
        self._begin()

    @property
    def now(self) -> int:
        return BEGAN + self._ms * 1000

    @property
    def socket(self) -> Socket:
        return self.sockets[-1]

    def connect(self) -> None:
        allowance = self.pages.allowance(ALICE)
        agreed_at = self.follower.consents.agreed_at(ALICE)
        socket = Socket(Connection(ALICE, self._study, allowance, asking="now", agreed_at=agreed_at))
        socket.beaten_ms = self._ms
        socket.stop = self.follower.listen(ALICE, lambda message: self._push(socket, message), lambda: None)
        self.sockets.append(socket)

    def _push(self, socket: Socket, message: ServerMessage) -> None:
        if isinstance(message, State):
            socket.say(socket.connection.agreed(self.follower.consents.agreed_at(ALICE)))
        elif socket.connection.may_record:
            socket.say([socket.connection.told(message)])

    def renumber(self) -> None:
        """The page goes on under a new producer."""
        self.producer = ProducerId(uuid4())

    def leave(self, socket: Socket) -> None:
        """The connection ends, from whatever side."""
        socket.stop()
        if socket.producer is not None:
            self.pages.leave(ALICE, socket.producer, socket)

    async def receive(self, frame: bytes | str, socket: Socket | None = None) -> None:
        socket = socket or self.socket
        try:
            await self._do(socket.connection.receive(frame, self.now), socket)
        except BatchRefused:
            socket.closed = 4403

    async def _do(self, step: Step, socket: Socket) -> None:
        match step:
            case Greet():
                socket.producer = step.producer_id
                ousted = self.pages.enter(ALICE, step.producer_id, socket, step.sent_at)
                if ousted is socket:
                    socket.closed = 1001
                    return
                if ousted is not None:
                    ousted.closed = 4409
                last = await self.recording.last_seq(step.producer_id)
                sessions = await self.recording.known_sessions(step)
                prompts = await self.recording.prompts()
                course = await self.recording.course(sessions)
                socket.say(socket.connection.greeted(last, self.recording.epoch, prompts, sessions, course=course))
            case Store():
                socket.stored.append(await self.recording.store(step, socket.connection.clock_offset_ms))
                if self.late_ms == 0:
                    self.acknowledge(socket)
                await self.follower.catch_up((await self.log.head()).position)
            case Say():
                socket.say(step.messages)
            case Close():
                socket.closed = step.code
            case Idle():
                pass

    def acknowledge(self, socket: Socket, took_ms: int = 0) -> None:
        for receipt, accepted in socket.stored:
            socket.say(socket.connection.stored(receipt, took_ms))
            if accepted:
                socket.say([State(recording=True, sessions=accepted)])
        socket.stored.clear()

    async def pass_time(self, ms: int) -> None:
        end = self._ms + ms
        for socket in self.sockets:
            while socket.closed is None and socket.beaten_ms + 15_000 <= end:
                socket.beaten_ms += 15_000
                await self._do(socket.connection.beat(self.now), socket)
        self._ms = end

    async def tell(self, body: Body) -> None:
        """A fact of the server's own."""
        producer = ProducerId(uuid4())
        await self.log.append(producer, [self._event(producer, 1, body)])
        await self.follower.catch_up((await self.log.head()).position)

    async def ask(self, name: str, author: str = "rule") -> None:
        self._prompts[name] = uuid4()
        await self.tell(
            PromptIssued(
                prompt_id=self._prompts[name],
                notebook_id=self.notebook,
                cell_id="c",
                run_id=None,
                cell_version=1,
                question="What for?",
                choices=[],
                language="en",
                author=author,
                rule="ran",
                trigger=1,
                deliver="now",
                decided_at=self.now,
                after=0,
            )
        )

    async def withdraw(self, name: str) -> None:
        await self.tell(PromptWithdrawn(prompt_id=self._prompts[name], decided_at=self.now, after=0))

    async def accept(self) -> None:
        """The page's session is known: it was opened earlier."""
        await self.tell(
            SessionAccepted(
                participant_id=ALICE,
                notebook_id=self.notebook,
                condition="EXP_CTS",
                study="",
                study_digest=None,
                clock_offset_ms=0,
            )
        )

    async def end(self, by: str) -> None:
        await self.tell(StudyEnded(by=by))

    async def begin_task(self, name: str, minutes: int) -> None:
        await self.tell(TaskBegan(name=name, minutes=minutes))

    async def end_task(self, name: str, by: str) -> None:
        await self.tell(TaskEnded(name=name, by=by))

    def prompt_name(self, prompt_id: bytes) -> str:
        return next(name for name, known in self._prompts.items() if known.bytes == prompt_id)

    async def owned_by_another(self, *, producer: bool) -> None:
        """Another person has used this page's producer, or its session."""
        other = self.producer if producer else ProducerId(uuid4())
        event = self._event(other, 1, IdleBegan(), participant_id=BOB)
        if producer:
            event = msgspec.structs.replace(event, session_id=SessionId(uuid4()))
        await self.log.append(other, [event])

    async def say_elsewhere(self, body: Body) -> None:
        """Another page of this person says something."""
        await self.tell(body)

    async def restore(self, keep: int) -> None:
        """Go back to a copy in which the page's producer had so many events."""
        kept = [event for event in await self._mine() if event.producer_seq <= keep]
        self.log = MemoryLog()
        if kept:
            await self.log.append_batches([Batch(self.producer, kept)])
        self._begin()
        for socket in self.sockets:
            socket.closed = socket.closed or 1001
            self.leave(socket)

    async def held(self) -> list[Mark]:
        """The marks of what a person's pages said, in the log's order."""
        marks: list[Mark] = []
        async for event in self.log.read():
            if event.participant_id == ALICE and event.type in ("idle.began", "capture.lost", *CONSENT_TYPES):
                body = event.body
                marks.append(body.after_ms if isinstance(body, IdleBegan) else event.type)
        return marks

    async def _mine(self) -> list[Event]:
        return [event async for event in self.log.read() if event.producer_id == self.producer]

    def _event(self, producer: ProducerId, seq: int, body: Body, *, participant_id: ParticipantId = ALICE) -> Event:
        return draft(
            body,
            session_id=self.session,  # type: ignore[arg-type]  # ids are NewTypes
            producer_id=producer,
            producer_seq=seq,
            participant_id=participant_id,
            occurred_at=self.now,
        )

    def frame(self, fields: dict[str, Any]) -> bytes:
        """The bytes of a page's message, of which a dialogue names only what matters."""
        whole = dict(fields)
        if fields.get("type") == "hello":
            named = {"protocol": 1, "producer_id": self.producer.bytes, "sessions": [self.session.bytes]}
            whole = {**named, "sent_at": self.now, **fields}
        elif fields.get("type") == "pong":
            whole = {"t": self.now, "sent_at": self.now, **fields}
        elif isinstance(fields.get("events"), list):
            whole["events"] = [self._wire(mark) for mark in fields["events"]]
        packed: bytes = msgpack.packb(whole)
        return packed

    def _wire(self, mark: Mark) -> dict[str, Any]:
        if mark == "capture.lost":
            kind, body = "capture.lost", {"count": 1, "reason": "gone"}
        elif isinstance(mark, str):
            kind, body = mark, {"version": CONSENT.version}
        else:
            kind, body = "idle.began", {"after_ms": mark}
        return {
            "session_id": self.session.bytes,
            "type": kind,
            "schema_version": 1,
            "occurred_at": self.now,
            "payload": msgpack.packb(body),
        }

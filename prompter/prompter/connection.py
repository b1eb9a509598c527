"""One page's side of the protocol, without I/O: fed with frames, it says what to do next.

The handler moves bytes and does what is asked::

    step = connection.receive(frame, now)   at each frame
    step = connection.beat(now)             at each heartbeat
    Greet  → look the producer up, then ``connection.greeted(...)`` gives the messages to send
    Store  → append, then ``connection.stored(...)`` gives the acknowledgement; no frame is read meanwhile
    Say    → send these messages
    Idle   → nothing
    Close  → close the socket with that code

A frame that cannot be understood closes the socket; an event that cannot be understood is kept as ``capture.invalid``.
Where a study asks for consent, nothing but the consent itself is taken from somebody who has not given it; their socket
stays open, for they may.
A page that sends more than it may is asked for silence, and its socket is closed if it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import structs

from prompter_events import Event, EventInvalid, ParticipantId, ProducerId, Receipt, SessionId, draft, unpack
from prompter_events.catalogue import CATALOGUE, MAX_EVENT_BYTES, Body
from prompter_events.catalogue.notebook import SessionOpened
from prompter_events.catalogue.study import CaptureInvalid, ConsentGiven, ConsentWithdrawn

from .allowance import Allowance
from .study import Study
from .wire.messages import (
    PROTOCOL,
    AcceptedSession,
    Ack,
    Busy,
    ConsentForPage,
    Events,
    Hello,
    PageMessage,
    Ping,
    Prompt,
    Quiet,
    ReviewWaits,
    ServerMessage,
    State,
    StudyForPage,
    Task,
    Welcome,
    WireEvent,
)

#: How many unacknowledged bytes a page may have under way: hours of typing, at about 100 bytes a burst.
WINDOW_BYTES = 1024 * 1024

#: The server asks, the page answers: a hidden tab's timers sleep.
HEARTBEAT_MS = 15_000

#: After so many heartbeats without a word from the page its socket is given up: the network may never tell its end.
_SILENT_BEATS = 3

#: A page that is told to wait may be so far ahead of what it may send, in seconds; then its socket is closed.
_FLOOD_SECONDS = 15.0

#: A commit that takes longer, in ms, has a queue before it: pages are asked to send more at once, and less often.
_LATE_MS = 1000

#: The longest silence that is asked for, in ms.
_LONGEST_BUSY_MS = 10_000

#: The largest frame that the socket takes, in bytes: one event of the largest size and its envelope, with room.
MAX_FRAME_BYTES = 4 * MAX_EVENT_BYTES

#: How much is kept of a payload that is too large, in bytes.
_KEPT_OF_TOO_LARGE = 64 * 1024

#: Room for the other fields of a ``capture.invalid`` beside the payload that it keeps, in bytes.
_ENVELOPE = 4096

_ASKS_FOR_CONSENT = "this study records nothing before you have agreed to it: reload the page to read its text"

Asking = Literal["now", "end", "never"]
"""Whether a person is asked while they work, in a review at the end, or not at all."""

_SERVER_SAYS = frozenset(
    {
        "session.accepted",
        "prompt.suppressed",
        "prompt.requested",
        "prompt.issued",
        "prompt.expired",
        "prompt.withdrawn",
        "participant.assigned",
        "participant.erased",
        "study.loaded",
        "study.ended",
        "task.began",
        "task.ended",
        "note.added",
        "capture.invalid",
    }
)
PAGE_SAYS = frozenset(CATALOGUE) - _SERVER_SAYS
"""The event types that a page may send. The others are facts of the server."""

#: Versions 4 and 7. The server's own producers have ids derived from names (5), which no page may take.
_RANDOM_VERSIONS = (4, 7)

_decoder: msgspec.msgpack.Decoder[PageMessage] = msgspec.msgpack.Decoder(PageMessage)
_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")


def encode(message: ServerMessage) -> bytes:
    """One frame."""
    return _encoder.encode(message)


@dataclass(frozen=True)
class Idle:
    """Nothing to do."""


@dataclass(frozen=True)
class Greet:
    """Look up this producer and these sessions, then call ``greeted``."""

    producer_id: ProducerId
    sessions: Sequence[SessionId]
    sent_at: int
    """When the page said hello, µs by its own clock."""


@dataclass(frozen=True)
class Opened:
    """A session that this frame opens, with the path of its notebook."""

    session_id: SessionId
    notebook_path: str
    occurred_at: int


@dataclass(frozen=True)
class Store:
    """Append these events, then call ``stored``."""

    producer_id: ProducerId
    events: Sequence[Event]
    opened: Sequence[Opened]


@dataclass(frozen=True)
class Say:
    """Send these messages."""

    messages: Sequence[ServerMessage]


@dataclass(frozen=True)
class Close:
    """Close the socket."""

    code: int
    reason: str


Step = Idle | Greet | Store | Say | Close


def token_in(frame: bytes | str) -> str | Close:
    """The token of a page's first frame; empty if it has none. How to close the socket if that is no hello."""
    message = _read(frame)
    if isinstance(message, Close):
        return message
    return (message.token or "") if isinstance(message, Hello) else Close(4400, "the first frame is hello")


def _read(frame: bytes | str) -> PageMessage | Close:
    if isinstance(frame, str):
        return Close(4400, "frames are binary")
    try:
        return _decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Close(4400, f"bad frame: {error}")


_FLOOD = Close(1013, "more than one person's pages may send")


class Connection:
    """The protocol's state for one socket: waiting for hello, then open."""

    def __init__(
        self,
        participant_id: ParticipantId,
        study: Study,
        allowance: Allowance,
        *,
        asking: Asking,
        agreed_at: int | None = None,
    ) -> None:
        """``agreed_at`` tells when the person agreed to the study's text, µs since the epoch; none if they have not."""
        self._participant_id = participant_id
        self._study = study
        self._allowance = allowance
        self._asking: Asking = asking
        self._agreed_at = agreed_at
        self._producer_id: ProducerId | None = None
        self._silent_beats = 0
        self._greeted = False
        self._durable = 0
        self._consent_is_news = False
        self._storing = False
        self._ahead_ms = 0
        self.clock_offset_ms = 0
        """Server clock minus page clock as last seen, in milliseconds."""
        self.unsent = 0
        """How many events wait in the page, as it last told."""

    @property
    def may_record(self) -> bool:
        """Whether more than their consent is taken from this person."""
        return self._study.consent is None or self._agreed_at is not None

    def agreed(self, at: int | None) -> list[ServerMessage]:
        """The log tells that the person agreed at ``at``, or withdrew: another page of theirs, or this one, said so."""
        if self._consent_is_news or (at is None) == (self._agreed_at is None):
            return []  # what this page says itself, and is being stored, is newer
        self._agreed_at = at
        return [] if self._producer_id is None else [self._consent_state()]

    def receive(self, frame: bytes | str, now: int) -> Step:
        """Take one frame that arrived at ``now`` (µs since the epoch)."""
        self._silent_beats = 0
        if self._is_flooded(self._allowance.spend(len(frame), now)):
            return _FLOOD
        message = _read(frame)
        if isinstance(message, Close):
            return message
        if isinstance(message, Hello):
            return self._hello(message, now)
        if self._producer_id is None:
            return Close(4400, "the first frame is hello")
        if isinstance(message, Events):
            return self._events(message, self._producer_id)
        self._tell_time(message.sent_at, now)
        self.unsent = message.unsent
        return Idle()

    def _is_flooded(self, ahead: float) -> bool:
        self._ahead_ms = round(ahead * 1000)
        return ahead > _FLOOD_SECONDS

    def greeted(
        self,
        last_seq: int,
        epoch: UUID,
        prompts: Sequence[Prompt],
        sessions: Sequence[AcceptedSession],
        reviews: Sequence[ReviewWaits] = (),
        *,
        course: Sequence[ServerMessage] = (),
    ) -> list[ServerMessage]:
        """The answer to hello: where to go on, what holds, which notebooks, prompts and reviews the server knows.

        ``course``: how far the person's study has come.
        """
        self._greeted = True
        self._durable = last_seq
        pace = self._study.pace
        welcome = Welcome(
            producer_seq=last_seq,
            participant=self._participant_id,
            study=StudyForPage(
                name=self._study.name,
                asking=self._asking,
                quiet=Quiet(typing_ms=pace.quiet_typing, run_ms=pace.quiet_run),
                output_bytes=self._study.output_bytes,
                snooze_ms=pace.snooze,
                title=self._study.title or self._study.name,
                keystrokes=self._study.keystrokes,
                focus=self._study.focus,
                consent=self._consent(),
                then=self._study.then_for(self._participant_id),
            ),
            window_bytes=WINDOW_BYTES,
            heartbeat_ms=HEARTBEAT_MS,
            epoch=epoch,
        )
        if not self.may_record:
            return [welcome, self._consent_state()]
        state = State(recording=True, sessions=list(sessions), reviews=list(reviews))
        return [welcome, state, *map(self.told, [*prompts, *course])]

    def told(self, message: ServerMessage) -> ServerMessage:
        """A message as this page is told it: moments by the page's own clock, with which it compares them."""
        if isinstance(message, Prompt):
            return structs.replace(message, issued_at=self._by_page(message.issued_at))
        if isinstance(message, Task) and message.ends_at is not None:
            return structs.replace(message, ends_at=self._by_page(message.ends_at))
        return message

    def _by_page(self, moment: int) -> int:
        return max(0, moment - self.clock_offset_ms * 1000)

    def stored(self, receipt: Receipt, took_ms: int) -> list[ServerMessage]:
        """The acknowledgement, ``took_ms`` after the frame was read. Sent only after COMMIT returned."""
        self._storing = False
        self._durable = max(self._durable, receipt.last_seq)
        ack = Ack(producer_seq=receipt.last_seq, position=receipt.position)
        wait = max(self._ahead_ms, took_ms if took_ms > _LATE_MS else 0)
        messages: list[ServerMessage] = [ack]
        if self._consent_is_news:
            self._consent_is_news = False
            messages.append(self._consent_state())
        if wait:
            messages.append(Busy(retry_ms=min(wait, _LONGEST_BUSY_MS)))
        return messages

    def beat(self, now: int) -> Step:
        """A heartbeat has passed: ask whether the page is there, or give up one that is not, or never said hello."""
        if self._producer_id is None:
            return Close(4400, "no hello came")
        if not self._greeted:
            return Idle()
        # While its frame is being stored nothing is read, so nothing can be heard.
        if not self._storing:
            if self._silent_beats >= _SILENT_BEATS:
                return Close(1001, "nothing was heard of the page")
            self._silent_beats += 1
        return Say([Ping(t=now)])

    def _hello(self, hello: Hello, now: int) -> Step:
        if self._producer_id is not None:
            return Close(4400, "a second hello")
        if hello.producer_id.version not in _RANDOM_VERSIONS:
            return Close(4400, "a producer's id is a random UUID")
        if hello.protocol != PROTOCOL:
            return Close(4426, f"this server speaks protocol {PROTOCOL}; reload the page")
        self._producer_id = ProducerId(hello.producer_id)
        self._tell_time(hello.sent_at, now)
        return Greet(self._producer_id, [SessionId(session) for session in hello.sessions], hello.sent_at)

    def _events(self, frame: Events, producer_id: ProducerId) -> Step:
        if not frame.events:
            return Idle()
        if self._is_flooded(self._allowance.spend_events(len(frame.events))):
            return _FLOOD
        events: list[Event] = []
        opened: list[Opened] = []
        asks = self._study.consent is not None
        for seq, wire in enumerate(frame.events, frame.first_seq):
            event, body = self._event(wire, producer_id, seq)
            if asks and not self._takes(event, body):
                if not events:
                    return Say([self._consent_state()])
                break  # what is left comes again, and is answered then
            events.append(event)
            if isinstance(body, SessionOpened):
                opened.append(Opened(event.session_id, body.notebook_path, event.occurred_at))
        self._storing = True
        return Store(producer_id, events, opened)

    def _takes(self, event: Event, body: Body | None) -> bool:
        """Whether an event of this person is taken. Their consent is heeded with it, unless the log has it already."""
        consent = self._study.consent
        if consent is None:
            return True
        new = event.producer_seq > self._durable
        if isinstance(body, ConsentWithdrawn):
            if new:
                self._agreed_at, self._consent_is_news = None, True
            return True
        if isinstance(body, ConsentGiven) and body.version == consent.version:
            if new:
                self._agreed_at, self._consent_is_news = event.occurred_at, True
            return True
        return self._agreed_at is not None

    def _consent(self) -> ConsentForPage | None:
        consent = self._study.consent
        if consent is None:
            return None
        return ConsentForPage(
            version=consent.version,
            text=dict(consent.text),
            given=self._agreed_at is not None,
            given_at=self._agreed_at,
        )

    def _consent_state(self) -> State:
        agreed = self._agreed_at is not None
        return State(recording=agreed, reason="" if agreed else _ASKS_FOR_CONSENT, consent=agreed)

    def _event(self, wire: WireEvent, producer_id: ProducerId, seq: int) -> tuple[Event, Body | None]:
        """The event to store, and its body if it can be understood."""
        try:
            if wire.type in _SERVER_SAYS:
                raise EventInvalid(f"{wire.type} is not the page's to say")
            body = unpack(wire.type, wire.schema_version, wire.payload)
        except EventInvalid as error:
            return self._invalid(wire, producer_id, seq, error.reason), None
        event = Event(
            session_id=SessionId(wire.session_id),
            producer_id=producer_id,
            producer_seq=seq,
            participant_id=self._participant_id,
            type=wire.type,
            schema_version=wire.schema_version,
            occurred_at=wire.occurred_at,
            payload=wire.payload,
        )
        return event, body

    def _invalid(self, wire: WireEvent, producer_id: ProducerId, seq: int, reason: str) -> Event:
        too_large = len(wire.payload) > MAX_EVENT_BYTES - _ENVELOPE
        return draft(
            CaptureInvalid(
                reason=reason[:500],
                claimed_type=wire.type[:200],
                claimed_version=wire.schema_version,
                raw=wire.payload[:_KEPT_OF_TOO_LARGE] if too_large else wire.payload,
                size=len(wire.payload),
            ),
            session_id=SessionId(wire.session_id),
            producer_id=producer_id,
            producer_seq=seq,
            participant_id=self._participant_id,
            occurred_at=wire.occurred_at,
        )

    def _tell_time(self, sent_at: int, now: int) -> None:
        self.clock_offset_ms = (now - sent_at) // 1000

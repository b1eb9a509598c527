"""The messages of ``prompter.v1``: one msgpack map in each binary frame, its key ``type`` naming the message.

UUIDs are 16 bytes. The page's types (``lab-extension/src/protocol.ts``) are generated from these.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from prompter_events.catalogue.base import CellIdField, Count, Micros, Millis, PositionField, Sequence

PROTOCOL = 1
SUBPROTOCOL = "prompter.v1"

_Sessions = Annotated[list[UUID], msgspec.Meta(max_length=1000)]
"""Nobody has more notebooks open in a page."""

MOST_EVENTS = 1000
"""In a frame. The page sends 500 at most."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """One frame."""


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """The page's first frame."""

    protocol: int
    producer_id: UUID
    sent_at: Micros
    """The page's clock when it sent this. Of two sockets of one producer the one with the later hello stays."""
    sessions: _Sessions = []
    """The sessions that are open in the page."""
    token: str | None = None
    """Behind JupyterHub: the page's own token."""


class WireEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event in a frame. Its number is its place in the frame."""

    session_id: UUID
    type: str
    schema_version: int
    occurred_at: Micros
    payload: bytes
    """One packed msgpack map, packed once, in the page."""


class Events(Message, frozen=True, kw_only=True, tag="events"):
    """Events of the page's producer, numbered from ``first_seq`` without holes."""

    first_seq: Sequence
    events: Annotated[list[WireEvent], msgspec.Meta(max_length=MOST_EVENTS)]


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """The page's answer to a ping."""

    t: Micros
    sent_at: Micros
    unsent: Count = 0
    """How many events wait in the page for an acknowledgement."""


PageMessage = Hello | Events | Pong


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """How long the page must be quiet before it shows a prompt."""

    typing_ms: Millis
    """Since the last key."""
    run_ms: Millis
    """Since the last run of that cell ended."""


class ConsentForPage(msgspec.Struct, frozen=True, kw_only=True):
    """The text to agree to before anything is recorded."""

    version: str
    text: dict[str, str]
    """By language; the first one is the fallback."""
    given: bool
    """Whether this person has agreed to this version, as the log tells."""
    given_at: Micros | None = None
    """When they did."""


class StudyForPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page must know of the study: behaviour only, never the name of a condition."""

    name: str
    """Empty without a study."""
    asking: Literal["now", "end", "never"]
    quiet: Quiet
    output_bytes: int | None
    """How much of an output's or traceback's text is kept, in UTF-8 bytes; none means all of it."""
    snooze_ms: Millis
    title: str = ""
    keystrokes: bool = True
    """False: of a burst of typing only its result is recorded."""
    focus: bool = True
    """Whether focus and idle times are recorded."""
    consent: ConsentForPage | None = None
    """None: the study asks for none."""
    then: str | None = None
    """Where to go after the end."""


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The server knows who it is and goes on after ``producer_seq``."""

    producer_seq: Count
    """The last durable number of this producer."""
    participant: UUID
    study: StudyForPage
    window_bytes: Count
    """How many unacknowledged bytes may be under way; one event always may."""
    heartbeat_ms: Millis
    epoch: UUID


class Ack(Message, frozen=True, kw_only=True, tag="ack"):
    """Everything up to ``producer_seq`` is durable. Lower than what was sent: resend from the next one."""

    producer_seq: Count
    position: PositionField


class Prompt(Message, frozen=True, kw_only=True, tag="prompt"):
    """A question to show under its cell. The page knows prompts by ``prompt_id``: one that it has changes nothing."""

    prompt_id: UUID
    notebook_id: UUID
    cell_id: CellIdField
    question: str
    choices: list[str]
    language: str
    issued_at: Micros
    multiple: bool = False
    """Whether several choices may be taken."""
    text: Literal["optional", "required", "none"] = "optional"
    by_hand: bool = False
    """Whether it is shown where the page would ask nothing now, and in a quiet hour that had begun when it was issued:
    the policy has weighed that."""


class Withdraw(Message, frozen=True, kw_only=True, tag="withdraw"):
    """This prompt is over: answered elsewhere, expired, withdrawn."""

    prompt_id: UUID


class AcceptedSession(msgspec.Struct, frozen=True, kw_only=True):
    """Which notebook a session belongs to."""

    session_id: UUID
    notebook_id: UUID


class ReviewWaits(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that were held for the end of the work on a notebook, and wait for an answer."""

    notebook_id: UUID
    notebook_path: str
    """Of the notebook's file; empty if the server does not know it yet."""
    questions: Count


class State(Message, frozen=True, kw_only=True, tag="state"):
    """Whether the server records, and what it knows of the page's sessions."""

    recording: bool
    reason: str = ""
    """One line that says why nothing is recorded and what to do."""
    sessions: list[AcceptedSession] = []
    reviews: list[ReviewWaits] | None = None
    """The reviews that this participant has not finished; none: nothing is said about them."""
    consent: bool | None = None
    """Whether the person agrees to the study's text from here on; none: nothing new."""


class Ended(Message, frozen=True, kw_only=True, tag="ended"):
    """A session was ended, not by the person: its notebook's review begins."""

    session_id: UUID
    notebook_id: UUID
    by: Literal["researcher", "time limit"]


class Task(Message, frozen=True, kw_only=True, tag="task"):
    """What the person works on, as the study divides the notebook; it holds until the next one."""

    name: str
    ends_at: Micros | None = None
    """When its time is over, by the page's own clock; none: there is no limit, or it is over."""
    over: bool = False
    """Whether its time is over."""


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Are you there? The page answers with a pong that carries the same ``t``."""

    t: Micros


class Busy(Message, frozen=True, kw_only=True, tag="busy"):
    """Slow down; nothing is dropped."""

    retry_ms: Millis


ServerMessage = Welcome | Ack | Prompt | Withdraw | State | Ended | Task | Ping | Busy

CLOSE_CODES = {
    1001: "restart",
    1009: "too big",
    1011: "internal",
    1013: "overloaded",
    4400: "bad frame",
    4401: "not authenticated",
    4403: "not yours",
    4409: "taken over by a newer socket",
    4426: "too old",
}
"""What each close code of the socket means. After 4400, 4403 and 4426 the page does not try again by itself."""

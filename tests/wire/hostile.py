"""What frames may do to a connection, for every way to make them up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgpack

from prompter.allowance import Allowance
from prompter.connection import Close, Connection, Greet, Idle, Step, Store
from prompter.study import WITHOUT_STUDY
from prompter_events import unpack
from prompter_events.catalogue import MAX_EVENT_BYTES
from support.events import ALICE

NOW = 1_790_000_000_000_000

PRODUCER = UUID("6c1a1b8e-8f27-4a0e-9a52-5a5b0c3f7d10")
SESSION = UUID("0f3d7c52-61c4-4b7e-8a4b-1d0c9e2f6a33")

EVENT = {
    "session_id": SESSION.bytes,
    "type": "run.started",
    "schema_version": 1,
    "occurred_at": NOW,
    "payload": msgpack.packb({"run_id": SESSION.bytes}),
}

MESSAGES: list[dict[str, Any]] = [
    {"type": "hello", "protocol": 1, "producer_id": PRODUCER.bytes, "sessions": [SESSION.bytes], "sent_at": NOW},
    {"type": "events", "first_seq": 1, "events": [EVENT, EVENT]},
    {"type": "pong", "t": NOW, "sent_at": NOW, "unsent": 3},
]


def greeted() -> Connection:
    connection = Connection(ALICE, WITHOUT_STUDY, Allowance(), asking="now")
    assert isinstance(connection.receive(msgpack.packb(MESSAGES[0]), NOW), Greet)
    return connection


def fresh() -> Connection:
    return Connection(ALICE, WITHOUT_STUDY, Allowance(), asking="now")


def sound(step: Step, frame: bytes, producer_id: UUID = PRODUCER) -> None:
    """What comes of a frame can be acted upon: a close code of the protocol, or events that the log will take."""
    if isinstance(step, Close):
        assert step.code in (4400, 4426)
        assert len(step.reason) < 1000 + len(frame)
    elif isinstance(step, Store):
        assert [event.producer_seq for event in step.events] == list(
            range(step.events[0].producer_seq, step.events[0].producer_seq + len(step.events))
        )
        for event in step.events:
            assert event.payload is not None
            assert len(event.payload) <= MAX_EVENT_BYTES
            unpack(event.type, event.schema_version, event.payload)
            assert event.participant_id == ALICE
            assert event.producer_id == producer_id
    else:
        assert isinstance(step, Idle | Greet)

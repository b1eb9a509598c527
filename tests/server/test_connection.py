"""The protocol's core: bytes in, steps out."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4, uuid5

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter.allowance import Allowance
from prompter.connection import PAGE_SAYS, Close, Connection, Greet, Idle, Store, encode
from prompter.study import WITHOUT_STUDY
from prompter.wire.messages import MOST_EVENTS, Ack, Busy, State, Welcome
from prompter_events import MAX_EVENT_BYTES, ParticipantId, Position, Receipt, unpack
from prompter_events.catalogue.study import CaptureInvalid

ME = ParticipantId(uuid4())
PRODUCER = uuid4()
SESSION = uuid4()
NOW = 1_790_000_000_000_000


def connection() -> Connection:
    return Connection(ME, WITHOUT_STUDY, Allowance(), asking="now")


def frame(**fields: Any) -> bytes:
    packed: bytes = msgpack.packb(fields)
    return packed


def hello(**changes: Any) -> bytes:
    fields = {
        "type": "hello",
        "protocol": 1,
        "producer_id": PRODUCER.bytes,
        "sessions": [SESSION.bytes],
        "sent_at": NOW - 2_000_000,
    }
    return frame(**{**fields, **changes})


def wire_event(type_: str = "run.started", payload: bytes | None = None, **changes: Any) -> dict[str, Any]:
    fields = {
        "session_id": SESSION.bytes,
        "type": type_,
        "schema_version": 1,
        "occurred_at": NOW,
        "payload": msgpack.packb({"run_id": uuid4().bytes}) if payload is None else payload,
    }
    return {**fields, **changes}


def greeted() -> Connection:
    talk = connection()
    assert isinstance(talk.receive(hello(), NOW), Greet)
    return talk


def test_hello_asks_to_look_up_the_producer_and_tells_the_clock_offset() -> None:
    talk = connection()
    step = talk.receive(hello(), NOW)
    assert step == Greet(PRODUCER, [SESSION], NOW - 2_000_000)  # type: ignore[arg-type]  # ids are NewTypes
    assert talk.clock_offset_ms == 2000


def test_the_welcome_goes_on_where_the_log_stands_and_names_no_condition() -> None:
    welcome, state, *prompts = greeted().greeted(17, UUID(int=5), [], [])
    assert isinstance(welcome, Welcome)
    assert (welcome.producer_seq, welcome.participant, welcome.study.asking) == (17, ME, "now")
    assert isinstance(state, State)
    assert state.recording
    assert prompts == []
    assert b"EXP_" not in encode(welcome)
    assert b"condition" not in encode(welcome)


def test_a_condition_that_asks_nothing_reaches_the_page_as_behaviour() -> None:
    talk = Connection(ME, WITHOUT_STUDY, Allowance(), asking="never")
    talk.receive(hello(), NOW)
    welcome = talk.greeted(0, UUID(int=5), [], [])[0]
    assert isinstance(welcome, Welcome)
    assert welcome.study.asking == "never"


def test_events_are_numbered_from_the_first_and_belong_to_the_authenticated_participant() -> None:
    step = greeted().receive(frame(type="events", first_seq=4, events=[wire_event(), wire_event()]), NOW)
    assert isinstance(step, Store)
    assert [event.producer_seq for event in step.events] == [4, 5]
    assert {event.participant_id for event in step.events} == {ME}
    assert {event.producer_id for event in step.events} == {PRODUCER}


def test_the_stored_payload_is_the_very_bytes_of_the_page() -> None:
    payload = b"\x81\xa6run_id\xc4\x10" + uuid4().bytes
    step = greeted().receive(frame(type="events", first_seq=1, events=[wire_event(payload=payload)]), NOW)
    assert isinstance(step, Store)
    assert step.events[0].payload == payload


def test_an_opened_session_is_told_with_its_path() -> None:
    opened = {
        "notebook_path": "a/loans.ipynb",
        "kernel_name": "prompter",
        "client": {"lab": "JupyterLab 4", "extension": "0", "browser": "b"},
        "cells": [],
    }
    event = wire_event("session.opened", msgpack.packb(opened))
    step = greeted().receive(frame(type="events", first_seq=1, events=[event]), NOW)
    assert isinstance(step, Store)
    assert [(o.session_id, o.notebook_path) for o in step.opened] == [(SESSION, "a/loans.ipynb")]


def test_the_acknowledgement_names_what_is_durable() -> None:
    assert greeted().stored(Receipt(9, Position(120), 3, 0), 5) == [Ack(producer_seq=9, position=120)]


def test_an_acknowledgement_begins_with_its_type_by_which_pages_know_it_unread() -> None:
    assert encode(Ack(producer_seq=9, position=120))[1:].startswith(b"\xa4type\xa3ack")


INVALID = {
    "unknown type": wire_event("cell.exploded", msgpack.packb({})),
    "newer version": wire_event(schema_version=99),
    "version zero": wire_event(schema_version=0),
    "not a map": wire_event(payload=msgpack.packb([1, 2])),
    "empty": wire_event(payload=b""),
    "bad UTF-8": wire_event(payload=b"\x81\xa6run_id\xa2\xff\xff"),
    "missing field": wire_event(payload=msgpack.packb({})),
    "wrong type": wire_event(payload=msgpack.packb({"run_id": 5})),
    "huge length": wire_event(payload=b"\xdb\xff\xff\xff\xff"),
    "deep nesting": wire_event(payload=b"\x91" * 100_000),
    "the server's to say": wire_event("session.accepted", msgpack.packb({})),
    "too large": wire_event(payload=bytes(MAX_EVENT_BYTES + 1)),
    "NaN for a number": wire_event("cell.moved", msgpack.packb({"cell_id": "a", "from": float("nan"), "to": 0})),
    "number too large": wire_event("cell.moved", msgpack.packb({"cell_id": "a", "from": 2**53, "to": 0})),
}


@pytest.mark.parametrize("event", INVALID.values(), ids=INVALID.keys())
def test_an_event_that_cannot_be_understood_is_kept_under_its_own_number(event: dict[str, Any]) -> None:
    step = greeted().receive(frame(type="events", first_seq=7, events=[wire_event(), event, wire_event()]), NOW)
    assert isinstance(step, Store)
    assert [e.type for e in step.events] == ["run.started", "capture.invalid", "run.started"]
    kept = step.events[1]
    assert kept.producer_seq == 8
    assert kept.payload is not None
    body = unpack(kept.type, kept.schema_version, kept.payload)
    assert isinstance(body, CaptureInvalid)
    assert body.claimed_type == event["type"]
    assert body.size == len(event["payload"])
    assert event["payload"].startswith(body.raw)


BAD_FRAMES = {
    "text": "hello",
    "empty": b"",
    "no map": msgpack.packb(5),
    "no type": msgpack.packb({"protocol": 1}),
    "unknown message": frame(type="welcome"),
    "deep nesting": b"\x91" * 200_000,
    "huge length": b"\xdf\xff\xff\xff\xff",
    "bad producer": hello(producer_id=b"short"),
    "a producer of the server": hello(producer_id=uuid5(UUID(int=1), "prompting").bytes),
    "events first": frame(type="events", first_seq=1, events=[]),
}


@pytest.mark.parametrize("bad", BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
def test_a_bad_first_frame_closes_with_4400(bad: bytes | str) -> None:
    step = connection().receive(bad, NOW)
    assert isinstance(step, Close)
    assert step.code == 4400


@pytest.mark.parametrize("seq", [0, -1, 2**53, 2**64 - 1])
def test_a_sequence_number_out_of_range_closes_with_4400(seq: int) -> None:
    step = greeted().receive(frame(type="events", first_seq=seq, events=[wire_event()]), NOW)
    assert isinstance(step, Close)
    assert step.code == 4400


def test_an_unknown_protocol_closes_with_4426() -> None:
    step = connection().receive(hello(protocol=2), NOW)
    assert isinstance(step, Close)
    assert step.code == 4426


def test_a_second_hello_closes_with_4400() -> None:
    step = greeted().receive(hello(), NOW)
    assert isinstance(step, Close)
    assert step.code == 4400


def test_a_pong_tells_the_clock_offset() -> None:
    talk = greeted()
    assert talk.receive(frame(type="pong", t=NOW, sent_at=NOW - 5_000), NOW) == Idle()
    assert talk.clock_offset_ms == 5


def test_a_frame_holds_so_many_events_and_a_hello_so_many_sessions() -> None:
    event = wire_event()
    assert isinstance(greeted().receive(frame(type="events", first_seq=1, events=[event] * MOST_EVENTS), NOW), Store)
    many = greeted().receive(frame(type="events", first_seq=1, events=[event] * (MOST_EVENTS + 1)), NOW)
    opened = connection().receive(hello(sessions=[uuid4().bytes for _ in range(1001)]), NOW)
    assert [step.code for step in (many, opened) if isinstance(step, Close)] == [4400, 4400]


def test_small_events_by_the_thousand_are_a_flood_too() -> None:
    talk = greeted()
    small = frame(type="events", first_seq=1, events=[wire_event(payload=b"\x80")] * MOST_EVENTS)
    receipt = Receipt(1, Position(1), 1, 0)
    steps = []
    for _ in range(500):
        steps.append(talk.receive(small, NOW))
        if isinstance(steps[-1], Close):
            break
        if any(isinstance(said, Busy) for said in talk.stored(receipt, 5)):
            steps.append(Busy(retry_ms=1))
    assert isinstance(steps[-1], Close)
    assert steps[-1].code == 1013
    # Slowed first, and at no more than what the log takes.
    assert any(isinstance(step, Busy) for step in steps)
    assert sum(isinstance(step, Store) for step in steps) * MOST_EVENTS < 300_000


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(noise: bytes) -> None:
    assert isinstance(connection().receive(noise, NOW), Close | Greet)
    assert isinstance(greeted().receive(noise, NOW), Close | Idle | Store)


def test_what_a_page_may_say_excludes_every_fact_of_the_server() -> None:
    assert {"cell.edited", "prompt.answered", "capture.lost"} <= PAGE_SAYS
    assert not PAGE_SAYS & {"session.accepted", "prompt.issued", "participant.assigned", "capture.invalid"}

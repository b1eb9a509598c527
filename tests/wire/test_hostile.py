"""Frames that no page of ours makes: whatever comes, the connection answers with a step, in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from hostile import EVENT, MESSAGES, NOW, PRODUCER, SESSION, fresh, greeted, sound
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prompter.connection import Close, Connection, Step, Store

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.binary(max_size=40)
    | st.sampled_from([PRODUCER.bytes, SESSION.bytes, "hello", "events", "pong", "session.accepted", 2**53, -1, 0])
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A message with some of its fields, or of its events', replaced, left out or added."""
    message = {**draw(st.sampled_from(MESSAGES))}
    if "events" in message and draw(st.booleans()):
        message["events"] = [_spoilt(draw, EVENT) for _ in range(draw(st.integers(0, 4)))]
    packed: bytes = msgpack.packb(_spoilt(draw, message))
    return packed


def _spoilt(draw: st.DrawFn, fields: dict[str, Any]) -> dict[str, Any]:
    spoilt = dict(fields)
    for key in draw(st.lists(st.sampled_from([*fields, "more"]), max_size=2)):
        if draw(st.booleans()):
            spoilt[key] = draw(values)
        else:
            spoilt.pop(key, None)
    return spoilt


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The bytes of a message, of which some were changed, cut off, doubled or put in."""
    frame = bytearray(msgpack.packb(draw(st.sampled_from(MESSAGES))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(frame)))
        piece = draw(st.binary(max_size=6))
        frame[at : at + draw(st.integers(0, 6))] = piece
    return bytes(frame)


@pytest.mark.parametrize("connection", [fresh, greeted], ids=["before hello", "after hello"])
@given(frame=nearly_right() | damaged() | values.map(msgpack.packb))
@example(frame=msgpack.packb({**MESSAGES[1], "first_seq": 2**53 - 1}))
@example(frame=msgpack.packb({**MESSAGES[1], "events": [{**EVENT, "schema_version": 2**62}]}))
@example(frame=msgpack.packb({**MESSAGES[1], "events": [{**EVENT, "type": "\u0000" * 300}]}))
@example(frame=msgpack.packb({**MESSAGES[1], "events": [{**EVENT, "occurred_at": float("nan")}]}))
@settings(max_examples=400)
def test_any_frame_is_answered_with_a_step_that_can_be_acted_upon(
    connection: Callable[[], Connection], frame: bytes
) -> None:
    sound(connection().receive(frame, NOW), frame)


@given(frames=st.lists(nearly_right() | damaged(), max_size=8))
def test_no_sequence_of_frames_brings_a_connection_into_disorder(frames: list[bytes]) -> None:
    connection = greeted()
    for at, frame in enumerate(frames):
        step = connection.receive(frame, NOW + at)
        sound(step, frame)
        if isinstance(step, Close):
            break
        connection.beat(NOW + at)


CLAIMS = {
    "a list of 2^32 - 1": b"\xdd\xff\xff\xff\xff",
    "a map of 2^32 - 1": b"\xdf\xff\xff\xff\xff",
    "a text of 4 GiB": b"\xdb\xff\xff\xff\xff" + b"a" * 100,
    "bytes of 4 GiB": b"\xc6\xff\xff\xff\xff" + b"a" * 100,
    "an extension of 4 GiB": b"\xc9\xff\xff\xff\xff\x01",
    "lists in lists": b"\x91" * 1_000_000,
    "maps in maps": b"\x81\xa1a" * 1_000_000,
    "events without end": b"\x83\xa4type\xa6events\xa9first_seq\x01\xa6events\xdd\xff\xff\xff\xff",
}


def peak_of(frame: bytes) -> tuple[Step, int]:
    """What comes of a frame, and the bytes of memory that this took at most."""
    connection = greeted()
    tracemalloc.start()
    try:
        step = connection.receive(frame, NOW)
        return step, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("frame", CLAIMS.values(), ids=CLAIMS.keys())
def test_what_a_frame_claims_costs_no_memory(frame: bytes) -> None:
    step, peak = peak_of(frame)
    assert isinstance(step, Close)
    assert step.code == 4400
    assert peak < len(frame) + 2**20


def test_a_payload_that_nests_or_claims_too_much_is_kept_as_it_came_in_bounded_memory() -> None:
    nested, claimed = [b"\x91" * 500_000, b"\x81\xa1a" * 150_000], [b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xffa"]
    payloads = [*nested, *claimed]
    frame = msgpack.packb({**MESSAGES[1], "events": [{**EVENT, "payload": payload} for payload in payloads]})
    step, peak = peak_of(frame)
    assert isinstance(step, Store)
    assert [event.type for event in step.events] == ["capture.invalid"] * len(payloads)
    assert peak < 8 * len(frame)

"""What an older program wrote is read as if it had been written today, and stays as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompter_events import CATALOGUE, Body, Event, EventInvalid, Log, SessionId, unpack, verify
from prompter_events.catalogue import base
from prompter_events.catalogue.base import Micros, Name
from prompter_events.catalogue.lifts import Lift, Plain
from support.events import ALICE, OCCURRED, new_producer
from support.lifting import LIFTS, NAME, VERSIONS, entered, packed


class Remarked(Body, frozen=True, kw_only=True):
    """Version 3."""

    text: str
    first: Name
    last: Name
    took: Micros
    about: UUID


REMARK = Remarked(text="why twice?", first="Ada", last="Lovelace", took=1_500_000, about=UUID(bytes=b"\x07" * 16))


@pytest.fixture(scope="module", autouse=True)
def remarked() -> Iterator[None]:
    """The type, for these tests alone."""
    with entered(Remarked):
        yield


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_read_as_the_newest(version: int) -> None:
    assert unpack(NAME, version, packed(version)) == REMARK


async def test_old_events_in_a_log_are_read_lifted_and_stay_as_they_were_stored(log: Log) -> None:
    producer = new_producer()
    written = [
        Event(
            session_id=SessionId(producer),
            producer_id=producer,
            producer_seq=seq,
            participant_id=ALICE,
            type=NAME,
            schema_version=version,
            occurred_at=OCCURRED,
            payload=packed(version),
        )
        for seq, version in enumerate((1, 2, 3, 1), 1)
    ]
    await log.append(producer, written)
    for _ in range(2):  # reading changes nothing
        read = [event async for event in log.read()]
        assert [event.body for event in read] == [REMARK] * 4
        assert [event.schema_version for event in read] == [1, 2, 3, 1]
        assert [event.payload for event in read] == [packed(version) for version in (1, 2, 3, 1)]
        assert await verify(log) == 4


def test_fields_of_an_older_version_that_nobody_knows_are_passed_over() -> None:
    assert unpack(NAME, 1, msgpack.packb({**VERSIONS[1], "later": [1, {"x": None}]})) == REMARK


@pytest.mark.parametrize("version", [0, -1, 4, 65_535])
def test_a_version_that_this_program_does_not_know_is_invalid(version: int) -> None:
    with pytest.raises(EventInvalid, match="this program knows 1 to 3"):
        unpack(NAME, version, packed(3))


A_MEGABYTE = 1024 * 1024 - 1024
HOSTILE = {
    "nothing": b"",
    "a list": msgpack.packb([1, 2]),
    "a number": b"\x07",
    "an empty map": b"\x80",
    "a map without text keys": msgpack.packb({1: 2, (3, 4): 5}, strict_types=False),
    "a map with a map as a key": b"\x81\x81\x01\x02\x03",
    "bytes after the map": packed(1) + b"\x80",
    "half a map": packed(1)[:-9],
    "a map that claims four billion keys": b"\xdf\xff\xff\xff\xff",
    "a list that claims four billion items": b"\x81\xa6remark\xdd\xff\xff\xff\xff",
    "maps in maps": b"\x81\xa1x" * 100_000 + b"\xc0",
    "lists in lists": b"\x81\xa6remark" + b"\x91" * 100_000 + b"\xc0",
    "text that is none": b"\x81\xa6remark\xa2\xff\xfe",
    "an extension": b"\x81\xa6remark\xd4\x05\x00",
    "a time that is none": b"\x81\xa6remark\xc7\x0c\xff" + b"\xff" * 12,
    "a field without the lift's": msgpack.packb({"remark": "x"}),
    "a name that is a number": msgpack.packb({**VERSIONS[1], "who": 3}),
    "a name that is too long": msgpack.packb({**VERSIONS[1], "who": "x" * 513}),
    "an id of 15 bytes": msgpack.packb({**VERSIONS[1], "about": b"\x07" * 15}),
    "a duration that is a text": msgpack.packb({**VERSIONS[1], "took_ms": "x" * A_MEGABYTE}),
    "a duration that is a list": msgpack.packb({**VERSIONS[1], "took_ms": [0] * A_MEGABYTE}),
    "a duration that is true": msgpack.packb({**VERSIONS[1], "took_ms": True}),
    "a duration below zero": msgpack.packb({**VERSIONS[1], "took_ms": -1}),
    "a duration past every integer": msgpack.packb({**VERSIONS[1], "took_ms": 2**64 - 1}),
    "a text that no event has room for": msgpack.packb({**VERSIONS[1], "remark": "x" * 1024 * 1024}),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("version", [1, 2])
def test_a_hostile_payload_of_an_older_version_is_an_invalid_event(version: int, payload: bytes) -> None:
    with pytest.raises(EventInvalid):
        unpack(NAME, version, payload)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20) | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4) | st.integers(0, 9), inner),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries({}, optional={name: ANYTHING for version in VERSIONS for name in VERSIONS[version]})


@given(payload=st.binary(max_size=200) | ANYTHING.map(msgpack.packb) | FIELDS.map(msgpack.packb))
def test_whatever_comes_is_read_or_invalid(payload: bytes) -> None:
    for version in VERSIONS:
        with suppress(EventInvalid):
            assert isinstance(unpack(NAME, version, payload), Remarked)


def test_a_lift_may_raise_and_return_anything() -> None:
    class Changed(Body, frozen=True, kw_only=True):
        """A type of this test's own."""

    def fails(plain: Plain) -> Plain:
        raise RuntimeError("not thought of")

    def nests(plain: Plain) -> Plain:
        inner: dict[str, object] = {}
        inner["x"] = inner
        return inner

    def endless(plain: Plain) -> Plain:
        return endless(plain)

    lifts = (fails, nests, endless, lambda plain: {"x": object()}, lambda plain: [plain], lambda plain: {"x": "\ud800"})
    for lift in lifts:
        with entered(Changed, "test.changed", 2, {1: lift}):  # type: ignore[dict-item]  # a list is no map
            with pytest.raises(EventInvalid):
                unpack("test.changed", 1, b"\x80")
            assert unpack("test.changed", 2, b"\x80") == Changed()
    with entered(Changed, "test.changed", 2, {1: dict}), pytest.raises(EventInvalid, match="no map"):
        unpack("test.changed", 1, b"\x90")  # a lift would make a map of it


@pytest.mark.parametrize("lifts", [{}, {1: LIFTS[1]}, {2: LIFTS[2]}, {**LIFTS, 3: LIFTS[2]}, {0: LIFTS[1], **LIFTS}])
def test_a_version_without_its_lift_fails_when_it_is_imported(lifts: dict[int, Lift]) -> None:
    class Forgotten(Body, frozen=True, kw_only=True):
        """Never entered."""

    with pytest.raises(ValueError, match=r"test\.forgotten of version 3 needs lifts from \[1, 2\]"):
        base.event("test.forgotten", 3, lifts)(Forgotten)
    assert "test.forgotten" not in CATALOGUE


def test_every_type_of_the_catalogue_has_its_lifts() -> None:
    for entry in CATALOGUE.values():
        assert set(entry.lifts) == set(range(1, entry.version)), entry.name

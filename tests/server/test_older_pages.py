"""A page of an older program sends what it knows; the log keeps it as it came."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import msgpack
import pytest
from test_connection import frame, greeted, wire_event

from prompter.connection import Store
from prompter_events import Body, Log, verify
from prompter_events.catalogue.study import CaptureInvalid
from support.lifting import NAME, VERSIONS, entered, packed


class Remarked(Body, frozen=True, kw_only=True):
    """What this program knows: version 3."""

    text: str
    first: str
    last: str
    took: int
    about: UUID


@pytest.fixture(autouse=True)
def remarked() -> Iterator[None]:
    """The type, for one test alone."""
    with entered(Remarked):
        yield


def sent(*events: tuple[int, bytes]) -> Store:
    """What is to be stored of events of these versions, with these payloads."""
    wired = [wire_event(NAME, payload, schema_version=version) for version, payload in events]
    step = greeted().receive(frame(type="events", first_seq=1, events=wired), 0)
    assert isinstance(step, Store)
    return step


async def test_events_of_every_version_are_stored_as_they_came_and_read_as_the_newest(log: Log) -> None:
    store = sent(*((version, packed(version)) for version in VERSIONS))
    await log.append(store.producer_id, store.events)
    read = [event async for event in log.read()]
    assert [(event.schema_version, event.payload) for event in read] == [(one, packed(one)) for one in VERSIONS]
    bodies = [event.body for event in read]
    assert isinstance(bodies[0], Remarked)
    assert bodies == [bodies[0]] * 3
    assert bodies[0].took == 1_500_000
    assert await verify(log) == 3


@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (0, packed(1)),
        (1, packed(2)),
        (1, msgpack.packb({**VERSIONS[1], "took_ms": "x" * 1000})),
        (2, b"\x93\x01\x02\x03"),
        (2, b"\xc1"),
        (4, packed(3)),
    ],
)
def test_what_cannot_be_lifted_is_kept_as_it_came(version: int, payload: bytes) -> None:
    wrong, right = sent((version, payload), (1, packed(1))).events
    assert (right.type, right.schema_version) == (NAME, 1)
    kept = wrong.body
    assert isinstance(kept, CaptureInvalid)
    assert (kept.claimed_type, kept.claimed_version, kept.raw) == (NAME, version, payload)

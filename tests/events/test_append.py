"""What one append plans, and that its form in the database holds whatever an event says."""

from __future__ import annotations

from hashlib import blake2b

import pytest
from msgspec.structs import replace

from prompter_events import Batch, Head, Log, Receipt
from prompter_events.append import Plan, ProducerState, plan_append
from prompter_events.chain import GENESIS
from prompter_events.event import START, Position, ProducerId
from support.events import ALICE, event, events, new_producer
from support.reading import everything

NOW = 1_790_000_000_123_456

STRANGE_TYPES = [
    "o'brien",
    'the "type"',
    "back\\slash\\",
    "100 % %s %d",
    "Größe 📈",
    "nul\x00",
    "x'41'",
    "); --",
    "📈" * 64,
]


def plan(*batches: Batch, head: Head | None = None, producers: dict[ProducerId, ProducerState] | None = None) -> Plan:
    return plan_append(head or Head(START, GENESIS), producers or {}, batches, NOW)


def test_every_event_has_a_salt_of_its_own() -> None:
    one, other = new_producer(), new_producer()
    batches = [Batch(one, events(one, 1, 300)), Batch(other, events(other, 1, 200))]
    salts = {event.salt for event in (*plan(*batches).events, *plan(*batches).events)}
    assert len(salts) == 1000
    assert {len(salt or b"") for salt in salts} == {16}


def test_a_second_batch_of_a_producer_goes_on_where_the_first_ended() -> None:
    producer = new_producer()
    known = {producer: ProducerState(2, ALICE)}
    planned = plan(
        Batch(producer, events(producer, 1, 4)),
        Batch(producer, events(producer, 4, 6)),
        Batch(producer, events(producer, 8, 9)),
        head=Head(Position(10), GENESIS),
        producers=known,
    )
    assert [event.producer_seq for event in planned.events] == [3, 4, 5, 6]
    assert [event.position for event in planned.events] == [11, 12, 13, 14]
    assert planned.outcomes == [
        Receipt(last_seq=4, position=Position(12), stored=2, duplicates=2),
        Receipt(last_seq=6, position=Position(14), stored=2, duplicates=1),
        Receipt(last_seq=6, position=Position(14), stored=0, duplicates=0),
    ]
    assert planned.producers == {producer: ProducerState(6, ALICE)}


def test_a_plan_leaves_what_it_was_told_as_it_was() -> None:
    producer = new_producer()
    known = {producer: ProducerState(2, ALICE)}
    assert plan(Batch(producer, events(producer, 3, 5)), producers=known).events
    assert known == {producer: ProducerState(2, ALICE)}


def test_the_hash_covers_the_fields_in_the_order_of_the_documentation() -> None:
    """Written out once more: a log of an older version must verify with a newer one."""
    producer = new_producer()
    first, second = plan(Batch(producer, events(producer, 1, 2)), head=Head(Position(6), b"h" * 32)).events
    for previous, one in ((b"h" * 32, first), (first.hash, second)):
        numbers = (one.position, one.producer_seq, one.occurred_at, one.recorded_at)
        digest = blake2b(one.payload or b"", key=one.salt or b"", digest_size=32).digest()
        hashed = (
            previous
            + b"".join(number.to_bytes(8, "big") for number in numbers)
            + one.schema_version.to_bytes(4, "big")
            + one.session_id.bytes
            + one.producer_id.bytes
            + one.participant_id.bytes
            + len(one.type).to_bytes(2, "big")
            + one.type.encode()
            + digest
        )
        assert one.recorded_at == NOW
        assert one.hash == blake2b(hashed, digest_size=32).digest()


@pytest.mark.parametrize("name", STRANGE_TYPES)
async def test_a_type_comes_back_as_it_was(log: Log, name: str) -> None:
    producer = new_producer()
    await log.append(producer, [replace(event(producer, 1), type=name), event(producer, 2)])
    assert [found.type for found in await everything(log)] == [name, "note.added"]


async def test_many_producers_of_one_commit_are_all_known_afterwards(log: Log) -> None:
    crowd = [new_producer() for _ in range(1100)]  # more than one statement asks for
    await log.append_batches([Batch(one, events(one, 1, 1)) for one in crowd])
    receipts = await log.append_batches([Batch(one, events(one, 1, 2)) for one in crowd])
    assert {(receipt.last_seq, receipt.stored, receipt.duplicates) for receipt in receipts} == {(2, 1, 1)}
    assert [await log.last_seq(one) for one in (crowd[0], crowd[500], crowd[-1])] == [2, 2, 2]

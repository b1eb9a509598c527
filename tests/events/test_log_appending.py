"""What an append takes, leaves out and refuses."""

from __future__ import annotations

import asyncio

import pytest

from prompter_events import (
    MAX_EVENT_BYTES,
    Batch,
    ForeignProducer,
    Log,
    LogUnavailable,
    Position,
    Receipt,
    pack,
    verify,
)
from support.events import ALICE, BOB, event, events, new_producer, new_session, note
from support.reading import everything


async def test_an_event_comes_back_as_it_was_sent(log: Log) -> None:
    producer, session = new_producer(), new_session()
    sent = event(producer, 1, note("Größe 📈 \\ ' \" % \x00 \r\n"), session_id=session)
    receipt = await log.append(producer, [sent])
    assert receipt == Receipt(last_seq=1, position=Position(1), stored=1, duplicates=0)
    [found] = await everything(log)
    assert found.body == sent.body
    assert (found.position, found.session_id, found.producer_id, found.producer_seq) == (1, session, producer, 1)
    assert (found.participant_id, found.type, found.schema_version) == (ALICE, "note.added", 1)
    assert (found.occurred_at, found.payload) == (sent.occurred_at, sent.payload)
    assert found.recorded_at > sent.occurred_at
    assert len(found.salt or b"") == 16


async def test_a_hole_is_left_out_and_named(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 2))
    receipt = await log.append(producer, events(producer, 4, 6))
    assert (receipt.last_seq, receipt.stored) == (2, 0)
    within = [event(producer, 3), event(producer, 5)]
    assert (await log.append(producer, within)).last_seq == 3


async def test_a_producer_belongs_to_its_first_participant(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 2))
    with pytest.raises(ForeignProducer) as refusal:
        await log.append(producer, events(producer, 3, 4, participant_id=BOB))
    assert refusal.value.owned == producer
    assert await log.last_seq(producer) == 2


async def test_a_cancelled_caller_disturbs_nobody(log: Log) -> None:
    first, given_up, last = new_producer(), new_producer(), new_producer()
    tasks = [asyncio.create_task(log.append(one, events(one, 1, 3))) for one in (first, given_up, last)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    receipts = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(receipts[0], Receipt)
    assert isinstance(receipts[2], Receipt)
    assert await log.last_seq(given_up) in (0, 3)
    assert await verify(log) == (await log.head()).position


async def test_the_largest_event_fits(log: Log) -> None:
    producer = new_producer()
    room = MAX_EVENT_BYTES - len(pack(note())) - 8
    body = note("\x00" * room)
    await log.append(producer, [event(producer, number, body) for number in range(1, 9)])
    assert {one.body for one in await everything(log)} == {body}


async def test_nothing_cannot_be_appended(log: Log) -> None:
    with pytest.raises(ValueError, match="no events"):
        await log.append(new_producer(), [])
    for nothing in ([], [Batch(new_producer(), [])]):
        with pytest.raises(ValueError, match="no events"):
            await log.append_batches(nothing)


async def test_closing_finishes_what_is_under_way(log: Log) -> None:
    producer = new_producer()
    appends = [asyncio.create_task(log.append(producer, [event(producer, number)])) for number in range(1, 20)]
    await asyncio.sleep(0)
    await log.aclose()
    assert [(await one).last_seq for one in appends][-1] == 19
    with pytest.raises(LogUnavailable, match="closed"):
        await log.append(producer, [event(producer, 20)])
    with pytest.raises(LogUnavailable, match="closed"):
        await log.wait(Position(99))


async def test_equal_payloads_have_different_digests(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, [event(producer, 1, note("same")), event(producer, 2, note("same"))])
    first, second = await everything(log)
    assert first.payload == second.payload
    assert first.payload_digest != second.payload_digest

"""Promise 7: the chain names the first event that was changed, removed, inserted or swapped."""

from __future__ import annotations

import pytest

from prompter_events import Log, LogCorrupt, Position, open_log, verify
from prompter_events.rows import EVENT_COLUMNS
from prompter_events.stored import StoredLog
from support.events import events, new_producer
from support.mariadb import MariaDB
from support.tamper import Intruder

EVENTS = 20


@pytest.fixture
def intruder(stored_url: str, request: pytest.FixtureRequest) -> Intruder:
    server: MariaDB | None = request.getfixturevalue("mariadb") if stored_url.startswith("mysql") else None
    return Intruder(stored_url, server)


async def fill(url: str) -> None:
    async with open_log(url) as log:
        for producer in (new_producer(), new_producer()):
            await log.append(producer, events(producer, 1, EVENTS // 2))


async def first_wrong(url: str, anchors: dict[Position, bytes] | None = None) -> int:
    async with open_log(url) as log:
        assert isinstance(log, StoredLog)
        log.hole_seconds = 0.1
        with pytest.raises(LogCorrupt) as damage:
            await verify(log, anchors=anchors)
        return damage.value.position


@pytest.mark.parametrize(
    "change",
    [
        "payload = x'80'",
        "salt = x'00000000000000000000000000000000'",
        "payload = NULL",
        "payload_digest = x'" + "00" * 32 + "'",
        "hash = x'" + "00" * 32 + "'",
        "type = 'note.addee'",
        "occurred_at = occurred_at + 1",
        "recorded_at = recorded_at - 1",
        "schema_version = 2",
        "participant_id = x'" + "00" * 16 + "'",
        "session_id = x'" + "00" * 16 + "'",
        "producer_seq = 77",
    ],
)
async def test_a_changed_event_is_named(stored_url: str, intruder: Intruder, change: str) -> None:
    await fill(stored_url)
    await intruder.run(f"UPDATE event SET {change} WHERE position = 7")
    assert await first_wrong(stored_url) == 7


async def test_a_removed_event_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run("DELETE FROM event WHERE position = 7")
    assert await first_wrong(stored_url) == 7


async def test_an_event_removed_without_a_gap_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    close_up = [
        f"UPDATE event SET position = {number - 1} WHERE position = {number}" for number in range(8, EVENTS + 1)
    ]
    await intruder.run(
        "DELETE FROM event WHERE position = 7", *close_up, f"UPDATE log_head SET position = {EVENTS - 1}"
    )
    assert await first_wrong(stored_url) == 7


async def test_swapped_events_are_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run(
        "UPDATE event SET position = 900 WHERE position = 7",
        "UPDATE event SET position = 7 WHERE position = 8",
        "UPDATE event SET position = 8 WHERE position = 900",
    )
    assert await first_wrong(stored_url) == 7


async def test_an_inserted_event_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    make_room = [
        f"UPDATE event SET position = {number + 1} WHERE position = {number}" for number in range(EVENTS, 6, -1)
    ]
    copied = ", ".join(EVENT_COLUMNS[4:])
    key = "log_id, " if stored_url.startswith("mysql") else ""
    await intruder.run(
        *make_room,
        f"INSERT INTO event ({key}position, session_id, producer_id, producer_seq, {copied})"
        f" SELECT {key}7, session_id, x'{'ab' * 16}', producer_seq, {copied} FROM event WHERE position = 6",
        f"UPDATE log_head SET position = {EVENTS + 1}",
    )
    assert await first_wrong(stored_url) == 7


async def test_an_event_behind_the_head_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run(
        f"UPDATE log_head SET last_hash = (SELECT hash FROM event WHERE position = {EVENTS - 1})",
        f"UPDATE log_head SET position = {EVENTS - 1}",
    )
    assert await first_wrong(stored_url) == EVENTS
    producer = new_producer()
    async with open_log(stored_url) as log:
        with pytest.raises(LogCorrupt) as damage:
            await log.append(producer, events(producer, 1, 1))
    assert damage.value.position == EVENTS


async def test_a_head_that_does_not_match_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run(f"UPDATE log_head SET last_hash = x'{'00' * 32}'")
    assert await first_wrong(stored_url) == EVENTS


async def test_an_anchor_kept_elsewhere_convicts_who_cut_the_end_off(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    async with open_log(stored_url) as log:
        anchor = await log.head()
        assert await verify(log, anchors={anchor.position: anchor.hash}) == EVENTS
    assert await first_wrong(stored_url, {Position(5): bytes(32)}) == 5
    await intruder.run(
        "UPDATE log_head SET position = 12, last_hash = (SELECT hash FROM event WHERE position = 12)",
        "DELETE FROM event WHERE position > 12",
    )
    async with open_log(stored_url) as log:
        assert await verify(log) == 12
    assert await first_wrong(stored_url, {anchor.position: anchor.hash}) == 13


async def test_erased_payloads_are_vouched_for_by_their_digest(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run("UPDATE event SET payload = NULL, salt = NULL WHERE position IN (3, 4, 20)")
    async with open_log(stored_url) as log:
        assert await verify(log) == EVENTS
        erased = [one async for one in log.read() if one.payload is None]
        with pytest.raises(ValueError, match="erased"):
            _ = erased[0].body
    await intruder.run(f"UPDATE event SET payload_digest = x'{'11' * 32}' WHERE position = 4")
    assert await first_wrong(stored_url) == 4


async def test_a_sound_log_verifies(log: Log) -> None:
    producer = new_producer()
    await log.append(producer, events(producer, 1, 30))
    assert await verify(log) == 30

"""Promise 7: the chain names the first event that was changed, removed, inserted or swapped."""

from __future__ import annotations

import tracemalloc

import pytest
from msgspec.structs import replace

from prompter_events import Log, LogCorrupt, Position, ProducerId, open_log, verify
from prompter_events.chain import event_hash
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


ZEROS = f"x'{'00' * 16}'"
CHANGES = [
    "position = 900",
    f"session_id = {ZEROS}",
    f"producer_id = {ZEROS}",
    "producer_seq = 77",
    f"participant_id = {ZEROS}",
    "type = 'note.addee'",
    "type = 'NOTE.ADDED'",
    "type = 'note.added '",
    "schema_version = 2",
    "occurred_at = occurred_at + 1",
    "recorded_at = recorded_at - 1",
    "payload = x'80'",
    "payload = NULL",
    f"salt = {ZEROS}",
    "salt = NULL",
    f"payload_digest = x'{'00' * 32}'",
    f"hash = x'{'00' * 32}'",
]


def test_every_column_is_changed() -> None:
    assert {change.partition(" = ")[0] for change in CHANGES} == set(EVENT_COLUMNS)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_event_is_named(stored_url: str, intruder: Intruder, change: str) -> None:
    await fill(stored_url)
    await intruder.run(f"UPDATE event SET {change} WHERE position = 7")
    assert await first_wrong(stored_url) == 7


async def test_an_event_moved_to_another_log_of_the_table_is_named(mysql_url: str, mariadb: MariaDB) -> None:
    await fill(mysql_url)
    await Intruder(mysql_url, mariadb).run("UPDATE event SET log_id = 2 WHERE position = 7")
    assert await first_wrong(mysql_url) == 7


@pytest.mark.parametrize("column", [name for name in EVENT_COLUMNS if name != "position"])
@pytest.mark.parametrize("value", [f"'{'x' * 16}'", f"'{'é' * 32}'", "x'ff'", "1.5", "-1"])
async def test_a_value_of_another_kind_where_sqlite_takes_it_is_named(sqlite_url: str, column: str, value: str) -> None:
    await fill(sqlite_url)
    intruder = Intruder(sqlite_url)
    await intruder.run("PRAGMA ignore_check_constraints = 1", f"UPDATE event SET {column} = {value} WHERE position = 7")
    assert await first_wrong(sqlite_url) == 7


@pytest.mark.parametrize("first", [1, 7, EVENTS])
async def test_of_several_changes_the_first_is_named(stored_url: str, intruder: Intruder, first: int) -> None:
    await fill(stored_url)
    await intruder.run(
        f"UPDATE event SET type = 'x' WHERE position >= {first}",
        "UPDATE producer SET last_seq = 1",
        f"UPDATE log_head SET last_hash = x'{'00' * 32}'",
    )
    assert await first_wrong(stored_url, {Position(900): bytes(32)}) == first


async def test_a_removed_event_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run("DELETE FROM event WHERE position = 7")
    assert await first_wrong(stored_url) == 7


async def test_a_change_before_an_event_that_cannot_be_read_is_named(sqlite_url: str) -> None:
    await fill(sqlite_url)
    intruder = Intruder(sqlite_url)
    for column in ("session_id = 'xxxxxxxxxxxxxxxx'", "payload = 7"):
        await intruder.run(f"UPDATE event SET {column} WHERE position = 9")
        assert await first_wrong(sqlite_url) == 9
    await intruder.run("UPDATE event SET producer_seq = 77 WHERE position = 3")
    assert await first_wrong(sqlite_url) == 3


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


HEADS = {
    f"last_hash = x'{'00' * 32}'": EVENTS,
    f"position = {EVENTS + 3}": EVENTS + 1,
    f"position = {EVENTS - 3}": EVENTS - 3,
    "position = 0": 0,
    f"position = 0, last_hash = x'{'00' * 32}'": 1,
}
"""What is done to the head row, and the position that is named."""


@pytest.mark.parametrize(("change", "named"), HEADS.items(), ids=HEADS)
async def test_a_head_that_does_not_match_is_named(
    stored_url: str, intruder: Intruder, change: str, named: int
) -> None:
    await fill(stored_url)
    await intruder.run(f"UPDATE log_head SET {change}")
    assert await first_wrong(stored_url) == named


async def test_a_head_that_is_gone_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run("DELETE FROM log_head")
    with pytest.raises(LogCorrupt, match="head row is gone"):
        await first_wrong(stored_url)


@pytest.mark.parametrize("change", ["last_seq = last_seq + 1", "last_seq = last_seq - 1", "last_seq = 0"])
async def test_a_producer_whose_row_does_not_match_is_named(stored_url: str, intruder: Intruder, change: str) -> None:
    await fill(stored_url)
    async with open_log(stored_url) as log:
        [first] = [event.producer_id async for event in log.read(limit=1)]
    await intruder.run(f"UPDATE producer SET {change} WHERE producer_id = x'{first.hex}'")
    assert await first_wrong(stored_url) == EVENTS // 2


async def test_a_producer_whose_row_is_gone_is_named(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    await intruder.run("DELETE FROM producer")
    assert await first_wrong(stored_url) == EVENTS // 2


async def test_producers_at_work_do_not_disturb(log: Log) -> None:
    """Their rows go on while the chain is read, and while the rows are."""
    producers = [new_producer() for _ in range(3)]
    for producer in producers:
        await log.append(producer, events(producer, 1, 10))
    last_seq, sent = log.last_seq, 10

    async def going_on(producer_id: ProducerId) -> int:
        nonlocal sent
        sent += 1
        for producer in producers:
            await log.append(producer, events(producer, sent, sent))
        return await last_seq(producer_id)

    log.last_seq = going_on  # type: ignore[method-assign]  # the moment between two looks
    assert await verify(log) == 30
    assert sent == 13


def cut_off(after: int) -> list[str]:
    """Removes the end of a log and leaves a log that agrees with itself."""
    last = "(SELECT MAX(producer_seq) FROM event WHERE event.producer_id = producer.producer_id)"
    return [
        f"DELETE FROM event WHERE position > {after}",
        f"UPDATE log_head SET position = {after}, last_hash = (SELECT hash FROM event WHERE position = {after})",
        "DELETE FROM producer WHERE producer_id NOT IN (SELECT producer_id FROM event)",
        f"UPDATE producer SET last_seq = {last}",
    ]


async def test_an_anchor_kept_elsewhere_convicts_who_cut_the_end_off(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    async with open_log(stored_url) as log:
        anchor = await log.head()
        assert await verify(log, anchors={anchor.position: anchor.hash}) == EVENTS
    assert await first_wrong(stored_url, {Position(5): bytes(32)}) == 5
    await intruder.run(*cut_off(12))
    async with open_log(stored_url) as log:
        assert await verify(log) == 12  # nothing in the log itself tells
    assert await first_wrong(stored_url, {anchor.position: anchor.hash}) == 13


async def test_who_cuts_the_end_off_and_forgets_the_producers_is_named_without_an_anchor(
    stored_url: str, intruder: Intruder
) -> None:
    await fill(stored_url)
    await intruder.run(*cut_off(12)[:2])
    assert await first_wrong(stored_url) == 12


async def test_an_anchor_kept_elsewhere_convicts_who_recomputed_the_chain(stored_url: str, intruder: Intruder) -> None:
    await fill(stored_url)
    async with open_log(stored_url) as log:
        stored = [event async for event in log.read()]
    forged, last_hash = [], stored[5].hash
    for event in stored[6:]:
        changed = replace(event, occurred_at=event.occurred_at + 1)
        forged.append(replace(changed, hash=(last_hash := event_hash(last_hash, changed))))
    changes = ((one.position, f"occurred_at = {one.occurred_at}, hash = x'{one.hash.hex()}'") for one in forged)
    await intruder.run(
        *(f"UPDATE event SET {change} WHERE position = {position}" for position, change in changes),
        f"UPDATE log_head SET last_hash = x'{last_hash.hex()}'",
    )
    async with open_log(stored_url) as log:
        assert await verify(log) == EVENTS  # nothing in the log itself tells
        assert await verify(log, anchors={event.position: event.hash for event in stored[:6]}) == EVENTS
    anchors = {event.position: event.hash for event in (stored[2], stored[11], stored[19])}
    assert await first_wrong(stored_url, anchors) == 12


async def test_memory_stays_flat_and_progress_is_told(sqlite_url: str) -> None:
    peaks: list[int] = []
    told: list[tuple[int, int]] = []
    async with open_log(sqlite_url) as log:
        for _ in range(2):
            told.clear()
            producer = new_producer()
            await log.append(producer, events(producer, 1, 2_500 if not peaks else 22_500))
            tracemalloc.start()
            total = await verify(log, lambda done, total: told.append((done, total)))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert told == [(done, total) for done in (*range(1000, total, 1000), total)]
    assert total == 25_000
    assert peaks[1] < 1.5 * peaks[0]


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

"""Commits that hold the events of many strangers: one bad event stops nobody else, in any of the logs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from prompter_events import MAX_EVENT_BYTES, Batch, Event, Log, ProducerId, Receipt, open_log, verify
from prompter_events.append import Plan
from prompter_events.catalogue.study import CaptureInvalid
from prompter_events.mysql.store import MysqlStore
from prompter_events.sqlite.store import SqliteStore
from prompter_events.stored import StoredLog
from prompter_events.writer import GROUP_EVENTS
from support.events import ALICE, event, events, new_producer
from support.mariadb import MariaDB
from support.reading import everything

BAD: dict[str, tuple[dict[str, object], str]] = {
    "a long type": ({"type": "x" * 65}, "a type of 65 characters; the limit is 64"),
    "a long type behind a NUL": ({"type": "x\x00" + "y" * 64}, "a type of 66 characters; the limit is 64"),
    "half a character": ({"type": "lone \ud800"}, "a type that is no Unicode text"),
    "a version below": ({"schema_version": -1}, "schema_version -1 is not in 0 … 65535"),
    "a version above": ({"schema_version": 65536}, "schema_version 65536 is not in 0 … 65535"),
    "a time before 1970": ({"occurred_at": -1}, f"occurred_at -1 is not in 0 … {2**53 - 1}"),
    "a time of 53 bits": ({"occurred_at": 2**53}, f"occurred_at {2**53} is not in 0 … {2**53 - 1}"),
    "a time of 63 bits": ({"occurred_at": 2**63}, f"occurred_at {2**63} is not in 0 … {2**53 - 1}"),
    "a time of 64 bits": ({"occurred_at": 2**64}, f"occurred_at {2**64} is not in 0 … {2**53 - 1}"),
    "too many bytes": (
        {"payload": bytes(MAX_EVENT_BYTES + 1)},
        f"a payload of {MAX_EVENT_BYTES + 1} bytes; the limit is {MAX_EVENT_BYTES}",
    ),
    "more bytes than a packet": (
        {"payload": bytes(17 * MAX_EVENT_BYTES)},
        f"a payload of {17 * MAX_EVENT_BYTES} bytes; the limit is {MAX_EVENT_BYTES}",
    ),
}
"""What no log holds as it came, and what is said of it."""


def spoiled(producer: ProducerId, seq: int, last: int, fields: dict[str, object]) -> list[Event]:
    """The producer's events from 1 to ``last``, the one with the number ``seq`` having other fields."""
    return [replace(one, **fields) if one.producer_seq == seq else one for one in events(producer, 1, last)]


def invalid(one: Event) -> CaptureInvalid:
    """What is kept of an event."""
    body = one.body
    assert isinstance(body, CaptureInvalid)
    return body


async def append_all(log: Log, *own: Sequence[Event]) -> list[Receipt]:
    """Every sequence by a caller of its own, all in the same moment; all are answered, and soon."""
    async with asyncio.timeout(60):
        return await asyncio.gather(*(log.append(some[0].producer_id, some) for some in own))


@pytest.mark.parametrize("what", BAD)
async def test_what_no_log_holds_is_kept_as_invalid_by_every_log(log: Log, what: str) -> None:
    fields, reason = BAD[what]
    bad, others = new_producer(), [new_producer() for _ in range(8)]
    sent = spoiled(bad, 3, 5, fields)
    receipts = await append_all(log, *(events(one, 1, 2) for one in others), sent)
    assert [receipt.stored for receipt in receipts] == [2] * 8 + [5]
    stored = [one for one in await everything(log) if one.producer_id == bad]
    assert [one.producer_seq for one in stored] == [1, 2, 3, 4, 5]
    assert [one.type for one in stored] == ["note.added"] * 2 + ["capture.invalid"] + ["note.added"] * 2
    kept = invalid(stored[2])
    assert kept.reason == reason
    payload = sent[2].payload or b""
    assert kept.size == len(payload)
    assert payload.startswith(kept.raw)
    assert kept.raw == payload or len(kept.raw) > MAX_EVENT_BYTES - 5000
    assert kept.claimed_type == sent[2].type.encode(errors="backslashreplace").decode()
    assert stored[2].participant_id == ALICE
    assert await verify(log) == 21


async def test_what_no_log_holds_is_a_duplicate_like_any_other(log: Log) -> None:
    producer = new_producer()
    for duplicates in (0, 4):
        receipt = await log.append(producer, spoiled(producer, 2, 4, {"type": "x" * 99}))
        assert (receipt.last_seq, receipt.duplicates) == (4, duplicates)
    assert [one.type for one in await everything(log)].count("capture.invalid") == 1


async def test_a_transaction_keeps_what_no_log_holds_too(log: Log) -> None:
    producer = new_producer()
    async with log.transaction() as transaction:
        transaction.append(producer, spoiled(producer, 2, 3, {"occurred_at": -1}))
    assert [one.type for one in await everything(log)] == ["note.added", "capture.invalid", "note.added"]


async def test_an_erased_event_fails_its_own_caller_alone(log: Log) -> None:
    bad, good = new_producer(), new_producer()
    appends = (append_all(log, spoiled(bad, 2, 3, {"payload": None})), append_all(log, events(good, 1, 3)))
    refusal, receipts = await asyncio.gather(*appends, return_exceptions=True)
    assert isinstance(refusal, ValueError)
    assert receipts == [Receipt(3, (await log.head()).position, 3, 0)]


class Commits:
    """Counts the events of each commit that a log's store takes or refuses."""

    def __init__(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        assert isinstance(log, StoredLog)
        self.sizes: list[int] = []
        self._commit = log._store.commit
        monkeypatch.setattr(log._store, "commit", self.commit)

    async def commit(self, batches: Sequence[Batch]) -> Plan:
        self.sizes.append(sum(len(batch.events) for batch in batches))
        return await self._commit(batches)


async def test_five_hundred_producers_are_stored_by_one_commit(
    stored_log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = Commits(stored_log, monkeypatch)
    producers = [new_producer() for _ in range(GROUP_EVENTS)]
    receipts = await append_all(stored_log, *([event(one, 1)] for one in producers))
    assert commits.sizes == [GROUP_EVENTS]
    assert [receipt.position for receipt in receipts] == list(range(1, GROUP_EVENTS + 1))
    assert [one.producer_id for one in await everything(stored_log)] == producers
    assert await verify(stored_log) == GROUP_EVENTS


@pytest.fixture
async def cramped_log(stored_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    """An open log whose store takes no more than a few hundred kilobytes at once."""
    server: MariaDB | None = request.getfixturevalue("mariadb") if stored_url.startswith("mysql") else None
    async with open_log(stored_url) as log:
        assert isinstance(log, StoredLog)
        if isinstance(log._store, SqliteStore):
            await log._store._writer.write(lambda connection: connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 300_000))
            yield log
            return
        assert isinstance(log._store, MysqlStore)
        assert server is not None
        # The log looked when it was opened; its writer's connection comes after this.
        [(before,)] = await server.run(stored_url, "SELECT @@global.max_allowed_packet")
        await server.run(stored_url, "SET GLOBAL max_allowed_packet = 524288")
        try:
            yield log
        finally:
            await server.run(stored_url, f"SET GLOBAL max_allowed_packet = {before}")


async def test_an_event_too_big_for_the_store_is_found_among_five_hundred(
    cramped_log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = Commits(cramped_log, monkeypatch)
    producers = [new_producer() for _ in range(GROUP_EVENTS)]
    sent = [[event(one, 1)] for one in producers]
    bad = producers[321]
    sent[321] = spoiled(bad, 1, 1, {"payload": b"'" * 600_000})
    receipts = await append_all(cramped_log, *sent)
    assert [(receipt.last_seq, receipt.stored) for receipt in receipts] == [(1, 1)] * GROUP_EVENTS
    # Halved nine times: two commits each, and the first and the last.
    assert commits.sizes[0] == GROUP_EVENTS
    assert len(commits.sizes) <= 2 * 9 + 2
    stored = await everything(cramped_log)
    assert [one.producer_id for one in stored] == producers
    assert [one.producer_id for one in stored if one.type == "capture.invalid"] == [bad]
    kept = invalid(stored[321])
    assert kept.raw == b"'" * len(kept.raw)
    assert (len(kept.raw), kept.size) == (64 * 1024, 600_000)
    assert "big" in kept.reason
    assert await verify(cramped_log) == GROUP_EVENTS
    assert (await cramped_log.append(bad, events(bad, 1, 2))).duplicates == 1


async def test_several_events_too_big_for_the_store_are_found_in_one_append(cramped_log: Log) -> None:
    producer, other = new_producer(), new_producer()
    sent = [
        replace(one, payload=b"\\" * 500_000) if one.producer_seq in (1, 7, 8, 20) else one
        for one in events(producer, 1, 20)
    ]
    receipts = await append_all(cramped_log, sent, events(other, 1, 20))
    assert [receipt.stored for receipt in receipts] == [20, 20]
    stored = [one for one in await everything(cramped_log) if one.producer_id == producer]
    assert [one.producer_seq for one in stored if one.type == "capture.invalid"] == [1, 7, 8, 20]
    assert [one.producer_seq for one in stored] == list(range(1, 21))
    assert await verify(cramped_log) == 40

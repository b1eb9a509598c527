"""What a crash leaves: everything that was acknowledged, once and in order, and no append by half.

The process that writes is killed at every step of an append, and the database server in the midst of a load.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import count, islice

import pytest

from prompter_events import LogError, open_log, verify
from support.checking import append_faults, number_faults, position_faults
from support.dying import COMMITTED, Death, appends, dying
from support.events import events
from support.hand import extent
from support.load import Load, own_producers
from support.mariadb import MariaDB
from support.writing import portions


async def test_a_writer_killed_at_any_step_of_an_append_leaves_it_whole_or_not_at_all(stored_url: str) -> None:
    left: list[tuple[str, bool]] = []
    async with dying(stored_url) as program:
        for step in count(1):
            death = await program.at(step)
            faults, whole = await _after(stored_url, death)
            assert faults == [], death.at
            left.append((death.at, whole))
            if not death.at:
                break
    # It was interrupted in earnest, everywhere, and what came of it was decided by the commit alone.
    assert left[-2:] == [(COMMITTED, True), ("", True)]
    before = left[: left.index(("before COMMIT", False)) + 1]
    assert not any(whole for _, whole in before)
    for statement in ("BEGIN", "SELECT position", "INSERT INTO event", "INSERT INTO producer", "UPDATE log_head"):
        assert any(step.startswith("before ") and statement in step for step, _ in before)


@pytest.mark.parametrize(
    ("variant", "says"),
    [("torn", r"damaged at position \d+|of an append of 10 events, \d are there"), ("hasty", "acknowledged up to 9")],
)
async def test_an_append_that_is_broken_is_caught(stored_url: str, variant: str, says: str) -> None:
    async with dying(stored_url, variant) as program:
        for step in count(1):
            death = await program.at(step)
            assert death.at, f"no step of an append that is {variant} did any harm"
            faults, _ = await _after(stored_url, death)
            if faults:
                break
    assert re.search(says, faults[0]), faults


async def _after(url: str, death: Death) -> tuple[list[str], bool]:
    """What is wrong with the log after a death, and whether it held the interrupted append."""
    before, interrupted = appends(death.known, death.new)
    asked = [event for batch in interrupted for event in batch.events]
    try:
        async with open_log(url) as log:
            stored = [event async for event in log.read()]
            faults = number_faults(stored, death.acknowledged) + append_faults(stored, asked)
            # The clients send again what they got no answer to, and more than that. A server may still be at the commit
            # of the dead process; this waits for it.
            receipts = await log.append_batches([*before, *interrupted])
            stored = [event async for event in log.read()]
            everything = {death.known: 9, death.new: 4}
            faults += number_faults(stored, everything) + append_faults(stored, asked)
            await verify(log)
    except LogError as error:
        return [str(error)], False
    whole = await extent(url)
    faults += position_faults(whole.head, whole.last, whole.count, {"a reader": [event.position for event in stored]})
    return faults, receipts[2].duplicates == 4


SIZES = "1..20"


async def test_writers_killed_in_the_midst_of_a_load_lose_nothing_that_was_acknowledged(stored_url: str) -> None:
    async with Load(stored_url, own_producers(3, 2), appends=0, sizes=SIZES) as load:
        await load.under_way(60)
        load.kill()
        await load.ended()
    await _send_the_rest(stored_url, load)
    await _check(stored_url, load)


async def _send_the_rest(url: str, load: Load) -> None:
    """What the clients of killed processes do: send again what was not acknowledged, and go on."""
    async with open_log(url) as log:
        for producer, number in load.acknowledged.items():
            behind = (last for first, last in portions(producer, SIZES) if first > number)
            under_way, later = islice(behind, 2)
            receipt = await log.append(producer, events(producer, 1, later))
            # Whole appends only, and at most the one whose answer was under way.
            assert receipt.duplicates in (number, under_way)
            assert receipt.last_seq == later


async def _check(url: str, load: Load) -> None:
    """Everything that was acknowledged is there once and in order."""
    async with open_log(url) as log:
        stored = [event async for event in log.read()]
        assert await verify(log) == len(stored)
    assert number_faults(stored, load.acknowledged) == []
    whole, seen = await extent(url), [event.position for event in stored]
    assert position_faults(whole.head, whole.last, whole.count, {"a reader": seen}) == []


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MariaDB]:
    """A server with settings of its own, not started yet."""
    server = MariaDB()
    monkeypatch.setenv("PROMPTER_DB_PASSWORD", server.password)
    yield server
    server.remove()


KILLS = 2


async def test_a_server_killed_twice_in_the_midst_of_a_load_loses_nothing_that_was_acknowledged(
    mysql_url: str, mariadb: MariaDB
) -> None:
    async with Load(mysql_url, own_producers(4, 2), appends=0, sizes=SIZES) as load:
        await load.under_way(100)
        for _ in range(KILLS):
            assert await _crash(mariadb, mysql_url, load) == []
            await load.under_way(100)
        load.kill()
        await load.ended()
    assert load.losses == []
    await _send_the_rest(mysql_url, load)
    await _check(mysql_url, load)


async def _crash(server: MariaDB, url: str, load: Load, *options: str) -> list[str]:
    """Kill the server and start it; what it lacks of what was acknowledged. No client sends that again."""
    await asyncio.to_thread(server.kill)
    acknowledged = dict(load.acknowledged)
    await asyncio.to_thread(server.start, *options)
    async with open_log(url) as log:
        return number_faults([event async for event in log.read()], acknowledged)


FORGETFUL = ("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-log-at-timeout=2700", "--sync-binlog=0")
"""Commits stay in the server's memory."""


async def test_a_server_that_acknowledges_before_it_writes_is_caught(own_server: MariaDB) -> None:
    own_server.start()
    url = await own_server.fresh_database()
    own_server.restart(*FORGETFUL)
    async with Load(url, own_producers(2, 2), appends=0, sizes=SIZES) as load:
        await load.under_way(50)
        faults = await _crash(own_server, url, load, *FORGETFUL)
        await load.under_way(50)
        assert faults
        assert all("was acknowledged up to" in fault for fault in faults)
        # The clients notice it too.
        assert load.losses

"""What projections made of an erased participant goes too: rows, states and letters, whoever is behind or ahead."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from workers import at_work

from prompter.storage import all_projections
from prompter_events import Batch, Event, Log, ParticipantId, Position, Relation, SessionId, open_log
from prompter_events.catalogue.study import ParticipantErased
from prompter_events.mysql.tables import ERASER
from prompter_projections import (
    MIGRATIONS,
    CurrentProjection,
    Policy,
    Projection,
    PromptsProjection,
    SnapshotsProjection,
    forget_everywhere,
    rebuild,
)
from prompter_projections.relations import CELL, DEAD_LETTER, PROMPT, RUN, SESSION, SNAPSHOT, STATE
from prompter_projections.snapshots import Spacing
from support.events import ALICE, BOB
from support.lifelike import lifelike
from support.mariadb import MariaDB

READ_MODELS = (SESSION, CELL, RUN, PROMPT, SNAPSHOT)


@pytest.fixture(params=["memory", "sqlite", "mysql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    url, password = "memory://", None
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/log.db"
    elif request.param == "mysql":
        server: MariaDB = request.getfixturevalue("mariadb")
        url = await server.fresh_database(MIGRATIONS)
        await server.run(url, f"ALTER USER {ERASER}@'%%' IDENTIFIED BY %s ACCOUNT UNLOCK", server.password)
        url, password = url.replace("prompter_user@", f"{ERASER}@"), server.password
    migrate = request.param == "sqlite"
    async with open_log(url, password=password, migrate=migrate, migrations=[MIGRATIONS]) as opened_log:
        yield opened_log


def work_of(participant_id: ParticipantId) -> list[Event]:
    """A lifelike session, with ids of its own for each participant."""
    return [replace(event, participant_id=participant_id) for event in lifelike(seed=participant_id.int)]


async def store(log: Log, events: Sequence[Event]) -> Position:
    """Append events in their order, as few commits as that takes."""
    batches = [Batch(producer_id, list(some)) for producer_id, some in groupby(events, lambda event: event.producer_id)]
    return (await log.append_batches(batches))[-1].position


async def left(log: Log, name: str, session_ids: set[SessionId], participant_id: ParticipantId) -> list[Any]:
    """All that the tables hold of a participant under a projection's name."""
    raw = {session_id.bytes for session_id in session_ids} | {participant_id.bytes}
    found: list[Any] = []
    for relation in (*READ_MODELS, DEAD_LETTER):
        found += [
            (relation.name, row)
            for row in await log.rows(relation, {})
            if row.get("session_id") in raw or row.get("participant_id") in raw
        ]
    for row in await log.rows(STATE, {"projection": name}):
        key = row["state_key"]
        assert isinstance(key, bytes)
        found += [("state", key)] if key[:16] in raw else []
    return found


PROJECTIONS: list[Projection[Any]] = [
    CurrentProjection(),
    PromptsProjection(),
    SnapshotsProjection(Spacing(least=20, most=20)),
]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
async def test_a_worker_that_is_behind_forgets_when_it_comes_there(log: Log, projection: Projection[Any]) -> None:
    hers, his = work_of(ALICE), work_of(BOB)
    sessions = {event.session_id for event in hers}
    middle = len(hers) // 2
    await store(log, [*hers[:middle], *his[:middle]])
    async with at_work(log, projection, batch=50) as worker:
        await worker.caught_up(2 * middle)
        before = await left(log, projection.name, {event.session_id for event in his}, BOB)
        assert len(await left(log, projection.name, sessions, ALICE)) > 3
        # The worker holds her states in memory; events of hers come before the erasure, others of his after it.
        await store(log, hers[middle:])
        await log.erase(ALICE, by="Carol")
        head = await store(log, his[middle:])
        await worker.caught_up(head)
    assert await left(log, projection.name, sessions, ALICE) == []
    after = await left(log, projection.name, {event.session_id for event in his}, BOB)
    assert len(after) >= len(before) > 3


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
async def test_a_rebuild_brings_nobody_back(log: Log, projection: Projection[Any]) -> None:
    hers, his = work_of(ALICE), work_of(BOB)
    sessions = {event.session_id for event in hers}
    await store(log, [*hers[:200], *his, *hers[200:]])
    await rebuild(log, projection)
    kept = await left(log, projection.name, {event.session_id for event in his}, BOB)
    erased = await log.erase(ALICE, by="Carol")
    await rebuild(log, projection, batch=100)
    # The old generation is the eraser's to clear.
    await forget_everywhere(log, PROJECTIONS, erased)
    assert await left(log, projection.name, sessions, ALICE) == []
    assert len(await left(log, projection.name, {event.session_id for event in his}, BOB)) == 2 * len(kept) > 6


async def test_letters_go_with_those_they_may_quote(log: Log) -> None:
    mine, other = SessionId(UUID(int=7)), SessionId(UUID(int=8))

    def letter(position: int, session_id: SessionId) -> dict[str, Any]:
        return {
            "projection": "current",
            "position": position,
            "session_id": session_id,
            "traceback": "…",
            "recorded_at": 0,
        }

    async with log.transaction() as transaction:
        transaction.save(DEAD_LETTER, [letter(1, mine), letter(2, other), letter(3, SessionId(UUID(int=0)))])
    erased = ParticipantErased(participant_id=ALICE, sessions=[mine], events=1, by="Carol")
    await forget_everywhere(log, [CurrentProjection()], erased)
    assert [row["position"] for row in await log.rows(DEAD_LETTER, {})] == [2]


@pytest.mark.parametrize("projection", all_projections(), ids=lambda one: one.name)
def test_everything_that_a_projection_writes_can_be_forgotten(projection: Projection[Any]) -> None:
    for relation in projection.relations:
        assert {"participant_id", "session_id"} & {*relation.columns, *relation.key}
    begins = tuple(projection.keys_begin(ALICE, [SessionId(work_of(ALICE)[0].session_id)]))
    states: dict[bytes, Any] = {}
    written: set[Relation] = set()
    # Twice over, for a snapshot is made only of a session that is long.
    for event in work_of(ALICE) * 2:
        key = projection.key(event)
        if key is None:
            continue
        assert key.startswith(begins)
        before, states[key] = states.get(key), projection.fold(states.get(key), event)
        if not isinstance(projection, Policy):
            written |= {relation for relation, rows in projection.rows(before, states[key]) if rows}
    assert states
    assert written == (set() if isinstance(projection, Policy) else set(projection.relations))


def test_no_table_of_the_projections_is_left_out() -> None:
    """A table that somebody adds without naming it to a projection would never be forgotten."""
    with sqlite3.connect(":memory:") as connection:
        for file in sorted((MIGRATIONS[1] / "sqlite").glob("*.sql")):
            connection.executescript(
                file.read_text().replace("-- statement", ";").replace("CREATE VIEW", "; CREATE VIEW")
            )
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    named = {relation.name for projection in all_projections() for relation in projection.relations}
    assert tables == named | {STATE.name}

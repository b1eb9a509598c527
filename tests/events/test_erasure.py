"""What one participant left is removed; the log stays whole, and takes nothing of theirs any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pymysql
import pytest

from prompter_events import (
    NO_PARTICIPANT,
    NO_SESSION,
    START,
    Batch,
    Checkpoint,
    ErasedParticipant,
    Event,
    Log,
    LogReadOnly,
    Position,
    Relation,
    Value,
    open_log,
    verify,
)
from prompter_events.catalogue.study import ParticipantErased
from prompter_events.mysql.tables import ERASER
from prompter_events.url import SqliteUrl, parse_url
from support.events import BOB, event, events, new_producer, new_session, note
from support.mariadb import MariaDB

SECRET = "the very private remark that nobody may read again"
NOTEBOOK = Relation("notebook", ("notebook_id",), ("participant_id", "study", "path"))
DEAD_LETTER = Relation("dead_letter", ("projection", "position"), ("session_id", "traceback", "recorded_at"))


async def everything(log: Log) -> list[Event]:
    return [one async for one in log.read()]


async def eraser_url(url: str, server: MariaDB | None) -> str:
    """The URL under which erasing is allowed: on MySQL that of the eraser's account."""
    if server is None or not url.startswith("mysql"):
        return url
    await server.run(url, f"ALTER USER {ERASER}@'%%' IDENTIFIED BY %s ACCOUNT UNLOCK", server.password)
    return url.replace("prompter_user@", f"{ERASER}@")


@pytest.fixture
async def erasing_url(log_url: str, request: pytest.FixtureRequest) -> str:
    return await eraser_url(log_url, request.getfixturevalue("mariadb") if log_url.startswith("mysql") else None)


async def test_payloads_go_and_digests_stay(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        alice, bob = await log.participant("Alice"), await log.participant("Bob")
        hers, his = new_producer(), new_producer()
        session = new_session()
        for first in (1, 601):
            await log.append(hers, events(hers, first, first + 599, participant_id=alice, session_id=session))
            await log.append(his, events(his, first, first + 599, participant_id=bob))
        before = await everything(log)
        told: list[tuple[int, int]] = []
        body = await log.erase(alice, by="Carol", progress=lambda done, total: told.append((done, total)))
        assert told[-1] == (1200, 1200)

        after = await everything(log)
        assert await verify(log) == 2401
        for was, is_ in zip(before, after[:-1], strict=True):
            assert (was.hash, was.payload_digest, was.position) == (is_.hash, is_.payload_digest, is_.position)
            assert (is_.payload, is_.salt) == ((None, None) if was.participant_id == alice else (was.payload, was.salt))
        assert (after[-1].participant_id, after[-1].session_id) == (NO_PARTICIPANT, NO_SESSION)
        assert after[-1].body == body
        assert body == ParticipantErased(participant_id=alice, sessions=[session], events=1200, by="Carol")
        assert await log.participant_names() == {bob: "Bob"}


async def test_an_erasure_shows_from_its_first_moment(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        alice, hers = await log.participant("Alice"), new_producer()
        await log.append(hers, events(hers, 1, 3, participant_id=alice))
        assert not await log.is_erased(alice)

        class Interrupted(Exception):
            pass

        def interrupt(done: int, total: int) -> None:
            raise Interrupted

        with pytest.raises(Interrupted):
            await log.erase(alice, by="Carol", progress=interrupt)
        assert await log.is_erased(alice)
        assert not await log.is_erased(BOB)


async def test_nothing_of_theirs_is_taken_any_more(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        alice, theirs, fresh, bobs = await log.participant("Alice"), new_producer(), new_producer(), new_producer()
        await log.append(theirs, events(theirs, 1, 3, participant_id=alice))
        await log.erase(alice, by="Carol")
        for producer, first in ((theirs, 4), (theirs, 1), (fresh, 1)):
            with pytest.raises(ErasedParticipant) as refusal:
                await log.append_batches(
                    [
                        Batch(bobs, events(bobs, 1, 2, participant_id=BOB)),
                        Batch(producer, events(producer, first, first + 1, participant_id=alice)),
                    ]
                )
            assert refusal.value.participant_id == alice
        assert await log.last_seq(bobs) == 2
        assert await log.last_seq(theirs) == 3
        assert await log.last_seq(fresh) == 0
        assert await verify(log) == 6


async def test_a_name_that_comes_back_is_a_new_participant(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        alice = await log.participant("Alice")
        notebook = await log.notebook(alice, "loans", "alices letters.ipynb")
        await log.erase(alice, by="Carol")
        again = await log.participant("Alice")
        assert again != alice
        assert await log.notebook(again, "loans", "alices letters.ipynb") != notebook


async def test_no_path_of_theirs_comes_back(erasing_url: str) -> None:
    """A page that is still open tells of another notebook, or of one that was renamed just now."""
    async with open_log(erasing_url) as log:
        alice = await log.participant("Alice")
        notebook = await log.notebook(alice, "loans", SECRET)
        await log.erase(alice, by="Carol")
        with pytest.raises(ErasedParticipant):
            await log.notebook(alice, "loans", SECRET)
        await log.rename_notebook(notebook, SECRET)
        kept = await log.rows(NOTEBOOK, {"participant_id": alice})
        assert [row["path"] for row in kept if row["path"] is not None] == []


async def test_erasing_again_finishes_and_changes_nothing(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        alice, producer = await log.participant("Alice"), new_producer()
        await log.append(producer, events(producer, 1, 3, participant_id=alice))
        assert (await log.erase(alice, by="Carol")).events == 3
        before = await everything(log)
        again = await log.erase(alice, by="Dave")
        assert (again.events, again.sessions) == (0, [producer])
        assert await everything(log) == before


async def test_erasing_somebody_unknown_bars_them_before_they_come(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        producer = new_producer()
        assert (await log.erase(BOB, by="a list of erased participants")).events == 0
        with pytest.raises(ErasedParticipant):
            await log.append(producer, events(producer, 1, 1, participant_id=BOB))
        assert await verify(log) == 1


async def test_what_a_worker_says_about_somebody_erased_is_passed_over(erasing_url: str) -> None:
    async with open_log(erasing_url) as log:
        alice, asking, other = await log.participant("Alice"), new_producer(), new_producer()
        await log.erase(alice, by="Carol")
        async with log.transaction() as transaction:
            transaction.move("policy", Checkpoint(START, 1), Checkpoint(Position(1), 1))
            transaction.append(asking, events(asking, 1, 2, participant_id=alice))
            transaction.append(other, events(other, 1, 1, participant_id=BOB))
        assert await log.checkpoint("policy") == Checkpoint(Position(1), 1)
        assert (await log.last_seq(asking), await log.last_seq(other)) == (0, 1)


async def test_a_transaction_forgets_rows_before_it_saves_others(log: Log) -> None:
    mine, theirs = new_session(), new_session()

    def letter(position: int, session: object, projection: str = "cells") -> Mapping[str, Value]:
        assert session in (mine, theirs)
        return {
            "projection": projection,
            "position": position,
            "session_id": mine if session == mine else theirs,
            "traceback": "…",
            "recorded_at": 7,
        }

    async with log.transaction() as transaction:
        transaction.save(DEAD_LETTER, [letter(1, mine), letter(2, theirs), letter(3, mine, "prompts")])
    async with log.transaction() as transaction:
        transaction.save(DEAD_LETTER, [letter(4, mine)])
        transaction.forget(DEAD_LETTER, {"projection": "cells", "session_id": mine})
    left = await log.rows(DEAD_LETTER, {})
    assert [(row["projection"], row["position"]) for row in left] == [("cells", 2), ("cells", 4), ("prompts", 3)]
    async with log.transaction() as transaction:
        transaction.forget(DEAD_LETTER, {"projection": "cells"}, ("session_id", theirs.bytes[:7]))
    left = await log.rows(DEAD_LETTER, {"projection": "cells"})
    assert [row["position"] for row in left] == [4]
    for equal, prefix in (({}, None), ({"sheep": 1}, None), ({}, ("sheep", b""))):
        with pytest.raises(ValueError, match="dead_letter"):
            async with log.transaction() as transaction:
                transaction.forget(DEAD_LETTER, equal, prefix)


async def test_the_file_keeps_no_trace(sqlite_url: str) -> None:
    target = parse_url(sqlite_url)
    assert isinstance(target, SqliteUrl)
    directory = target.path.parent
    async with open_log(sqlite_url) as log:
        alice, producer = await log.participant(f"Alice, {SECRET}"), new_producer()
        big = note(SECRET + "x" * 20_000)
        bodies = [note(f"{SECRET} {number}") for number in range(30)] + [big]
        await log.append(
            producer, [event(producer, at, body, participant_id=alice) for at, body in enumerate(bodies, 1)]
        )
    assert traces(directory) > 0
    async with open_log(sqlite_url) as log:
        await log.erase(alice, by="Carol")
        assert traces(directory) == 0, "while the log is still open"
    assert traces(directory) == 0


def traces(directory: Path) -> int:
    return sum(path.read_bytes().count(SECRET.encode()) for path in directory.iterdir())


async def test_only_the_eraser_may_erase(mysql_url: str, mariadb: MariaDB) -> None:
    producer = new_producer()
    async with open_log(mysql_url) as log:
        alice = await log.participant("Alice")
        await log.append(producer, events(producer, 1, 3, participant_id=alice))
        with pytest.raises(LogReadOnly, match="does not let the user 'prompter_user'"):
            await log.erase(alice, by="Carol")
        assert [one.payload is None for one in await everything(log)] == [False] * 3
        assert await log.participant_names() == {alice: "Alice"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET type = 'x'",
        "UPDATE event SET payload = 'x', salt = REPEAT('x', 16)",
        "DELETE FROM event",
        "DELETE FROM erased",
        "DROP TRIGGER event_only_erasure",
    ],
)
async def test_the_eraser_may_erase_and_no_more(mysql_url: str, mariadb: MariaDB, statement: str) -> None:
    producer = new_producer()
    url = await eraser_url(mysql_url, mariadb)
    async with open_log(url) as log:
        await log.append(producer, events(producer, 1, 3))
        with pytest.raises(pymysql.err.MySQLError, match=r"command denied|SUPER privilege|append-only"):
            await mariadb.run(url, statement, user=ERASER)
        assert await verify(log) == 3


async def test_nobody_else_may_sign_in_as_the_eraser_before_it_has_a_password(mariadb: MariaDB) -> None:
    url = await mariadb.fresh_database()
    await mariadb.run(url, f"DROP USER {ERASER}@'%'")
    url = await mariadb.fresh_database()
    with pytest.raises(pymysql.err.OperationalError, match=r"(?i)access denied|locked"):
        await mariadb.run(url, "SELECT 1", user=ERASER)


async def test_sqlite_keeps_its_triggers_through_an_erasure(sqlite_url: str) -> None:
    async with open_log(sqlite_url) as log:
        alice, producer = await log.participant("Alice"), new_producer()
        await log.append(producer, events(producer, 1, 2, participant_id=alice))
        await log.erase(alice, by="Carol")
    with (
        closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute("UPDATE event SET payload = x'80', salt = zeroblob(16) WHERE position = 1")

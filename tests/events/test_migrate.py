"""Creating and upgrading tables."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from prompter_events import (
    START,
    Admin,
    Body,
    Checkpoint,
    LogError,
    LogNotMigrated,
    LogTooNew,
    Position,
    Relation,
    create_database,
    migrate,
    open_log,
)
from prompter_events.catalogue.base import Micros, Name
from prompter_events.catalogue.digest import catalogue_digest
from prompter_events.numbered import EVENTS, migrations_in, statements, with_events
from support.events import events, new_producer
from support.lifting import entered
from support.mariadb import MariaDB

FIRST = """-- sheep

-- statement
CREATE TABLE IF NOT EXISTS sheep ({key}name VARCHAR(20), legs INT, PRIMARY KEY ({key_name}name))
"""
VIEW = "-- statement\nDROP VIEW IF EXISTS flock\n\n-- statement\nCREATE VIEW flock AS SELECT name FROM sheep\n"
ALL = [f"{one.package} {one.number:04} {one.name}" for one in migrations_in([EVENTS], "sqlite")]
SHEEP = Relation("sheep", ("name",), ("legs",))


@pytest.fixture
def package(tmp_path: Path) -> tuple[str, Path]:
    """Another package with migrations of its own."""
    directory = tmp_path / "migrations"
    for dialect, key, key_name in (("sqlite", "", ""), ("mysql", "log_id INT, ", "log_id, ")):
        (directory / dialect).mkdir(parents=True)
        (directory / dialect / "0001_sheep.sql").write_text(FIRST.format(key=key, key_name=key_name))
        (directory / dialect / "0002_flock.sql").write_text(VIEW)
    return "shepherd", directory


async def migrate_as_operator(url: str, server: MariaDB, *packages: tuple[str, Path]) -> list[str]:
    return await migrate(url, admin=server.admin if url.startswith("mysql") else None, directories=packages)


async def run_past_the_log(url: str, server: MariaDB, sql: str) -> None:
    if url.startswith("mysql"):
        await server.run(url, sql)
    else:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(sql)


async def test_migrating_again_changes_nothing(stored_url: str, mariadb: MariaDB) -> None:
    producer = new_producer()
    async with open_log(stored_url) as log:
        epoch = log.epoch
        await log.append(producer, events(producer, 1, 3))
    assert await migrate_as_operator(stored_url, mariadb) == []
    async with open_log(stored_url) as log:
        assert log.epoch == epoch
        assert (await log.head()).position == 3


async def test_a_migration_that_was_not_recorded_runs_again(stored_url: str, mariadb: MariaDB) -> None:
    producer = new_producer()
    async with open_log(stored_url) as log:
        await log.append(producer, events(producer, 1, 3))
    await run_past_the_log(stored_url, mariadb, "DELETE FROM migration")
    assert await migrate_as_operator(stored_url, mariadb) == ALL
    async with open_log(stored_url) as log:
        assert (await log.head()).position == 3


async def test_another_package_brings_its_own_tables(
    stored_url: str, mariadb: MariaDB, package: tuple[str, Path]
) -> None:
    with pytest.raises(LogNotMigrated, match="2 more migrations"):
        await open_log(stored_url, migrations=[package])
    assert await migrate_as_operator(stored_url, mariadb, package) == ["shepherd 0001 sheep", "shepherd 0002 flock"]
    async with open_log(stored_url, migrations=[package]) as log:
        async with log.transaction() as transaction:
            transaction.save(SHEEP, [{"name": "Dolly", "legs": 4}, {"name": "Shaun", "legs": None}])
            transaction.move("sheep", Checkpoint(START, 1), Checkpoint(Position(1), 1))
        assert await log.rows(SHEEP, {}, ["legs"]) == [{"name": "Dolly", "legs": 4}]
        assert await log.rows(SHEEP, {"legs": None}) == [{"name": "Shaun", "legs": None}]
    async with open_log(stored_url) as log:
        assert (await log.head()).position == 0


async def test_tables_of_a_newer_program_are_refused(
    stored_url: str, mariadb: MariaDB, package: tuple[str, Path]
) -> None:
    _, directory = package
    await migrate_as_operator(stored_url, mariadb, package)
    for file in directory.glob("*/0002*"):
        file.unlink()
    with pytest.raises(LogTooNew, match="shepherd 2, this program knows 1"):
        await open_log(stored_url, migrations=[package])
    with pytest.raises(LogTooNew, match="upgrade the program"):
        await migrate_as_operator(stored_url, mariadb, package)


async def test_a_log_of_a_newer_catalogue_is_refused_by_an_older_program(stored_url: str, mariadb: MariaDB) -> None:
    last = max(one.number for one in migrations_in([EVENTS], "sqlite"))
    await run_past_the_log(
        stored_url,
        mariadb,
        f"INSERT INTO migration (package, number, name, applied_at) VALUES ('prompter_events', {last + 1}, 'lives', 0)",
    )
    told = rf"^\S+ was migrated to prompter_events {last + 1}, this program knows {last}: upgrade the program$"
    with pytest.raises(LogTooNew, match=told):
        await open_log(stored_url)
    with pytest.raises(LogTooNew, match=told):
        await migrate_as_operator(stored_url, mariadb)


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_every_change_of_the_catalogue_comes_with_a_migration(dialect: str) -> None:
    newest = max((EVENTS[1] / dialect).glob("*.sql"))
    header = newest.read_text("utf-8").partition("-- statement")[0]
    line = f"-- catalogue: {catalogue_digest()}"
    assert line in header.splitlines(), (
        f"{dialect}/{newest.name} was written for another catalogue of events. Add a migration with the next number "
        f"for both databases, without statements if no table changes, with the header line `{line}`; "
        "if the newest one was never released, change its line instead. A field that old payloads do not have, or "
        "have otherwise, needs a new version of its type and a lift too."
    )


class Lived(Body, frozen=True, kw_only=True):
    """A life."""

    at: Micros
    name: Name


def test_the_digest_of_the_catalogue_changes_with_types_versions_and_fields() -> None:
    class Longer(Lived, frozen=True, kw_only=True):
        more: str = ""

    class Other(Body, frozen=True, kw_only=True):
        at: Micros
        name: str

    class Documented(Body, frozen=True, kw_only=True):
        """Another text."""

        at: Micros
        name: Name

    Longer.__name__ = Other.__name__ = Documented.__name__ = Lived.__name__
    without = catalogue_digest()
    with entered(Lived, "test.lived", 1, {}):
        before = catalogue_digest()
    with entered(Documented, "test.lived", 1, {}):
        assert catalogue_digest() == before
    digests = [without, before]
    for body, name, version in ((Longer, "test.lived", 1), (Other, "test.lived", 1), (Lived, "test.lives", 1)):
        with entered(body, name, version, {}):
            digests.append(catalogue_digest())
    with entered(Lived, "test.lived", 2, {1: dict}):
        digests.append(catalogue_digest())
    assert len({*digests}) == 6
    assert catalogue_digest() == without
    assert re.fullmatch("[0-9a-f]{32}", without)


async def test_a_migration_without_statements_is_recorded(
    stored_url: str, mariadb: MariaDB, package: tuple[str, Path]
) -> None:
    _, directory = package
    for file in directory.glob("*/0002*"):
        file.write_text("-- Only the catalogue changed.\n-- catalogue: 00\n")
    assert (await migrate_as_operator(stored_url, mariadb, package))[-1] == "shepherd 0002 flock"
    assert await migrate_as_operator(stored_url, mariadb, package) == []


async def test_a_migration_that_fails_can_be_mended_and_run_again(
    stored_url: str, mariadb: MariaDB, package: tuple[str, Path]
) -> None:
    _, directory = package
    for file in directory.glob("*/0002*"):
        file.write_text(VIEW + "\n-- statement\nSELEC\n")
    with pytest.raises(LogError, match=r"(?i)syntax"):
        await migrate_as_operator(stored_url, mariadb, package)
    with pytest.raises(LogNotMigrated):
        await open_log(stored_url, migrations=[package])
    for file in directory.glob("*/0002*"):
        file.write_text(VIEW)
    assert (await migrate_as_operator(stored_url, mariadb, package))[-1] == "shepherd 0002 flock"


async def test_two_migrations_at_once_are_one(tmp_path: Path, mariadb: MariaDB) -> None:
    for url in (f"sqlite:///{tmp_path / 'x.db'}", await mariadb.fresh_database(migrated=False)):
        applied = await asyncio.gather(*(migrate_as_operator(url, mariadb) for _ in range(3)))
        assert sorted(applied) == [[], [], ALL]


async def test_memory_needs_none() -> None:
    assert await migrate("memory://") == []
    with pytest.raises(ValueError, match="MySQL"):
        await create_database("memory://", Admin("root"), "x")


def test_statements_are_parted_by_a_line_of_their_own() -> None:
    sql = "-- about\n-- statement\nCREATE TRIGGER t BEGIN a; b; END\n\n-- statement  \n-- why\nSELECT '-- statement'\n"
    assert statements(sql) == ("CREATE TRIGGER t BEGIN a; b; END", "-- why\nSELECT '-- statement'")


def test_both_databases_have_the_same_migrations() -> None:
    sqlite, mysql = (
        [(one.number, one.name) for one in migrations_in([EVENTS], dialect)] for dialect in ("sqlite", "mysql")
    )
    assert sqlite == mysql
    assert [number for number, _ in sqlite] == list(range(1, len(sqlite) + 1))
    assert with_events([EVENTS, ("other", Path())])[0] == EVENTS


def test_a_file_with_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sqlite").mkdir()
    (tmp_path / "sqlite" / "first.sql").touch()
    with pytest.raises(ValueError, match="0001_log"):
        migrations_in([("x", tmp_path)], "sqlite")

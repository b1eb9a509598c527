"""The two scripts for an administrator who gives the program no account, run by the client program as they are."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pymysql
import pytest
from test_commands import prompter

from prompter import make_tables
from prompter.storage import DIRECTORIES, open_study_log
from prompter_events import ERASER, LogReadOnly, migrate, verify
from prompter_events.mysql.script import relations_of, tables_script
from prompter_events.numbered import Migration, migrations_in, with_events
from support.events import ALICE, events, new_producer
from support.mariadb import APP_USER, MariaDB

MAKE_DB = make_tables.SCRIPT.with_name("make_db.sql")
DATABASE = "prompter"

Client = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
async def client(mariadb: MariaDB) -> AsyncIterator[Client]:
    """The client program, signed in as the administrator of a server that never heard of the program."""

    def run(sql: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(mariadb.client("mariadb"), input=sql, capture_output=True, text=True, check=False)

    def forget() -> None:
        nobody = "".join(f"DROP USER IF EXISTS '{user}'@'%'; " for user in (APP_USER, ERASER))
        assert run(f"DROP DATABASE IF EXISTS {DATABASE}; {nobody}").returncode == 0

    forget()
    yield run
    forget()


def signing_in(mariadb: MariaDB) -> str:
    """What the administrator does by hand between the two scripts."""
    return "".join(
        f"ALTER USER '{user}'@'%' IDENTIFIED BY '{mariadb.password}' ACCOUNT UNLOCK;\n" for user in (APP_USER, ERASER)
    )


@pytest.fixture
def scripted(client: Client, mariadb: MariaDB) -> str:
    """The URL of a log that the two scripts made."""
    for script in (MAKE_DB.read_text("utf-8"), signing_in(mariadb), make_tables.SCRIPT.read_text("utf-8")):
        done = client(script)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return mariadb.url(DATABASE)


def dump(mariadb: MariaDB, database: str, *options: str) -> str:
    """All that a database holds."""
    program = mariadb.client(
        "mariadb-dump", "--skip-comments", "--hex-blob", "--routines", "--triggers", *options, database
    )
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


async def rights(mariadb: MariaDB, database: str) -> set[tuple[object, ...]]:
    """Who may do what with which table and column."""
    found: set[tuple[object, ...]] = set()
    for table, column in (("TABLE_PRIVILEGES", "''"), ("COLUMN_PRIVILEGES", "COLUMN_NAME")):
        found |= set(
            await mariadb.run(
                mariadb.url(database),
                f"SELECT GRANTEE, TABLE_NAME, {column}, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.{table} "
                "WHERE TABLE_SCHEMA = %s",
                database,
            )
        )
    return found


async def test_the_application_finds_nothing_to_do_and_may_not_change_events(scripted: str, mariadb: MariaDB) -> None:
    producer = new_producer()
    async with open_study_log(scripted) as log:
        await log.append(producer, events(producer, 1, 3))
        assert await verify(log) == 3
    told = prompter("migrate", "--log", scripted, PROMPTER_DB_PASSWORD=mariadb.password)
    assert (told.returncode, told.stdout) == (0, f"{scripted}: the tables are up to date\n")
    for forbidden in (
        "UPDATE event SET occurred_at = 1",
        "UPDATE event SET payload = NULL, salt = NULL",
        "DELETE FROM event",
        "TRUNCATE event",
        "DROP TABLE event",
        "DROP TRIGGER event_no_delete",
        "DELETE FROM migration",
        "INSERT INTO erased (log_id, participant_id, erased_at) VALUES (1, REPEAT('x', 16), 1)",
    ):
        with pytest.raises(pymysql.err.OperationalError, match=r"denied|SUPER privilege"):
            await mariadb.run(scripted, forbidden, user=APP_USER)
    for forbidden in ("UPDATE event SET occurred_at = 1", "DELETE FROM event"):
        with pytest.raises(pymysql.err.MySQLError, match="append-only"):
            await mariadb.run(scripted, forbidden)


async def test_the_eraser_may_erase_and_the_application_may_not(scripted: str, mariadb: MariaDB) -> None:
    producer = new_producer()
    async with open_study_log(scripted) as log:
        await log.append(producer, events(producer, 1, 3))
        with pytest.raises(LogReadOnly):
            await log.erase(ALICE, by="test")
    async with open_study_log(mariadb.url(DATABASE, ERASER), password=mariadb.password) as log:
        assert (await log.erase(ALICE, by="test")).events == 3
        assert await verify(log) == 4


async def test_the_scripts_make_what_the_command_makes(scripted: str, mariadb: MariaDB) -> None:
    url = await mariadb.fresh_database(*DIRECTORIES)
    command = url.rpartition("/")[2]
    assert dump(mariadb, DATABASE, "--no-data") == dump(mariadb, command, "--no-data")
    assert await rights(mariadb, DATABASE) == await rights(mariadb, command)
    rows = "SELECT package, number, name FROM migration ORDER BY 1, 2"
    assert await mariadb.run(scripted, rows) == await mariadb.run(url, rows)
    [(before, made, after)] = await mariadb.run(
        scripted, "SELECT UNIX_TIMESTAMP() * 1000000 - 600000000, MIN(applied_at), MAX(applied_at) FROM migration"
    )
    assert isinstance(before, int)
    assert isinstance(made, int)
    assert isinstance(after, int)
    assert before < made <= after < before + 610_000_000


async def test_running_the_scripts_again_changes_nothing(scripted: str, client: Client, mariadb: MariaDB) -> None:
    producer = new_producer()
    async with open_study_log(scripted) as log:
        epoch = log.epoch
        await log.append(producer, events(producer, 1, 3))
        await log.participant("Ann")
    before = dump(mariadb, DATABASE), await rights(mariadb, DATABASE)
    for script in (MAKE_DB, make_tables.SCRIPT):
        done = client(script.read_text("utf-8"))
        assert (done.returncode, done.stderr) == (0, "")
    assert (dump(mariadb, DATABASE), await rights(mariadb, DATABASE)) == before
    async with open_study_log(scripted) as log:  # as the application, whose password is the same
        assert log.epoch == epoch
        assert await verify(log) == 3


async def test_the_scripts_upgrade_what_the_command_made(client: Client, mariadb: MariaDB) -> None:
    done = client(MAKE_DB.read_text("utf-8") + signing_in(mariadb))
    assert done.returncode == 0
    url = mariadb.url(DATABASE)
    await migrate(url, admin=mariadb.admin)  # without the projections
    done = client(make_tables.SCRIPT.read_text("utf-8"))
    assert (done.returncode, done.stderr) == (0, "")
    async with open_study_log(url) as log:
        assert (await log.head()).position == 0
    assert await migrate(url, admin=mariadb.admin, directories=DIRECTORIES) == []


@pytest.mark.parametrize("package", ["prompter_events", "prompter_projections"])
async def test_the_script_of_an_older_program_stops_before_it_changes_anything(
    scripted: str, client: Client, mariadb: MariaDB, package: str
) -> None:
    await mariadb.run(scripted, "INSERT INTO migration VALUES (%s, 9999, 'later', 1)", package)
    await mariadb.run(scripted, "DROP VIEW run")
    done = client(make_tables.SCRIPT.read_text("utf-8"))
    assert done.returncode == 1
    assert "the tables are of a newer program: run its make_tables.sql" in done.stderr
    assert await mariadb.run(scripted, "SHOW TABLES LIKE 'run'") == []


def test_the_script_without_make_db_says_what_is_missing(client: Client) -> None:
    done = client(make_tables.SCRIPT.read_text("utf-8"))
    assert done.returncode == 1
    assert f"Unknown database '{DATABASE}'" in done.stderr


def test_the_script_is_fresh_and_a_stale_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_tables.main(["--check"]) == 0
    monkeypatch.setattr(make_tables, "SCRIPT", tmp_path / "make_tables.sql")
    assert make_tables.main(["--check"]) == 1
    assert "run `python -m prompter.make_tables`" in capsys.readouterr().err
    assert make_tables.main([]) == 0
    assert make_tables.main(["--check"]) == 0
    make_tables.SCRIPT.write_text(make_tables.make_tables() + "\n")
    assert make_tables.main(["--check"]) == 1


def test_the_script_holds_every_migration_and_every_relation() -> None:
    migrations = migrations_in(with_events(DIRECTORIES), "mysql")
    script = make_tables.SCRIPT.read_text("utf-8")
    for one in migrations:
        assert f"SELECT '{one.package}', {one.number}, '{one.name}'," in script
        for statement in one.statements:
            assert statement in script
    assert {"migration": False, "event": False, "erased": False, "run_row": False, "run": True}.items() <= (
        relations_of(migrations).items()
    )
    with pytest.raises(ValueError, match="where this ends"):
        tables_script([Migration("x", 1, "y", ("SELECT ';', '$$'",))])

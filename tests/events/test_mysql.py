"""What is particular to the log on a MySQL or MariaDB server."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiomysql
import pymysql
import pytest

from prompter_events import (
    Admin,
    Log,
    LogError,
    LogNotMigrated,
    LogReadOnly,
    LogUnavailable,
    Position,
    open_log,
    verify,
)
from prompter_events.mysql import connections
from prompter_events.mysql.connections import Account, Connections, goodbye
from prompter_events.mysql.errors import may_pass, translate
from prompter_events.mysql.password import find_password
from prompter_events.store import DataRefused
from prompter_events.url import MysqlUrl, parse_url
from support.events import events, new_producer
from support.mariadb import APP_USER, MariaDB

MAKE_DB = Path(connections.__file__).parent.parent / "make_db.sql"


@pytest.fixture
async def log(mysql_url: str) -> AsyncIterator[Log]:
    async with open_log(mysql_url) as opened:
        yield opened


@asynccontextmanager
async def as_root(server: MariaDB, url: str) -> AsyncIterator[aiomysql.Connection]:
    target = parse_url(url)
    assert isinstance(target, MysqlUrl)
    connection = await Account(target, "root", server.admin.password, server.admin.unix_socket).connect()
    try:
        yield connection
    finally:
        await goodbye(connection)


class TestCrashes:
    async def test_a_log_goes_on_after_its_server_was_killed(
        self, log: Log, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "RETRY_SECONDS", 120)  # a busy machine takes long to start a server
        producer = new_producer()
        first = asyncio.Event()

        async def write() -> list[int]:
            acknowledged = []
            for start in range(1, 400, 4):
                acknowledged.append((await log.append(producer, events(producer, start, start + 3))).last_seq)
                first.set()
            return acknowledged

        writing = asyncio.create_task(write())
        await first.wait()
        await asyncio.to_thread(mariadb.kill)
        reading = asyncio.create_task(log.head())
        await asyncio.to_thread(mariadb.start)
        assert await writing == list(range(4, 404, 4))
        assert (await reading).position > 0
        assert await verify(log) == 400

    async def test_connections_that_the_server_closed_are_replaced(
        self, log: Log, mysql_url: str, mariadb: MariaDB
    ) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        await asyncio.gather(*(log.head() for _ in range(4)))
        for (connection,) in await mariadb.run(
            mysql_url, "SELECT id FROM information_schema.processlist WHERE user = %s", APP_USER
        ):
            with suppress(pymysql.err.Error):  # it may be over by itself
                await mariadb.run(mysql_url, f"KILL CONNECTION {connection}")
        assert (await log.head()).position == 2
        assert (await log.append(producer, events(producer, 1, 4))).stored == 2

    async def test_a_server_that_stays_away_is_said(
        self, log: Log, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        waiting = asyncio.create_task(log.wait(Position(2)))
        await asyncio.sleep(0)
        monkeypatch.setattr(connections, "RETRY_SECONDS", 0.1)
        await asyncio.to_thread(mariadb.stop)
        try:
            with pytest.raises(LogUnavailable, match=rf"127\.0\.0\.1:{mariadb.port}.*is the server running"):
                await log.append(producer, events(producer, 3, 4))
            with pytest.raises(LogUnavailable):
                await waiting
        finally:
            await asyncio.to_thread(mariadb.start)
        assert (await log.append(producer, events(producer, 3, 4))).stored == 2

    async def test_the_head_lock_of_another_is_waited_for(self, log: Log, mysql_url: str, mariadb: MariaDB) -> None:
        producer = new_producer()
        async with as_root(mariadb, mysql_url) as other:
            await other.begin()
            await connections.query(other, "SELECT * FROM log_head FOR UPDATE")
            waiting = asyncio.create_task(log.append(producer, events(producer, 1, 2)))
            assert (await log.head()).position == 0
            await other.commit()
        assert (await waiting).stored == 2

    @pytest.mark.parametrize("code", [1213, 1205, 2006, 2013])
    async def test_the_whole_transaction_runs_again(self, mysql_url: str, mariadb: MariaDB, code: int) -> None:
        target = parse_url(mysql_url)
        assert isinstance(target, MysqlUrl)
        pool = Connections(Account(target, APP_USER, mariadb.password), 1)
        tries = 0

        async def work(connection: aiomysql.Connection) -> str:
            nonlocal tries
            tries += 1
            await connections.execute(
                connection,
                "INSERT INTO participant (log_id, participant_id, name, name_digest, created_at)"
                " VALUES (1, %s, 'a', %s, 0)",
                bytes(16),
                bytes(32),
            )
            if tries < 3:
                raise pymysql.err.OperationalError(code, "made up")
            return "done"

        assert await pool.transact(work) == "done"
        await pool.aclose()
        assert tries == 3
        assert await mariadb.run(mysql_url, "SELECT COUNT(*) FROM participant") == [(1,)]

    async def test_a_connection_that_says_nothing_counts_as_lost(
        self, mysql_url: str, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "WORK_SECONDS", 0.05)
        monkeypatch.setattr(connections, "RETRY_SECONDS", 0)
        target = parse_url(mysql_url)
        assert isinstance(target, MysqlUrl)
        pool = Connections(Account(target, APP_USER, mariadb.password), 1)
        with pytest.raises(LogUnavailable, match="cannot be reached"):
            await pool.run(lambda connection: connections.query(connection, "SELECT SLEEP(60)"))
        monkeypatch.setattr(connections, "WORK_SECONDS", 30)
        assert await pool.run(lambda connection: connections.query(connection, "SELECT 1")) == [(1,)]
        await pool.aclose()


class TestRights:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE event SET payload = NULL, salt = NULL",
            "UPDATE event SET type = 'x'",
            "DELETE FROM event",
            "TRUNCATE event",
            "DROP TABLE event",
            "ALTER TABLE event ADD COLUMN x INT",
            "DROP TRIGGER event_no_delete",
            "REPLACE INTO event SELECT * FROM event",
            "UPDATE migration SET number = 0",
            "CREATE TABLE x (y INT)",
        ],
    )
    async def test_the_application_may_insert_and_select_events_and_no_more(
        self, log: Log, mysql_url: str, mariadb: MariaDB, statement: str
    ) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        # With a binlog, MySQL asks for SUPER before it looks at rights on triggers.
        with pytest.raises(pymysql.err.OperationalError, match=r"command denied|SUPER privilege"):
            await mariadb.run(mysql_url, statement, user=APP_USER)
        assert await verify(log) == 2

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE event SET type = 'x'",
            "UPDATE event SET type = 'note.added '",
            "UPDATE event SET payload = NULL",
            "UPDATE event SET payload = NULL, salt = NULL, hash = REPEAT('x', 32)",
            "UPDATE event SET position = position + 10",
            "DELETE FROM event",
        ],
    )
    async def test_triggers_stop_even_an_administrator(
        self, log: Log, mysql_url: str, mariadb: MariaDB, statement: str
    ) -> None:
        producer = new_producer()
        await log.append(producer, events(producer, 1, 2))
        with pytest.raises(pymysql.err.MySQLError, match="append-only"):
            await mariadb.run(mysql_url, statement)
        await mariadb.run(mysql_url, "UPDATE event SET payload = NULL, salt = NULL WHERE position = 1")
        assert await verify(log) == 2

    async def test_the_other_tables_can_be_written(self, mysql_url: str, mariadb: MariaDB) -> None:
        for table in ("log_head", "producer", "checkpoint", "dead_letter", "participant", "notebook"):
            await mariadb.run(mysql_url, f"DELETE FROM {table} WHERE log_id = 9", user=APP_USER)

    async def test_make_db_makes_what_create_database_makes(self, mariadb: MariaDB) -> None:
        script = MAKE_DB.read_text()
        assert "IDENTIFIED BY '…'" in script  # the administrator's to fill in
        url = mariadb.url("prompter", user="prompter_user")
        for statement in filter(None, map(str.strip, script.split(";\n"))):
            if not all(line.startswith("--") for line in statement.splitlines()):
                await mariadb.run(mariadb.url("mysql"), statement)
        [(collation,)] = await mariadb.run(
            url, "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'prompter'"
        )
        assert collation == "utf8mb4_bin"


class TestOpening:
    async def test_a_database_without_tables(self, mariadb: MariaDB) -> None:
        url = await mariadb.fresh_database(migrated=False)
        with pytest.raises(LogNotMigrated, match="prompter migrate"):  # not even the right to enter it
            await open_log(url)
        await mariadb.run(url, "CREATE TABLE x (y INT)")
        await mariadb.run(url, f"GRANT SELECT ON x TO {APP_USER}@'%'")
        with pytest.raises(LogNotMigrated, match="prompter migrate"):
            await open_log(url)

    async def test_a_server_that_is_not_there_is_named_at_once(self, mariadb: MariaDB) -> None:
        began = time.monotonic()
        with pytest.raises(LogUnavailable, match=r"127\.0\.0\.1:1/x cannot be reached"):
            await open_log("mysql://u@127.0.0.1:1/x")
        assert time.monotonic() - began < 5

    async def test_a_wrong_password_is_said_and_not_shown(self, mysql_url: str) -> None:
        with pytest.raises(LogUnavailable, match="PROMPTER_DB_PASSWORD") as refusal:
            await open_log(mysql_url, password="wr0ng")
        assert "wr0ng" not in str(refusal.value)
        assert "wr0ng" not in repr(Account(MysqlUrl("u", "h", 1, "d"), "u", "wr0ng"))
        assert "wr0ng" not in repr(Admin("root", "wr0ng"))

    async def test_the_password_can_come_from_a_file(
        self, mysql_url: str, mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PROMPTER_DB_PASSWORD")
        (tmp_path / "secret").write_text(f"{mariadb.password}\n")
        monkeypatch.setenv("PROMPTER_DB_PASSWORD_FILE", os.fspath(tmp_path / "secret"))
        async with open_log(mysql_url) as log:
            assert (await log.head()).position == 0

    async def test_packets_too_small_for_an_event_are_refused(self, mysql_url: str, mariadb: MariaDB) -> None:
        [(before,)] = await mariadb.run(mysql_url, "SELECT @@global.max_allowed_packet")
        await mariadb.run(mysql_url, "SET GLOBAL max_allowed_packet = 1048576")
        try:
            with pytest.raises(LogUnavailable, match="max_allowed_packet is 1048576"):
                await open_log(mysql_url)
        finally:
            await mariadb.run(mysql_url, f"SET GLOBAL max_allowed_packet = {before}")

    async def test_a_server_that_takes_no_writes(self, log: Log, mysql_url: str, mariadb: MariaDB) -> None:
        producer = new_producer()
        await mariadb.run(mysql_url, "SET GLOBAL read_only = 1")
        try:
            with pytest.raises(LogReadOnly, match="takes no writes"):
                await log.append(producer, events(producer, 1, 2))
            assert (await log.head()).position == 0
        finally:
            await mariadb.run(mysql_url, "SET GLOBAL read_only = 0")
        assert (await log.append(producer, events(producer, 1, 2))).stored == 2

    async def test_writing_is_as_durable_as_the_server_can_be(self, mysql_url: str, mariadb: MariaDB) -> None:
        # Without these the promises of the tests above would not be about a durable log.
        assert await mariadb.run(
            mysql_url,
            "SELECT @@log_bin, @@sync_binlog, @@innodb_flush_log_at_trx_commit, @@log_bin_trust_function_creators",
        ) == [(1, 1, 1, 0)]


class TestPasswords:
    def test_the_first_source_that_knows_it_counts(self, tmp_path: Path) -> None:
        options = tmp_path / "my.cnf"
        options.write_text(
            "!includedir /etc/mysql\n[client]\nquick\nuser = ann\npassword = 'from # options'\n[mysqld]\n"
        )
        secret = tmp_path / "secret"
        secret.write_text("from file\r\n")
        named = {"PROMPTER_DB_PASSWORD_FILE": str(secret)}
        assert find_password("given", "ann", {"PROMPTER_DB_PASSWORD": "set"}, options) == "given"
        assert find_password(None, "ann", {"PROMPTER_DB_PASSWORD": "set", **named}, options) == "set"
        assert find_password(None, "ann", named, options) == "from file"
        assert find_password(None, "ann", {}, options) == "from # options"
        assert find_password(None, "bob", {}, options) is None
        assert find_password(None, "ann", {}, tmp_path / "none") is None

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(LogUnavailable, match="none cannot be read"):
            find_password(None, "ann", {"PROMPTER_DB_PASSWORD_FILE": str(tmp_path / "none")}, tmp_path / "x")
        (tmp_path / "x").write_text("no section here\n")
        with pytest.raises(LogUnavailable, match="option file"):
            find_password(None, "ann", {}, tmp_path / "x")


@pytest.mark.parametrize(
    ("error", "ours", "says"),
    [
        (pymysql.err.OperationalError(1213, "Deadlock"), LogUnavailable, "too busy"),
        (pymysql.err.OperationalError(1205, "Lock wait"), LogUnavailable, "too busy"),
        (pymysql.err.OperationalError(2006, "gone"), LogUnavailable, "is the server running"),
        (pymysql.err.OperationalError(2013, "lost"), LogUnavailable, "is the server running"),
        (pymysql.err.OperationalError(2003, "no"), LogUnavailable, "is the server running"),
        (pymysql.err.InternalError("Packet sequence number wrong - got 1 expected 2"), LogUnavailable, "running"),
        (ConnectionResetError(104, "reset"), LogUnavailable, "reset"),
        (TimeoutError(), LogUnavailable, "TimeoutError"),
        (pymysql.err.OperationalError(1290, "--read-only"), LogReadOnly, "takes no writes"),
        (pymysql.err.InternalError(1836, "read only mode"), LogReadOnly, "takes no writes"),
        (pymysql.err.OperationalError(1045, "denied"), LogUnavailable, "'ann'"),
        (pymysql.err.OperationalError(1044, "denied"), LogNotMigrated, "make_db.sql"),
        (pymysql.err.OperationalError(1142, "command denied"), LogReadOnly, "does not let"),
        (pymysql.err.OperationalError(1049, "Unknown database"), LogNotMigrated, "make_db.sql"),
        (pymysql.err.ProgrammingError(1146, "no table"), LogNotMigrated, "prompter migrate"),
        (pymysql.err.DataError(1406, "Data too long"), DataRefused, "too long"),
        (pymysql.err.DataError(1264, "Out of range"), DataRefused, "range"),
        (pymysql.err.OperationalError(1366, "Incorrect string"), DataRefused, "Incorrect"),
        (pymysql.err.ProgrammingError(1064, "You have\nan error"), LogError, "You have an error"),
        (RuntimeError("'cryptography' package is required"), LogUnavailable, "pip install cryptography"),
    ],
)
def test_every_driver_error_becomes_one_of_ours(error: Exception, ours: type[LogError], says: str) -> None:
    line = translate(error, "mysql://ann@db:3306/p", "ann")
    assert type(line) is ours
    assert says in str(line)
    assert "db:3306" in str(line)
    assert "\n" not in str(line)
    assert may_pass(error) == ((ours is LogUnavailable and "running" in str(line)) or "busy" in str(line))

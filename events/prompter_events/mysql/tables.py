"""Migrating a MySQL database, the level at which it is, and what the application's account may do there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiomysql
import pymysql

from ..clock import now_micros
from ..errors import LogError, LogUnavailable
from ..numbered import Directory, Migration, check_level, migrations_in, pending
from .connections import Account, execute, goodbye, query
from .errors import DRIVER_ERRORS, translate

LOCK_SECONDS = 60
"""How long a second migration waits for the first."""

RIGHTS = {"event": "SELECT, INSERT", "erased": "SELECT", "migration": "SELECT"}
"""What the application may do with these tables: the log is append-only by rights too."""

ERASER = "prompter_eraser"
"""The account that may erase, besides what the application may: for `prompter erase` alone."""

ERASER_RIGHTS = RIGHTS | {"event": "SELECT, INSERT, UPDATE (payload, salt)", "erased": "SELECT, INSERT"}

OTHER_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"

VIEW_RIGHTS = "SELECT"
"""A view runs with its maker's rights, so writing through one would go round the table's."""

MIGRATION_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    package    VARCHAR(64) NOT NULL,
    number     INT NOT NULL,
    name       VARCHAR(128) NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (package, number)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
"""


@dataclass(frozen=True)
class Admin:
    """The database account that may create databases, tables, triggers and grants."""

    user: str
    password: str | None = field(default=None, repr=False)
    unix_socket: str | None = None


def lock_name(database: str) -> str:
    """Of the server's lock that one migration of a database holds at a time."""
    return f"prompter migrate {database}"[:64]


def rights_on(name: str, table_rights: Mapping[str, str], *, is_view: bool) -> str:
    """What an account with these rights may do with a table or view."""
    return VIEW_RIGHTS if is_view else table_rights.get(name, OTHER_RIGHTS)


async def migrate(account: Account, directories: Sequence[Directory], *, grantee: str | None) -> list[Migration]:
    """Bring the database up to date; what was applied. ``grantee`` then gets the application's rights.

    MySQL's DDL commits by itself, so every file can run again; it is recorded after its last statement.
    """
    applied = []
    async with _connected(account) as connection:
        lock = lock_name(account.url.database)
        [(taken,)] = await query(connection, "SELECT GET_LOCK(%s, %s)", lock, LOCK_SECONDS)
        if not taken:
            raise LogUnavailable(f"{account.url} is being migrated by somebody else; try again")
        await execute(connection, MIGRATION_TABLE)
        for migration in pending(migrations_in(directories, "mysql"), await _levels(connection), str(account.url)):
            for statement in migration.statements:
                await execute(connection, statement)
            await execute(
                connection,
                "INSERT INTO migration (package, number, name, applied_at) VALUES (%s, %s, %s, %s)",
                migration.package,
                migration.number,
                migration.name,
                now_micros(),
            )
            applied.append(migration)
        if grantee is not None:
            await _grant(connection, account.url.database, grantee, RIGHTS)
            if await _hosts(connection, ERASER):
                await _grant(connection, account.url.database, ERASER, ERASER_RIGHTS)
        # The server lets go of the lock with the connection.
    return applied


async def check(account: Account, directories: Sequence[Directory]) -> int:
    """Raise ``LogNotMigrated`` or ``LogTooNew`` unless the database is at this program's level.

    Returns the server's max_allowed_packet, bytes.
    """
    async with _connected(account) as connection:
        check_level(migrations_in(directories, "mysql"), await _levels(connection), str(account.url))
        [(packet,)] = await query(connection, "SELECT @@max_allowed_packet")
        return int(packet)


async def create_database(account: Account, user: str, app_password: str) -> None:
    """Create the database, the application's user and the eraser, who may do nothing yet; see ``make_db.sql``."""
    async with _connected(account, database=False) as connection:
        await execute(
            connection,
            f"CREATE DATABASE IF NOT EXISTS `{account.url.database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        )
        await execute(connection, "CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", user, app_password)
        await execute(connection, "ALTER USER %s@'%%' IDENTIFIED BY %s ACCOUNT UNLOCK", user, app_password)
        await execute(connection, "CREATE USER IF NOT EXISTS %s@'%%' ACCOUNT LOCK", ERASER)


async def _hosts(connection: aiomysql.Connection, user: str) -> list[str]:
    return [host for (host,) in await query(connection, "SELECT Host FROM mysql.user WHERE User = %s", user)]


async def _grant(connection: aiomysql.Connection, database: str, user: str, table_rights: Mapping[str, str]) -> None:
    hosts = await _hosts(connection, user)
    if not hosts:
        raise LogError(f"the database server knows no user {user!r}: have make_db.sql run first")
    relations = await query(
        connection,
        "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME",
        database,
    )
    for name, kind in relations:
        rights = rights_on(name, table_rights, is_view=kind == "VIEW")
        for host in hosts:
            await execute(connection, f"GRANT {rights} ON `{database}`.`{name}` TO %s@%s", user, host)


async def _levels(connection: aiomysql.Connection) -> dict[str, int]:
    try:
        return dict(await query(connection, "SELECT package, MAX(number) FROM migration GROUP BY package"))
    except pymysql.err.MySQLError as error:
        # 1146: there is no such table. 1142: nothing was granted yet, so no migration ended.
        if error.args[0] in (1146, 1142):
            return {}
        raise


@asynccontextmanager
async def _connected(account: Account, *, database: bool = True) -> AsyncIterator[aiomysql.Connection]:
    """One connection, without trying again: whoever waits for this sits before a terminal."""
    try:
        connection = await account.connect(database=database)
        try:
            yield connection
        finally:
            await goodbye(connection)
    except (*DRIVER_ERRORS, RuntimeError) as error:
        raise translate(error, str(account.url), account.user) from error

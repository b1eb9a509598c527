"""Migrating an SQLite file, and the level at which it is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from ..clock import now_micros
from ..errors import LogNotMigrated, LogUnavailable
from ..numbered import Directory, Migration, check_level, migrations_in, pending
from .database import BUSY_SECONDS, connect
from .errors import DRIVER_ERRORS, translate

Result = TypeVar("Result")

_MIGRATION_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    package    TEXT NOT NULL,
    number     INTEGER NOT NULL,
    name       TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (package, number)
) WITHOUT ROWID
"""


async def migrate(path: Path, directories: Sequence[Directory]) -> list[Migration]:
    """Create the file if need be, and bring it up to date; what was applied."""
    return await asyncio.to_thread(_translated, path, lambda: _migrate(path, migrations_in(directories, "sqlite")))


async def check(path: Path, directories: Sequence[Directory]) -> None:
    """Raise ``LogNotMigrated`` or ``LogTooNew`` unless the file is at this program's level."""
    await asyncio.to_thread(_translated, path, lambda: _check(path, migrations_in(directories, "sqlite")))


def _translated(path: Path, job: Callable[[], Result]) -> Result:
    try:
        return job()
    except DRIVER_ERRORS as error:
        raise translate(error, path) from error
    except OSError as error:
        raise LogUnavailable(f"{path} cannot be made: {error.strerror}") from error


def _migrate(path: Path, migrations: Sequence[Migration]) -> list[Migration]:
    path.parent.mkdir(parents=True, exist_ok=True)
    applied = []
    with closing(connect(path, writing=True, create=True)) as connection:
        # Another process may be migrating the same file; it is done in a moment.
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_MIGRATION_TABLE)
            for migration in pending(migrations, _levels(connection), str(path)):
                for statement in migration.statements:
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO migration (package, number, name, applied_at) VALUES (?, ?, ?, ?)",
                    (migration.package, migration.number, migration.name, now_micros()),
                )
                applied.append(migration)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return applied


def _check(path: Path, migrations: Sequence[Migration]) -> None:
    if not path.exists():
        raise LogNotMigrated(f"{path} does not exist; run `prompter migrate`")
    with closing(connect(path, writing=False)) as connection:
        check_level(migrations, _levels(connection), str(path))


def _levels(connection: sqlite3.Connection) -> dict[str, int]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'").fetchone():
        return {}
    return dict(connection.execute("SELECT package, MAX(number) FROM migration GROUP BY package").fetchall())

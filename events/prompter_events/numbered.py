"""Numbered SQL files, and how far a log has come with them. No I/O but reading the files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import LogNotMigrated, LogTooNew

Directory = tuple[str, Path]
"""A package's name, and its directory of migrations with the subdirectories ``sqlite`` and ``mysql``."""

EVENTS: Directory = ("prompter_events", Path(__file__).parent / "migrations")

# Triggers hold semicolons, so statements are parted by a line of their own.
_PART = re.compile(r"^-- statement[ \t]*$", re.MULTILINE)
_NAME = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True)
class Migration:
    """One numbered file of one package."""

    package: str
    number: int
    name: str
    statements: tuple[str, ...]


def with_events(directories: Sequence[Directory]) -> list[Directory]:
    """The events' own directory first, then the others, each package once."""
    return list({EVENTS[0]: EVENTS, **{package: (package, path) for package, path in directories}}.values())


def migrations_in(directories: Sequence[Directory], dialect: str) -> list[Migration]:
    """The migrations of these packages, in the order in which they run. ``dialect``: ``sqlite`` or ``mysql``."""
    found = []
    for package, path in directories:
        for file in sorted((path / dialect).glob("*.sql")):
            match = _NAME.fullmatch(file.name)
            if match is None:
                raise ValueError(f"{file}: a migration is named like 0001_log.sql")
            found.append(Migration(package, int(match[1]), match[2], statements(file.read_text(encoding="utf-8"))))
    return found


def statements(sql: str) -> tuple[str, ...]:
    """The statements of a file; what stands before the first ``-- statement`` line is a comment."""
    return tuple(part.strip() for part in _PART.split(sql)[1:])


def pending(migrations: Sequence[Migration], levels: Mapping[str, int], where: str) -> list[Migration]:
    """What has not run yet. ``levels`` has the last number recorded for each package.

    Raises ``LogTooNew`` if the log is further on than this program.
    """
    known: dict[str, int] = {}
    for migration in migrations:
        known[migration.package] = max(known.get(migration.package, 0), migration.number)
    for package, number in known.items():
        if levels.get(package, 0) > number:
            raise LogTooNew(
                f"{where} was migrated to {package} {levels[package]}, this program knows {number}: upgrade the program"
            )
    return [migration for migration in migrations if migration.number > levels.get(migration.package, 0)]


def check_level(migrations: Sequence[Migration], levels: Mapping[str, int], where: str) -> None:
    """Raise ``LogNotMigrated`` or ``LogTooNew`` unless the log is where this program needs it."""
    missing = pending(migrations, levels, where)
    if missing:
        state = "has no tables yet" if not levels else f"needs {len(missing)} more migrations"
        raise LogNotMigrated(f"{where} {state}; run `prompter migrate`")

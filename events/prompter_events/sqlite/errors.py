"""SQLite's errors, said in ours. The only place that knows its codes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from ..errors import LogCorrupt, LogError, LogNotMigrated, LogReadOnly, LogUnavailable
from ..store import UNPLACEABLE, DataRefused

DRIVER_ERRORS = (sqlite3.Error, *UNPLACEABLE)

_NO_RIGHT = "takes no writes: check the rights of the file, of its directory and of the file system"
_LOCKED = "is locked by another process; try again"

_ADVICE: dict[int, tuple[type[LogError], str]] = {
    sqlite3.SQLITE_READONLY: (LogReadOnly, _NO_RIGHT),
    sqlite3.SQLITE_PERM: (LogReadOnly, _NO_RIGHT),
    sqlite3.SQLITE_FULL: (LogReadOnly, "takes no writes: the disk is full"),
    sqlite3.SQLITE_BUSY: (LogUnavailable, _LOCKED),
    sqlite3.SQLITE_LOCKED: (LogUnavailable, _LOCKED),
    sqlite3.SQLITE_CANTOPEN: (LogUnavailable, "cannot be opened: check the path and the rights of its directory"),
    sqlite3.SQLITE_IOERR: (LogUnavailable, "cannot be read or written: check the disk and its quota"),
    sqlite3.SQLITE_NOMEM: (LogUnavailable, "needs more memory than there is"),
}

_DATA = (
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_CONSTRAINT_CHECK,
    sqlite3.SQLITE_CONSTRAINT_NOTNULL,
)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds the lock, so that trying again helps."""
    return _code(error) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def translate(error: Exception, path: Path) -> LogError:
    """Our error for a driver's, as one line that names the file."""
    if not isinstance(error, sqlite3.Error) or isinstance(error, sqlite3.DataError) or _code(error) in _DATA:
        return DataRefused(str(path), str(error))
    code = _code(error) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LogCorrupt(0, f"{path} is no SQLite file or was damaged ({error})")
    kind, advice = _ADVICE.get(code, (LogError, "does not take the statement"))
    if code == sqlite3.SQLITE_CANTOPEN and path.exists() and not _may_write(path):
        # A WAL needs files beside it, so that rights show as a failure to open.
        kind, advice = LogReadOnly, _NO_RIGHT
    elif "no such table" in str(error) or "no such column" in str(error):
        kind, advice = LogNotMigrated, "lacks tables; run `prompter migrate`"
    return kind(f"{path} {advice} ({error})")


def _may_write(path: Path) -> bool:
    return all(
        os.access(one, os.W_OK, effective_ids=os.access in os.supports_effective_ids) for one in (path, path.parent)
    )


def _code(error: sqlite3.Error) -> int:
    # Errors that Python's module raises by itself carry no code.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)

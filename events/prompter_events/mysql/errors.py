"""MySQL's errors, said in ours. The only place that knows its codes."""

from __future__ import annotations

import pymysql

from ..errors import LogError, LogNotMigrated, LogReadOnly, LogUnavailable
from ..store import UNPLACEABLE, DataRefused

DRIVER_ERRORS = (pymysql.err.MySQLError, OSError, TimeoutError, EOFError, *UNPLACEABLE)

# 1213: deadlock, from COMMIT too on Galera. 1205: a lock was not free in time. 1020: MariaDB's record changed.
_CONTENDED = {1213, 1205, 1020}
# 2006, 2013, 2055: gone away, lost. 1053: shutting down. 1927: killed. 2003, 2002: not there yet after a restart.
# 1040: too many connections, for now. 2014: out of step after a broken answer. 1158-1161: network errors. 1047: Galera
# node not ready.
_BROKEN = {2006, 2013, 2055, 1053, 1927, 2003, 2002, 1040, 2014, 1158, 1159, 1160, 1161, 1047}
# 1290: --read-only. 1836: read-only mode. 1792: read-only transaction. 1114, 1021, 3: full table or disk.
_READ_ONLY = {1290, 1836, 1792, 1114, 1021, 3}
_DENIED = {1045, 1698, 1251, 1130, 1862, 1820, 4151}
# 1142, 1143, 1227, 1370: the account may not do this.
_FORBIDDEN = {1142, 1143, 1227, 1370}
# 1406: too long. 1366: not in this character set or type. 1264: out of range. 1048: NULL. 1265: cut off. 1292: wrong
# value. 1153: packet too large. 1690: out of range in an expression. 4025, 3819: a CHECK failed. 1300: bad UTF-8.
_DATA = {1406, 1366, 1264, 1048, 1265, 1292, 1153, 1690, 4025, 3819, 1300}
# 1044: the account has no right there, as before the first migration.
_NO_TABLE = {1146, 1054, 1049, 1044}

_ADVICE: tuple[tuple[set[int], type[LogError], str], ...] = (
    (_CONTENDED, LogUnavailable, "{where} is too busy ({text}); try again"),
    (_BROKEN, LogUnavailable, "{where} cannot be reached ({text}); is the server running?"),
    (_READ_ONLY, LogReadOnly, "{where} takes no writes ({text})"),
    (
        _DENIED,
        LogUnavailable,
        "{where} refuses the user {user!r}: set PROMPTER_DB_PASSWORD, or have make_db.sql run ({text})",
    ),
    (_FORBIDDEN, LogReadOnly, "{where} does not let the user {user!r} do this; run `prompter migrate` ({text})"),
    (_NO_TABLE, LogNotMigrated, "{where}: {text}; have make_db.sql run, then `prompter migrate`"),
)


def is_contended(error: Exception) -> bool:
    """Whether others were at the same rows: trying again soon helps, for nothing is broken."""
    return _code(error) in _CONTENDED


def may_pass(error: Exception) -> bool:
    """Whether running the whole transaction again can help: contention, or a connection that broke."""
    if isinstance(error, pymysql.err.MySQLError):
        return _code(error) in _CONTENDED | _BROKEN or _is_out_of_step(error)
    return isinstance(error, OSError | TimeoutError | EOFError)


def translate(error: Exception, where: str, user: str) -> LogError:
    """Our error for a driver's, as one line that names the server (``where``) and never a password."""
    text = _text(error)
    if isinstance(error, (*UNPLACEABLE, pymysql.err.DataError)) or _code(error) in _DATA:
        return DataRefused(where, text)
    if isinstance(error, pymysql.err.MySQLError):
        for codes, kind, advice in _ADVICE:
            if _code(error) in codes:
                return kind(advice.format(where=where, user=user, text=text))
    if _is_spoilt_trigger(error):
        return LogUnavailable(f"{where} spoilt its copy of a trigger: run `FLUSH LOCAL TABLES event` there ({text})")
    if may_pass(error):
        return LogUnavailable(f"{where} cannot be reached ({text}); is the server running?")
    if isinstance(error, RuntimeError) and "cryptography" in text:
        return LogUnavailable(f"{where}: the account's password method needs `pip install cryptography`")
    return LogError(f"{where}: {text}")


def is_duplicate(error: Exception) -> bool:
    """Whether a key was there already."""
    return _code(error) in (1062, 1586)


def is_unknown_setting(error: Exception) -> bool:
    """Whether the server has no variable of that name."""
    return _code(error) == 1193


def _is_spoilt_trigger(error: Exception) -> bool:
    # Seen on MariaDB 10.11 with Galera: a transaction that is aborted for another node's while the server parses the
    # table's triggers leaves a half-read trigger in the server's cache, and every later write there fails.
    return _code(error) == 1064 and "has an error in its body" in str(error)


def _is_out_of_step(error: pymysql.err.MySQLError) -> bool:
    # A server that dies in the middle of an answer: packets out of order, or a closed connection.
    return isinstance(error, pymysql.err.InternalError | pymysql.err.InterfaceError) and (
        _code(error) == 0 or "sequence" in str(error)
    )


def _code(error: Exception) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _text(error: Exception) -> str:
    said = error.args[1] if isinstance(error, pymysql.err.MySQLError) and len(error.args) > 1 else error
    text = str(said)
    return " ".join(text.split()) or type(error).__name__

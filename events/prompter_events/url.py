"""The three forms of a log's URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import LogUrlInvalid

FORMS = "memory://, sqlite:///path/study.db, mysql://user@host:port/database"
MYSQL_PORT = 3306

# What needs no thought between backticks; 64 is MySQL's limit.
_DATABASE = re.compile(r"[A-Za-z0-9_$-]{1,64}")
# MySQL allows 32 characters, MariaDB 80; quotes and controls have no place in an account's name.
_USER = re.compile(r"[^\s'\"`\\\x00-\x1f]{1,80}")


@dataclass(frozen=True)
class MemoryUrl:
    """A log that lives as long as its object."""


@dataclass(frozen=True)
class SqliteUrl:
    """A log in a file."""

    path: Path


@dataclass(frozen=True)
class MysqlUrl:
    """A log on a MySQL or MariaDB server. The password comes from elsewhere."""

    user: str
    host: str
    port: int
    database: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mysql://{self.user}@{host}:{self.port}/{self.database}"


LogUrl = MemoryUrl | SqliteUrl | MysqlUrl


def parse_url(url: str) -> LogUrl:
    """Read a log's URL. ``sqlite:///relative.db`` is relative, ``sqlite:////var/lib/study.db`` absolute.

    Raises ``LogUrlInvalid`` with one line; a password that stands in the URL is refused and not repeated there.
    """
    scheme, found, rest = url.partition("://")
    if not found:
        raise LogUrlInvalid(f"a log's URL has one of the forms {FORMS}; this one has no ://")
    if scheme == "memory":
        if rest:
            raise LogUrlInvalid(f"memory:// takes nothing behind it; known forms: {FORMS}")
        return MemoryUrl()
    if scheme == "sqlite":
        return _sqlite(rest)
    if scheme == "mysql":
        return _mysql(url)
    raise LogUrlInvalid(f"unknown kind of log {scheme!r}; known forms: {FORMS}")


def _sqlite(rest: str) -> SqliteUrl:
    # The path is taken as it stands, without percent-decoding, so that any file's name can be written.
    path = rest[1:]
    if not rest.startswith("/") or not path or "\x00" in path:
        raise LogUrlInvalid(f"an SQLite log needs three slashes and a path; known forms: {FORMS}")
    if path == ":memory:":
        raise LogUrlInvalid(f"a log in memory is written memory://; known forms: {FORMS}")
    return SqliteUrl(Path(path))


def _mysql(url: str) -> MysqlUrl:
    try:
        parts = urlsplit(url)
        port = parts.port or MYSQL_PORT
    except ValueError:
        raise LogUrlInvalid(f"host or port of the MySQL log cannot be read; known forms: {FORMS}") from None
    if parts.password is not None:
        raise LogUrlInvalid(
            "a password has no place in the log's URL: set PROMPTER_DB_PASSWORD or PROMPTER_DB_PASSWORD_FILE instead"
        )
    user = unquote(parts.username or "")
    database = unquote(parts.path[1:])
    if parts.query or parts.fragment:
        raise LogUrlInvalid(f"a MySQL log's URL ends with the database; known forms: {FORMS}")
    for what, value, pattern in (("user", user, _USER), ("database", database, _DATABASE)):
        if not pattern.fullmatch(value):
            raise LogUrlInvalid(f"the MySQL log's URL names no usable {what}; known forms: {FORMS}")
    if not parts.hostname:
        raise LogUrlInvalid(f"the MySQL log's URL names no host; known forms: {FORMS}")
    return MysqlUrl(user, parts.hostname, port, database)

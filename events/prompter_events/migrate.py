"""Creating and upgrading a log's tables."""

from __future__ import annotations

from collections.abc import Sequence

from .mysql import tables as mysql_tables
from .mysql.connections import Account
from .mysql.password import find_password
from .mysql.tables import Admin
from .numbered import Directory, with_events
from .sqlite import tables as sqlite_tables
from .url import MemoryUrl, MysqlUrl, SqliteUrl, parse_url


async def migrate(
    url: str,
    *,
    admin: Admin | None = None,
    password: str | None = None,
    directories: Sequence[Directory] = (),
) -> list[str]:
    """Bring a log's tables up to date; the names of the migrations that ran, none if it was there already.

    ``directories`` adds other packages' migrations to the events' own. On MySQL ``admin`` may create tables and
    triggers; afterwards the URL's user is granted what the application needs and no more. Without ``admin`` the URL's
    own account is used, and nothing is granted. Raises ``LogError``s.
    """
    target = parse_url(url)
    everything = with_events(directories)
    if isinstance(target, MemoryUrl):
        return []
    if isinstance(target, SqliteUrl):
        applied = await sqlite_tables.migrate(target.path.absolute(), everything)
    else:
        applied = await mysql_tables.migrate(
            _account(target, admin, password), everything, grantee=_grantee(target, admin)
        )
    return [f"{one.package} {one.number:04} {one.name}" for one in applied]


async def create_database(url: str, admin: Admin, app_password: str) -> None:
    """Create the URL's MySQL database and its user, as ``make_db.sql`` does; then ``migrate`` makes the tables.

    An account that is there already gets ``app_password``. Raises ``LogError``s, and ``ValueError`` for another kind
    of log.
    """
    target = parse_url(url)
    if not isinstance(target, MysqlUrl):
        raise ValueError("only a MySQL log has a database to create")
    await mysql_tables.create_database(_account(target, admin, None), target.user, app_password)


def _account(target: MysqlUrl, admin: Admin | None, password: str | None) -> Account:
    if admin is None:
        return Account(target, target.user, find_password(password, target.user))
    return Account(target, admin.user, admin.password, admin.unix_socket)


def _grantee(target: MysqlUrl, admin: Admin | None) -> str | None:
    return target.user if admin is not None and admin.user != target.user else None

"""What a MySQL server tells its application's account about the room, the clock and that account's rights."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import aiomysql

from ..clock import now_micros
from .connections import Account, goodbye, query
from .errors import DRIVER_ERRORS, translate

_HARMFUL = {"ALTER", "DELETE", "DROP", "SUPER", "TRIGGER", "UPDATE"}
"""Rights by which an event could be changed or removed, or the triggers that keep it."""


@dataclass(frozen=True)
class Surroundings:
    """What surrounds a log."""

    used: int
    """Bytes that it takes, read models and indexes included."""
    free: int | None = None
    """Bytes left where it lies; none if that cannot be told from this machine."""
    clock_ahead: int | None = None
    """By how many µs the server's clock is ahead of this machine's; none if the log has no server."""
    excess: Sequence[str] = ()
    """What the account may do to events besides adding and reading them."""


async def look(account: Account) -> Surroundings:
    """Ask the server. Raises ``LogError``s."""
    try:
        connection = await account.connect()
        try:
            return Surroundings(
                used=await _used(connection),
                free=await _free(connection),
                clock_ahead=await _clock_ahead(connection),
                excess=await _excess(connection),
            )
        finally:
            await goodbye(connection)
    except (*DRIVER_ERRORS, RuntimeError) as error:
        raise translate(error, str(account.url), account.user) from error


async def _used(connection: aiomysql.Connection) -> int:
    [(used,)] = await query(
        connection,
        "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = DATABASE()",
    )
    return int(used)


async def _free(connection: aiomysql.Connection) -> int | None:
    """Of the disk with the server's data, if the server runs on this machine: SQL does not tell."""
    [(host, directory)] = await query(connection, "SELECT @@hostname, @@datadir")
    if host != socket.gethostname():
        return None
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return None


async def _clock_ahead(connection: aiomysql.Connection) -> int:
    before = now_micros()
    [(theirs,)] = await query(connection, "SELECT UNIX_TIMESTAMP(NOW(6))")
    return int(theirs * 1_000_000) - (before + now_micros()) // 2


async def _excess(connection: aiomysql.Connection) -> list[str]:
    [(current,)] = await query(connection, "SELECT CURRENT_USER()")
    user, _, host = current.rpartition("@")
    rows = await query(
        connection,
        "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = %s"
        " UNION SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES"
        " WHERE GRANTEE = %s AND DATABASE() LIKE TABLE_SCHEMA"
        " UNION SELECT PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES"
        " WHERE GRANTEE = %s AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'event'"
        " UNION SELECT PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES"
        " WHERE GRANTEE = %s AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'event'",
        *[f"'{user}'@'{host}'"] * 4,
    )
    return sorted({right for (right,) in rows} & _HARMFUL)

"""What surrounds a log: the room that it takes and has left, the server's clock, the account's rights."""

from __future__ import annotations

import shutil
from pathlib import Path

from .mysql import surroundings as mysql_surroundings
from .mysql.connections import Account
from .mysql.password import find_password
from .mysql.surroundings import Surroundings
from .url import MemoryUrl, SqliteUrl, parse_url

__all__ = ["Surroundings", "surroundings"]


async def surroundings(url: str, *, password: str | None = None) -> Surroundings:
    """Look around a log that is there. Raises ``LogUrlInvalid`` and ``LogUnavailable``."""
    target = parse_url(url)
    if isinstance(target, MemoryUrl):
        return Surroundings(used=0)
    if isinstance(target, SqliteUrl):
        return _around(target.path.absolute())
    return await mysql_surroundings.look(Account(target, target.user, find_password(password, target.user)))


def _around(path: Path) -> Surroundings:
    beside = (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")))
    used = sum(one.stat().st_size for one in beside if one.exists())
    return Surroundings(used=used, free=shutil.disk_usage(path.parent).free)

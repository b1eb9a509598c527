"""Changing a log behind its back, as somebody with full rights over the database could."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from prompter_events.url import SqliteUrl, parse_url

from .mariadb import MariaDB

TRIGGERS = ("event_no_delete", "event_only_erasure", "event_no_replace")


class Intruder:
    """Runs SQL on a log's tables with the triggers out of the way. Ids and hashes are written as ``x'…'``."""

    def __init__(self, url: str, server: MariaDB | None = None) -> None:
        self._url = url
        self._server = server

    async def run(self, *statements: str) -> None:
        """Run statements that both databases understand."""
        if self._server is None:
            target = parse_url(self._url)
            assert isinstance(target, SqliteUrl)
            with closing(sqlite3.connect(target.path)) as connection, connection:
                for trigger in TRIGGERS:
                    connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
                for statement in statements:
                    connection.execute(statement)
        else:
            for trigger in TRIGGERS:
                await self._server.run(self._url, f"DROP TRIGGER IF EXISTS {trigger}")
            for statement in statements:
                await self._server.run(self._url, statement)

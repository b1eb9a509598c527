"""Fresh logs to measure: SQLite files, or databases of a durable MariaDB server that is started for them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

from prompter_events import Directory, migrate
from support.mariadb import MariaDB

NAMES = {"sqlite": "SQLite", "mysql": "MariaDB"}
"""The kinds of logs, and what they are called in figures."""

Fresh = Callable[[], Awaitable[str]]
"""Makes an empty log, and gives its URL."""


@asynccontextmanager
async def fresh_logs(kind: str, *directories: Directory) -> AsyncIterator[Fresh]:
    """Empty logs of one kind, with the tables of further packages.

    They lie where temporary files do (TMPDIR), and are gone in the end.
    """
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="prompter-benchmark-") as directory:
            numbers = count(1)

            async def fresh_file() -> str:
                url = f"sqlite:///{directory}/log_{next(numbers)}.db"
                await migrate(url, directories=directories)
                return url

            yield fresh_file
    else:
        server = MariaDB()
        try:
            server.start()
            # Where the log looks for it, here and in the processes that are started from here.
            os.environ["PROMPTER_DB_PASSWORD"] = server.password

            async def fresh_database() -> str:
                return await server.fresh_database(*directories)

            yield fresh_database
        finally:
            server.remove()

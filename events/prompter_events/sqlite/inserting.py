"""Many rows by few statements.

Python lets go of its lock for each row of ``executemany``, and in a busy process waits to get it back each time. A
statement of many rows does its work beside the other threads: half the time of an append while sockets are served.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

#: SQLite takes at most 999 parameters in old builds.
PARAMETERS = 999

#: How many rows a statement holds. Few sizes, so that SQLite's compiled statements are found again.
_SIZES = (64, 8, 1)


def insert(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], then: str = ""
) -> None:
    """Insert rows, in their order. ``then``: what follows the values, such as ``ON CONFLICT …``."""
    into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608  # names are constants or checked
    marks = f"({', '.join('?' * len(columns))})"
    done = 0
    for size in _SIZES:
        if size * len(columns) > PARAMETERS:
            continue
        statement = f"{into}{', '.join([marks] * size)} {then}"
        while len(rows) - done >= size:
            connection.execute(statement, [value for row in rows[done : done + size] for value in row])
            done += size

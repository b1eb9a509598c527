"""Writes ``make_tables.sql``, the log's tables for an administrator with a client program; checks that it is fresh.

``python -m prompter.make_tables`` writes it beside ``make_db.sql`` in the source tree, from the migrations of all
packages; ``--check`` only compares, and fails if it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

import prompter_events
from prompter_events.mysql.script import tables_script
from prompter_events.numbered import migrations_in, with_events

from .storage import DIRECTORIES

SCRIPT = Path(prompter_events.__file__).parent / "make_tables.sql"


def make_tables() -> str:
    """The script for this program's log: every migration, their rows, the rights."""
    return tables_script(migrations_in(with_events(DIRECTORIES), "mysql"))


def main(arguments: list[str]) -> int:
    """Write the script, or with ``--check`` compare it. Exit code 1 if it is stale."""
    fresh = make_tables()
    if arguments == ["--check"]:
        if SCRIPT.exists() and SCRIPT.read_text("utf-8") == fresh:
            return 0
        sys.stderr.write(f"{SCRIPT.name} is stale: run `python -m prompter.make_tables`\n")
        return 1
    SCRIPT.write_text(fresh, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""How this program opens its log: with the tables of all its packages."""

from __future__ import annotations

from prompter_events import Directory, open_log
from prompter_events.open import Opening
from prompter_projections import MIGRATIONS

DIRECTORIES: tuple[Directory, ...] = (MIGRATIONS,)
"""The migrations that the log needs besides the events' own."""


def open_study_log(url: str, *, migrate: bool = False) -> Opening:
    """``open_log`` with every table that the projections need."""
    return open_log(url, migrate=migrate, migrations=DIRECTORIES)

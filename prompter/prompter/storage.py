"""What this program keeps: its log with the tables of all its packages, and the projections made of it."""

from __future__ import annotations

from typing import Any

from prompter_events import Directory, open_log
from prompter_events.open import Opening
from prompter_projections import MIGRATIONS, CurrentProjection, Projection, PromptsProjection, SnapshotsProjection

from .policy import Prompting
from .study import WITHOUT_STUDY, Study

DIRECTORIES: tuple[Directory, ...] = (MIGRATIONS,)
"""The migrations that the log needs besides the events' own."""


def open_study_log(url: str, *, password: str | None = None, migrate: bool = False) -> Opening:
    """``open_log`` with every table that the projections need."""
    return open_log(url, password=password, migrate=migrate, migrations=DIRECTORIES)


def all_projections(study: Study = WITHOUT_STUDY) -> list[Projection[Any]]:
    """Every projection that a worker keeps current; the study matters to the policy alone."""
    return [CurrentProjection(), PromptsProjection(), SnapshotsProjection(), Prompting(study)]

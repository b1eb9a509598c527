"""What this program keeps: its log with the tables of all its packages, and the projections made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prompter_events import Directory, Position, open_log
from prompter_events.event import START
from prompter_events.open import Opening
from prompter_projections import MIGRATIONS, CurrentProjection, Projection, PromptsProjection, SnapshotsProjection

from .policy import Prompting
from .record import InForce, limited_since
from .study import WITHOUT_STUDY, Study
from .timekeeping import Timekeeping

DIRECTORIES: tuple[Directory, ...] = (MIGRATIONS,)
"""The migrations that the log needs besides the events' own."""


def open_study_log(url: str, *, password: str | None = None, migrate: bool = False) -> Opening:
    """``open_log`` with every table that the projections need."""
    return open_log(url, password=password, migrate=migrate, migrations=DIRECTORIES)


def all_projections(study: Study = WITHOUT_STUDY, since: Position = START) -> list[Projection[Any]]:
    """Every projection; the study matters to the policy and to timekeeping alone.

    ``since``: sessions that were accepted up to that position are under no time limit.
    """
    return [
        CurrentProjection(),
        PromptsProjection(),
        SnapshotsProjection(),
        Prompting(study),
        Timekeeping(study, since),
    ]


def kept_current(study: Study, record: Sequence[InForce]) -> list[Projection[Any]]:
    """The projections that workers keep current under a study: without limits nobody keeps the time."""
    since = limited_since(study, record)
    return [
        projection
        for projection in all_projections(study, START if since is None else since)
        if study.is_limited or not isinstance(projection, Timekeeping)
    ]

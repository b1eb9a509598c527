"""Folds over the log: read models and the worker that keeps them current, replay, timelines and narratives."""

from pathlib import Path

from .current import CurrentProjection
from .fold import Emission, Policy, Projection
from .forgetting import forget_everywhere
from .notebook import Cell, Note, NotebookState
from .prompts import CurrentPrompt, PromptsProjection, open_prompts
from .reading import SharedReading
from .rebuild import RebuildStopped, rebuild
from .replay import Notebook, UnknownSession, notebook_at
from .sessions import SessionSummary, sessions
from .snapshots import SnapshotsProjection
from .timeline import timeline
from .worker import Worker, WorkerStopped

MIGRATIONS = ("prompter_projections", Path(__file__).parent / "migrations")
"""The tables of this package, for ``prompter_events.open_log`` and ``migrate``."""

__all__ = [
    "MIGRATIONS",
    "Cell",
    "CurrentProjection",
    "CurrentPrompt",
    "Emission",
    "Note",
    "Notebook",
    "NotebookState",
    "Policy",
    "Projection",
    "PromptsProjection",
    "RebuildStopped",
    "SessionSummary",
    "SharedReading",
    "SnapshotsProjection",
    "UnknownSession",
    "Worker",
    "WorkerStopped",
    "forget_everywhere",
    "notebook_at",
    "open_prompts",
    "rebuild",
    "sessions",
    "timeline",
]

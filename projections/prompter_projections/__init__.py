"""Folds over the log: read models and the worker that keeps them current, replay, timelines and narratives."""

from pathlib import Path

from .current import CurrentProjection
from .fold import Emission, Policy, Projection
from .forgetting import forget_everywhere
from .lineage import Lineage, lineage_of
from .narrative import narrative
from .notebook import Cell, Note, NotebookState
from .prompts import CurrentPrompt, PromptsProjection, PromptState, answered_prompts, open_prompts
from .reading import SharedReading
from .rebuild import RebuildStopped, clear_before, rebuild
from .replay import Notebook, UnknownSession, notebook_at
from .review import Review, ReviewItem, UnknownNotebook, WaitingReview, review_of, waiting_reviews
from .sessions import SessionSummary, sessions
from .snapshots import SnapshotsProjection
from .standing import Standing, standings
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
    "Lineage",
    "Note",
    "Notebook",
    "NotebookState",
    "Policy",
    "Projection",
    "PromptState",
    "PromptsProjection",
    "RebuildStopped",
    "Review",
    "ReviewItem",
    "SessionSummary",
    "SharedReading",
    "SnapshotsProjection",
    "Standing",
    "UnknownNotebook",
    "UnknownSession",
    "WaitingReview",
    "Worker",
    "WorkerStopped",
    "answered_prompts",
    "clear_before",
    "forget_everywhere",
    "lineage_of",
    "narrative",
    "notebook_at",
    "open_prompts",
    "rebuild",
    "review_of",
    "sessions",
    "standings",
    "timeline",
    "waiting_reviews",
]

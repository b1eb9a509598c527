"""The tables that projections write. Their DDL stands in ``migrations/``; researchers read the views made of them."""

from __future__ import annotations

from prompter_events.transaction import Relation

STATE = Relation(
    "projection_state",
    key=("projection", "generation", "state_key"),
    columns=("due_at", "stopped_at", "state"),
)
"""States of projections. ``stopped_at``: the position of the event that could not be folded; NULL while all is well."""

DEAD_LETTER = Relation(
    "dead_letter",
    key=("projection", "position"),
    columns=("session_id", "traceback", "recorded_at"),
)
"""Events that a projection could not fold."""

SNAPSHOT = Relation(
    "notebook_snapshot",
    key=("generation", "session_id", "chain", "position"),
    columns=("fold", "whole_at", "event_hash", "notebook"),
)
"""A session's notebook after the event at ``position``, with that event's hash; see ``snapshots`` and ``nearest``.

Where ``position`` equals ``chain`` it is kept as a whole, else as the change since the one before it in the chain.
"""

SNAPSHOT_PLACE = Relation(SNAPSHOT.name, key=SNAPSHOT.key, columns=("fold", "whole_at"))
"""The same, for looking where the snapshots are without reading them."""

SESSION = Relation(
    "session_row",
    key=("generation", "session_id"),
    columns=(
        "participant_id",
        "notebook_id",
        "study",
        "condition_name",
        "notebook_path",
        "kernel_name",
        "opened_at",
        "last_at",
        "closed_at",
        "cells",
        "edits",
        "keystrokes",
        "runs",
        "errors",
        "prompts",
        "answers",
        "last_position",
    ),
)
"""One notebook open in one page. Times in µs since the epoch, UTC, by the page's clock."""

CELL = Relation(
    "cell_row",
    key=("generation", "session_id", "cell_id"),
    columns=(
        "place",
        "cell_type",
        "source",
        "runs",
        "last_status",
        "edits",
        "created_at",
        "changed_at",
        "removed_at",
        "parents",
    ),
)
"""A cell as it stands, or stood when it was removed (then ``place`` is NULL). ``parents``: a JSON list of cell ids."""

RUN = Relation(
    "run_row",
    key=("generation", "session_id", "run_id"),
    columns=(
        "cell_id",
        "version",
        "source",
        "scheduled_at",
        "started_at",
        "finished_at",
        "status",
        "execution_count",
        "duration_ms",
        "error_name",
        "position",
    ),
)
"""One execution of one cell; ``version`` counts the cell's runs from 1; ``position`` is that of ``run.scheduled``."""

PROMPT = Relation(
    "prompt_row",
    key=("generation", "prompt_id"),
    columns=(
        "session_id",
        "participant_id",
        "notebook_id",
        "cell_id",
        "run_id",
        "cell_version",
        "rule",
        "question",
        "choices",
        "language",
        "deliver",
        "status",
        "issued_at",
        "shown_at",
        "ended_at",
        "choice",
        "text",
        "position",
    ),
)
"""One question. ``choices`` is a JSON list; ``status`` one of ``prompts.PromptStatus``."""

"""The names that a study may use: conditions and rules."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import entry_points


class Condition(StrEnum):
    """The experimental mode. It belongs to a participant; the page learns behaviour only, never this name."""

    EXP_CTS = "EXP_CTS"
    """Prompts while working."""
    EXP_END = "EXP_END"
    """Prompts are held for a review at the end."""
    EXP_NONE = "EXP_NONE"
    """Asks nothing; what would have been asked is logged."""
    NO_EXP = "NO_EXP"
    """No study: prompts while working."""


KNOWN = (
    "first_run",
    "substantial_change",
    "error_repaired",
    "many_runs",
    "data_step",
    "model_step",
    "returning",
    "long_pause",
)
"""The rules of this program."""

THRESHOLDS = {
    "similarity": "substantial_change",
    "runs": "many_runs",
    "away": "returning",
    "pause": "long_pause",
}
"""Which rule reads a threshold of a rule; nobody else does."""

FACTS = {
    "error_repaired": ("error",),
    "data_step": (
        "frame",
        "rows_before",
        "rows_after",
        "rows_lost",
        "columns_before",
        "columns_after",
        "columns_lost",
        "columns_added",
    ),
    "model_step": ("model", "metric", "value"),
}
"""What a wording may name, by the rule that tells it. Rules of other packages tell what they like."""

RULES_GROUP = "prompter.rules"
"""The group of entry points by which other packages add rules; the entry point's name is the rule's."""


def known_rules() -> tuple[str, ...]:
    """Every rule that a study on this machine may use, those of other packages last."""
    others = {point.name for point in entry_points(group=RULES_GROUP)} - set(KNOWN)
    return (*KNOWN, *sorted(others))

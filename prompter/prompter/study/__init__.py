"""A study: what ``study.yaml`` says (``model``), and how it is read (``file``)."""

from pathlib import Path

from .file import load_study
from .mistakes import StudyInvalid
from .model import (
    DEFAULT_QUESTIONS,
    DEFAULT_RULES,
    WITHOUT_STUDY,
    Assignment,
    Consent,
    Pace,
    Period,
    Question,
    Rule,
    Study,
    Task,
)

SCHEMA = Path(__file__).with_name("study.schema.json")
"""The JSON Schema of ``study.yaml``, for editors."""

__all__ = [
    "DEFAULT_QUESTIONS",
    "DEFAULT_RULES",
    "SCHEMA",
    "WITHOUT_STUDY",
    "Assignment",
    "Consent",
    "Pace",
    "Period",
    "Question",
    "Rule",
    "Study",
    "StudyInvalid",
    "Task",
    "load_study",
]

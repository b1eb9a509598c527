"""The quality of what was recorded: what is missing, doubtful or broken, by session, and how people answered."""

from .asked import Responses
from .render import FORMATS, render
from .report import Quality, SessionQuality, Suppressed, quality
from .rules import RULES, Finding, Verdict

__all__ = [
    "FORMATS",
    "RULES",
    "Finding",
    "Quality",
    "Responses",
    "SessionQuality",
    "Suppressed",
    "Verdict",
    "quality",
    "render",
]

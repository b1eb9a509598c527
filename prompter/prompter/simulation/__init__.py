"""Recorded logs through another policy, as pure functions: events in, what would have been decided out."""

from .plot import FORMATS, plot
from .record import DECIDED, Record
from .report import Comparison, Figures, compared
from .scene import Scene, Session
from .simulated import Policy, Simulated
from .simulation import Simulation
from .verdicts import Verdict

__all__ = [
    "DECIDED",
    "FORMATS",
    "Comparison",
    "Figures",
    "Policy",
    "Record",
    "Scene",
    "Session",
    "Simulated",
    "Simulation",
    "Verdict",
    "compared",
    "plot",
]

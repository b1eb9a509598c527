"""Random walks: somebody does anything at all to a notebook, and a judge compares the log with what was seen."""

from .actions import Action, make_walk
from .judge import Seen, judge
from .shrink import shrunk
from .walker import SOURCES, Walker

__all__ = ["SOURCES", "Action", "Seen", "Walker", "judge", "make_walk", "shrunk"]

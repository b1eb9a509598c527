"""Prompting as pure functions over (memory, event, clock): it opens nothing, sleeps on nothing, reads no clock."""

from .prompting import Prompting
from .rules import RULES
from .similarity import similarity

__all__ = ["RULES", "Prompting", "similarity"]

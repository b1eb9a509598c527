"""Prompting as pure functions over (memory, event, clock): it opens nothing, sleeps on nothing, reads no clock."""

from prompter_projections.similarity import similarity

from .prompting import Prompting
from .requests import RESEARCHER
from .rules import RULES, Moment, RuleFunction

__all__ = ["RESEARCHER", "RULES", "Moment", "Prompting", "RuleFunction", "similarity"]

"""What made-up people write when they are asked, and how they are about being asked at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from prompter_events.catalogue.prompts import PromptIssued

_WORDS: Mapping[str, Sequence[str]] = {
    "first_run": (
        "Just getting the file in. I want to see how big it is.",
        "See which grades there are before I decide anything.",
        "I want to know if people with more debt default more often.",
        "looking whether there are gaps",
        "Trying out whether this is a better view of the data",
    ),
    "substantial_change": (
        "The numbers looked odd, so I took another column.",
        "Same question, but for the cleaned loans.",
        "fewer bins were not telling me anything",
        "I wanted to see if it still holds with another parameter.",
    ),
    "error_repaired": (
        "I misspelled the column.",
        "Wrong name of the file, it is loans with an s",
        "I had not run the cell above.",
        "forgot a bracket",
    ),
    "data_step": (
        "An income of −1 is no income, those rows only confuse the model.",
        "Get rid of the extreme ratios, they are typing mistakes I think.",
        "I need the logarithm for the regression later.",
    ),
    "model_step": (
        "About 0.7: better than guessing, but not by much.",
        "A first try, to have something to compare with.",
        "I expected the forest to be better than the line, and it is not.",
        "That scaling does not matter much here.",
    ),
}

_OTHERWISE = ("No special reason.", "I was thinking about the next step.", "comparing with what I had before")


@dataclass(frozen=True)
class Manner:
    """How one person takes questions. Shares of all questions; what is left is ignored until it expires."""

    answers: float
    skips: float
    snoozes: float
    haste: float
    """Median from seeing a question to turning to it, in seconds."""
    terse: float
    """How often a choice without words is all they give."""


def manner(random: Random) -> Manner:
    """Somebody's. On average about four of five questions are answered, as is common where people are asked at work.

    Wrzus and Neubauer, "Ecological Momentary Assessment: A Meta-Analysis", Assessment 30(3), 2023: 79 %.
    """
    answers = min(max(random.gauss(0.79, 0.13), 0.3), 0.97)
    rest = 1 - answers
    return Manner(answers, rest * 0.45, rest * 0.25, random.lognormvariate(math.log(9), 0.4), random.uniform(0.1, 0.5))


def answer(random: Random, manner: Manner, prompt: PromptIssued) -> tuple[str, str | None]:
    """Words and choice, as the question allows."""
    choice = random.choice(prompt.choices) if prompt.choices and random.random() < 0.85 else None
    terse = choice is not None and prompt.text == "optional" and random.random() < manner.terse
    if prompt.text == "none" or terse:
        return "", choice or (prompt.choices[0] if prompt.choices else None)
    return random.choice(_WORDS.get(prompt.rule, _OTHERWISE)), choice

"""The words of a question: in the person's language, for now or for the review, with facts where the study allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..study import DEFAULT_QUESTIONS, DEFAULT_RULES, Question, Rule, Study
from .steps import Value

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

#: The longest question of the catalogue.
_LONGEST = 2_000

_WITHOUT_FACTS = {rule.use: DEFAULT_QUESTIONS[rule.ask] for rule in DEFAULT_RULES}
"""What a rule asks where a wording names facts that are not to be had."""


@dataclass(frozen=True)
class Worded:
    """A question as it is asked."""

    text: str
    language: str
    question: Question
    """Where its choices come from."""

    @property
    def choices(self) -> list[str]:
        """In the question's language; in the first one that has choices, if that has none."""
        choices = self.question.choices
        return list(choices.get(self.language) or next(iter(choices.values()), ()))


def worded(study: Study, rule: Rule, language: str, facts: Mapping[str, Value], *, at_end: bool) -> Worded:
    """The question of a rule. ``language``: the front end's, BCP 47."""
    question = study.questions[rule.ask]
    asked = _in_language(question, language, study, at_end=at_end)
    filled = _filled(asked, facts if rule.facts else {})
    if filled is not None:
        return filled
    default = _WITHOUT_FACTS.get(rule.use, DEFAULT_QUESTIONS["aim"])
    return _in_language(default, language, study, at_end=at_end)


def _in_language(question: Question, language: str, study: Study, *, at_end: bool) -> Worded:
    chosen = _nearest(language, question.now, study.language)
    text = question.end.get(chosen, question.now[chosen]) if at_end else question.now[chosen]
    return Worded(text, chosen, question)


def _nearest(language: str, there: Iterable[str], fallback: str) -> str:
    """The language itself, else one whose first subtag is the same, else the fallback, else the first there is."""
    wanted = language.casefold()
    names = list(there)
    exact = [name for name in names if name.casefold() == wanted]
    near = [name for name in names if wanted and _primary(name.casefold()) == _primary(wanted)]
    return next(iter([*exact, *near, *(name for name in names if name == fallback), *names]))


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0]


def _filled(asked: Worded, facts: Mapping[str, Value]) -> Worded | None:
    """The question with its facts; none if one of them is missing."""
    if not all(name in facts for name in _PLACEHOLDER.findall(asked.text)):
        return None
    text = _PLACEHOLDER.sub(lambda found: _shown(facts[found[1]], asked.language), asked.text)
    return Worded(text[:_LONGEST], asked.language, asked.question)


def _shown(value: Value, language: str) -> str:
    """A fact as text: thousands in groups, by comma in English, else by the thin space that every language reads."""
    if isinstance(value, str):
        return value
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")
    return text if _primary(language.casefold()) == "en" else text.replace(",", "\N{NARROW NO-BREAK SPACE}")

"""What must hold between the parts of a study file, beyond the type of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from ..durations import byte_count
from .latin_square import williams
from .mistakes import Mistake, Place, nearest
from .model import DEFAULT_QUESTIONS, DEFAULT_RULES
from .names import FACTS, KNOWN, THRESHOLDS
from .written import PeriodPart, QuestionPart, RulePart, StudyPart, TextUpTo

_FACT = re.compile(r"\{([a-z_]+)\}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

#: Larger than any event may be; a study that keeps more says ``full``.
_MOST_TEXT = 1024**2


class Checks:
    """Goes through a study and yields its mistakes."""

    def __init__(self, study: StudyPart, lines: Mapping[Place, int], rules: Sequence[str], folder: Path) -> None:
        self._study = study
        self._lines = lines
        self._rules = rules
        self._folder = folder
        self._tasks = {task.name for period in study.periods for task in period.tasks}

    def mistakes(self) -> Iterator[Mistake]:
        """All of them."""
        yield from self._languages()
        yield from self._participants()
        yield from self._periods()
        yield from self._capture()
        yield from self._uses()
        yield from self._questions()
        yield from self._finish()

    def _at(self, *place: str | int, text: str) -> Mistake:
        """A mistake at that place, or at the nearest one around it that is written."""
        while place not in self._lines:
            place = place[:-1]
        return Mistake(self._lines[place], text)

    def _twice(self, names: Sequence[str], noun: str, *place: str | int) -> Iterator[Mistake]:
        for number, name in enumerate(names):
            if name in names[:number]:
                text = f"{noun} {name!r} stands here twice; each needs a name of its own"
                yield self._at(*place, number, "name", text=text)

    def _languages(self) -> Iterator[Mistake]:
        yield from self._twice(self._study.languages, "language", "languages")

    def _participants(self) -> Iterator[Mistake]:
        people = self._study.participants
        consent = people.consent
        if isinstance(consent, str):
            yield from self._file(consent, "participants", "consent")
        elif consent is not None:
            yield from self._by_language(consent, "consent", "participants", "consent")
            for language, name in consent.items():
                yield from self._file(name, "participants", "consent", language)

    def _file(self, name: str, *place: str | int) -> Iterator[Mistake]:
        path = self._folder / name
        try:
            if not path.read_text("utf-8").strip():
                yield self._at(*place, text=f"the file {path} is empty; write the text into it")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            yield self._at(*place, text=f"{path} cannot be read ({reason}); allowed is a text file beside the study")

    def _by_language(self, texts: Collection[str], noun: str, *place: str | int) -> Iterator[Mistake]:
        """Texts by language: none of another language, one in the first."""
        known = self._study.languages
        for language in texts:
            if language not in known:
                text = f"{language!r} is none of the study's languages; allowed are {', '.join(known)}"
                yield self._at(*place, language, text=text)
        if known[0] not in texts:
            yield self._at(
                *place, text=f"{noun} has nothing in {known[0]!r}, the study's first language; add {known[0]}: …"
            )

    def _periods(self) -> Iterator[Mistake]:
        periods = self._study.periods
        yield from self._twice([period.name for period in periods], "period", "periods")
        for number, period in enumerate(periods):
            yield from self._assigned(period, "periods", number, "assign")
            yield from self._twice([task.name for task in period.tasks], "task", "periods", number, "tasks")
        yield from self._counterbalanced(periods)
        yield from self._same_tasks()

    def _assigned(self, period: PeriodPart, *place: str | int) -> Iterator[Mistake]:
        assign = period.assign
        yield from self._twice(assign.strata, "stratum", *place, "strata")
        ways, noun = len(period.conditions), "conditions"
        if assign.by == "counterbalance":
            ways, noun = len(williams(ways)), "orders"
            if len(set(period.conditions)) < len(period.conditions):
                text = "a condition stands twice, and counterbalance takes each once; write it once, or by: blocks"
                yield self._at(*place[:-1], "conditions", text=text)
        if assign.size is not None and assign.size % ways:
            text = (
                f"size is {assign.size}; allowed is a multiple of the {ways} {noun}: {ways}, {2 * ways}, {3 * ways} …"
            )
            yield self._at(*place, "size", text=text)

    def _counterbalanced(self, periods: Sequence[PeriodPart]) -> Iterator[Mistake]:
        """Periods that are counterbalanced belong together: one square, one place for each participant."""
        square = [(number, period) for number, period in enumerate(periods) if period.assign.by == "counterbalance"]
        if not square:
            return
        (_, first), *others = square
        for number, period in others:
            if (period.conditions, period.assign) != (first.conditions, first.assign):
                text = (
                    f"the counterbalanced periods {first.name} and {period.name} differ; "
                    "give both the same conditions and assign"
                )
                yield self._at("periods", number, "assign", text=text)
        if len(square) > len(first.conditions):
            number, period = square[len(first.conditions)]
            text = (
                f"{len(square)} periods are counterbalanced over {len(first.conditions)} conditions; "
                f"allowed are at most {len(first.conditions)} such periods"
            )
            yield self._at("periods", number, "assign", text=text)

    def _same_tasks(self) -> Iterator[Mistake]:
        """A task's name means one thing in the whole study, since rules name it."""
        known: dict[str, tuple[int, str]] = {}
        for number, period in enumerate(self._study.periods):
            for index, task in enumerate(period.tasks):
                elsewhere, at = known.setdefault(task.name, (number, task.at))
                if elsewhere != number and at != task.at:
                    text = f"task {task.name!r} lies elsewhere in another period; give it a name of its own"
                    yield self._at("periods", number, "tasks", index, text=text)

    def _capture(self) -> Iterator[Mistake]:
        outputs = self._study.capture.outputs
        if isinstance(outputs, TextUpTo) and byte_count(outputs.text) > _MOST_TEXT:
            yield self._at("capture", "outputs", text=f"text is {outputs.text}; allowed is at most 1 MiB, or full")

    def _uses(self) -> Iterator[Mistake]:
        for number, rule in enumerate(self._study.rules or ()):
            place: Place = ("rules", number)
            if rule.use not in self._rules:
                text = f"unknown rule {rule.use!r}{nearest(rule.use, self._rules)}; known are {', '.join(self._rules)}"
                yield self._at(*place, "use", text=text)
            elif rule.use in {before.use for before in (self._study.rules or ())[:number]}:
                yield self._at(*place, "use", text=f"the rule {rule.use} is used twice; each can be used once")
            yield from self._thresholds(rule, *place)
            for index, task in enumerate(rule.within):
                if task not in self._tasks:
                    there = ", ".join(sorted(self._tasks)) or "none: name them under tasks of a period"
                    text = f"unknown task {task!r}{nearest(task, self._tasks)}; there are {there}"
                    yield self._at(*place, "in", index, text=text)
            questions = {**DEFAULT_QUESTIONS, **self._study.questions}
            if rule.ask not in questions:
                there = ", ".join(questions)
                text = (
                    f"rule {rule.use} asks {rule.ask!r}, which is no question"
                    f"{nearest(rule.ask, questions)}; there are {there}"
                )
                yield self._at(*place, "ask", text=text)

    def _thresholds(self, rule: RulePart, *place: str | int) -> Iterator[Mistake]:
        for name, reader in THRESHOLDS.items():
            if (*place, name) in self._lines and rule.use != reader:
                yield self._at(*place, name, text=f"the rule {rule.use} does not read {name}; only {reader} does")
        if rule.options and rule.use in KNOWN:
            text = f"the rule {rule.use} reads no options; they are for rules of other packages"
            yield self._at(*place, "options", text=text)

    def _questions(self) -> Iterator[Mistake]:
        for name, question in self._study.questions.items():
            yield from self._question(name, question)
        # The built-in questions are there in English alone.
        first = self._study.languages[0]
        rules = DEFAULT_RULES if self._study.rules is None else self._study.rules
        for name in dict.fromkeys(rule.ask for rule in rules):
            if name in self._study.questions or name not in DEFAULT_QUESTIONS:
                continue
            if first not in DEFAULT_QUESTIONS[name].now:
                text = (
                    f"the built-in question {name} has no wording in {first!r}, the study's first language; "
                    "write it under questions"
                )
                yield self._at("languages", text=text)

    def _question(self, name: str, question: QuestionPart) -> Iterator[Mistake]:
        place: Place = ("questions", name)
        for part, wording in (("now", question.now), ("end", question.end)):
            texts = {self._study.languages[0]: wording} if isinstance(wording, str) else wording
            if texts or part == "now":
                yield from self._by_language(texts, f"the wording {part} of {name}", *place, part)
            for language, text in texts.items():
                yield from self._facts(name, text, *place, part, language)
        choices = question.choices
        by_language = choices if isinstance(choices, dict) else {"": choices}
        if isinstance(choices, dict):
            yield from self._by_language(choices, f"choices of {name}", *place, "choices")
            if len({len(listed) for listed in choices.values()}) > 1:
                numbers = ", ".join(f"{language}: {len(listed)}" for language, listed in choices.items())
                yield self._at(
                    *place, "choices", text=f"{numbers} choices; each language needs as many, in the same order"
                )
        for language, listed in by_language.items():
            for choice, times in Counter(listed).items():
                if times > 1:
                    where = [language] if language else []
                    yield self._at(
                        *place, "choices", *where, text=f"choice {choice!r} stands here twice; keep one of them"
                    )
        if question.text == "none" and not any(by_language.values()):
            text = f"{name} takes no text and has no choices, so nobody can answer; add choices, or text: optional"
            yield self._at(*place, "text", text=text)
        if question.multiple and not any(by_language.values()):
            yield self._at(
                *place, "multiple", text=f"{name} has no choices of which several could be taken; add choices"
            )

    def _facts(self, name: str, text: str, *place: str | int) -> Iterator[Mistake]:
        """A wording names only what each rule that asks it tells, and says that it may."""
        facts = list(dict.fromkeys(_FACT.findall(text)))
        for rule in (rule for rule in self._study.rules or () if rule.ask == name and facts):
            if not rule.facts:
                yield self._at(
                    *place,
                    text=f"the wording names the fact {{{facts[0]}}}, and the rule {rule.use} asks it without "
                    "facts: true; add that to the rule, or word it without facts",
                )
            elif rule.use in KNOWN:
                told = FACTS.get(rule.use, ())
                for fact in (fact for fact in facts if fact not in told):
                    there = ", ".join(told) or "nothing"
                    said = f"the rule {rule.use} tells no {{{fact}}}{nearest(fact, told)}; it tells {there}"
                    yield self._at(*place, text=said)

    def _finish(self) -> Iterator[Mistake]:
        for name in _PLACEHOLDER.findall(self._study.finish.then or ""):
            if name != "participant":
                yield self._at("finish", "then", text=f"unknown placeholder {{{name}}}; allowed is {{participant}}")


def check(study: StudyPart, lines: Mapping[Place, int], rules: Sequence[str], folder: Path) -> list[Mistake]:
    """What is wrong in a study whose parts have the right types. ``folder`` holds the files that it names."""
    return list(Checks(study, lines, rules, folder).mistakes())

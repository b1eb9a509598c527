"""The models of one run with their scores: by the kernel where it saw them, else by the code and its output."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prompter_events.catalogue.runs import EstimatorFact, KernelFacts

from .fitting import Fitting, Group, Made, Scored, is_preparing, numbers_shown
from .values import Estimator, Score

#: Numbers of one output that are looked at.
_MOST_NUMBERS = 50

_WORDS = re.compile(r"[a-z]+\d*")


class Known:
    """What code has said about names so far: which model they are, whose predictions they hold."""

    def __init__(self) -> None:
        self.made: dict[str, Made] = {}
        self.predicted: dict[str, str] = {}
        self.groups: dict[str, Group] = {}

    def models(self, name: str, fitting: Fitting) -> list[tuple[str, Made]]:
        """The models that a name stands for, each with a name of its own: several in a loop, none if it is no model."""
        name = self.predicted.get(name, name)
        if name in fitting.loops:
            group, made = fitting.loops[name]
            return [(f"{group or name}[{label}]", each) for label, each in made or self.groups.get(group, ())]
        return [(name, self.made[name])] if name in self.made else []

    def forget(self, name: str) -> None:
        """The name stands for something else now."""
        self.made.pop(name, None)
        self.predicted.pop(name, None)
        self.groups.pop(name, None)


class _Open:
    """An estimator while its scores are still looked for."""

    def __init__(self, name: str, made: Made, *, fitted: bool, by_kernel: bool) -> None:
        self.name = name
        self.made = made
        self.fitted = fitted
        self.by_kernel = by_kernel
        self.scores: list[tuple[str, float | None, bool]] = []
        """Metric, value, and whether the output shows it."""


def estimators_of(
    fitting: Fitting, facts: KernelFacts | None, texts: Sequence[str], known: Known, *, ran: bool
) -> tuple[Estimator, ...]:
    """The models that a run fitted or scored. ``ran``: it went well, so its output is whole.

    Scores that the kernel could not tell are looked for in the output: the one number, or as many as there are scores.
    """
    known.made.update(fitting.made)
    known.predicted.update(fitting.predicted)
    known.groups.update(fitting.groups)
    found: dict[tuple[str, str], _Open] = {}
    # Of a loop the kernel sees the last model only.
    looped = {name for name in fitting.loops if known.models(name, fitting)}
    told = [fact for fact in facts.estimators if fact.name not in looped] if facts is not None else []
    for fact in told:
        _told(fact, found, fitting, known)
    if not told:
        _read(fitting, found, known)
    _attribute_nameless(found)
    missing = [
        (each, at)
        for each in found.values()
        for at, (_, value, shown) in enumerate(each.scores)
        if value is None and shown
    ]
    quoted = _from_output([each.scores[at][0] for each, at in missing], texts) if ran else {}
    by_place = {(id(each), at): quoted[number] for number, (each, at) in enumerate(missing) if number in quoted}
    return tuple(_closed(each, by_place) for each in found.values())


def _told(fact: EstimatorFact, found: dict[tuple[str, str], _Open], fitting: Fitting, known: Known) -> None:
    name, kind = fact.name, fact.kind
    parameters = tuple(fact.parameters.items())
    if not kind:
        # The kernel saw a score of something; whose it is, the code may tell.
        owners = next((_owners(each, fitting, known) for each in fitting.scored if each.metric == fact.metric), [])
        if len(owners) == 1:
            name, kind, parameters = owners[0][0], owners[0][1].kind, owners[0][1].parameters
    each = found.get((name, kind))
    if each is None:
        each = found[name, kind] = _Open(name, Made(kind, parameters), fitted=False, by_kernel=True)
    each.fitted |= fact.did == "fitted"
    if fact.did == "scored":
        shown = any(scored.shown for scored in fitting.scored if scored.metric == fact.metric)
        each.scores.append((fact.metric, fact.value, shown))


def _read(fitting: Fitting, found: dict[tuple[str, str], _Open], known: Known) -> None:
    for fitted in fitting.fitted:
        for name, made in known.models(fitted, fitting):
            found[name, made.kind] = _Open(name, made, fitted=True, by_kernel=False)
    for made in fitting.nameless:
        found["", made.kind] = _Open("", made, fitted=True, by_kernel=False)
    for scored in fitting.scored:
        owners = _owners(scored, fitting, known)
        if not owners and scored.metric != "score":  # other things have scores, too
            owners = [("", Made("", ()))]
        for name, made in owners:
            each = found.get((name, made.kind))
            if each is None:
                each = found[name, made.kind] = _Open(name, made, fitted=False, by_kernel=False)
            each.scores.append((scored.metric, None, scored.shown))


def _owners(scored: Scored, fitting: Fitting, known: Known) -> list[tuple[str, Made]]:
    """Whose score it is: nobody's that is known, one model's, or in a loop that of several."""
    if scored.made is not None:
        return [("", scored.made)]
    return next((found for name in scored.inputs if (found := known.models(name, fitting))), [])


def _attribute_nameless(found: dict[tuple[str, str], _Open]) -> None:
    """A score of nobody belongs to the one model that the run fitted, if it fitted one."""
    nobody = found.get(("", ""))
    fitted = [each for each in found.values() if each.fitted and each.made.kind and not is_preparing(each.made.kind)]
    if nobody is not None and len(fitted) == 1:
        fitted[0].scores += nobody.scores
        del found["", ""]


def _from_output(metrics: Sequence[str], texts: Sequence[str]) -> dict[int, tuple[float | None, str]]:
    """Scores by their number in ``metrics``, with the lines that they stand in; what is not certain has no value."""
    numbers = numbers_shown(texts, _MOST_NUMBERS)
    if not metrics or not numbers:
        return {}
    if len(numbers) == len(metrics):
        return dict(enumerate(numbers))
    found: dict[int, tuple[float | None, str]] = {}
    for number, metric in enumerate(metrics):
        words = set(_WORDS.findall(metric.lower())) - {"score"}
        fitting = [each for each in numbers if words & set(_WORDS.findall(each[1].lower()))]
        found[number] = fitting[0] if len(fitting) == 1 else (None, numbers[0][1])
    return found


def _closed(each: _Open, quoted: dict[tuple[int, int], tuple[float | None, str]]) -> Estimator:
    scores = []
    for at, (metric, value, _) in enumerate(each.scores):
        if value is not None:
            scores.append(Score(metric, value, "kernel"))
        else:
            number, line = quoted.get((id(each), at), (None, ""))
            scores.append(Score(metric, number, "output" if line or not each.by_kernel else "kernel", line))
    return Estimator(
        each.name,
        each.made.kind,
        each.fitted,
        each.made.parameters,
        tuple(scores),
        "kernel" if each.by_kernel else "syntax",
    )

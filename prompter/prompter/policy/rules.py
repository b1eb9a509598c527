"""The rules that propose a prompt. Each is a pure function of a frozen moment.

A rule of another package is a callable like these, named by an entry point of the group ``prompter.rules``: what it
returns is none, or the facts that the question may name, perhaps no one. It must be as pure: the same moment, the same
answer, or else a simulation does not give the decisions again.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from prompter_events.catalogue import Body
from prompter_events.catalogue.runs import KernelFacts, RunFinished
from prompter_projections.similarity import language_of, similarity

from ..errors import SettingInvalid
from ..study import Rule
from .memory import CellMemory, RunMemory, was_asked_about
from .steps import FrameStep, Value, model_facts

GROUP = "prompter.rules"
"""The group of entry points; an entry point's name is the rule's in ``study.yaml``."""

#: Who interrupts a run has repaired nothing when it runs the next time.
_NO_ERRORS = frozenset({"", "KeyboardInterrupt"})


class Moment(Struct, frozen=True):
    """What a rule sees: an event of a participant, and what is remembered of the cell that it is about."""

    rule: Rule
    """Its thresholds and ``options``, as the study has them."""
    cell: CellMemory
    """The cell before the event."""
    body: Body
    """The event."""
    run: RunMemory | None
    """The run that ended well: with ``run.finished``, with the ``kernel.facts`` of it, and at a return the last one."""
    facts: KernelFacts | None
    """What the kernel saw in that run; it may come before or after the run's end, and never twice."""
    step: FrameStep | None = None
    """The data step among those facts."""
    kernel: str = ""
    """The kernel's name, which tells the language."""
    paused: int = 0
    """How long the participant was away before this event, µs."""


class RuleFunction(Protocol):
    """A rule."""

    def __call__(self, moment: Moment, /) -> Mapping[str, Value] | None:
        """None: do not ask. Else ask; what comes back are facts that the wording may name, such as ``rows_lost``."""


_ASK: Mapping[str, Value] = MappingProxyType({})


def first_run(moment: Moment) -> Mapping[str, Value] | None:
    """The first successful run of a new cell; a later one too, as long as nobody asked about the cell."""
    ended = isinstance(moment.body, RunFinished)
    return _ASK if ended and moment.cell.mine and not was_asked_about(moment.cell) else None


def substantial_change(moment: Moment) -> Mapping[str, Value] | None:
    """The cell was asked about before, and its meaning has become another one since."""
    asked, run = moment.cell.asked_source, moment.run
    if not isinstance(moment.body, RunFinished) or asked is None or run is None or asked == run.source:
        return None
    alike = similarity(asked, run.source, language_of(moment.kernel))
    return _ASK if alike < moment.rule.similarity else None


def error_repaired(moment: Moment) -> Mapping[str, Value] | None:
    """The cell's run before this one failed, and now it runs."""
    if not isinstance(moment.body, RunFinished) or moment.cell.failed in _NO_ERRORS:
        return None
    return {"error": moment.cell.failed}


def many_runs(moment: Moment) -> Mapping[str, Value] | None:
    """So many runs of an own cell since anybody asked about it."""
    cell, run = moment.cell, moment.run
    if not isinstance(moment.body, RunFinished) or run is None or not cell.mine:
        return None
    return _ASK if run.version - cell.asked_version >= moment.rule.runs else None


def data_step(moment: Moment) -> Mapping[str, Value] | None:
    """The run of an own cell changed the rows or columns of a data frame, or made one from another."""
    return moment.step.facts() if moment.step is not None and moment.cell.mine else None


def model_step(moment: Moment) -> Mapping[str, Value] | None:
    """The run of an own cell fitted or scored an estimator."""
    if moment.facts is None or not moment.facts.estimators or not moment.cell.mine:
        return None
    return model_facts(moment.facts.estimators)


def returning(moment: Moment) -> Mapping[str, Value] | None:
    """An own cell runs again after it was left alone for long."""
    if not isinstance(moment.body, RunFinished) or not moment.cell.mine:
        return None
    return _ASK if moment.cell.away >= moment.rule.away * 1000 else None


def long_pause(moment: Moment) -> Mapping[str, Value] | None:
    """The participant is back after a long time without input; asked about is the cell that ran last."""
    return _ASK if moment.paused and moment.paused >= moment.rule.pause * 1000 else None


RULES: Mapping[str, RuleFunction] = MappingProxyType(
    {
        "first_run": first_run,
        "substantial_change": substantial_change,
        "error_repaired": error_repaired,
        "many_runs": many_runs,
        "data_step": data_step,
        "model_step": model_step,
        "returning": returning,
        "long_pause": long_pause,
    }
)
"""Every rule of this program by its name in ``study.yaml``."""


def functions(rules: tuple[Rule, ...]) -> dict[str, RuleFunction]:
    """The function of each rule that a study uses.

    Raises ``SettingInvalid`` if there is none, or if the package that brings it cannot be loaded.
    """
    return {rule.use: RULES.get(rule.use) or _of_another_package(rule.use) for rule in rules}


def _of_another_package(name: str) -> RuleFunction:
    for point in entry_points(group=GROUP, name=name):
        try:
            function: RuleFunction = point.load()
        except Exception as error:
            raise SettingInvalid(f"the rule {name} ({point.value}) cannot be loaded: {error!r}") from error
        if not callable(function):
            raise SettingInvalid(f"the rule {name} ({point.value}) is no function")
        return function
    raise SettingInvalid(f"unknown rule {name!r}; known are {', '.join(RULES)}, and no package brings it")

"""What is known of a kernel's namespace from run to run, and what each run did to it.

Only numbers and names are kept between runs: neither an object nor a weak reference to one, so everything that the
person lets go of is freed as if nobody looked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .budget import Budget
from .calls import Calls, calls_of
from .estimators import class_name, fitted_state, parameters_of
from .frames import Kind, Kinds, Shape
from .guard import guarded
from .loaded import loaded_class
from .message import MOST_NAMED, Content, content_of
from .names import Names
from .scores import Scores
from .source import TooLong, statements_of

Namespace = Mapping[str, object]

#: Names that are looked at: ``from numpy import *`` and the like are done with in time.
MOST_LOOKED_AT = 5_000

#: Frames that are remembered from run to run, and estimators.
MOST_KNOWN = 200


@dataclass(frozen=True, slots=True)
class Run:
    """One execution that is over."""

    source: str
    """As IPython translated it."""
    value: object = None
    """Of its last expression, where that was shown."""
    ended_at: int | None = None
    """The line of the statement that raised; none if all ran."""
    figures: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is kept of a frame between two runs."""

    identity: int
    size: tuple[int, int]
    kind: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Estimator:
    """What is kept of an estimator between two runs."""

    identity: int
    state: int | None


class Observer:
    """Follows one namespace. ``hidden``: names that are IPython's own."""

    def __init__(self, hidden: Collection[str] = ()) -> None:
        self._hidden = hidden
        self._names: frozenset[str] = frozenset()
        self._frames: dict[str, _Frame] = {}
        self._estimators: dict[str, _Estimator] = {}
        self._scores = Scores()

    def begin(self, namespace: Namespace, budget: Budget) -> None:
        """Take what is there as given."""
        self.observe(Run(""), namespace, budget)

    def observe(self, run: Run, namespace: Namespace, budget: Budget) -> Content:
        """What a run did, as far as the budget allows. Raises nothing, whatever the objects do."""
        try:
            statements = statements_of(run.source, run.ended_at)
            # The statement that raised may have come to its fit or its score, or not.
            names, calls = Names(statements), calls_of(statements if run.ended_at is None else statements[:-1])
        except (TooLong, RecursionError):
            budget.truncated = True
            names, calls = Names(), Calls()
        visible = self._visible(namespace, budget)
        read = [name for name in names.read if name in visible or name in self._names]
        bound = [name for name in names.bound if name in visible]
        # Bound by what no tree tells: ``%run``, ``exec``, ``import *``.
        bound += [name for name in visible if name not in self._names and name not in names.bound]
        first = [name for name in dict.fromkeys([*names.bound, *names.read]) if name in visible]
        touched = set(first)
        order = [*first, *(name for name in visible if name not in touched)]
        frames = self._look_at_frames(order, touched, visible, budget)
        estimators = self._look_at_estimators(order, calls, visible, run.value, budget)
        estimators += self._scores.of(calls, namespace, run.value, budget)
        self._names = frozenset(visible)
        return content_of(
            read=read, bound=bound, frames=frames, estimators=estimators, figures=run.figures, budget=budget
        )

    def _visible(self, namespace: Namespace, budget: Budget) -> dict[str, object]:
        """The person's own names; for this run only, since it holds their values."""
        names = {
            name: value
            for name, value in islice(dict(namespace).items(), MOST_LOOKED_AT)
            if type(name) is str and name[:1] != "_" and len(name) <= MOST_NAMED and name not in self._hidden
        }
        budget.truncated |= len(namespace) > MOST_LOOKED_AT
        return names

    def _look_at_frames(
        self, order: Sequence[str], touched: set[str], visible: Namespace, budget: Budget
    ) -> list[dict[str, Any]]:
        kinds = Kinds()
        by_class: dict[type, Kind | None] = {}
        facts = []
        for name in [*(name for name in self._frames if name not in visible), *order]:
            before = self._frames.get(name)
            value = visible.get(name)
            class_ = type(value)
            if class_ not in by_class:
                by_class[class_] = kinds.of(class_)
            kind = by_class[class_]
            if kind is None:
                if before is not None:
                    del self._frames[name]
                    facts.append(_frame_fact(name, before.kind, before.shape, None))
                continue
            if budget.over():
                break
            size = guarded(kind.size, value)
            same = before is not None and before.identity == id(value)
            if size is None or (same and before is not None and before.size == size and name not in touched):
                continue
            if before is None and len(self._frames) >= MOST_KNOWN:
                budget.truncated = True
                continue
            shape = guarded(kind.shape, value, budget)
            if shape is None:
                continue
            self._frames[name] = _Frame(id(value), size, kind.name, shape)
            if not same or before is None or before.shape != shape:
                facts.append(_frame_fact(name, kind.name, None if before is None else before.shape, shape))
        return facts

    def _look_at_estimators(
        self, order: Sequence[str], calls: Calls, visible: Namespace, value: object, budget: Budget
    ) -> list[dict[str, Any]]:
        base = loaded_class("sklearn.base", "BaseEstimator")
        if base is None:
            return []
        facts: list[dict[str, Any]] = []
        before = self._estimators
        known = {(each.identity, each.state) for each in before.values()}
        now: dict[str, _Estimator] = {}
        seen: set[int] = set()
        for name in order:
            estimator = visible[name]
            if not issubclass(type(estimator), base) or len(now) >= MOST_KNOWN:
                continue
            if budget.over():
                # What was not looked at is as it was.
                now = {**before, **now}
                break
            state = guarded(fitted_state, estimator)
            now[name] = _Estimator(id(estimator), state)
            old = before.get(name)
            here = (old is not None and old.identity == id(estimator)) or name in calls.made | calls.perhaps
            changed = here and (id(estimator), state) not in known
            if state and id(estimator) not in seen and (changed or name in calls.fitted):
                seen.add(id(estimator))
                facts.append(_fitted_fact(name, estimator))
        self._estimators = now
        named = {each.identity for each in now.values()}
        nameless = issubclass(type(value), base) and id(value) not in named and not budget.over()
        if nameless and guarded(fitted_state, value) not in (None, 0):
            facts.append(_fitted_fact("", value))
        return [fact for fact in facts if fact["kind"]]


def _frame_fact(name: str, kind: str, before: Shape | None, after: Shape | None) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "before": None if before is None else before.fact(),
        "after": None if after is None else after.fact(),
    }


def _fitted_fact(name: str, estimator: object) -> dict[str, Any]:
    return {
        "name": name,
        "kind": guarded(class_name, estimator) or "",
        "did": "fitted",
        "parameters": guarded(parameters_of, estimator) or {},
        "metric": "",
        "value": None,
    }

"""Which estimators a run scored, with what, and what came of it.

What is inferred: a call counts though it stands in a branch that was not taken. Its value is known only where a name
got it, or where it is the cell's own; inside ``print(…)`` or a formatted text it is not. Whose predictions are is known
from the trees: ``guess = model.predict(X)``, in this cell or an earlier one.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from .budget import Budget
from .calls import Calls, Scoring, fitting_root
from .estimators import class_name, parameters_of
from .guard import guarded
from .loaded import attributes_of, loaded_class

#: Of so many predictions it is remembered whose they are.
_MOST_PREDICTIONS = 200

#: Folds of a cross-validation that a mean is taken of.
_MOST_FOLDS = 1_000

_METRICS = "sklearn.metrics"
#: They compare rows, or wrap metrics; they judge nobody.
_NO_METRICS = ("sklearn.metrics.pairwise", "sklearn.metrics._scorer")
_VALIDATIONS = frozenset({"cross_val_score", "cross_validate"})


class Scores:
    """Remembers, by name, whose predictions are whose."""

    def __init__(self) -> None:
        self._predicted: dict[str, str] = {}

    def of(self, calls: Calls, namespace: Mapping[str, object], value: object, budget: Budget) -> list[dict[str, Any]]:
        """The facts of a run. Raises nothing."""
        self._predicted.update(calls.predicted)
        while len(self._predicted) > _MOST_PREDICTIONS:
            del self._predicted[next(iter(self._predicted))]
        base = loaded_class("sklearn.base", "BaseEstimator")
        if base is None:
            return []
        facts: list[dict[str, Any]] = []
        for scoring in calls.scorings:
            if budget.over():
                break
            fact = guarded(self._fact, scoring, namespace, value, base)
            if fact is not None and fact not in facts:
                facts.append(fact)
        return facts

    def _fact(
        self, scoring: Scoring, namespace: Mapping[str, object], value: object, base: type
    ) -> dict[str, Any] | None:
        name, kind, parameters = "", "", {}
        metric = _metric(scoring.function, namespace)
        if metric is None:
            if not (isinstance(scoring.function, ast.Attribute) and scoring.function.attr == "score"):
                return None
            metric = "score"
            owner = scoring.function.value
            name = owner.id if isinstance(owner, ast.Name) else ""
            maker = fitting_root(owner)
        else:
            candidates = [self._predicted.get(each, each) for each in scoring.inputs]
            name = next((each for each in candidates if issubclass(type(namespace.get(each)), base)), "")
            maker = None if scoring.maker is None else fitting_root(scoring.maker) or _called(scoring.maker)
        estimator = namespace.get(name)
        if issubclass(type(estimator), base):
            kind, parameters = class_name(estimator), parameters_of(estimator)
        else:
            made = _resolved(maker, namespace)
            if issubclass(type(made), type) and issubclass(made, base):  # type: ignore[arg-type]
                kind = made.__name__  # type: ignore[attr-defined]
            elif metric == "score":
                return None  # something else has scores, too
            name = ""
        return {
            "name": name,
            "kind": kind,
            "did": "scored",
            "parameters": parameters,
            "metric": metric,
            "value": _number(value if scoring.shown else namespace.get(scoring.target or "")),
        }


def _called(node: ast.expr) -> ast.expr | None:
    return node.func if isinstance(node, ast.Call) else None


def _metric(function: ast.expr, namespace: Mapping[str, object]) -> str | None:
    """The name of scikit-learn's own function, if it is one that judges."""
    found = _resolved(function, namespace)
    if type(found) is not FunctionType:
        return None
    module, name = found.__module__, found.__name__
    if type(module) is not str:
        return None
    judges = module.startswith(_METRICS) and not module.startswith(_NO_METRICS)
    validates = module.startswith("sklearn.model_selection") and name in _VALIDATIONS
    return name if judges or validates else None


def _resolved(node: ast.expr | None, namespace: Mapping[str, object]) -> object:
    """What a name, or an attribute of a module, stands for; none for anything else."""
    if isinstance(node, ast.Name):
        return namespace.get(node.id)
    if isinstance(node, ast.Attribute):
        module = _resolved(node.value, namespace)
        if issubclass(type(module), ModuleType):
            return attributes_of(module).get(node.attr)
    return None


def _number(value: object) -> float | None:
    """A score as a plain number, of a cross-validation the mean; None if it is none, or not finite."""
    if type(value) in (float, int):
        number = float(value)  # type: ignore[arg-type]
    else:
        scalar, array = loaded_class("numpy", "floating"), loaded_class("numpy", "ndarray")
        if scalar is not None and issubclass(type(value), scalar):
            number = float(value)  # type: ignore[arg-type]
        elif array is not None and type(value) is array and value.ndim == 1 and 0 < value.size <= _MOST_FOLDS:  # type: ignore[attr-defined]
            number = float(value.mean()) if value.dtype.kind == "f" else math.nan  # type: ignore[attr-defined]
        else:
            return None
    return number if math.isfinite(number) else None

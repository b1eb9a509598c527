"""What can be told of a scikit-learn estimator: its class, its parameters, whether it was fitted."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import islice
from types import FunctionType
from typing import Any

from .loaded import attributes_of, clean, loaded_class

#: Parameters that are told of one estimator.
MOST_PARAMETERS = 20

#: Characters of one parameter.
MOST_CHARACTERS = 100

#: A pipeline in a grid search in a bagging is looked into; more is not.
_DEPTH = 3

#: Their texts are names of parameters and settings.
_GRIDS = frozenset({"param_grid", "param_distributions"})

_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("{", "}"),
    dict: ("{", "}"),
}

#: Of a list and a dictionary so many parts are written out.
_FEW = 10

_PLAIN = (type(None), bool, int, float, str)


def class_name(estimator: object) -> str:
    """``LogisticRegression``; with the last step or the inner estimator, ``GridSearchCV(Pipeline(SVC))``."""
    chain = [type(each).__name__ for _, each in _chain(estimator)]
    return clean("(".join(chain) + ")" * (len(chain) - 1), 200)


def parameters_of(estimator: object) -> dict[str, str]:
    """Those that are not the class's defaults, named as scikit-learn does (``logisticregression__C``), as text.

    Only what is plain is written out: None, numbers, a text, and short tuples, lists, sets and dictionaries of numbers.
    A text in one of these may be a value of the data (a category, a class), so it is ``str``, except in the grid of a
    search. Of anything else the class's name is told: neither an array nor a data frame gets out.
    """
    told: dict[str, str] = {}
    for prefix, each in _chain(estimator):
        inner = {"steps", "estimator"} if _inner(each) else set()
        kept = attributes_of(each)
        for name, default in _defaults(type(each)).items():
            if len(told) == MOST_PARAMETERS:
                return told
            if name in kept and name not in inner and not _same(kept[name], default):
                text = _text(kept[name], texts=name in _GRIDS)
                told[clean(prefix + name, MOST_CHARACTERS)] = clean(text, MOST_CHARACTERS)
    return told


def fitted_state(estimator: object) -> int:
    """A number that another fit changes, made of the identities of what fitting left behind; 0 if nothing is there.

    What ``fit`` learns is kept in attributes whose names end in an underscore, by scikit-learn's convention, or in
    ``_Booster``. An array that is replaced is alive until then, so its successor has another identity.
    """
    found = [
        (depth, name, id(value))
        for depth, (_, each) in enumerate(_chain(estimator))
        for name, value in attributes_of(each).items()
        if (name.endswith("_") and not name.startswith("_")) or name == "_Booster"
    ]
    return hash(tuple(found)) or 1 if found else 0


def _chain(estimator: object) -> Iterator[tuple[str, object]]:
    """The estimator, what it wraps, what that wraps; each with the prefix of its parameters' names."""
    prefix = ""
    for _ in range(_DEPTH):
        yield prefix, estimator
        inner = _inner(estimator)
        if inner is None:
            return
        prefix = f"{prefix}{inner[0]}__"
        estimator = inner[1]


def _inner(estimator: object) -> tuple[str, object] | None:
    """A pipeline's last step, or the estimator that another one wraps."""
    kept = attributes_of(estimator)
    steps = kept.get("steps")
    if type(steps) is list and steps and type(steps[-1]) is tuple and len(steps[-1]) == 2:
        name, step = steps[-1]
        return (name, step) if type(name) is str and type(step) is not str and step is not None else None
    wrapped = kept.get("estimator")
    return None if wrapped is None or type(wrapped) in _PLAIN else ("estimator", wrapped)


def _defaults(class_: type) -> dict[str, Any]:
    made = class_.__init__  # type: ignore[misc]  # looked at, not called
    if type(made) is not FunctionType:
        return {}
    parameters = inspect.signature(made).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: each.default for each in parameters if each.kind in named}


def _same(value: object, default: object) -> bool:
    return value is default or (type(value) is type(default) and type(value) in _PLAIN and value == default)


def _text(value: Any, *, texts: bool, depth: int = 0) -> str:
    if type(value) is str and depth > 0 and not texts:
        return "str"
    if depth < _DEPTH and type(value) in _BRACKETS:
        left, right = _BRACKETS[type(value)]
        few = islice(value.items() if type(value) is dict else value, _FEW)
        if type(value) is dict:
            parts = [": ".join(_text(part, texts=texts, depth=depth + 1) for part in each) for each in few]
        else:
            parts = [_text(each, texts=texts, depth=depth + 1) for each in few]
        return left + ", ".join(parts) + right
    return _single(value)


def _single(value: Any) -> str:
    if type(value) is FunctionType:
        return value.__name__
    scalar = loaded_class("numpy", "number")
    plain = value.item() if scalar is not None and issubclass(type(value), scalar) else value
    if type(plain) is str:
        return repr(plain[:MOST_CHARACTERS])
    # Beyond that Python itself refuses to write a number out.
    huge = type(plain) is int and plain.bit_length() > 1000
    return repr(plain) if type(plain) in _PLAIN and not huge else type(value).__name__

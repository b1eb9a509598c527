"""Which calls of a cell fit, score and predict, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

FITTING = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})

_PREDICTING = frozenset({"predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"})

#: They bring an object that somebody has fitted before.
_BRINGING = frozenset({"load", "loads", "read_pickle", "copy", "deepcopy", "clone"})

#: Calls that are looked at in one cell.
MOST_CALLS = 50


@dataclass(frozen=True, slots=True)
class Scoring:
    """One call that may compute a score."""

    function: ast.expr
    """``model.score``, ``roc_auc_score``, ``metrics.f1_score``: what it is, the namespace must tell."""
    inputs: tuple[str, ...]
    """The names in its arguments."""
    maker: ast.expr | None
    """First of its arguments if that is a call: ``cross_val_score(SVC(), X, y)``."""
    target: str | None
    """The name that got its value."""
    shown: bool
    """Whether its value is the cell's."""


@dataclass(slots=True)
class Calls:
    """What a cell does with estimators."""

    fitted: dict[str, None] = field(default_factory=dict)
    """Names that are fitted by a statement of their own, so surely."""
    perhaps: set[str] = field(default_factory=set)
    """Names whose ``fit`` is called anywhere: in a loop, in a branch."""
    made: set[str] = field(default_factory=set)
    """Names that got the value of a call that may have fitted it."""
    predicted: dict[str, str] = field(default_factory=dict)
    """Names of predictions, with the name of whoever made them."""
    scorings: list[Scoring] = field(default_factory=list)


def calls_of(statements: Sequence[ast.stmt]) -> Calls:
    """Look at all calls but those in the bodies of functions, which run elsewhere."""
    calls = Calls()
    stores: dict[str, int] = {}
    targets: dict[ast.expr, str] = {}
    nodes = list(_walk(statements))
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                stores[name] = stores.get(name, 0) + 1
            case ast.Assign():
                _assigned(node, calls)
                if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                    targets[node.value] = node.targets[0].id
            case ast.Call(func=ast.Attribute(attr=method, value=ast.Name(id=name))) if method in FITTING:
                calls.perhaps.add(name)
    calls.fitted.update((name, None) for name in map(_fitted_name, statements) if name is not None)
    last = statements[-1] if statements else None
    for node in nodes:
        if isinstance(node, ast.Call) and len(calls.scorings) < MOST_CALLS and _may_score(node):
            target = targets.get(node)
            # A name that got several values does not tell this one.
            target = target if target is not None and stores[target] == 1 else None
            shown = isinstance(last, ast.Expr) and last.value is node
            first = node.args[0] if node.args and isinstance(node.args[0], ast.Call) else None
            inputs = tuple(_names_in([*node.args, *(each.value for each in node.keywords)]))
            calls.scorings.append(Scoring(node.func, inputs, first, target, shown))
    return calls


def fitting_root(function: ast.expr) -> ast.expr | None:
    """Of ``SVC().fit(X, y).score`` what was called first, ``SVC``; none if nothing is fitted on the way."""
    fits = False
    while True:
        if isinstance(function, ast.Attribute):
            fits |= function.attr in FITTING
            function = function.value
        elif isinstance(function, ast.Call):
            if not isinstance(function.func, ast.Attribute):
                return function.func if fits else None
            function = function.func
        else:
            return None


def _may_score(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) or (
        isinstance(call.func, ast.Attribute) and call.func.attr not in FITTING | _PREDICTING
    )


def _fitted_name(statement: ast.stmt) -> str | None:
    """The name whose ``fit`` this very statement calls, whatever it does with the result."""
    if not isinstance(statement, ast.Expr | ast.Assign):
        return None
    match statement.value:
        case ast.Call(func=ast.Attribute(attr=method, value=ast.Name(id=name))) if method in FITTING:
            return name
        case _:
            return None


def _assigned(node: ast.Assign, calls: Calls) -> None:
    called = [each for each in _walk([node.value]) if isinstance(each, ast.Call)]
    made = isinstance(node.value, ast.Call) and _called_name(node.value) not in _BRINGING
    for target in node.targets:
        for each in ast.walk(target):
            if not isinstance(each, ast.Name):
                continue
            if made:
                calls.made.add(each.id)
            for call in called:
                match call.func:
                    case ast.Attribute(attr=method, value=ast.Name(id=name)) if method in _PREDICTING:
                        calls.predicted[each.id] = name


def _called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _names_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    return (each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name))


def _walk(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes in order, without the bodies of functions."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _walk(ast.iter_child_nodes(node))

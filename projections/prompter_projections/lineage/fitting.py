"""Which models code makes, fits and scores, by its syntax tree; and the scores that its output shows."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .showing import Showing
from .steps import Segments
from .walking import run_at_once, walked

FITTING = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})

#: They give data and not the model.
_GIVING_DATA = frozenset({"fit_transform", "fit_predict"})

_PREDICTING = frozenset({"predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"})

#: Calls that judge, by how their names end; and by name.
_METRIC = re.compile(r".+(_score|_error|_loss|_deviance)|auc|score|log_loss|cross_validate")

#: A class, as its name is written by convention.
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")

_NO_MODELS = ("Error", "Exception", "Warning", "Frame", "Series")

#: They prepare data for models.
_PREPARING = re.compile(
    r".*(Scaler|Encoder|Imputer|Transformer|Vectorizer|Normalizer|Binarizer|Discretizer|Features|Selector)"
    r"|PCA|TruncatedSVD|NMF|TSNE|UMAP|Select\w+|RFE|RFECV|SMOTE|VarianceThreshold|FeatureUnion"
)

#: They hold another model.
_HOLDING = re.compile(
    r".*(SearchCV|CalibratedClassifierCV|Bagging\w+|AdaBoost\w+|OneVs\w+|Multi\w+|TransformedTarget\w+)"
)

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:\.\d+)?%|\d+\.\d+(?:[eE][-+]?\d+)?)(?![\w%]|\.\d)")
"""A score: a decimal number or a percentage."""

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Made:
    """A model as its constructor in the code says."""

    kind: str
    parameters: Parameters


Group = tuple[tuple[str, Made], ...]
"""Models in a list or a dictionary, each with what stands between the brackets: ``0``, ``'forest'``."""


@dataclass(frozen=True)
class Scored:
    """A call that judges."""

    metric: str
    inputs: tuple[str, ...]
    """Names in its arguments, and before ``.score``; one may be the model, or what it predicted."""
    made: Made | None
    """A model that is made within the call."""
    target: str
    """The name that got the value."""
    shown: bool
    """Whether the value can be seen in the output."""


@dataclass
class Fitting:
    """What code does with models."""

    made: dict[str, Made] = field(default_factory=dict)
    fitted: dict[str, None] = field(default_factory=dict)
    """Names on which ``fit`` is called; an ordered set."""
    groups: dict[str, Group] = field(default_factory=dict)
    """Names of lists and dictionaries of models."""
    loops: dict[str, tuple[str, Group]] = field(default_factory=dict)
    """Names that stand for one model after another, with the group's name, or the group where it has none."""
    nameless: list[Made] = field(default_factory=list)
    """Fitted where they are made, without a name."""
    predicted: dict[str, str] = field(default_factory=dict)
    """Names of predictions, with the name of the model."""
    scored: list[Scored] = field(default_factory=list)


def is_preparing(kind: str) -> bool:
    """Whether a class prepares data and is no model by itself."""
    return _PREPARING.fullmatch(kind) is not None


def fitting_of(statements: Iterable[ast.stmt], segments: Segments, showing: Showing) -> Fitting:
    """Look at all calls but those in functions."""
    found = Fitting()
    targets: dict[ast.expr, str] = {}
    for node in run_at_once(statements):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                targets[value] = name
                _assigned(name, value, found, segments)
                if group := _group(value, segments):
                    found.groups[name] = group
            case ast.For(target=target, iter=value):
                _looped(target, value, found, segments)
            case ast.Call(func=ast.Attribute(attr=method, value=owner)) if method in FITTING:
                if isinstance(owner, ast.Name):
                    found.fitted.setdefault(owner.id)
                elif node not in targets:
                    made = _made(owner, segments)
                    if made is not None:
                        found.nameless.append(made)
        if isinstance(node, ast.Call):
            scored = _judged(node, targets.get(node, ""), segments)
            if scored is not None:
                shown = node in showing.calls or scored.target in showing.within
                found.scored.append(replace(scored, shown=shown))
    return found


def _assigned(name: str, value: ast.expr, found: Fitting, segments: Segments) -> None:
    call = value
    while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        if call.func.attr in _PREDICTING and isinstance(call.func.value, ast.Name):
            found.predicted[name] = call.func.value.id
            return
        if call.func.attr in _GIVING_DATA:
            made = _made(call.func.value, segments)
            if made is not None:
                found.nameless.append(made)
            return
        if call.func.attr not in FITTING:
            break
        call = call.func.value
    made = _made(call, segments)
    if made is not None:
        found.made[name] = made
        if call is not value:
            found.fitted.setdefault(name)
    elif isinstance(value, ast.Subscript) and isinstance(value.value, ast.Call):
        _assigned(name, value.value, found, segments)  # ``model.predict_proba(X)[:, 1]``


def _made(node: ast.AST, segments: Segments) -> Made | None:
    if not isinstance(node, ast.Call):
        return None
    name = _called(node)
    if name in {"make_pipeline", "Pipeline"}:
        steps = list(node.args)
        if name == "Pipeline" and node.args and isinstance(node.args[0], ast.List):
            steps = [each.elts[-1] for each in node.args[0].elts if isinstance(each, ast.Tuple) and each.elts]
        last = _made(steps[-1], segments) if steps else None
        return Made(f"Pipeline({last.kind})", last.parameters) if last else Made("Pipeline", ())
    if not _CLASS.fullmatch(name) or name.endswith(_NO_MODELS):
        return None
    given = [(each.arg, segments.of(each.value)) for each in node.keywords if each.arg is not None]
    inner = _made(node.args[0], segments) if node.args and _HOLDING.fullmatch(name) else None
    return Made(f"{name}({inner.kind})" if inner else name, tuple(given))


def _group(node: ast.expr, segments: Segments) -> Group:
    """The models in a list, a tuple or a dictionary, and in pairs of a name and a model; empty if there are none."""
    pairs: list[tuple[str, ast.expr]] = []
    match node:
        case ast.Dict(keys=keys, values=values):
            pairs = [(segments.of(key), each) for key, each in zip(keys, values, strict=True) if key is not None]
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            for number, each in enumerate(parts):
                match each:
                    case ast.Tuple(elts=[ast.Constant() as label, model]):
                        pairs.append((segments.of(label), model))
                    case _:
                        pairs.append((str(number), each))
    made = [(label, _made(each, segments)) for label, each in pairs]
    return tuple((label, each) for label, each in made if each is not None)


def _looped(target: ast.expr, value: ast.expr, found: Fitting, segments: Segments) -> None:
    """``for model in models``, ``for name, model in models.items()``, ``for model in [SVC(), Ridge()]``."""
    match value:
        case ast.Name(id=name):
            group: tuple[str, Group] = (name, ())
        case ast.Call(func=ast.Attribute(attr="items" | "values", value=ast.Name(id=name))):
            group = (name, ())
        case _:
            group = ("", _group(value, segments))
    if group == ("", ()):
        return
    last = target.elts[-1] if isinstance(target, ast.Tuple) and target.elts else target
    if isinstance(last, ast.Name):
        found.loops[last.id] = group


def _judged(node: ast.Call, target: str, segments: Segments) -> Scored | None:
    """What a call judges; none if it judges nothing."""
    metric = _called(node)
    if not _METRIC.fullmatch(metric) or metric.startswith("make_"):
        return None
    names = [each.id for each in walked(node) if isinstance(each, ast.Name)]
    made = _made_within(node, segments)
    function = {node.func.id} if isinstance(node.func, ast.Name) else set()
    inputs = tuple(dict.fromkeys(name for name in names if name not in function))
    return Scored(metric, inputs, made, target, shown=False)


def _made_within(call: ast.Call, segments: Segments) -> Made | None:
    """The model that a judging call makes itself: ``cross_val_score(SVC(), X, y)``, ``SVC().fit(X, y).score(X, y)``."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    first = call.args[0] if call.args else None
    for each in (owner, *call.args):
        fits, node = False, each
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            fits |= node.func.attr in FITTING
            node = node.func.value
        made = _made(node, segments) if node is not None else None
        if made is not None and (fits or each is first):
            return made
    return None


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def numbers_shown(texts: Sequence[str], most: int) -> list[tuple[float, str]]:
    """The numbers in a run's output that may be scores, with their lines; at most so many."""
    found: list[tuple[float, str]] = []
    for text in texts:
        for line in text.splitlines():
            for match in _NUMBER.finditer(line):
                value = float(match[0].rstrip("%")) / (100 if match[0].endswith("%") else 1)
                if math.isfinite(value):
                    found.append((value, line.strip()[:200]))
                    if len(found) == most:
                        return found
    return found

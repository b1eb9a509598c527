"""The models that were tried, with their scores, and which won."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from .code import Codes
from .findings import ModelTried, Trial
from .fitting import is_preparing
from .linking import Linked
from .model import RunNode
from .values import Estimator, Score

#: Metrics of which less is better, by how their names end.
_LESS_IS_BETTER = ("_error", "_loss", "_deviance")


@dataclass
class _Model:
    kind: str
    name: str
    runs: list[tuple[RunNode, Estimator]] = field(default_factory=list)


def models_of(linked: Linked, codes: Codes) -> tuple[ModelTried, ...]:
    """The models in the order of their first trials. What only prepares data counts if it was scored."""
    found: dict[tuple[str, str], _Model] = {}
    for index in linked.order:
        node = linked.nodes[index]
        for each in node.estimators:
            if each.kind:
                model = found.setdefault((each.kind, each.name), _Model(each.kind, each.name))
                model.runs.append((node, each))
    changed = _changed(linked, codes)
    made = [
        _model(each, linked, changed)
        for each in found.values()
        if not is_preparing(each.kind) or any(estimator.scores for _, estimator in each.runs)
    ]
    return _with_winners(made)


def _changed(linked: Linked, codes: Codes) -> set[int]:
    """The runs whose code differs from the one before in their cell."""
    found: set[int] = set()
    last: dict[str, str] = {}
    for index in linked.order:
        node = linked.nodes[index]
        before = last.get(node.cell_id)
        if before is not None and not codes.same(before, node.source):
            found.add(index)
        last[node.cell_id] = node.source
    return found


def _rests_on(linked: Linked, run: int, after: int) -> set[int]:
    """A run and those that led to it, as far as they came after another run."""
    found: set[int] = set()
    waiting = [run]
    while waiting:
        index = waiting.pop()
        if index > after and index not in found:
            found.add(index)
            waiting.extend(linked.nodes[index].fed_by)
    return found


def _model(model: _Model, linked: Linked, changed: set[int]) -> ModelTried:
    trials: list[Trial] = []
    before: int | None = None
    for node, each in model.runs:
        runs = changed & _rests_on(linked, node.index, before) if before is not None else set()
        trials.append(
            Trial(
                run=node.index,
                parameters=each.parameters,
                fitted=each.fitted,
                scores=each.scores,
                changed=tuple(sorted(runs)),
                survives=node.survives,
            )
        )
        before = node.index
    standing = [score for each in trials if each.survives for score in each.scores if score.value is not None]
    return ModelTried(
        kind=model.kind,
        name=model.name,
        told_by="kernel" if all(each.told_by == "kernel" for _, each in model.runs) else "syntax",
        cells=tuple(dict.fromkeys(node.cell_id for node, _ in model.runs)),
        trials=tuple(trials),
        final=standing[-1] if standing else None,
        won=False,
        positions=tuple(sorted({position for node, _ in model.runs for position in node.positions})),
    )


def _with_winners(models: list[ModelTried]) -> tuple[ModelTried, ...]:
    by_metric: dict[str, list[float]] = {}
    for each in models:
        if each.final is not None and each.final.value is not None:
            by_metric.setdefault(each.final.metric, []).append(_worth(each.final))
    return tuple(
        replace(each, won=True)
        if each.final is not None
        and each.final.value is not None
        and len(by_metric[each.final.metric]) > 1
        and by_metric[each.final.metric].count(max(by_metric[each.final.metric])) == 1
        and _worth(each.final) == max(by_metric[each.final.metric])
        else each
        for each in models
    )


def _worth(score: Score) -> float:
    value = score.value if score.value is not None else float("-inf")
    return -value if score.metric.endswith(_LESS_IS_BETTER) else value

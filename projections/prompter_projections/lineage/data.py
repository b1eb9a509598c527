"""What was done to the data, step by step."""

from __future__ import annotations

from .findings import DataStep
from .linking import Context, Linked
from .model import RunNode
from .steps import CodeStep
from .values import Shape


class _Done:
    def __init__(self, step: CodeStep, node: RunNode, before: Shape | None, after: Shape | None) -> None:
        self.step = step
        self.runs = [node]
        self.before = before
        self.after = after


def data_steps_of(linked: Linked) -> tuple[DataStep, ...]:
    """The steps in the order in which they were first taken; what a cell does again counts with the first time."""
    done: dict[tuple[object, ...], _Done] = {}
    for index in linked.order:
        node, context = linked.nodes[index], linked.contexts[index]
        for step in context.code.steps:
            key = (node.cell_id, step.kind, step.names, step.files, step.detail)
            known = done.get(key)
            if known is not None:
                if known.runs[-1] is not node:
                    known.runs.append(node)
                continue
            after = dict(node.shapes).get(step.names[0]) if step.names and step.whole else None
            done[key] = _Done(step, node, _before(step, node, context), after)
    return tuple(_step(each, linked) for each in done.values())


def _before(step: CodeStep, node: RunNode, context: Context) -> Shape | None:
    """The size of the first input that has one, before the step."""
    if step.kind == "loaded":
        return None
    made_here = dict(node.shapes)
    for name in step.inputs:
        if name in context.before and (name in node.reads or name not in made_here):
            return context.before[name]
        if name in made_here and name not in step.names:
            return made_here[name]
    return None


def _step(done: _Done, linked: Linked) -> DataStep:
    step, first = done.step, done.runs[0]
    imported = linked.contexts[first.index].imported
    known = {*first.reads, *first.binds}
    return DataStep(
        kind=step.kind,
        run=first.index,
        again=tuple(each.index for each in done.runs[1:]),
        names=step.names,
        inputs=tuple(name for name in step.inputs if name in known and name not in imported),
        files=step.files,
        detail=step.detail,
        before=done.before,
        after=done.after,
        survives=any(each.survives for each in done.runs),
        positions=tuple(sorted({position for each in done.runs for position in each.positions})),
    )

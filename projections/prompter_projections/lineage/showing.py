"""What a cell's code shows: the value of its last expression, and what it prints."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from .walking import run_at_once, walked

_SHOWING = frozenset({"print", "display"})


@dataclass(frozen=True)
class Showing:
    """Parts of the code whose values can be seen."""

    whole: frozenset[str] = frozenset()
    """Names whose own values are shown: ``table``, ``print(table)``."""
    within: frozenset[str] = frozenset()
    """All names in what is shown: ``print(f"{auc:.3f}")``, ``table.head()``."""
    shape_of: str = ""
    """The name whose ``shape`` is the cell's value."""
    calls: frozenset[ast.Call] = field(default=frozenset(), compare=False)
    """All calls in what is shown. Nodes: only as long as their tree is there."""


def showing_of(statements: Sequence[ast.stmt], *, ended: bool = True) -> Showing:
    """What the statements show. ``ended``: they ran to the end, so that the last one's value is shown."""
    shown: list[ast.expr] = []
    for node in run_at_once(statements):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in _SHOWING:
                shown += args
    last = statements[-1] if statements and ended else None
    if isinstance(last, ast.Expr):
        shown += last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    nodes = [node for each in shown for node in walked(each)]
    shape_of = ""
    match last:
        case ast.Expr(value=ast.Attribute(attr="shape", value=ast.Name(id=name))):
            shape_of = name
    return Showing(
        whole=frozenset(each.id for each in shown if isinstance(each, ast.Name)),
        within=frozenset(node.id for node in nodes if isinstance(node, ast.Name)),
        shape_of=shape_of,
        calls=frozenset(node for node in nodes if isinstance(node, ast.Call)),
    )

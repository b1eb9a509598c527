"""What a run's cell says, as a syntax tree of its statements."""

from __future__ import annotations

import ast

#: A longer source takes more than the whole budget to parse, in characters (1 ms a thousand).
MOST_CHARACTERS = 8_000

#: Magics whose body, or line, is Python that runs in the person's namespace.
_TRANSPARENT = frozenset({"time", "capture", "prun"})

#: How many magics may lie in one another: ``%%capture`` around ``%time``.
_DEPTH = 3


class TooLong(Exception):
    """The source is longer than it would be worth."""


def statements_of(source: str, ended_at: int | None = None) -> list[ast.stmt]:
    """The top statements of a cell as IPython translated it; none if it is no Python.

    ``ended_at``: the line of the statement that raised, counted from 1; what stands below did not run and is left out.
    A magic that times or captures Python is replaced by that Python. Raises ``TooLong``.
    """
    if len(source) > MOST_CHARACTERS:
        raise TooLong
    statements = _parsed(source, _DEPTH)
    if ended_at is None:
        return statements
    return [statement for statement in statements if statement.lineno <= ended_at]


def _parsed(source: str, depth: int) -> list[ast.stmt]:
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    if depth == 0 or "get_ipython" not in source:
        return statements
    return [inner for statement in statements for inner in _unfolded(statement, depth)]


def _unfolded(statement: ast.stmt, depth: int) -> list[ast.stmt]:
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(attr="run_cell_magic" | "run_line_magic" as kind),
                args=[ast.Constant(value=str(name)), *_, ast.Constant(value=str(body))],
            )
        ) if name in _TRANSPARENT and not (kind == "run_line_magic" and name == "capture"):
            inner = _parsed(body, depth - 1)
            for each in inner:
                # Where it stands in the cell, not where in the magic.
                ast.copy_location(each, statement)
            return inner
        case _:
            return [statement]

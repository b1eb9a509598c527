"""Where in a cell an error arose, and what ran until then."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

from prompter_events.catalogue.runs import RunError

from .walking import walked

_RUN_LINE = re.compile(r"Cell In\[(?P<count>\d+)\], line (?P<line>\d+)")
_NAMED = re.compile(r"(?:name|local variable) '([^']+)'")


def begun(statements: Sequence[ast.stmt], line: int) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements that ran to their end before a line raised, and the one that raised, if there is one.

    Of a loop, a branch or a ``with`` that raised inside, the head and what stands before the line count as run.
    """
    before = [each for each in statements if each.lineno <= line]
    if not before:
        return [], []
    done, last = before[:-1], before[-1]
    inside = _branch(last, line)
    if inside is None:
        return done, [last]
    ran, raised = begun(inside, line)
    return [*done, *_head(last), *ran], raised


def _branch(statement: ast.stmt, line: int) -> list[ast.stmt] | None:
    """The block of a compound statement in which a line stands; none for the head, and for other statements."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return None
    blocks = [getattr(statement, name, None) or [] for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(statement, "handlers", ())]
    blocks += [case.body for case in getattr(statement, "cases", ())]
    for block in blocks:
        if block and block[0].lineno <= line <= (block[-1].end_lineno or line):
            return list(block)
    return None


def _head(statement: ast.stmt) -> list[ast.stmt]:
    """What the head of a compound statement does, as statements."""
    made: list[ast.stmt] = []
    match statement:
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            made.append(ast.Assign([target], value))
        case ast.If(test=test) | ast.While(test=test) | ast.Match(subject=test):
            made.append(ast.Expr(test))
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                opened, name = item.context_expr, item.optional_vars
                made.append(ast.Expr(opened) if name is None else ast.Assign([name], opened))
    return [ast.copy_location(each, statement) for each in made]


def line_that_raised(tree: ast.Module, error: RunError, execution_count: int | None) -> int | None:
    """In which line of a cell an error arose, counted from 1; none if that cannot be known.

    By the traceback where it is kept. Else a missing name, module or key tells the first statement that mentions it.
    """
    name, message = error.name, error.message
    for found in _RUN_LINE.finditer(error.traceback):
        if execution_count is None or int(found["count"]) == execution_count:
            return int(found["line"])
    if name in {"NameError", "UnboundLocalError"}:
        wanted = missing_name(name, message)
        return _first(tree, lambda node: isinstance(node, ast.Name) and node.id == wanted)
    if name in {"ModuleNotFoundError", "ImportError"}:
        return _first(tree, lambda node: isinstance(node, ast.Import | ast.ImportFrom) and _mentions(node, message))
    if name in {"KeyError", "FileNotFoundError", "ColumnNotFoundError"}:
        return _first(
            tree,
            lambda node: (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and bool(node.value)
                and repr(node.value) in message
            ),
        )
    return None


def missing_name(error: str | None, message: str | None) -> str | None:
    """The name that an error says is not defined."""
    found = _NAMED.search(message or "") if error in {"NameError", "UnboundLocalError"} else None
    return found[1] if found else None


def _mentions(node: ast.Import | ast.ImportFrom, message: str) -> bool:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names.append(node.module or "")
    return any(f"'{part}'" in message for name in names for part in (name, name.partition(".")[0]) if part)


def _first(tree: ast.Module, wanted: Callable[[ast.AST], bool]) -> int | None:
    for statement in tree.body:
        if any(wanted(node) for node in walked(statement)):
            return statement.lineno
    return None

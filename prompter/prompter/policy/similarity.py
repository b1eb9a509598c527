"""How alike two versions of a cell are: by syntax tree, so that layout, comments and names of locals do not count."""

from __future__ import annotations

import ast
import re
from difflib import SequenceMatcher
from functools import lru_cache

#: Above this many tree nodes only their counts are compared: the exact comparison grows with the third power, and
#: the policy shares its thread with the server.
_EXACT_LIMIT = 300

#: Longer cells are compared by the words at their beginning, in characters.
_LONGEST = 64_000

_WORDS = re.compile(r"\w+|[^\w\s]")


def similarity(before: str, after: str) -> float:
    """0 (nothing in common) to 1 (the same but for layout, comments and names of locals).

    The ratio of ``difflib.SequenceMatcher``, 2·M/T over the nodes of both normalised trees; over words where a version
    is no Python.
    """
    first, second = _shape(before), _shape(after)
    if first == second:
        return 1.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.quick_ratio() if len(first) + len(second) > _EXACT_LIMIT else matcher.ratio()


@lru_cache(maxsize=256)
def _shape(source: str) -> tuple[str, ...]:
    source, whole = source[:_LONGEST], len(source) <= _LONGEST
    tree = _parse(source) if whole else None
    if tree is None:
        return tuple(_WORDS.findall(source))
    locals_ = _names_bound(tree)
    return tuple(_walk(tree, locals_))


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse("\n".join(_plain(line) for line in source.splitlines()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _plain(line: str) -> str:
    """IPython's ``%magic``, ``!command`` and ``help?`` as a statement that holds their text."""
    stripped = line.lstrip()
    if stripped.startswith(("%", "!")) or stripped.rstrip().endswith("?"):
        return line[: len(line) - len(stripped)] + repr(stripped)
    return line


def _names_bound(tree: ast.Module) -> dict[str, str]:
    """The names that the cell binds, each with the place in which it first stands: renaming them changes nothing."""
    order: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            order.setdefault(node.id, f"local {len(order)}")
        elif isinstance(node, ast.arg):
            order.setdefault(node.arg, f"local {len(order)}")
    return order


def _walk(tree: ast.AST, locals_: dict[str, str]) -> list[str]:
    """The tree in pre-order, one text for each node and each of its plain fields."""
    shape: list[str] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr_context):
            continue
        shape.append(type(node).__name__)
        children: list[ast.AST] = []
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                children.append(value)
            elif isinstance(value, list):
                children.extend(item for item in value if isinstance(item, ast.AST))
                shape.extend(item for item in value if isinstance(item, str))
            elif value is not None and name not in {"type_comment", "kind"}:
                shape.append(
                    locals_.get(value, value) if isinstance(value, str) and _is_name(node, name) else repr(value)
                )
        waiting.extend(reversed(children))
    return shape


def _is_name(node: ast.AST, field: str) -> bool:
    return (isinstance(node, ast.Name) and field == "id") or (isinstance(node, ast.arg) and field == "arg")

"""A version of a cell as its meaning: statements of tokens, without layout, comments and doc strings."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

#: Longer cells are compared by words, in characters: a tree of this size takes 100 ms, in the server's thread.
_LONGEST_TREE = 16_000

#: And those by the words at their beginning.
_LONGEST = 64_000

Token = str
"""A node's type or a plain value; a name that the cell binds begins with ``LOCAL``."""

LOCAL = "\0"
"""Begins the token of a name that the cell binds itself."""

MAGIC = "__magic__"
"""What stands for IPython's own syntax in ``as_python``."""

_WORDS = re.compile(r"\w+|[^\w\s]")

#: Cell magics whose body is Python; they add how it is run.
_PYTHON_CELLS = frozenset({"capture", "memit", "prun", "python", "python3", "px", "time", "timeit"})

#: Line magics that run the rest of their line.
_PYTHON_LINES = re.compile(r"%(?:time|timeit|prun|memit)\s+(?=[^-\s])")

#: ``files = !ls`` and ``rows = %sql …``.
_CAPTURED = re.compile(r"(\s*[\w.,][\w., ]*=\s*)([!%].*)")

#: How a comment begins, by language; it ends with its line.
_COMMENTS = {
    "sql": "--",
    "javascript": "//",
    "js": "//",
    "html": None,
    "latex": "%",
    "markdown": None,
    "writefile": None,
}

#: The fields of nodes that hold a variable's name, where they are not ``id`` or ``name``.
_NAMES: dict[type[ast.AST], tuple[str, ...]] = {ast.alias: ("asname",), ast.arg: ("arg",), ast.Constant: ()}

_OPERATORS = (ast.operator, ast.cmpop, ast.unaryop, ast.boolop)


@dataclass(frozen=True)
class Statement:
    """A statement without those inside it."""

    tokens: tuple[Token, ...]
    blank: tuple[Token, ...]
    """The tokens with nothing left of the names that the cell binds."""
    facts: Counter[str]
    """What it says rather than how: calls, attributes, constants, column names, keywords, operators."""
    is_import: bool


@dataclass(frozen=True)
class Meaning:
    """A whole cell."""

    statements: tuple[Statement, ...]
    """None of them where the cell could not be read as Python."""
    words: tuple[str, ...]
    """What it is compared by instead."""

    @property
    def tokens(self) -> list[Token]:
        """Those of all statements, imports first and in order, since nothing hangs on theirs."""
        imports = sorted((each for each in self.statements if each.is_import), key=lambda each: each.tokens)
        rest = (each for each in self.statements if not each.is_import)
        return [token for each in (*imports, *rest) for token in each.tokens]


@lru_cache(maxsize=256)
def meaning(source: str, language: str) -> Meaning:
    """What a version of a cell says; ``language`` is the kernel's."""
    tree = parsed(source) if language == "python" and len(source) <= _LONGEST_TREE else None
    if tree is None:
        return Meaning((), tuple(_words(source[:_LONGEST], language)))
    bound = _names_bound(tree)
    return Meaning(tuple(_statement(node, bound) for node in _flat(tree.body)), ())


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of ``as_python(source)``; none if that is no Python."""
    try:
        return ast.parse(as_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def as_python(source: str) -> str:
    """The source with IPython's own syntax as calls that hold its words."""
    lines = source.lstrip().splitlines()
    if not lines or not lines[0].startswith("%%"):
        return "\n".join(_plain(line) for line in source.splitlines())
    name, _, options = lines[0][2:].strip().partition(" ")
    if name in _PYTHON_CELLS:
        return "\n".join([_magic("", name, options), *(_plain(line) for line in lines[1:])])
    return _magic("", name, options, *_words("\n".join(lines[1:]), name))


def _plain(line: str) -> str:
    """IPython's ``%magic``, ``!command`` and ``help?`` as a statement."""
    indent, stripped = line[: len(line) - len(line.lstrip())], line.strip()
    if timed := _PYTHON_LINES.match(stripped):
        return indent + stripped[timed.end() :]
    if stripped.startswith(("%", "!")) or (stripped.endswith("?") and "#" not in stripped):
        return _magic(indent, *_words(stripped, "shell"))
    if captured := _CAPTURED.fullmatch(line.rstrip()):
        return _magic(captured[1], *_words(captured[2], "shell"))
    return line


def _magic(before: str, *words: str) -> str:
    return f"{before}{MAGIC}({', '.join(repr(word) for word in words if word)})"


def _words(source: str, language: str) -> list[str]:
    """Words and signs, without the comments of the language; most have ``#``."""
    mark = _COMMENTS.get(language, "#")
    if mark is not None:
        source = "\n".join(_without_comment(line, mark) for line in source.splitlines())
    return _WORDS.findall(source)


def _without_comment(line: str, mark: str) -> str:
    """A line up to its comment; a mark within quotes is none."""
    quote = ""
    for at, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif line.startswith(mark, at) and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def _flat(body: Sequence[ast.stmt | ast.ExceptHandler]) -> list[ast.stmt | ast.ExceptHandler]:
    """All statements in their order, those inside others after them. Texts that stand alone are comments."""
    flat: list[ast.stmt | ast.ExceptHandler] = []
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        if not _is_text(node):
            flat.append(node)
        waiting.extend(reversed(_inside(node)))
    return flat


def _inside(node: ast.AST) -> list[ast.stmt | ast.ExceptHandler]:
    """The statements and handlers within a statement, in the order of the source."""
    found: list[ast.stmt | ast.ExceptHandler] = []
    for name in ("body", "cases", "handlers", "orelse", "finalbody"):
        for child in getattr(node, name, None) or ():
            if isinstance(child, ast.match_case):
                found.extend(child.body)
            else:
                found.append(child)
    return found


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _names_bound(tree: ast.Module) -> frozenset[str]:
    """The names that the cell binds: renaming them changes nothing."""
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias) and node.asname:
            bound.add(node.asname)
    return frozenset(bound)


def _statement(statement: ast.stmt | ast.ExceptHandler, bound: frozenset[str]) -> Statement:
    """A statement in pre-order, one token for each node and each of its plain fields."""
    tokens: list[Token] = []
    facts: Counter[str] = Counter()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr_context):
            continue
        if isinstance(node, ast.stmt | ast.ExceptHandler) and node is not statement:
            continue
        tokens.append(type(node).__name__)
        facts.update(_facts(node, bound))
        children: list[ast.AST] = []
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                children.append(value)
            elif isinstance(value, list):
                children.extend(item for item in value if isinstance(item, ast.AST))
                tokens.extend(_named(item, bound) for item in value if isinstance(item, str))
            elif value is not None and name not in {"type_comment", "kind", "simple", "level"}:
                is_name = isinstance(value, str) and name in _NAMES.get(type(node), ("id", "name", "rest"))
                tokens.append(_named(value, bound) if is_name else repr(value))
        waiting.extend(reversed(children))
    blank = tuple(LOCAL if token.startswith(LOCAL) else token for token in tokens)
    return Statement(tuple(tokens), blank, facts, isinstance(statement, ast.Import | ast.ImportFrom))


def _named(name: str, bound: frozenset[str]) -> Token:
    return LOCAL + name if name in bound else name


def _facts(node: ast.AST, bound: frozenset[str]) -> list[str]:
    if isinstance(node, ast.Constant):
        return [repr(node.value)]
    if isinstance(node, ast.Attribute):
        return [f".{node.attr}"]
    if isinstance(node, ast.keyword):
        return [f"{node.arg}="]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in bound:
        return [f"{node.func.id}()"]
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        return [f"except {ast.unparse(node.type)}"]
    return [type(node).__name__] if isinstance(node, _OPERATORS) else []

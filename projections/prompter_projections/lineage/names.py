"""Which names of the kernel a piece of code reads, binds, deletes and changes in place, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .walking import children, walked

#: Methods that change the object they belong to and give no new one, in Python's own types and in scikit-learn.
_CHANGING = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault"}
    | {"sort", "update", "partial_fit"}
)

#: Those that do the same again when they are called again, whatever the object was.
_RESETTING = frozenset({"fit", "fit_transform", "fit_predict"})


@dataclass(frozen=True)
class Change:
    """An object that a name stands for is changed in place."""

    name: str
    part: str
    """Which part: ``['x']``, ``.x``, ``fit()``; empty if it cannot be told apart."""
    anew: bool
    """Whether the part is made anew, so that an earlier change of the same part is gone."""


@dataclass
class Names:
    """What the code does with names. The dictionaries are ordered sets."""

    reads: dict[str, None] = field(default_factory=dict)
    """Before the code bound them itself."""
    binds: dict[str, None] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    """Those of the bound names that are modules or came from one."""
    defined: dict[str, frozenset[str]] = field(default_factory=dict)
    """Functions and classes, with the outer names that their bodies use when they are called."""
    deletes: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)


def names_of(statements: Iterable[ast.stmt]) -> Names:
    """Walk through statements in the order in which Python runs them.

    The body of a function runs when it is called: its outer names stand in ``defined``. If the code itself uses the
    function, they are read at once.
    """
    walk = _Walk()
    walk.each(statements)
    return walk.finished()


class _Walk(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names = Names()
        self.used: set[str] = set()
        """All names that were loaded."""
        self._values: set[tuple[str, str]] = set()
        """Parts that were read: ``df['x']`` on the right of something."""

    def finished(self) -> Names:
        names = self.names
        waiting, seen = [name for name in names.defined if name in self.used], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for outer in sorted(names.defined.get(name, ())):
                waiting.append(outer)
                if outer not in names.binds:
                    names.reads.setdefault(outer)
        return names

    def generic_visit(self, node: ast.AST) -> None:
        for child in children(node):
            self.visit(child)

    def each(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def loads(self, name: str) -> None:
        self.used.add(name)
        if name not in self.names.binds:
            self.names.reads.setdefault(name)

    def binds(self, name: str) -> None:
        self.names.binds.setdefault(name)
        self.names.imported.discard(name)
        self.names.defined.pop(name, None)
        self.names.deletes.discard(name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.loads(node.id)
        elif isinstance(node.ctx, ast.Store):
            self.binds(node.id)
        else:
            self.names.binds.pop(node.id, None)
            self.names.defined.pop(node.id, None)
            self.names.deletes.add(node.id)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._part(node, _key(node.slice))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._part(node, f".{node.attr}")

    def _part(self, node: ast.Subscript | ast.Attribute, part: str) -> None:
        self.generic_visit(node)
        root = _root(node.value)
        if root is None:
            return
        if isinstance(node.ctx, ast.Load):
            self._values.add((root, part))
        else:
            direct = isinstance(node.value, ast.Name)
            self._changed(root, part if direct else "", anew=direct and (root, part) not in self._values)

    def _changed(self, name: str, part: str, *, anew: bool) -> None:
        if name not in self.names.imported:
            self.names.changes.append(Change(name, part, anew and bool(part)))

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute):
            return
        root = _root(node.func.value)
        in_place = any(
            each.arg == "inplace" and isinstance(each.value, ast.Constant) and each.value.value is True
            for each in node.keywords
        )
        if root is None:
            return
        method = node.func.attr
        if method in _RESETTING and isinstance(node.func.value, ast.Name):
            self._changed(root, "fit()", anew=True)
        elif method in _CHANGING or in_place:
            self._changed(root, "", anew=False)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.each([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.loads(node.target.id)
        else:
            root = _root(node.target)
            if root is not None and isinstance(node.target, ast.Subscript | ast.Attribute):
                part = _key(node.target.slice) if isinstance(node.target, ast.Subscript) else f".{node.target.attr}"
                self._values.add((root, part))
        self.each([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.each([node.annotation, node.value])
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.each([node.value, node.target])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.each([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.each([item.context_expr, item.optional_vars])
        self.each(node.body)

    visit_AsyncWith = visit_With  # noqa: N815

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                name = alias.asname or alias.name.partition(".")[0]
                self.binds(name)
                self.names.imported.add(name)

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        known = node.name is None or node.name in self.names.binds
        self.each([node.type])
        if node.name is not None:
            self.binds(node.name)
        self.each(node.body)
        if not known and node.name is not None:
            self.names.binds.pop(node.name, None)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.generic_visit(node)
        if node.name is not None:
            self.binds(node.name)

    visit_MatchStar = visit_MatchAs  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest is not None:
            self.binds(node.rest)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.each(node.decorator_list)
        outer = self._function(node.args, node.body, node.returns)
        self.binds(node.name)
        self.names.defined[node.name] = outer - {node.name}

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        # Mostly it is called where it stands.
        for name in sorted(self._function(node.args, [node.body], None)):
            self.loads(name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.each([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        inner = _Walk()
        inner.each(node.body)
        for name in inner.names.reads:
            self.loads(name)
        self.binds(node.name)
        # A method sees no names of its class's body.
        self.names.defined[node.name] = frozenset().union(*inner.names.defined.values()) - {node.name}

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        inner = _Walk()
        for part in node.generators:
            inner.each([part.iter, part.target, *part.ifs])
        inner.each([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        for name in inner.names.reads:
            self.loads(name)
        self.used |= inner.used
        self.names.changes += [each for each in inner.names.changes if each.name not in inner.names.binds]
        for each in walked(node):
            if isinstance(each, ast.NamedExpr):
                self.binds(each.target.id)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def _function(self, args: ast.arguments, body: Sequence[ast.AST], returns: ast.expr | None) -> frozenset[str]:
        """Visit what runs at once; give the outer names of the body."""
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        every += [each for each in (args.vararg, args.kwarg) if each is not None]
        self.each([*args.defaults, *args.kw_defaults, *(each.annotation for each in every), returns])
        inner = _Walk()
        inner.each(body)
        names = inner.names
        outside = _declared_global(body)
        own = ({each.arg for each in every} | names.binds.keys() | names.deletes) - outside
        for name in outside & names.binds.keys():
            self.binds(name)
        later = frozenset().union(*names.defined.values())
        return frozenset((names.reads.keys() | later | (inner.used & outside)) - own)


def _declared_global(body: Iterable[ast.AST]) -> set[str]:
    return {name for each in body for node in walked(each) if isinstance(node, ast.Global) for name in node.names}


def _root(node: ast.AST) -> str | None:
    """The name at the beginning of ``a.b[0].c``; none if a call or something else stands there."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _key(node: ast.expr) -> str:
    return f"[{node.value!r}]" if isinstance(node, ast.Constant) else ""

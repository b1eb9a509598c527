"""Which names of the person's namespace a cell reads and binds, by its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence


class Names(ast.NodeVisitor):
    """Walks statements in the order in which Python runs them.

    A name is read where it is loaded before the cell has stored it. The body of a function runs later, if at all: the
    names that it takes from outside count as read where it is defined, unless the cell binds them anywhere.
    """

    def __init__(self, statements: Iterable[ast.stmt] = ()) -> None:
        self.read: dict[str, None] = {}
        """In the order of their first reading, as keys."""
        self.bound: dict[str, None] = {}
        self.removed: set[str] = set()
        self._later: list[str] = []
        for statement in statements:
            self.visit(statement)
        for name in self._later:
            self._loads(name)

    def visit_Name(self, node: ast.Name) -> None:
        """A name by itself."""
        if isinstance(node.ctx, ast.Load):
            self._loads(node.id)
        elif isinstance(node.ctx, ast.Store):
            self._binds(node.id)
        else:
            self.bound.pop(node.id, None)
            self.removed.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value is worked out first."""
        self._each([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``x += 1`` reads x and binds it."""
        if isinstance(node.target, ast.Name):
            self._loads(node.target.id)
        self._each([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """``x: int`` alone binds nothing."""
        self._each([node.annotation, node.value])
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """The value first."""
        self._each([node.value, node.target])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """What is iterated over first."""
        self._each([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """``import a.b`` binds a."""
        for alias in node.names:
            if alias.name != "*":
                self._binds(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """The error's name is gone after the handler."""
        known = node.name in self.bound or node.name is None
        self._each([node.type])
        if node.name is not None:
            self._binds(node.name)
        self._each(node.body)
        if node.name is not None and not known:
            self.bound.pop(node.name, None)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        """``case x`` binds x."""
        self.generic_visit(node)
        if node.name is not None:
            self._binds(node.name)

    visit_MatchStar = visit_MatchAs  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """``case {**rest}`` binds rest."""
        self.generic_visit(node)
        if node.rest is not None:
            self._binds(node.rest)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Defaults, decorators and annotations at once; the body later."""
        self._each(node.decorator_list)
        self._function(node.args, node.body, node.returns)
        self._binds(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """As a function."""
        self._function(node.args, [node.body], None)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Its body runs at once; what it binds is the class's."""
        self._each([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self._inner(node.body)
        self._binds(node.name)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        """What it binds is its own; ``:=`` in it binds outside."""
        inner = Names()
        for part in node.generators:
            inner._each([part.iter, part.target, *part.ifs])
        inner._each([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self._takes(inner)
        for each in ast.walk(node):
            if isinstance(each, ast.NamedExpr):
                self._binds(each.target.id)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815

    def _function(self, args: ast.arguments, body: Sequence[ast.AST], returns: ast.expr | None) -> None:
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        every += [each for each in (args.vararg, args.kwarg) if each is not None]
        self._each([*args.defaults, *args.kw_defaults, *(each.annotation for each in every), returns])
        inner = Names()
        inner._each(body)
        # What a function binds anywhere is its own, before that line too.
        own = {each.arg for each in every} | inner.bound.keys() | inner.removed
        outside = _declared_global(body)
        loaded = [*inner.read, *inner._later]
        self._later += [name for name in loaded if name in outside or name not in own]
        for name in outside & inner.bound.keys():
            self._binds(name)

    def _inner(self, body: Sequence[ast.AST]) -> None:
        inner = Names()
        inner._each(body)
        self._takes(inner)

    def _takes(self, inner: Names) -> None:
        for name in inner.read:
            self._loads(name)
        self._later += inner._later

    def _loads(self, name: str) -> None:
        if name not in self.bound:
            self.read.setdefault(name)

    def _binds(self, name: str) -> None:
        self.bound.setdefault(name)
        self.removed.discard(name)

    def _each(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)


def _declared_global(body: Iterable[ast.AST]) -> set[str]:
    return {name for each in body for node in ast.walk(each) if isinstance(node, ast.Global) for name in node.names}

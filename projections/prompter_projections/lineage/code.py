"""What one cell's source says, once for each source."""

from __future__ import annotations

import ast
import re
import warnings
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from ..syntax import MAGIC, as_python, parsed
from .fitting import Fitting, fitting_of
from .names import Names, names_of
from .raising import begun
from .showing import showing_of
from .steps import CodeFiles, CodeStep, Segments, files_of, steps_of
from .walking import dumped

MOST_IN_ONE = 64_000
"""Characters of a source; a longer one is not parsed. 1 ms a thousand."""

MOST_IN_ALL = 2_500_000
"""Characters of all different sources of one lineage: 5,000 different cells of a dozen lines, or some seconds."""

#: Trees that are kept: one takes a hundred times its source.
_MOST_TREES = 64

# No ``\s`` after ``^``: it would try each of a million empty lines from each of them.
_INSTALLS = re.compile(r"^[ \t]*[%!][ \t]*(?:pip3?|conda|mamba|uv)\b.*\b(?:install|add|sync)\b", re.MULTILINE)
_HIDDEN_NAMES = re.compile(
    r"^[ \t]*(?:%(?:run|load|pylab|store)\b|from[ \t]+\S+[ \t]+import[ \t]+\*)|\bexec\(", re.MULTILINE
)


@dataclass(frozen=True)
class Code:
    """One source, or its part that ran."""

    readable: bool
    """Whether it is Python, and short enough."""
    names: Names = field(default_factory=Names)
    steps: tuple[CodeStep, ...] = ()
    files: CodeFiles = field(default_factory=lambda: CodeFiles((), ()))
    fitting: Fitting = field(default_factory=Fitting)
    shown: frozenset[str] = frozenset()
    """Names whose own values are shown."""
    shown_within: frozenset[str] = frozenset()
    """All names in what is shown."""
    shape_shown: str = ""
    """The name whose ``shape`` is the cell's value."""
    installs: bool = False
    """Whether it installs packages."""
    opaque: bool = False
    """Whether it binds names that no tree tells: ``%run``, ``import *``, ``exec``."""
    imports_only: bool = False
    """Whether it does nothing but import."""


NOTHING = Code(readable=False)
"""Nobody can tell."""


class Codes:
    """Reads sources, each once, up to a limit that holds for all of them."""

    def __init__(self, most: int = MOST_IN_ALL) -> None:
        self.exhausted = False
        self._left = most
        self._charged: set[str] = set()
        self._trees: OrderedDict[str, ast.Module | None] = OrderedDict()
        self._whole: dict[str, Code] = {}
        self._statements: dict[str, tuple[bytes, ...]] = {}

    def of(self, source: str, ended_at: int | None = None) -> Code:
        """What a source says. ``ended_at``: the line that raised, counted from 1; what begins below did not run.

        The statement that raised counts as read; what it would have bound does not count.
        """
        if ended_at is None:
            if source not in self._whole:
                self._whole[source] = self._read(source, None)
            return self._whole[source]
        return self._read(source, ended_at)

    def tree(self, source: str) -> ast.Module | None:
        """The syntax tree; none if it is no Python or too long."""
        if source in self._trees:
            self._trees.move_to_end(source)
            return self._trees[source]
        tree = self._trees[source] = self._parsed(source)
        if len(self._trees) > _MOST_TREES:
            self._trees.popitem(last=False)
        return tree

    def same(self, one: str, other: str) -> bool:
        """Whether two sources say the same: layout and comments do not count."""
        return one == other or self.statements(one) == self.statements(other)

    def statements(self, source: str) -> tuple[bytes, ...]:
        """A digest of each statement at the top, or of each line, without layout and comments."""
        if source not in self._statements:
            tree = self.tree(source)
            if tree is None:
                texts = [line.strip() for line in source.splitlines() if line.strip()]
            else:
                texts = [dumped(each) for each in tree.body]
            self._statements[source] = tuple(
                blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts
            )
        return self._statements[source]

    def _parsed(self, source: str) -> ast.Module | None:
        if len(source) > MOST_IN_ONE:
            return None
        if source not in self._charged:
            if len(source) > self._left:
                self.exhausted = True
                return None
            self._left -= len(source)
            self._charged.add(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ``"\d"`` is the person's business
            tree = parsed(source)
        if tree is not None and source.lstrip().startswith("%%") and len(tree.body) == 1:
            return None  # another language
        return tree

    def _read(self, source: str, ended_at: int | None) -> Code:
        tree = self.tree(source)
        if tree is None:
            return Code(readable=False, installs=bool(_INSTALLS.search(source)))
        statements = tree.body
        self.statements(source)  # while the tree is there
        try:
            return _code(source, statements, ended_at)
        except RecursionError:
            return NOTHING


def _code(source: str, statements: list[ast.stmt], ended_at: int | None) -> Code:
    raised: list[ast.stmt] = []
    if ended_at is not None:
        statements, raised = begun(statements, ended_at)
    segments = Segments(as_python(source))
    names = names_of(statements)
    if raised:
        with_raised = names_of([*statements, *raised])
        names.reads = with_raised.reads
    names.reads.pop(MAGIC, None)
    showing = showing_of(statements, ended=not raised)
    return Code(
        readable=True,
        names=names,
        steps=steps_of(statements, segments),
        files=CodeFiles(files_of([*statements, *raised]).read, files_of(statements).written),
        fitting=fitting_of(statements, segments, showing),
        shown=showing.whole,
        shown_within=showing.within,
        shape_shown=showing.shape_of,
        installs=bool(_INSTALLS.search(source)),
        opaque=bool(_HIDDEN_NAMES.search(source)),
        imports_only=bool(statements) and all(isinstance(each, ast.Import | ast.ImportFrom) for each in statements),
    )

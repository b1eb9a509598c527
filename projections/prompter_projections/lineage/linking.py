"""Which run got which name from which other run: the kernel's namespace, followed from run to run."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from dataclasses import dataclass, field

from prompter_events.catalogue.runs import KernelFacts

from ..similarity import language_of
from .code import NOTHING, Code, Codes
from .gather import MOST_NOTES, External, Gathered, RunSeen
from .model import LineageNote, RunNode
from .names import Change
from .nodes import node_of, texts_of, went
from .raising import line_that_raised
from .scoring import Known, estimators_of
from .values import Shape, Source, Teller

#: Names that are always there: Python's and IPython's own.
_ALWAYS = frozenset(dir(builtins)) | {"In", "Out", "get_ipython", "display", "exit", "quit", "open", "_", "__", "___"}

_SHAPE = re.compile(r"\((\d{1,15}),(?: (\d{1,15}))?\)")

#: Parts of one object whose last changes are told apart.
_MOST_PARTS = 50


@dataclass
class _Holder:
    """What an object that a name stands for is made of."""

    binder: int | None
    """The run that bound it; none if that is not known."""
    parts: dict[str, int] = field(default_factory=dict)
    """Runs that made a part of it anew, such as a column."""
    last: int | None = None
    """The run that changed it last in another way. The changes before it feed that one."""

    def runs(self) -> list[int]:
        """All of them, in order, each once."""
        return sorted({each for each in (self.binder, *self.parts.values(), self.last) if each is not None})

    def change(self, change: Change, run: int) -> None:
        """Note that a run changed it."""
        if not change.anew:
            self.last = run
            return
        self.parts.pop(change.part, None)
        self.parts[change.part] = run
        if len(self.parts) > _MOST_PARTS:
            # The later ones were fed by it.
            del self.parts[next(iter(self.parts))]


@dataclass(frozen=True)
class Context:
    """What else is known of a run, for those who look at the nodes."""

    code: Code
    """What ran of it."""
    before: dict[str, Shape]
    """Sizes of the data frames that it read or bound, before it."""
    texts: tuple[str, ...]
    """What it showed as text."""
    imported: frozenset[str]
    """Those of the names that it bound or read which are modules or came from one."""


@dataclass(frozen=True)
class Linked:
    """All runs, with what fed them."""

    nodes: list[RunNode]
    contexts: list[Context]
    order: list[int]
    """Indices of those that ran, in the order in which they did."""
    notes: list[LineageNote]


def linked(gathered: Gathered, codes: Codes) -> Linked:
    """Follow the names through all runs. ``feeds`` and ``survives`` of the nodes are still empty."""
    kernel = _Namespace(gathered, codes)
    ran = sorted((run.executed_at, run.index) for run in gathered.runs if run.executed_at is not None)
    made: dict[int, tuple[RunNode, Context]] = {}
    for _, index in ran:
        made[index] = kernel.run(gathered.runs[index])
    for run in gathered.runs:
        if run.index not in made:
            made[run.index] = kernel.never(run)
    kernel.close()
    pairs = [made[index] for index in range(len(gathered.runs))]
    return Linked([node for node, _ in pairs], [each for _, each in pairs], [index for _, index in ran], kernel.notes)


class _Namespace:
    """The kernel's names as they go from run to run."""

    def __init__(self, gathered: Gathered, codes: Codes) -> None:
        self.notes: list[LineageNote] = []
        self._codes = codes
        self._is_python = language_of(gathered.kernel_name) == "python"
        self._events: list[tuple[int, External | None]] = sorted(
            [*((at, None) for at in gathered.restarts), *((each.position, each) for each in gathered.externals)],
            key=lambda each: each[0],
        )
        self._restarts = sorted(gathered.restarts)
        self._next = 0
        self._life = 0
        self._holders: dict[str, _Holder] = {}
        self._modules: set[str] = set()
        self._later: dict[str, frozenset[str]] = {}
        self._shapes: dict[str, Shape] = {}
        self._known = Known()
        self._files: dict[str, int] = {}
        self._told: Counter[str] = Counter()

    def run(self, run: RunSeen) -> tuple[RunNode, Context]:
        """Let a run happen."""
        self._forget_up_to(run.executed_at or 0)
        code = self._code(run)
        facts = run.facts
        reads, binds, changes = self._names(code, facts)
        teller: Teller = "kernel" if facts is not None else "syntax" if code.readable else "none"
        sources, unknown = self._sources(run.index, reads, changes, code)
        known_before = {name: self._shapes[name] for name in (*reads, *binds) if name in self._shapes}
        self._bind(run.index, binds, changes, code, facts)
        texts = texts_of(run.result)
        shapes = self._sizes(code, facts, binds, texts)
        estimators = estimators_of(code.fitting, facts, texts, self._known, ran=went(run) == "ok")
        self._hint(run, code, teller)
        node = node_of(
            run,
            life=self._life,
            facts=teller,
            reads=tuple(reads),
            binds=tuple(binds),
            changes=tuple(dict.fromkeys(each.name for each in changes)),
            fed_by=tuple(sorted({each.run for each in sources})),
            sources=tuple(sources),
            unknown_names=tuple(unknown),
            shapes=shapes,
            estimators=estimators,
            files_read=code.files.read,
            files_written=code.files.written,
        )
        imported = frozenset(name for name in (*reads, *binds) if name in self._modules)
        return node, Context(code, known_before, texts, imported)

    def never(self, run: RunSeen) -> tuple[RunNode, Context]:
        """A run that never began."""
        life = sum(at < run.scheduled_position for at in self._restarts)
        return node_of(run, life=life, facts="none"), Context(NOTHING, {}, (), frozenset())

    def close(self) -> None:
        """Say what was too much."""
        if self._codes.exhausted:
            self.notes.append(LineageNote((), "there is more code than is read; some runs count as unreadable"))
        for kind, count in self._told.items():
            if count > MOST_NOTES:
                self.notes.append(LineageNote((), f"{count - MOST_NOTES} more runs of which the same holds: {kind}"))

    def _forget_up_to(self, position: int) -> None:
        while self._next < len(self._events) and self._events[self._next][0] < position:
            at, external = self._events[self._next]
            self._next += 1
            if external is None:
                self._life += 1
                self._forget()
                continue
            bound = list(external.bound)
            if external.source is not None and self._is_python:
                bound += self._codes.of(external.source).names.binds
            for name in bound:
                self._drop(name)
            self._say((at,), "something that is no cell of this notebook ran in its kernel; what it did is not known")

    def _forget(self) -> None:
        self._holders.clear()
        self._modules.clear()
        self._later.clear()
        self._shapes.clear()
        self._known = Known()

    def _drop(self, name: str) -> None:
        self._holders.pop(name, None)
        self._modules.discard(name)
        self._later.pop(name, None)
        self._shapes.pop(name, None)
        self._known.forget(name)

    def _code(self, run: RunSeen) -> Code:
        """What ran of a run's source."""
        if not self._is_python or run.withheld:
            return NOTHING
        if went(run) == "ok":
            return self._codes.of(run.source)
        tree = self._codes.tree(run.source)
        if tree is None:
            return NOTHING
        line = None
        if run.result is not None and run.result.error is not None:
            line = line_that_raised(tree, run.result.error, run.result.execution_count)
        if line is None:
            # Somewhere it ended. Imports stand first, and went well unless the error says otherwise.
            line = next((each.lineno for each in tree.body if not _imports(each)), 1)
        return self._codes.of(run.source, line)

    def _names(self, code: Code, facts: KernelFacts | None) -> tuple[list[str], list[str], list[Change]]:
        names = code.names
        if facts is None:
            binds = dict.fromkeys(names.binds)
            reads = dict.fromkeys(self._with_later(names.reads, binds))
        else:
            # The kernel tells no names that begin with an underscore, of very many only the first, and what a function
            # uses where it is defined and not where it is called.
            binds = dict.fromkeys([*facts.bound, *(n for n in names.binds if n.startswith("_") or facts.truncated)])
            more = [name for name in names.reads if name.startswith("_") or facts.truncated]
            reads = dict.fromkeys(self._with_later(dict.fromkeys([*facts.read, *more]), binds))
        reads = {name: None for name in reads if name in self._holders or name not in _ALWAYS}
        changes = [each for each in names.changes if each.name not in binds and self._may_change(each.name)]
        if facts is not None:
            changed = {each.name for each in changes}
            for frame in facts.frames:
                if frame.before and frame.after and frame.name not in binds and frame.name not in changed:
                    changes.append(Change(frame.name, "", anew=False))
            for model in facts.estimators:
                if model.did == "fitted" and model.name and model.name not in binds and model.name not in changed:
                    changes.append(Change(model.name, "fit()", anew=True))
        return list(reads), list(binds), changes

    def _may_change(self, name: str) -> bool:
        return name not in self._modules and name not in _ALWAYS

    def _with_later(self, reads: dict[str, None], binds: dict[str, None]) -> list[str]:
        """The names, with those that called functions use."""
        every, waiting, seen = dict(reads), list(reads), set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for outer in sorted(self._later.get(name, ())):
                if outer not in binds:
                    every.setdefault(outer)
                    waiting.append(outer)
        return list(every)

    def _sources(
        self, index: int, reads: list[str], changes: list[Change], code: Code
    ) -> tuple[list[Source], list[str]]:
        sources: list[Source] = []
        unknown: list[str] = []
        made_anew = {(each.name, each.part) for each in changes if each.anew}
        for name in dict.fromkeys([*reads, *(each.name for each in changes)]):
            holder = self._holders.get(name)
            if holder is None:
                if name not in _ALWAYS:
                    unknown.append(name)
                continue
            replaced = {run for part, run in holder.parts.items() if (name, part) in made_anew}
            kept = {run for part, run in holder.parts.items() if (name, part) not in made_anew}
            kept |= {each for each in (holder.binder, holder.last) if each is not None}
            for run in holder.runs():
                # A run never feeds an earlier one, whatever order the events claim.
                if run < index and not (run in replaced and run not in kept):
                    sources.append(Source(name, run))
        for path in code.files.read:
            if path in self._files and self._files[path] < index:
                sources.append(Source(f"file:{path}", self._files[path]))
        return sources, unknown

    def _bind(self, index: int, binds: list[str], changes: list[Change], code: Code, facts: KernelFacts | None) -> None:
        for name in code.names.deletes:
            self._drop(name)
        for frame in facts.frames if facts is not None else ():
            if frame.after is None and frame.name not in binds:
                self._drop(frame.name)
        for name in binds:
            self._drop(name)
            self._holders[name] = _Holder(index)
            if name in code.names.imported:
                self._modules.add(name)
            if name in code.names.defined:
                self._later[name] = code.names.defined[name]
        for change in changes:
            self._holders.setdefault(change.name, _Holder(None)).change(change, index)
        for path in code.files.written:
            self._files[path] = index

    def _sizes(
        self, code: Code, facts: KernelFacts | None, binds: list[str], texts: tuple[str, ...]
    ) -> tuple[tuple[str, Shape], ...]:
        sizes: dict[str, Shape] = {}
        for frame in facts.frames if facts is not None else ():
            if frame.after is not None:
                shape = frame.after
                sizes[frame.name] = Shape(shape.rows, shape.columns, "kernel", tuple(shape.names), shape.missing)
        if code.shape_shown and code.shape_shown not in sizes and code.shape_shown not in self._shapes and texts:
            shown = _SHAPE.fullmatch(texts[-1].strip())
            if shown is not None:
                sizes[code.shape_shown] = Shape(int(shown[1]), int(shown[2] or 1), "output")
        self._shapes.update(sizes)
        return tuple(sizes.items())

    def _hint(self, run: RunSeen, code: Code, teller: Teller) -> None:
        """Say what could not be known of a run."""
        positions = tuple(each for each in (run.scheduled_position, run.finished_position) if each is not None)
        if run.result is None:
            self._say(positions, "the end of a run was never recorded")
        if run.withheld:
            self._say(positions, "a part of a run's code is withheld")
        elif teller == "none":
            self._say(positions, "nobody tells which names a run used: its code is no Python that can be read")
        elif teller == "syntax" and code.opaque:
            self._say(positions, "a run may have bound names that its code does not show")
        if run.facts is not None and run.facts.truncated:
            self._say(positions, "the kernel could not tell all of a run")

    def _say(self, positions: tuple[int, ...], text: str) -> None:
        self._told[text] += 1
        if self._told[text] <= MOST_NOTES:
            self.notes.append(LineageNote(positions, text))


def _imports(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)

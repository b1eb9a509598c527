"""Which runs are alive in the end, and the cells that lead to no result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .findings import DeadEnd, EndReason
from .gather import Gathered
from .linking import Linked
from .model import RunNode
from .results import Standing

#: Steps after which there are other data than before.
_MAKING = frozenset({"loaded", "filtered", "dropped", "joined", "derived", "filled", "encoded", "split"})


def leading_to(nodes: Sequence[RunNode], runs: Iterable[int]) -> frozenset[int]:
    """Runs, and all that led to them."""
    found: set[int] = set()
    waiting = list(runs)
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting.extend(nodes[index].fed_by)
    return frozenset(found)


def alive_in(linked: Linked, stands: Standing, feeding: frozenset[int]) -> frozenset[int]:
    """The results, what else stands and is more than a look, and all that led to either.

    More than a look are a score, a figure, a file, and the value of a name that the cell itself bound. What the kernel
    made before its last restart counts only if nothing was made after it.
    """
    kept = [
        index
        for index in stands.last_run.values()
        if linked.nodes[index].kernel_life == stands.final_life and _is_kept(linked, index)
    ]
    return feeding | leading_to(linked.nodes, kept)


def dead_ends_of(gathered: Gathered, linked: Linked, stands: Standing, alive: frozenset[int]) -> tuple[DeadEnd, ...]:
    """The dead ends, in the order of their first runs. A cell that only shows something and stands is none."""
    finder = _Finder(linked, stands, alive)
    found = []
    ran = set(linked.order)
    for cell in gathered.cells.values():
        runs = tuple(index for index in cell.runs if index in ran)
        if not runs or alive & set(runs):
            continue
        nodes = [linked.nodes[index] for index in runs]
        names = _names(linked, runs)
        reasons: list[EndReason] = []
        positions = {position for node in nodes for position in node.positions}
        if cell.removed_position is not None:
            reasons.append("removed")
            positions.add(cell.removed_position)
        elif cell.cell_type != "code":
            reasons.append("removed")
            positions |= {cell.last_edit_position} - {None}  # type: ignore[arg-type]
        last = stands.last_run.get(cell.cell_id)
        if nodes[-1].status == "error" or all(node.status != "ok" for node in nodes):
            reasons.append("failed")
        if last is not None:
            reasons += finder.of_standing(last, names)
        if reasons:
            found.append(
                DeadEnd(
                    cell_id=cell.cell_id,
                    runs=runs,
                    reasons=tuple(reasons),
                    names=names,
                    inferred=reasons[0] in {"unread", "overwritten"} and finder.is_by_code(nodes[-1]),
                    positions=tuple(sorted(positions)),
                )
            )
    return tuple(sorted(found, key=lambda each: each.runs[0]))


class _Finder:
    def __init__(self, linked: Linked, stands: Standing, alive: frozenset[int]) -> None:
        self._linked = linked
        self._stands = stands
        self._alive = alive
        self._rebound = _rebound(linked)
        self._by_code: dict[int, int] = {}
        """For each life of the kernel the last run that its facts do not tell."""
        for index in linked.order:
            if linked.nodes[index].facts != "kernel":
                self._by_code[linked.nodes[index].kernel_life] = index

    def of_standing(self, last: int, names: tuple[str, ...]) -> list[EndReason]:
        """Why a cell whose output stands is a dead end; empty if it is none."""
        node = self._linked.nodes[last]
        reasons: list[EndReason] = []
        if names and not _is_kept(self._linked, last) and not _is_look(self._linked, last):
            bound = [name for name in node.binds if name in names]
            if bound and not node.feeds and all((last, name) in self._rebound for name in bound):
                reasons.append("overwritten")
            reasons.append("unread")
        scored = any(each.scores for each in node.estimators)
        if (names or scored) and self._alive and node.kernel_life < self._stands.final_life:
            reasons.append("stale")
        return reasons

    def is_by_code(self, node: RunNode) -> bool:
        """Whether any run that could have read its names is known by its code alone, or not at all."""
        return self._by_code.get(node.kernel_life, -1) >= node.index


def _is_kept(linked: Linked, index: int) -> bool:
    """Whether a run left more than names and looks."""
    node, code = linked.nodes[index], linked.contexts[index].code
    scored = any(each.scores for each in node.estimators)
    return node.figures > 0 or scored or bool(node.files_written) or bool(code.shown & {*node.binds, *node.changes})


def _is_look(linked: Linked, index: int) -> bool:
    """Whether a run only looked: it shows something of what it bound, and made neither data nor a model."""
    node, code = linked.nodes[index], linked.contexts[index].code
    made = any(step.kind in _MAKING for step in code.steps) or any(each.fitted for each in node.estimators)
    return not made and bool(code.shown_within & {*node.binds, *node.changes})


def _names(linked: Linked, runs: Sequence[int]) -> tuple[str, ...]:
    """What the runs bound or changed, without modules, functions and classes."""
    names: dict[str, None] = {}
    for index in runs:
        node, context = linked.nodes[index], linked.contexts[index]
        for name in (*node.binds, *node.changes):
            if name not in context.imported and name not in context.code.names.defined:
                names.setdefault(name)
    return tuple(names)


def _rebound(linked: Linked) -> set[tuple[int, str]]:
    """Runs, and names that they bound and another cell bound anew in the same life of the kernel."""
    found: set[tuple[int, str]] = set()
    holder: dict[str, int] = {}
    life = 0
    for index in linked.order:
        node = linked.nodes[index]
        if node.kernel_life != life:
            holder.clear()
            life = node.kernel_life
        for name in node.binds:
            before = holder.get(name)
            if before is not None and linked.nodes[before].cell_id != node.cell_id:
                found.add((before, name))
            holder[name] = index
    return found

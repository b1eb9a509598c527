"""Several ways of doing one thing: the variants of a cell, and cells that do nearly the same with the same names."""

from __future__ import annotations

from collections.abc import Sequence

from ..similarity import likeness_of_form
from .code import Codes
from .differences import differences
from .findings import Attempt, Outcome, Variant
from .gather import Gathered
from .linking import Linked
from .model import RunNode
from .values import Score

#: From this likeness of their forms on two cells have the same aim, if they use the same names: two models that are
#: fitted and scored alike have 0.77 to 0.87, cells that do different things to the same names below 0.4.
SAME_AIM = 0.7

#: Comparisons of cells for one lineage, some milliseconds each.
_MOST_COMPARED = 200

#: Characters of a cell that is compared with others.
_LONGEST_COMPARED = 4_000


def attempts_of(gathered: Gathered, linked: Linked, codes: Codes) -> tuple[Attempt, ...]:
    """All things that were done in more than one way, in the order of their first runs."""
    variants = {
        cell.cell_id: found
        for cell in gathered.cells.values()
        if (
            found := _variants(
                [linked.nodes[index] for index in cell.runs if linked.nodes[index].status != "aborted"], codes
            )
        )
    }
    made = []
    for cells in _same_aims(linked, variants):
        runs = sorted((run for cell in cells for run in variants[cell]), key=lambda each: each[0].index)
        if len(runs) > 1:
            made.append(_attempt(cells, runs))
    return tuple(sorted(made, key=lambda each: each.variants[0].run))


def _variants(nodes: Sequence[RunNode], codes: Codes) -> list[list[RunNode]]:
    """The runs of a cell, those of the same code that follow one another together."""
    groups: list[list[RunNode]] = []
    for node in nodes:
        if groups and codes.same(groups[-1][-1].source, node.source):
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _same_aims(linked: Linked, variants: dict[str, list[list[RunNode]]]) -> list[list[str]]:
    """Cells, those with the same aim together, in the order of their first runs."""
    compared = 0
    groups: list[list[str]] = []
    by_names: dict[frozenset[tuple[str, str]], list[int]] = {}
    for cell_id in sorted(variants, key=lambda each: variants[each][0][0].index):
        node = variants[cell_id][-1][-1]
        parents = _parents(linked, node)
        joined = False
        for number in by_names.get(parents, ()) if parents and len(node.source) <= _LONGEST_COMPARED else ():
            other = variants[groups[number][0]][-1][-1]
            if compared < _MOST_COMPARED and len(other.source) <= _LONGEST_COMPARED:
                compared += 1
                if likeness_of_form(other.source, node.source) >= SAME_AIM:
                    groups[number].append(cell_id)
                    joined = True
                    break
        if not joined:
            by_names.setdefault(parents, []).append(len(groups))
            groups.append([cell_id])
    return groups


def _parents(linked: Linked, node: RunNode) -> frozenset[tuple[str, str]]:
    """The names that a run used, with the cells that they came from; without modules and what came from them."""
    imported = linked.contexts[node.index].imported
    return frozenset(
        (source.name, linked.nodes[source.run].cell_id)
        for source in node.sources
        if source.name not in imported and linked.nodes[source.run].cell_id != node.cell_id
    )


def _attempt(cells: Sequence[str], groups: Sequence[list[RunNode]]) -> Attempt:
    variants: list[Variant] = []
    kept = None
    for number, runs in enumerate(groups):
        last = runs[-1]
        if any(each.survives for each in runs):
            kept = number
        before = groups[number - 1][-1].source if number else None
        variants.append(
            Variant(
                run=runs[0].index,
                runs=tuple(each.index for each in runs),
                cell_id=last.cell_id,
                source=last.source,
                differences=() if before is None else differences(before, last.source),
                outcomes=tuple(
                    Outcome(
                        run=each.index,
                        status=each.status,
                        error=error_of(each),
                        scores=scores_of(each),
                        output=each.output,
                    )
                    for each in runs
                ),
                status=last.status,
                error=error_of(last),
                frames=last.frames,
                scores=scores_of(last),
                output=last.output,
                positions=tuple(sorted({position for each in runs for position in each.positions})),
            )
        )
    positions = {position for each in variants for position in each.positions}
    return Attempt(cells=tuple(cells), variants=tuple(variants), kept=kept, positions=tuple(sorted(positions)))


def scores_of(node: RunNode) -> tuple[Score, ...]:
    """All scores of a run."""
    return tuple(score for each in node.estimators for score in each.scores)


def error_of(node: RunNode) -> str:
    """``Name: first line of the message``; empty if the run did not fail."""
    if node.error_name is None:
        return ""
    message = (node.error_message or "").strip().split("\n", 1)[0]
    return f"{node.error_name}: {message}" if message else node.error_name

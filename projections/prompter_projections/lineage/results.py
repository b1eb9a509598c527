"""Which runs are the final results, and which led to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .findings import Result, ResultReason
from .gather import CellSeen, Gathered
from .linking import Linked
from .model import RunNode

#: Numbers that can be told from others: with two decimals at least.
_FIGURE = re.compile(r"(?<![\w.])\d+\.\d{2,6}(?![\d\w])")

_DECIMAL = re.compile(r"(?<![\w.])\d+\.\d{2,17}(?![\d\w])")

#: Numbers of one output, and of all markdown, that are compared.
_MOST_OF_RUN = 100
_MOST_OF_TEXT = 1_000


@dataclass(frozen=True)
class Standing:
    """What stands in the end."""

    last_run: dict[str, int]
    """The last run that went well and that no error followed, of each code cell that is in the final notebook."""
    final_life: int
    """The kernel's life to which the last of these belongs."""


def standing(gathered: Gathered, nodes: Sequence[RunNode], order: Sequence[int]) -> Standing:
    """The runs whose outputs stand in the final notebook."""
    last: dict[str, int] = {}
    for index in order:
        node = nodes[index]
        if node.status == "ok":
            last[node.cell_id] = index
        elif node.status == "error":
            last.pop(node.cell_id, None)
    table = gathered.notebook.table
    there = {cell: index for cell, index in last.items() if cell in table and table[cell].cell_type == "code"}
    return Standing(there, max((nodes[index].kernel_life for index in there.values()), default=0))


def results_of(gathered: Gathered, linked: Linked, stands: Standing) -> tuple[Result, ...]:
    """The final results, in the order of their runs."""
    nodes = linked.nodes
    place = {index: at for at, index in enumerate(linked.order)}
    there = sorted(
        (index for index in stands.last_run.values() if nodes[index].kernel_life == stands.final_life),
        key=lambda index: place[index],
    )
    reasons: dict[int, list[ResultReason]] = {index: [] for index in there}
    quoted = _quoted(gathered, linked, there)
    for index in there:
        if index in quoted:
            reasons[index].append("quoted")
    shown = [index for index in there if nodes[index].outputs or nodes[index].figures]
    if shown:
        reasons[shown[-1]].append("last shown")
    scored = [index for index in there if any(each.scores for each in nodes[index].estimators)]
    if scored:
        reasons[scored[-1]].append("score")
    for index in there:
        if nodes[index].figures and not scored and index in shown:
            reasons[index].append("figure")
        if nodes[index].files_written:
            reasons[index].append("file")
    if not any(reasons.values()) and there:
        working = [index for index in there if not linked.contexts[index].code.imports_only]
        reasons[(working or there)[-1]].append("last run")
    made = []
    for index in sorted(index for index in there if reasons[index]):
        cells, figures, positions = quoted.get(index, ((), (), ()))
        made.append(
            Result(
                run=index,
                reasons=tuple(reasons[index]),
                quoted_in=cells,
                quotes=figures,
                positions=tuple(sorted({*nodes[index].positions, *positions})),
            )
        )
    return tuple(made)


_Quotes = tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]


def _quoted(gathered: Gathered, linked: Linked, runs: Sequence[int]) -> dict[int, _Quotes]:
    """Of each run whose figures stand in later markdown: the cells, the figures, where these cells were written."""
    texts: list[tuple[CellSeen, frozenset[str]]] = []
    left = _MOST_OF_TEXT
    for cell_id in gathered.notebook.order:
        cell = gathered.cells[cell_id]
        if cell.cell_type == "markdown" and cell.last_edit_position is not None and left > 0:
            figures = frozenset(list(dict.fromkeys(_FIGURE.findall(cell.source)))[:left])
            left -= len(figures)
            if figures:
                texts.append((cell, figures))
    every = frozenset().union(*(figures for _, figures in texts))
    lengths = sorted({len(figure.partition(".")[2]) for figure in every})
    found: dict[int, _Quotes] = {}
    for index in runs if texts else ():
        shown: dict[str, None] = {}
        for text in linked.contexts[index].texts:
            for number in _DECIMAL.findall(text)[:_MOST_OF_RUN]:
                places = len(number.partition(".")[2])
                for length in lengths:
                    if length <= places:
                        rounded = f"{float(number):.{length}f}"
                        if rounded in every:
                            shown.setdefault(rounded)
        at = linked.nodes[index].finished_position or 0
        later = [(cell, figures & shown.keys()) for cell, figures in texts if (cell.last_edit_position or 0) > at]
        later = [(cell, figures) for cell, figures in later if figures]
        if later:
            quotes = {figure for _, figures in later for figure in figures}
            found[index] = (
                tuple(cell.cell_id for cell, _ in later),
                tuple(figure for figure in shown if figure in quotes),
                tuple(cell.last_edit_position or 0 for cell, _ in later),
            )
    return found

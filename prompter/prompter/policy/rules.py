"""The rules that propose a prompt when a run of a cell ended well. Each is a pure function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..study import Rule
from .memory import CellMemory, RunMemory
from .similarity import similarity


def first_run(rule: Rule, cell: CellMemory, run: RunMemory) -> bool:
    """The first successful run of a new cell; a later one too, as long as nobody asked about the cell."""
    return cell.mine and cell.asked_source is None


def substantial_change(rule: Rule, cell: CellMemory, run: RunMemory) -> bool:
    """The cell was asked about before, and its syntax tree has become another one since."""
    return cell.asked_source is not None and similarity(cell.asked_source, run.source) < rule.similarity


RULES: Mapping[str, Callable[[Rule, CellMemory, RunMemory], bool]] = MappingProxyType(
    {"first_run": first_run, "substantial_change": substantial_change}
)
"""Every rule by its name in ``study.yaml``."""

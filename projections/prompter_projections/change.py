"""What changed in a notebook between two moments, so that not all of it need be kept again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec.structs import replace

from .notebook import Cell, Note, NotebookState


class NotebookChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything by which a notebook differs from an earlier one of the same session."""

    path: str
    kernel_name: str
    first: int
    """How many ids at the beginning of the order stayed."""
    last: int
    """How many at its end."""
    between: tuple[str, ...] = ()
    """The ids between them."""
    cells: dict[str, Cell] = {}
    """Those that are new, or have other outputs."""
    edited: dict[str, Cell] = {}
    """Others that changed, without their outputs and errors, which stayed."""
    gone: tuple[str, ...] = ()
    removed: dict[str, Cell] = {}
    brought_back: tuple[str, ...] = ()
    runs: dict[UUID, str] = {}
    """All of them, for they are few."""
    notes: tuple[Note, ...] = ()
    """The new ones; notes only grow."""
    more_notes: int = 0


def change(before: NotebookState, after: NotebookState) -> NotebookChange:
    """What makes ``after`` of ``before``. Quick where the two share their cells, as folded states do."""
    first, last = _stayed(before.order, after.order)
    cells: dict[str, Cell] = {}
    edited: dict[str, Cell] = {}
    for cell_id, cell in _changed(before.table, after.table).items():
        known = before.table.get(cell_id)
        if known is not None and known.outputs is cell.outputs and known.error is cell.error:
            edited[cell_id] = replace(cell, outputs=(), error=None)
        else:
            cells[cell_id] = cell
    return NotebookChange(
        path=after.path,
        kernel_name=after.kernel_name,
        first=first,
        last=last,
        between=after.order[first : len(after.order) - last],
        cells=cells,
        edited=edited,
        gone=tuple(before.table.keys() - after.table.keys()),
        removed=_changed(before.removed, after.removed),
        brought_back=tuple(before.removed.keys() - after.removed.keys()),
        runs=after.runs,
        notes=after.notes[len(before.notes) :],
        more_notes=after.more_notes,
    )


def changed(before: NotebookState, made: NotebookChange) -> NotebookState:
    """``before`` with a change that was made of it. Raises ``KeyError`` if it was made of another one."""
    table = {cell_id: cell for cell_id, cell in before.table.items() if cell_id not in made.gone}
    table.update(made.cells)
    for cell_id, cell in made.edited.items():
        known = before.table[cell_id]
        table[cell_id] = replace(cell, outputs=known.outputs, error=known.error)
    removed = {cell_id: cell for cell_id, cell in before.removed.items() if cell_id not in made.brought_back}
    return NotebookState(
        path=made.path,
        kernel_name=made.kernel_name,
        order=(*before.order[: made.first], *made.between, *before.order[len(before.order) - made.last :]),
        table=table,
        removed=removed | made.removed,
        runs=made.runs,
        notes=(*before.notes, *made.notes),
        more_notes=made.more_notes,
    )


def _stayed(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[int, int]:
    """How many entries at the beginning and at the end are the same."""
    if before == after:
        return len(before), 0
    most = min(len(before), len(after))
    first = 0
    while first < most and before[first] == after[first]:
        first += 1
    last = 0
    while last < most - first and before[-1 - last] == after[-1 - last]:
        last += 1
    return first, last


def _changed(before: Mapping[str, Cell], after: Mapping[str, Cell]) -> dict[str, Cell]:
    return {cell_id: cell for cell_id, cell in after.items() if before.get(cell_id) is not cell}

"""Which section of its notebook a cell stands in, so that a rule may hold in some sections only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellMoved,
    CellRemoved,
    CellSnapshot,
    CellTypeChanged,
    NotebookReloaded,
    SessionOpened,
)
from prompter_events.catalogue.study import RecordingResumed
from prompter_projections.text import apply_ops

from ..study import Task
from .memory import Outline, OutlineCell

#: More cells than any notebook that people work in has; those beyond stand in no section.
_MOST_CELLS = 5_000

#: How much of a cell's source is kept, in characters: headings stand at the beginning of markdown cells, and of code
#: that is about to become markdown.
_LONGEST, _LONGEST_CODE = 2_000, 200

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")


def outline_after(outline: Outline, body: Body) -> Outline:
    """The outline after an event of its session. What makes no sense changes nothing."""
    change = CHANGES.get(type(body))
    return outline if change is None else change(outline, body)


def tasks_of(outline: Outline, cell_id: str, tasks: Iterable[Task]) -> frozenset[str]:
    """The names of the tasks that a cell belongs to."""
    cell = outline.cells.get(cell_id)
    names = set()
    for task in tasks:
        if (
            cell_id in task.cells
            or (cell is not None and task.tag in cell.tags)
            or (task.heading is not None and cell is not None and _under(outline, cell_id, task.heading))
        ):
            names.add(task.name)
    return frozenset(names)


def _under(outline: Outline, cell_id: str, heading: str) -> bool:
    """Whether a cell stands between a heading and the next one of its level or above."""
    wanted = _heading(heading) or (0, heading.strip())
    level = 0  # of the section that the walk is in; 0 for none
    for other in outline.order:
        cell = outline.cells[other]
        if cell.cell_type == "markdown":
            for depth, title in _headings(cell.text):
                if level and depth <= level:
                    level = 0
                if title == wanted[1] and wanted[0] in {0, depth}:
                    level = depth
        if other == cell_id:
            return level > 0
    return False


def _headings(text: str) -> Iterator[tuple[int, str]]:
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _heading(line)):
            yield found


def _heading(line: str) -> tuple[int, str] | None:
    found = _HEADING.fullmatch(line)
    return (len(found[1]), found[2].strip()) if found else None


def _given(outline: Outline, body: SessionOpened | NotebookReloaded | RecordingResumed) -> Outline:
    cells = body.cells[:_MOST_CELLS]
    return Outline(tuple(cell.cell_id for cell in cells), {cell.cell_id: _of(cell) for cell in cells})


def _of(cell: CellSnapshot) -> OutlineCell:
    return OutlineCell(cell.cell_type, tuple(cell.tags), _kept(cell.cell_type, cell.source))


def _kept(cell_type: str, source: str) -> str:
    return source[: _LONGEST if cell_type == "markdown" else _LONGEST_CODE]


def _added(outline: Outline, body: CellAdded) -> Outline:
    if len(outline.order) >= _MOST_CELLS:
        return outline
    order = [other for other in outline.order if other != body.cell_id]
    order.insert(body.index, body.cell_id)
    # A cell that was cut and is back keeps its tags; the pieces of a split have those of the whole.
    tags = next((outline.cells[id_].tags for id_ in (body.cell_id, *body.parents) if id_ in outline.cells), ())
    cell = OutlineCell(body.cell_type, tags, _kept(body.cell_type, body.source))
    return Outline(tuple(order), {**outline.cells, body.cell_id: cell})


def _removed(outline: Outline, body: CellRemoved) -> Outline:
    """Out of the order; what is known of the cell stays a while, since an undo brings it back."""
    order = tuple(other for other in outline.order if other != body.cell_id)
    cells = outline.cells
    if len(cells) > _MOST_CELLS:
        cells = {cell_id: cells[cell_id] for cell_id in order}
    return Outline(order, cells)


def _moved(outline: Outline, body: CellMoved) -> Outline:
    if body.cell_id not in outline.order:
        return outline
    order = [other for other in outline.order if other != body.cell_id]
    order.insert(body.to, body.cell_id)
    return replace(outline, order=tuple(order))


def _type_changed(outline: Outline, body: CellTypeChanged) -> Outline:
    return _with(outline, body.cell_id, cell_type=body.cell_type)


def _edited(outline: Outline, body: CellEdited) -> Outline:
    cell = outline.cells.get(body.cell_id)
    if cell is None:
        return outline
    text = cell.text
    for _, ops in body.changes:
        with suppress(ValueError):  # beyond what is kept, so nothing before it changes
            text = _kept(cell.cell_type, apply_ops(text, ops))
    return _with(outline, body.cell_id, text=text) if text != cell.text else outline


def _with(outline: Outline, cell_id: str, **fields: Any) -> Outline:
    if cell_id not in outline.cells:
        return outline
    return replace(outline, cells={**outline.cells, cell_id: replace(outline.cells[cell_id], **fields)})


CHANGES: Mapping[type[Body], Callable[[Outline, Any], Outline]] = MappingProxyType(
    {
        SessionOpened: _given,
        NotebookReloaded: _given,
        RecordingResumed: _given,
        CellAdded: _added,
        CellEdited: _edited,
        CellRemoved: _removed,
        CellMoved: _moved,
        CellTypeChanged: _type_changed,
    }
)
"""How an outline follows each type of event that matters to it."""


def follows(tasks: Sequence[Task]) -> bool:
    """Whether an outline is needed at all."""
    return any(task.heading is not None or task.tag is not None for task in tasks)

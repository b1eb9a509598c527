"""Names that were typed a key at a time: no single event holds them, yet all of them together spell them out."""

from __future__ import annotations

from prompter_events import Event
from prompter_events.catalogue.notebook import (
    CellAdded,
    CellEdited,
    CellRemoved,
    NotebookReloaded,
    SessionOpened,
)
from prompter_events.catalogue.runs import RunScheduled
from prompter_events.catalogue.study import RecordingResumed
from prompter_projections.fold import body_of
from prompter_projections.text import Text, units

from .names import Names

_TYPES = frozenset(
    {
        "session.opened",
        "notebook.reloaded",
        "recording.resumed",
        "cell.added",
        "cell.removed",
        "cell.edited",
        "run.scheduled",
    }
)

_BESIDE = 200
"""Characters on either side of an edit in which a name is looked for: longer than any account's or person's."""


class Typed:
    """One session: which cells a name was typed into. Take its events in order."""

    def __init__(self, names: Names) -> None:
        self.found: set[str] = set()
        """Cell ids."""
        self._names = names
        self._cells: dict[str, Text] = {}

    def take(self, event: Event) -> None:
        """The session's next event."""
        if event.type not in _TYPES:
            return
        match body_of(event):
            case SessionOpened(cells=cells) | NotebookReloaded(cells=cells) | RecordingResumed(cells=cells):
                self._cells = {cell.cell_id: Text.of(cell.source) for cell in cells}
            case CellAdded(cell_id=cell_id, source=source) | RunScheduled(cell_id=cell_id, source=source):
                # What came as a whole is replaced as a whole; typing beside it may still make a name of it.
                self._cells[cell_id] = Text.of(source)
            case CellRemoved(cell_id=cell_id):
                self._cells.pop(cell_id, None)
            case CellEdited() as body:
                self._edited(body)
            case _:
                pass

    def _edited(self, body: CellEdited) -> None:
        text = self._cells.get(body.cell_id, Text.of(""))
        places = []
        for _, ops in body.changes:
            try:
                text = text.apply(ops)
            except ValueError:
                break
            places.append(_place(ops))
        self._cells[body.cell_id] = text
        if body.cell_id in self.found or not places:
            return
        source = str(text)
        # In units, which are no fewer than characters: so what is looked through is rather too much than too little.
        first, last = min(at for at, _ in places), max(end for _, end in places)
        first -= _pairs(source, first)
        beside = max(_BESIDE, self._names.longest)
        begin = max(0, first - beside)
        # A name that the edit does not touch came as a whole, or was found before.
        spans = self._names.spans(source[begin : last + beside])
        if any(begin + start <= last and begin + end >= first for start, end in spans):
            self.found.add(body.cell_id)


def _pairs(source: str, begin: int) -> int:
    """By how much an offset in units may be beyond that in characters."""
    return 0 if source.isascii() or begin <= 0 else units(source) - len(source)


def _place(ops: list[int | str]) -> tuple[int, int]:
    """Where a change begins and where what it put in ends, in units of the text after it."""
    at = ops[0] if ops and isinstance(ops[0], int) and ops[0] > 0 else 0
    end = 0
    for op in ops:
        if isinstance(op, str):
            end += units(op)
        elif op > 0:
            end += op
    return at, max(at, end)

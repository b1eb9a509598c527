"""Folding one session's events quickly."""

from __future__ import annotations

import msgspec

from prompter_events.catalogue.notebook import CellEdited
from prompter_events.event import Event

from . import notebook
from .fold import body_of
from .notebook import EMPTY, Cell, NotebookState
from .text import Text, joined

_NO_TEXT = Text.of("")


class Replayer(msgspec.Struct, frozen=True):
    """A notebook, folded as ``notebook.fold`` does, and quick about long typing in one cell.

    The cell that is being typed into is kept apart, and put back only when something else happens.
    """

    kept: NotebookState = EMPTY
    cell: Cell | None = None
    """The cell that is typed into; none: ``kept`` tells everything."""
    text: Text = _NO_TEXT
    """That cell's text."""

    @property
    def state(self) -> NotebookState:
        """The notebook after the events taken so far."""
        if self.cell is None:
            return self.kept
        cell = msgspec.structs.replace(self.cell, text=self.text)
        return msgspec.structs.replace(self.kept, table={**self.kept.table, cell.cell_id: cell})

    def take(self, event: Event) -> Replayer:
        """With the next event."""
        if event.type == "cell.edited":
            body = body_of(event)
            if isinstance(body, CellEdited):
                return self.take_burst(event, body)
        return self._folded(event)

    def take_burst(self, event: Event, body: CellEdited) -> Replayer:
        """With the next event, for a caller that has read its body already."""
        cell, text = self.cell, self.text
        kept = self.kept
        if cell is None or cell.cell_id != body.cell_id:
            kept = self.state
            cell = kept.table.get(body.cell_id)
            if cell is None:
                return Replayer(notebook.fold_body(kept, event, body))
            text = cell.text
        try:
            for ops in joined(body.changes):
                text = text.apply(ops)
        except ValueError:
            return Replayer(notebook.fold_body(self.state, event, body))
        if body.withheld and not cell.marked:
            cell = msgspec.structs.replace(cell, marked=True)
        return Replayer(kept, cell, text)

    def _folded(self, event: Event) -> Replayer:
        if event.type not in notebook.FOLDED and self.cell is not None:
            folded = notebook.fold(self.kept, event)
            return self if folded is self.kept else Replayer(folded, self.cell, self.text)
        return Replayer(notebook.fold(self.state, event))

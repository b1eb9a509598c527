"""Cells and their versions: the texts that were given, run, left behind or thrown away, and who wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prov.identifier import QualifiedName

from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_events.event import Event
from prompter_projections.notebook import Cell, NotebookState

from ..session import SessionCells
from .document import Document


@dataclass(slots=True)
class _CellSeen:
    name: QualifiedName
    number: int
    versions: int = 0
    latest: QualifiedName | None = None
    text: str = ""
    """Of the latest version."""
    began_at: int | None = None
    """The first edit since the latest version, µs."""
    edited_at: int = 0
    """The last one."""
    authors: dict[UUID | None, None] | None = None
    """Whose edits they were; none is the participant."""


class Versions:
    """Fills in the cells of a session while its events are read."""

    def __init__(self, document: Document, participant: QualifiedName, notebook: QualifiedName) -> None:
        self._document = document
        self._participant = participant
        self._notebook = notebook
        self._cells: dict[str, _CellSeen] = {}
        self._following = SessionCells()
        self.of_run: dict[UUID, QualifiedName] = {}
        """What each run executed."""

    def take(self, event: Event, body: Body) -> None:
        """The next event."""
        before, after = self._following.take(event, body)
        match body:
            case n.SessionOpened():
                for cell in after.cells:
                    self._given(event, cell)
            case n.NotebookReloaded() | s.RecordingResumed():
                self._replaced(event, before, after)
            case n.CellAdded():
                self._edited(event, body, body.cell_id)
                if body.parents:
                    self._made_of(event, before, after.table[body.cell_id], body.parents)
            case n.CellEdited():
                self._edited(event, body, body.cell_id)
            case n.CellRemoved():
                self._settled(before.table.get(body.cell_id))
            case r.RunScheduled():
                seen = self._seen(body.cell_id, after.table.get(body.cell_id))
                if seen.latest is None or seen.text != body.source:
                    self._version(seen, body.source, event.occurred_at)
                if seen.latest is not None:
                    self.of_run[body.run_id] = seen.latest
            case _:
                pass

    def end(self) -> None:
        """The session's events are over: what was typed last is a version too."""
        for cell in self._following.state.cells:
            self._settled(cell)

    def latest(self, cell_id: str) -> QualifiedName | None:
        """A cell's latest version."""
        seen = self._cells.get(cell_id)
        return None if seen is None else seen.latest

    def _seen(self, cell_id: str, cell: Cell | None) -> _CellSeen:
        known = self._cells.get(cell_id)
        if known is None:
            number = len(self._cells) + 1
            name = self._document.session[f"cell-{number}"]
            kind = None if cell is None else cell.cell_type
            self._document.entity(name, "Cell", {"cell_id": cell_id, "cell_type": kind})
            self._document.member(self._notebook, name)
            known = self._cells[cell_id] = _CellSeen(name, number)
        return known

    def _given(self, event: Event, cell: Cell) -> None:
        seen = self._seen(cell.cell_id, cell)
        if cell.source:
            self._declared(seen, cell.source, {"given": True})

    def _replaced(self, event: Event, before: NotebookState, after: NotebookState) -> None:
        """The file, or a pause, brought other texts: nobody saw who wrote them."""
        for cell in after.cells:
            was = before.table.get(cell.cell_id)
            if was is None or was.source != cell.source:
                self._given(event, cell)

    def _edited(self, event: Event, body: Any, cell_id: str) -> None:
        seen = self._seen(cell_id, self._following.cell(cell_id))
        if seen.began_at is None:
            seen.began_at, seen.authors = event.occurred_at, {}
        seen.edited_at = max(seen.edited_at, event.occurred_at)
        if seen.authors is not None:
            seen.authors[body.author if body.cause == "remote" else None] = None

    def _made_of(self, event: Event, before: NotebookState, cell: Cell, parents: list[str]) -> None:
        """A split or a merge: the cell's text came of those of its parents."""
        of: dict[QualifiedName, None] = {}
        for parent_id in parents:
            if parent_id != cell.cell_id:
                self._settled(before.table.get(parent_id))
                latest = self.latest(parent_id)
                if latest is not None:
                    of[latest] = None
        seen = self._seen(cell.cell_id, cell)
        # A version that was there before came of something else.
        if cell.source and seen.text != cell.source:
            version = self._version(seen, cell.source, event.occurred_at)
            for parent in of:
                self._document.derived(version, parent)

    def _settled(self, cell: Cell | None) -> None:
        if cell is not None:
            seen = self._seen(cell.cell_id, cell)
            if cell.source and seen.text != cell.source:
                self._version(seen, cell.source, seen.edited_at)

    def _version(self, seen: _CellSeen, text: str, at: int) -> QualifiedName:
        """What was written since the last version."""
        before = seen.latest
        began, authors = seen.began_at, seen.authors or {None: None}
        made_at = seen.edited_at if began is not None else at
        version = self._declared(seen, text, {})
        document = self._document
        editing = document.session[f"editing-{seen.number}-{seen.versions}"]
        document.activity(editing, "Editing", began if began is not None else at, made_at, {})
        document.made(version, editing, made_at)
        if before is not None:
            document.used(editing, before)
        for author in authors:
            agent = self._participant
            if author is not None:
                agent = document.agent(document.session[f"author-{author}"], "Person", {})
            document.with_agent(editing, agent, "author")
            document.by(version, agent)
        return version

    def _declared(self, seen: _CellSeen, text: str, attributes: dict[str, bool]) -> QualifiedName:
        before = seen.latest
        seen.versions += 1
        seen.text, seen.began_at, seen.authors = text, None, None
        version = self._document.session[f"cell-{seen.number}-version-{seen.versions}"]
        self._document.entity(version, "CellVersion", {"number": seen.versions, "source": text, **attributes})
        self._document.special(version, seen.name)
        if before is not None:
            self._document.derived(version, before, revision=True)
        seen.latest = version
        return version

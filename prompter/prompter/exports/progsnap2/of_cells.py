"""Rows of sessions, of the notebook's file and of cells."""

from __future__ import annotations

from collections.abc import Iterator

from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import study as s
from prompter_events.catalogue.base import Cause
from prompter_events.event import Event
from prompter_projections.notebook import Cell, NotebookState

from ..session import clean, json_text, percent_script
from .edits import edit_between
from .maker import LinkRow, Made, Maker, Row, initiator, x_type

_EDIT_TYPES: dict[Cause, str] = {
    "paste": "Paste",
    "undo": "Undo",
    "redo": "Redo",
    "drag": "Move",
    "split": "X-Split",
    "merge": "X-Merge",
    "restore": "X-Restore",
}


def opened(
    maker: Maker, event: Event, body: n.SessionOpened, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The session, the notebook as a project, and each cell as a file, with the texts that were there."""
    client = body.client
    names = (client.lab, f"jupyterlab-prompter {client.extension}", body.kernel_name)
    maker.tools = ";".join(clean(name).replace(";", ",") for name in names if name)
    yield LinkRow(
        "LinkSession",
        {
            **maker.who,
            "X-Continues": None if body.continues is None else str(body.continues),
            "X-Shared": body.shared,
            "X-Kernel": clean(body.kernel_name),
            "X-Client": clean(client.lab),
        },
    )
    yield from maker.state(percent_script(after))
    whole = {"CodeStateID": maker.last}
    yield maker.row(event, "Session.Start", whole)
    yield maker.row(event, "Project.Open", whole)
    for index, cell in enumerate(after.cells):
        yield from maker.cell_state(cell)
        about = maker.section(cell.cell_id, cell)
        yield maker.row(event, "File.Open", about, {"X-CellIndex": index, "EventInitiator": "UserIndirectAction"})


def closed(
    maker: Maker, event: Event, body: n.SessionClosed, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The end of the project and of the session, with the whole notebook as it stood."""
    yield from maker.state(percent_script(after))
    whole = {"CodeStateID": maker.last}
    yield maker.row(event, "Project.Close", whole)
    yield maker.row(event, "Session.End", whole, {"X-Data": json_text(body)})


def saved(
    maker: Maker, event: Event, body: n.NotebookSaved, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The file was written; the code state is the whole notebook, some keys further where somebody typed meanwhile."""
    yield from maker.state(percent_script(after))
    yield maker.row(event, "File.Save", {"CodeStateID": maker.last, "CodeStateSection": maker.file(after.path)})


def renamed(
    maker: Maker, event: Event, body: n.NotebookRenamed, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The notebook has a new path."""
    paths = {"CodeStateSection": maker.file(before.path), "DestinationCodeStateSection": maker.file(body.path)}
    yield maker.row(event, "File.Rename", paths, {"EventInitiator": "UserDirectAction"})


def replaced(
    maker: Maker,
    event: Event,
    body: n.NotebookReloaded | s.RecordingResumed,
    before: NotebookState,
    after: NotebookState,
) -> Iterator[Made]:
    """All cells anew: one row for the event, then one for each cell that differs."""
    yield maker.row(event, x_type(event.type))
    for cell_id in before.order:
        if cell_id not in after.table:
            about = maker.section(cell_id, before.table[cell_id])
            yield maker.row(event, "File.Delete", about, {"EventInitiator": "ToolReaction"})
            maker.texts.pop(cell_id, None)
    for index, cell in enumerate(after.cells):
        was = before.table.get(cell.cell_id)
        if was is None:
            yield from _created(maker, event, cell, index, "tool")
        elif was.source != cell.source:
            yield from _changed(maker, event, (was, cell), "X-Reload", "tool")


def added(maker: Maker, event: Event, body: n.CellAdded, before: NotebookState, after: NotebookState) -> Iterator[Made]:
    """A cell is a new file."""
    yield from _created(maker, event, after.table[body.cell_id], body.index, body.cause)


def removed(
    maker: Maker, event: Event, body: n.CellRemoved, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """The file is gone; the code state is what it held."""
    about = maker.section(body.cell_id, before.table.get(body.cell_id))
    cause: Row = {"X-CellIndex": body.index, "EventInitiator": initiator(body.cause)}
    yield maker.row(event, "File.Delete", about, cause)
    maker.texts.pop(body.cell_id, None)


def edited(
    maker: Maker, event: Event, body: n.CellEdited, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """One burst of typing."""
    was, cell = before.table.get(body.cell_id), after.table.get(body.cell_id)
    if was is None or cell is None:
        # Of a cell that nobody saw coming: the edit happened, and what it made is not known.
        kind = {"EditType": _EDIT_TYPES.get(body.cause, "GenericEdit"), "EventInitiator": initiator(body.cause)}
        yield maker.row(event, "File.Edit", maker.section(body.cell_id), kind)
        return
    yield from _changed(maker, event, (was, cell), _EDIT_TYPES.get(body.cause), body.cause)


def focused(
    maker: Maker, event: Event, body: n.FocusChanged, before: NotebookState, after: NotebookState
) -> Iterator[Made]:
    """A cell came into focus; to leave the page or all cells has no name in ProgSnap2."""
    if body.cell_id is None or not body.visible:
        yield maker.other(event, body)
        return
    about = maker.section(body.cell_id, after.table.get(body.cell_id))
    yield maker.row(event, "File.Focus", about, {"EventInitiator": initiator(body.cause)})


def _created(maker: Maker, event: Event, cell: Cell, index: int, cause: Cause) -> Iterator[Made]:
    yield from maker.cell_state(cell)
    about = maker.section(cell.cell_id, cell)
    yield maker.row(event, "File.Create", about, {"X-CellIndex": index, "EventInitiator": initiator(cause)})


def _changed(
    maker: Maker, event: Event, texts: tuple[Cell, Cell], edit_type: str | None, cause: Cause
) -> Iterator[Made]:
    was, cell = texts
    edit = edit_between(clean(was.source), clean(cell.source))
    yield from maker.cell_state(cell)
    yield maker.row(
        event,
        "File.Edit",
        maker.section(cell.cell_id, cell),
        {
            "EditType": edit_type or edit.kind,
            "EventInitiator": initiator(cause),
            "SourceLocation": edit.location,
            "InsertText": edit.inserted or None,
            "DeleteText": edit.deleted or None,
            "DeleteLength": len(edit.deleted) or None,
        },
    )

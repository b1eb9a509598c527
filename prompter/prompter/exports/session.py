"""What the exports to the field's standards share: facts of a session, its cells as they change, times and texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import msgspec

from prompter_events.catalogue import Body
from prompter_events.catalogue.runs import RunFinished
from prompter_events.event import Event
from prompter_projections.notebook import EMPTY, Cell, NotebookState, fold_body
from prompter_projections.text import well_formed

from .stream import ReleasedSession

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def by_notebook(sessions: Iterable[ReleasedSession]) -> list[list[ReleasedSession]]:
    """The sessions of each notebook together, notebooks and sessions in the order in which they came.

    Prompts live as long as their notebook, so what one session asks another one may answer.
    """
    found: dict[str, list[ReleasedSession]] = {}
    for session in sessions:
        found.setdefault(notebook_of(session), []).append(session)
    return list(found.values())


def notebook_of(session: ReleasedSession) -> str:
    """The notebook's id, the same in all sessions of one participant's file.

    The session's own id where the server never accepted it, so that nobody knows which notebook it is.
    """
    return str(session.session_id if session.notebook_id is None else session.notebook_id)


class SessionCells:
    """The cells of one session as its events are read, one after another."""

    def __init__(self) -> None:
        self.state: NotebookState = EMPTY

    def take(self, event: Event, body: Body) -> tuple[NotebookState, NotebookState]:
        """The notebook before and after an event with this body."""
        before = self.state
        if event.type == "notebook.saved":
            # It changes nothing, and to check its digest is the work of `prompter quality`.
            return before, before
        if isinstance(body, RunFinished):
            body = msgspec.structs.replace(body, outputs=[], error=None)
        after = fold_body(before, event, body)
        if after.notes:
            after = msgspec.structs.replace(after, notes=(), more_notes=0)
        self.state = after
        return before, after

    def cell(self, cell_id: str | None) -> Cell | None:
        """A cell as it stands; none if it is not there."""
        return None if cell_id is None else self.state.table.get(cell_id)


def clean(text: str) -> str:
    """A text as every reader takes it: half an emoji becomes the replacement character, NUL its picture ``␀``."""
    return well_formed(text).replace("\0", "\u2400")


def iso_time(micros: int) -> str:
    """µs since the epoch in ISO 8601, UTC, always with six decimals: ``2026-06-09T13:02:00.000000+00:00``."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds")


def percent_script(state: NotebookState) -> str:
    """A whole notebook as a script in the percent format: ``# %%`` before each cell, markdown and raw as comments."""
    parts: list[str] = []
    for cell in state.cells:
        source = clean(cell.source)
        if cell.cell_type == "code":
            parts.append(f"# %%\n{source}\n")
        else:
            lines = "\n".join(f"# {line}".rstrip() for line in source.split("\n"))
            parts.append(f"# %% [{cell.cell_type}]\n{lines}\n")
    return "\n".join(parts)


def json_text(value: Any) -> str:
    """A payload or a part of one as one line of JSON: ids as text, digests in Base64, keys sorted, NaN as null."""
    return clean(json.dumps(_finite(msgspec.to_builtins(value)), ensure_ascii=False, sort_keys=True))


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity; a score may be one."""
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return value

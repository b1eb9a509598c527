"""Rows for a study's frames: an export's rows, and beside them what is derived from the same events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from prompter_events import NO_SESSION
from prompter_events.catalogue.notebook import CellEdited
from prompter_events.catalogue.runs import RunFinished, RunScheduled
from prompter_projections.current import BY_THE_SERVER
from prompter_projections.fold import body_of

from ..exports import Released, ReleasedLog, ReleasedSession
from ..exports.rows import SessionRows, event_row, prompt_rows
from ..exports.tables import CELLS, SESSIONS, Row, Table

PAUSE = 5 * 60 * 1_000_000
"""A longer time without an event of the page is no work, µs. ``prompter simulate`` counts the same."""


async def rows_of_events(
    released: ReleasedLog,
    session: ReleasedSession | None,
    types: Sequence[str] | None,
    since: int | None,
    until: int | None,
) -> AsyncIterator[Row]:
    """Events that occurred in ``since`` ≤ t < ``until``, µs since the epoch, by position."""
    conditions = {str(one.session_id): one.condition or None for one in released.sessions}
    events = released.events(types) if session is None else released.events_of(session.session_id)
    async for event in events:
        if types is not None and event.type not in types:
            continue
        if (since is None or event.occurred_at >= since) and (until is None or event.occurred_at < until):
            row = event_row(event)
            body = event.released
            yield row | {
                "condition": None if event.session_id == NO_SESSION else conditions.get(str(event.session_id)),
                "cell_id": getattr(body, "cell_id", None),
                "run_id": getattr(body, "run_id", None),
                "prompt_id": getattr(body, "prompt_id", None),
            }


async def rows_of_sessions(
    released: ReleasedLog, sessions: Sequence[ReleasedSession], wanted: Table
) -> AsyncIterator[Row]:
    """Rows of the tables that are made session by session: sessions, cells, runs, edits."""
    answers = await _answers(released) if wanted is CELLS else {}
    for session in sessions:
        making, derived = SessionRows(session, released.called), _Derived(session)
        async for event in released.events_of(session.session_id):
            derived.take(event)
            for table, row in making.take(event):
                if table is wanted:
                    yield row | {"condition": session.condition or None}
        for table, row in making.end():
            if table is wanted:
                yield row | {"condition": session.condition or None} | derived.of(table, row, answers)


async def rows_of_prompts(released: ReleasedLog, session: ReleasedSession | None) -> AsyncIterator[Row]:
    """Questions, and what was held back, by position; of one session those that were issued in it."""
    conditions = {str(one.session_id): one.condition or None for one in released.sessions}
    async for row in prompt_rows(released):
        if session is None or row["session_id"] == str(session.session_id):
            answered = row["status"] == "answered" and row["shown_at"] is not None
            delay = max(0, row["ended_at"] - row["shown_at"]) if answered else None
            yield row | {"condition": conditions.get(row["session_id"]), "delay": delay}


_Answers = dict[tuple[str, UUID | None, str], str]
"""The latest answer by participant, notebook and cell."""


async def _answers(released: ReleasedLog) -> _Answers:
    notebooks = {str(one.session_id): one.notebook_id for one in released.sessions}
    found: dict[tuple[str, UUID | None, str], tuple[int, int, str]] = {}
    async for row in prompt_rows(released):
        answer = (row["text"] or "") or row["choice"] if row["status"] == "answered" else None
        if answer:
            place = (row["participant"], notebooks.get(row["session_id"]), row["cell_id"])
            told = (row["ended_at"] or 0, row["position"], answer)
            found[place] = max(found.get(place, told), told)
    return {place: answer for place, (_, _, answer) in found.items()}


class _Derived:
    """What the export's rows of a session do not tell."""

    def __init__(self, session: ReleasedSession) -> None:
        self._session = session
        self._worked = 0
        self._last: int | None = None
        self._edits: dict[str, int] = {}
        self._first_runs: dict[str, tuple[int, int]] = {}
        """When each cell was first run, µs, and how many bursts of edits it had had by then."""
        self._cells: dict[UUID, str] = {}
        """The cells of runs."""
        self._errors: dict[str, int] = {}

    def take(self, event: Released) -> None:
        """The session's next event."""
        if event.type not in BY_THE_SERVER:
            if self._last is not None and 0 < event.occurred_at - self._last <= PAUSE:
                self._worked += event.occurred_at - self._last
            self._last = max(self._last or 0, event.occurred_at)
        match body_of(event):
            case CellEdited(cell_id=cell_id, cause=cause) if cause != "remote":
                self._edits[cell_id] = self._edits.get(cell_id, 0) + 1
            case RunScheduled(cell_id=cell_id, run_id=run_id):
                self._cells[run_id] = cell_id
                self._first_runs.setdefault(cell_id, (event.occurred_at, self._edits.get(cell_id, 0)))
            case RunFinished(run_id=run_id, status="error") if run_id in self._cells:
                cell_id = self._cells.pop(run_id)
                self._errors[cell_id] = self._errors.get(cell_id, 0) + 1
            case _:
                pass

    def of(self, table: Table, row: Row, answers: _Answers) -> Row:
        """The derived columns of a row."""
        if table is SESSIONS:
            return {"length": max(0, row["last_at"] - row["began_at"]), "worked": self._worked}
        if table is CELLS:
            cell_id = row["cell_id"]
            ran_at, edits = self._first_runs.get(cell_id, (None, self._edits.get(cell_id, 0)))
            return {
                "errors": self._errors.get(cell_id, 0),
                "first_run_at": ran_at,
                "edits_before_first_run": edits,
                "characterization": answers.get((row["participant"], self._session.notebook_id, cell_id)),
            }
        return {}

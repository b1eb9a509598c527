"""Rows of the tables, made of released events: of one session at a time, and of the prompts of all."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from prompter_events.catalogue.notebook import CellEdited, SessionAccepted, SessionOpened
from prompter_events.catalogue.prompts import (
    PromptAmended,
    PromptAnswered,
    PromptDismissed,
    PromptIssued,
    PromptSuppressed,
)
from prompter_events.catalogue.runs import KernelFacts, RunFinished, RunScheduled, RunStarted
from prompter_events.catalogue.study import CaptureLost
from prompter_events.event import NO_SESSION
from prompter_projections.current import BY_THE_SERVER, CurrentProjection, CurrentState
from prompter_projections.fold import body_of
from prompter_projections.prompts import PromptsProjection, PromptState
from prompter_projections.text import units

from .released import Released
from .stream import ReleasedLog, ReleasedSession
from .tables import CELLS, EDITS, EVENTS, PROMPTS, RUNS, SESSIONS, Row, Table

_CURRENT = CurrentProjection()
_PROMPT = PromptsProjection()


def as_json(value: Any) -> str:
    """One JSON text; ids as text, bytes in base64."""
    # What is no number (NaN) becomes null: JSON has no word for it.
    return msgspec.json.encode(value).decode()


async def rows(released: ReleasedLog) -> AsyncIterator[tuple[Table, Row]]:
    """Every row of every table. Those of one table stand in the order that the table says."""
    async for event in released.events():
        yield EVENTS, event_row(event)
    sessions = released.sessions
    for number, session in enumerate(sessions, 1):
        making = SessionRows(session, released.called)
        async for event in released.events_of(session.session_id):
            for made in making.take(event):
                yield made
        for made in making.end():
            yield made
        released.tell("sessions", number, len(sessions))
    async for row in prompt_rows(released):
        yield PROMPTS, row


def event_row(event: Released) -> Row:
    """One event."""
    return {
        "position": event.position,
        "session_id": None if event.session_id == NO_SESSION else str(event.session_id),
        "participant": event.participant or None,
        "study": event.study,
        "producer_id": str(event.producer_id),
        "producer_seq": event.producer_seq,
        "type": event.type,
        "schema_version": event.schema_version,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "body": None if event.released is None else as_json(event.released),
    }


def edit_rows(event: Released, body: CellEdited, author: str | None) -> Iterator[Row]:
    """The changes of one burst."""
    for number, (dt, ops) in enumerate(body.changes):
        yield {
            "session_id": str(event.session_id),
            "participant": event.participant,
            "cell_id": body.cell_id,
            "position": event.position,
            "change": number,
            "at": event.occurred_at + dt * 1_000,
            "cause": body.cause,
            "author": author,
            "offset": ops[0] if ops and isinstance(ops[0], int) and ops[0] > 0 else 0,
            "inserted": sum(units(op) for op in ops if isinstance(op, str)),
            "deleted": -sum(op for op in ops if isinstance(op, int) and op < 0),
            "withheld": body.withheld,
            "ops": as_json(ops),
        }


class SessionRows:
    """One session: its edits as they come, its runs in their order, and at the end its cells and its own row."""

    def __init__(self, session: ReleasedSession, called: Callable[[UUID], str]) -> None:
        """``called`` says how the participant with a released id is called."""
        self._session = session
        self._called = called
        self._state: CurrentState | None = None
        self._runs: dict[UUID, Row] = {}
        """Those of which something may still come."""
        self._finished: deque[UUID] = deque()
        """Those of them that ended."""
        self._known: set[UUID] = set()
        self._versions: dict[str, int] = {}
        self._facts: Row = {
            "kernel_name": "",
            "continues": None,
            "shared": False,
            "clock_offset_ms": None,
            "closed": False,
            "lost_events": 0,
            "events": 0,
            "first_position": None,
        }

    def take(self, event: Released) -> Iterator[tuple[Table, Row]]:
        """The session's next event; the rows that it completes."""
        facts = self._facts
        state = _CURRENT.settle(_CURRENT.fold(self._state, event))
        self._state = state
        facts["events"] += 1
        facts["first_position"] = facts["first_position"] or event.position
        if event.type not in BY_THE_SERVER:
            facts["closed"] = event.type == "session.closed"
        match body_of(event):
            case CellEdited() as body:
                author = None if body.author is None else self._called(body.author)
                for row in edit_rows(event, body, author):
                    yield EDITS, row
            case SessionOpened() as body:
                facts["kernel_name"], facts["shared"] = body.kernel_name, body.shared
                facts["continues"] = None if body.continues is None else str(body.continues)
            case SessionAccepted(clock_offset_ms=offset):
                facts["clock_offset_ms"] = offset
            case CaptureLost(count=count):
                facts["lost_events"] += count
            case RunScheduled() | RunStarted() | RunFinished() | KernelFacts() as body:
                self._ran(event, body)
                for row in self._ready():
                    yield RUNS, row
            case _:
                pass

    def end(self) -> Iterator[tuple[Table, Row]]:
        """What is left to say of the session."""
        for row in self._runs.values():
            yield RUNS, row
        for row in self._cells():
            yield CELLS, row
        yield SESSIONS, self._row()

    def _ran(self, event: Released, body: RunScheduled | RunStarted | RunFinished | KernelFacts) -> None:
        if isinstance(body, RunScheduled):
            if body.run_id not in self._known:
                self._known.add(body.run_id)
                self._runs[body.run_id] = self._scheduled(event, body)
            return
        row = None if body.run_id is None else self._runs.get(body.run_id)
        if row is None:
            return
        match body:
            case RunStarted():
                row["started_at"] = event.occurred_at
            case RunFinished() if row["finished_at"] is None:
                row |= _finished(event, body)
                self._finished.append(body.run_id)
            case KernelFacts():
                row |= {"figures": body.figures, "names_read": as_json(body.read), "names_bound": as_json(body.bound)}
            case _:
                pass

    def _scheduled(self, event: Released, body: RunScheduled) -> Row:
        self._versions[body.cell_id] = version = self._versions.get(body.cell_id, 0) + 1
        row: Row = dict.fromkeys(RUNS.names)
        return row | {
            "session_id": str(event.session_id),
            "participant": event.participant,
            "run_id": str(body.run_id),
            "cell_id": body.cell_id,
            "cell_version": version,
            "source": body.source,
            "scheduled_at": event.occurred_at,
            "status": "unfinished",
            "position": event.position,
        }

    def _ready(self) -> Iterator[Row]:
        """The runs of which everything was said, and the oldest of too many that never end."""
        while len(self._finished) > _LATE_FACTS:
            yield self._runs.pop(self._finished.popleft())
        while len(self._runs) > _OPEN_RUNS:
            yield self._runs.pop(next(iter(self._runs)))

    def _cells(self) -> Iterator[Row]:
        if self._state is None:
            return
        for _, made in _CURRENT.rows(None, self._state):
            for row in made:
                if "place" in row:
                    named = {name: row.get(name) for name in CELLS.names}
                    yield named | {
                        "session_id": str(row["session_id"]),
                        "participant": self._session.participant,
                        "parents": as_json(json.loads(str(row["parents"]))),
                    }

    def _row(self) -> Row:
        session, state = self._session, self._state
        made: Row = dict.fromkeys(SESSIONS.names)
        made |= {name: value for name, value in self._facts.items() if name in made}
        made |= {
            "session_id": str(session.session_id),
            "participant": session.participant,
            "study": session.study,
            "condition": session.condition or None,
            "pilot": session.pilot,
            "notebook_id": None if session.notebook_id is None else str(session.notebook_id),
            "notebook_path": session.notebook_path,
            "began_at": session.began_at,
            "last_at": session.began_at,
            "first_position": self._facts["first_position"] or 0,
        }
        if state is not None:
            made |= {
                "last_at": state.last_at or session.began_at,
                "last_position": state.last_position,
                "cells": len(state.notebook.order),
                "edits": state.edits,
                "changes": state.keystrokes,
                "runs": state.runs,
                "errors": state.errors,
                "prompts": state.prompts,
                "answers": state.answers,
            }
        return made


_LATE_FACTS = 16
"""Runs that are held after their end, since the kernel tells of a run a moment later."""

_OPEN_RUNS = 1_000
"""Runs that are held at once: more than wait in a kernel's queue. Those that never end must not add up."""


def _finished(event: Released, body: RunFinished) -> Row:
    texts = [output.text for output in body.outputs if output.text is not None]
    row: Row = {
        "finished_at": event.occurred_at,
        "status": body.status,
        "execution_count": body.execution_count,
        "duration_ms": body.duration_ms,
        "outputs": len(body.outputs),
        "output_bytes": sum(output.bytes for output in body.outputs),
        "output_text": "\n".join(texts) if texts else None,
    }
    if body.error is not None:
        row |= {
            "error_name": body.error.name,
            "error_message": body.error.message,
            "traceback": body.error.traceback,
        }
    return row


_LIFE = tuple(
    f"prompt.{what}"
    for what in (
        "issued",
        "shown",
        "snoozed",
        "answered",
        "amended",
        "dismissed",
        "expired",
        "withdrawn",
    )
)
_BEGIN = ("prompt.issued", "prompt.suppressed")


class _Prompt(msgspec.Struct):
    """A prompt while its life is read."""

    state: PromptState | None = None
    study: str = ""
    participant: str = ""
    author: str = ""
    reason: str | None = None
    drafting_ms: int | None = None
    amended: bool = False


async def prompt_rows(released: ReleasedLog) -> AsyncIterator[Row]:
    """All prompts by position. Those that were asked are held: an answer may come on another day.

    Of those that were held back there are many more, with nothing to come, so the log is read once more for them.
    """
    prompts: dict[bytes, _Prompt] = {}
    async for event in released.events(types=_LIFE, what="answers"):
        key = _PROMPT.key(event)
        if key is None:
            continue
        known = prompts.setdefault(key, _Prompt())
        if isinstance(body := body_of(event), PromptIssued) and known.state is None:
            known.study, known.participant, known.author = event.study, event.participant, body.author
        _lived(known, event)
    async for event in released.events(types=_BEGIN, what="questions"):
        if isinstance(body := body_of(event), PromptSuppressed):
            yield _held_back(event, body)
        elif (key := _PROMPT.key(event)) is not None and (asked := prompts.pop(key, None)) is not None:
            yield _prompt_row(asked)


def _lived(known: _Prompt, event: Released) -> None:
    before = None if known.state is None or known.state.prompt is None else known.state.prompt.status
    known.state = _PROMPT.fold(known.state, event)
    match body_of(event):
        case PromptAnswered(drafting_ms=drafting) if before not in ("answered", None):
            known.drafting_ms, known.reason = drafting, None
        case PromptAmended() if before == "answered":
            known.amended = True
        case PromptDismissed(reason=reason) if before in ("issued", "shown", "snoozed"):
            known.reason = reason
        case _:
            pass


def _held_back(event: Released, body: PromptSuppressed) -> Row:
    row: Row = dict.fromkeys(PROMPTS.names)
    return row | {
        "session_id": str(event.session_id),
        "participant": event.participant,
        "study": event.study,
        "cell_id": body.cell_id,
        "run_id": None if body.run_id is None else str(body.run_id),
        "cell_version": body.cell_version,
        "rule": body.rule,
        "question": body.question,
        "status": "held back",
        "reason": body.reason or None,
        "issued_at": body.decided_at,
        "amended": False,
        "position": event.position,
    }


def _prompt_row(known: _Prompt) -> Row:
    state = known.state
    assert state is not None  # noqa: S101 - only issued prompts are in the order
    prompt = state.prompt
    assert prompt is not None  # noqa: S101 - as above
    answered = prompt.status == "answered"
    row = {name: value for name, value in asdict(prompt).items() if name in PROMPTS.names}
    return row | {
        "prompt_id": str(prompt.prompt_id),
        "session_id": str(prompt.session_id),
        "participant": known.participant,
        "study": known.study,
        "run_id": None if prompt.run_id is None else str(prompt.run_id),
        "author": known.author,
        "choices": as_json(prompt.choices),
        "deliver": prompt.deliver or None,
        "reason": known.reason,
        "chosen": as_json(state.taken) if answered else None,
        "drafting_ms": known.drafting_ms,
        "amended": known.amended,
    }

"""The endpoints of the review at the end: ending a session, and the questions that were held for then.

A person ends their own sessions and sees the reviews of their own notebooks. Whatever else is asked for is not there.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid5

import tornado.web
from jupyter_server.auth.decorator import authorized

from prompter_events import Log, NotebookId, ParticipantId, Position, ProducerId, SessionId, draft
from prompter_events.catalogue.runs import FrameFact
from prompter_events.catalogue.study import PARTICIPANT, StudyEnded
from prompter_events.clock import now_micros
from prompter_projections import (
    PromptsProjection,
    ReviewItem,
    UnknownNotebook,
    UnknownSession,
    review_of,
)

from .follower import notebook_of
from .personal import PersonalHandler, told_outputs
from .policy import Prompting
from .service import Running

_ENDING = UUID("6d0b8a52-9a3c-5c1e-8f0a-2b7e4d9c1a35")
"""Namespace of the producers that end sessions: one for each session, so that ending is exactly once."""

_DECIDE_SECONDS = 30.0
"""How long the policy may take to come to the end of the log: some seconds after a restart in the middle of a study."""

_LOOK_SECONDS = 0.5
"""How often it is looked whether a worker in another process has come so far."""


class EndSessionHandler(PersonalHandler):
    """``prompter/end-session``: ends a session of this person and tells what the review asks."""

    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        """Takes ``{"session_id": …}``. To end a session once more changes nothing, and tells the same."""

        async def answer(running: Running, participant_id: ParticipantId) -> dict[str, Any]:
            session_id = SessionId(_id_in(self.get_json_body(), "session_id"))
            notebook_id = await end_session(running.log, participant_id, session_id, by=PARTICIPANT)
            await _made_up(running)
            return await _told(running, participant_id, notebook_id)

        await self.tell(answer, unknown="there is no such session")


class ReviewHandler(PersonalHandler):
    """``prompter/review?notebook_id=…``: the questions of a notebook that were held for the end.

    With ``ended=true``, just after others ended a session of it, it is told when what is asked has been made up.
    """

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """One item for each cell, in the notebook's order; the answered ones too until the review is finished."""

        async def answer(running: Running, participant_id: ParticipantId) -> dict[str, Any]:
            asked = {"notebook_id": self.get_query_argument("notebook_id", "")}
            if self.get_query_argument("ended", "") == "true":
                await _made_up(running)
            return await _told(running, participant_id, NotebookId(_id_in(asked, "notebook_id")))

        await self.tell(answer, unknown="there is no such notebook")


def _id_in(said: object, name: str) -> UUID:
    """The id that a request names. Raises ``UnknownNotebook``: whatever is no id names nothing."""
    value = said.get(name) if isinstance(said, dict) else None
    try:
        return UUID(str(value))
    except ValueError:
        raise UnknownNotebook(NotebookId(UUID(int=0))) from None


async def end_session(log: Log, participant_id: ParticipantId, session_id: SessionId, *, by: str) -> NotebookId:
    """Append ``study.ended`` and return the session's notebook. A session ends once, whoever ends it: the first one.

    Raises ``UnknownSession`` for one that is not there or not this person's, ``BatchRefused`` for somebody erased.
    """
    if await log.session_owner(session_id) != participant_id:
        raise UnknownSession(session_id)
    notebook_id = await notebook_of(log, session_id)
    if notebook_id is None:
        raise UnknownSession(session_id)
    producer_id = ProducerId(uuid5(_ENDING, str(session_id)))
    event = draft(
        StudyEnded(by=by),
        session_id=session_id,
        producer_id=producer_id,
        producer_seq=1,
        participant_id=participant_id,
        occurred_at=now_micros(),
    )
    await log.append(producer_id, [event])
    return notebook_id


async def _made_up(running: Running) -> None:
    """Wait until what is asked at the end is decided.

    What the policy decides is in the log when its checkpoint is; then the read model takes it in.
    """
    for name in (Prompting.name, PromptsProjection.name):
        head = await running.log.head()
        await _caught_up(running, name, head.position)


async def _caught_up(running: Running, name: str, position: Position) -> None:
    """Wait until a projection has come so far, in this process or in another one. Raises ``TimeoutError``."""
    worker = next((worker for worker in running.workers if worker.name == name), None)
    async with asyncio.timeout(_DECIDE_SECONDS):
        while (await running.log.checkpoint(name)).position < position:
            if worker is None:
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await worker.caught_up(position)
            except TimeoutError:
                continue


async def _told(running: Running, participant_id: ParticipantId, notebook_id: NotebookId) -> dict[str, Any]:
    review = await review_of(running.log, participant_id, notebook_id)
    return {
        "notebook_id": str(notebook_id),
        "path": review.path,
        "ended": review.ended,
        "then": running.settings.study.then_for(participant_id),
        "items": [_item(item) for item in review.items],
    }


def _item(item: ReviewItem) -> dict[str, Any]:
    held, cell = item.question, item.cell
    issued = held.issued
    return {
        "prompt_id": str(issued.prompt_id),
        "cell_id": issued.cell_id,
        "question": issued.question,
        "choices": issued.choices,
        "multiple": issued.multiple,
        "text": issued.text,
        "language": issued.language,
        "asked_at": issued.decided_at,
        "fate": held.fate,
        "answer": held.answer and {"choices": list(held.answer.choices), "text": held.answer.text},
        "place": item.place,
        "gone": item.gone,
        "cell": cell
        and {
            "at": cell.at,
            "type": cell.cell_type,
            "source": cell.source,
            "withheld": cell.withheld,
            "status": cell.status,
            "number": cell.number,
            "of": cell.of,
            "duration_ms": cell.duration_ms,
            **told_outputs(cell.outputs, cell.error),
            "frames": [_frame(frame) for frame in cell.frames],
        },
    }


def _frame(frame: FrameFact) -> dict[str, Any]:
    return {
        "name": frame.name,
        "kind": frame.kind,
        "before": frame.before and {"rows": frame.before.rows, "columns": frame.before.columns},
        "after": frame.after and {"rows": frame.after.rows, "columns": frame.after.columns},
    }

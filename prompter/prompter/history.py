"""The endpoints of the history panel: the moments of a notebook, and the notebook as it stood.

A person sees the sessions of their own participant id. Whatever else is asked for is not there.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

import msgspec
import tornado.web
from jupyter_server.auth.decorator import authorized

from prompter_events import Log, ParticipantId, SessionId
from prompter_projections import Cell, UnknownSession, notebook_at
from prompter_projections.history import chain_of, moments

from .personal import PersonalHandler, told_outputs
from .service import Running

SESSION = r"(?P<session>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
POSITION = r"(?P<position>[0-9]{1,15})"

PAGE_MOMENTS = 1_000
"""The most moments of one answer: more than a day's work, and a list that a browser shows at once."""


class _HistoryHandler(PersonalHandler):
    """A session in the path."""

    @tornado.web.authenticated
    @authorized
    async def get(self, session: str, **path: str) -> None:
        """JSON, or one line."""

        async def answer(running: Running, participant_id: ParticipantId) -> dict[str, Any]:
            return await self.answer(running.log, participant_id, SessionId(UUID(session)), **path)

        await self.tell(answer, unknown="there is no such history")

    @abstractmethod
    async def answer(
        self, log: Log, participant_id: ParticipantId, session_id: SessionId, **path: str
    ) -> dict[str, Any]:
        """What was asked for. Raises ``UnknownSession``."""


class MomentsHandler(_HistoryHandler):
    """``prompter/history/SESSION``: the moments of a notebook, also those before the page was loaded again.

    ``?until=N`` asks for those before the N-th, counted from 0; without it the latest ones come. ``first`` is the
    number of the first one that is told; ``withheld`` names the cells of whose text a part was not recorded.
    """

    async def answer(
        self, log: Log, participant_id: ParticipantId, session_id: SessionId, **path: str
    ) -> dict[str, Any]:
        """As the class says."""
        found = await moments(log, await chain_of(log, session_id, participant_id))
        told = found.told()
        asked = self.get_query_argument("until", "")
        until = min(int(asked[:15]), len(told)) if asked.isascii() and asked.isdigit() else len(told)
        first = max(0, until - PAGE_MOMENTS)
        return {
            "first": first,
            "moments": msgspec.to_builtins(told[first:until]),
            "withheld": sorted(found.withheld),
        }


class NotebookHandler(_HistoryHandler):
    """``prompter/history/SESSION/POSITION``: the cells of a notebook as they stood after that event."""

    async def answer(
        self, log: Log, participant_id: ParticipantId, session_id: SessionId, **path: str
    ) -> dict[str, Any]:
        """As the class says."""
        if await log.session_owner(session_id) != participant_id:
            raise UnknownSession(session_id)
        notebook = await notebook_at(log, session_id, position=int(path["position"]))
        return {"path": notebook.state.path, "cells": [_cell(cell) for cell in notebook.cells]}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "id": cell.cell_id,
        "type": cell.cell_type,
        "source": cell.source,
        "status": cell.status,
        "count": cell.execution_count,
        **told_outputs(cell.outputs, cell.error),
    }

"""The endpoint of the side panel: what a person answered in a notebook, also on earlier days.

A person sees the answers of their own participant id.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler

from prompter_events import LogError, NotebookId
from prompter_projections import CurrentPrompt, PromptState, answered_prompts

from .handlers import AUTH_RESOURCE
from .participant import participant_name
from .service import Service

MOST_ANSWERS = 200
"""Of one notebook: more than weeks of work bring, and a list that a browser shows at once."""


class AnswersHandler(APIHandler):
    """``prompter/answers?notebook_id=UUID``: the latest answers first."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, service: Service) -> None:
        """Keep the service, whose log is read."""
        self._service = service

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """JSON. 400 for what is no notebook's id, 503 while the log cannot be read."""
        try:
            notebook_id = NotebookId(UUID(self.get_query_argument("notebook_id", "")))
        except ValueError:
            self._say(400, "notebook_id is a UUID")
            return
        running = await self._service.ready()
        if running is None:
            self._say(503, self._service.told(self._service.reason))
            return
        name = participant_name(running.settings, self.current_user, self.identity_provider, os.environ)
        try:
            participant_id = await running.log.participant(name)
            found = await answered_prompts(running.log, participant_id, notebook_id, MOST_ANSWERS)
        except LogError as error:
            self._say(503, self._service.told(str(error)))
        else:
            self.finish({"answers": [_told(state, state.prompt) for state in found if state.prompt is not None]})

    def _say(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish({"message": message})


def _told(state: PromptState, prompt: CurrentPrompt) -> dict[str, Any]:
    return {
        "prompt_id": str(prompt.prompt_id),
        "notebook_id": str(prompt.notebook_id),
        "cell_id": prompt.cell_id,
        "question": prompt.question,
        "choices": list(prompt.choices),
        "language": prompt.language,
        "multiple": state.multiple,
        "text": state.wants,
        "taken": list(state.taken),
        "words": prompt.text or "",
        "answered_at": prompt.ended_at,
        "amended_at": state.amended_at,
    }

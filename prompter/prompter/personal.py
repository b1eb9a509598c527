"""What an endpoint does that tells people about their own work: who asks, and one line for whatever fails."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from jupyter_server.base.handlers import APIHandler

from prompter_events import BatchRefused, LogError, ParticipantId
from prompter_events.catalogue.runs import RunError, RunOutput
from prompter_projections import UnknownNotebook, UnknownSession, WorkerStopped

from .handlers import AUTH_RESOURCE
from .participant import participant_name
from .service import Running, Service

_MOST_OUTPUTS = 20
"""Of a cell, as many as a panel can show; the log holds them all."""

_OUTPUT_CHARACTERS = 20_000
"""Of an output's text, likewise."""


class PersonalHandler(APIHandler):
    """Knows who asks. Its methods are authenticated and authorized where they stand."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, service: Service) -> None:
        """Keep the service, whose log is read."""
        self._service = service

    async def tell(
        self, answer: Callable[[Running, ParticipantId], Awaitable[dict[str, Any] | None]], *, unknown: str
    ) -> None:
        """JSON, unless ``answer`` returns none: then it has sent its own.

        404 with the line ``unknown`` for what is not there or not this person's, 503 while the log fails.
        """
        running = await self._service.ready()
        if running is None:
            self._say(503, self._service.told(self._service.reason))
            return
        name = participant_name(running.settings, self.current_user, self.identity_provider, os.environ)
        try:
            told = await answer(running, await running.log.participant(name))
        except (UnknownSession, UnknownNotebook, BatchRefused):
            self._say(404, unknown)
        except (LogError, WorkerStopped) as error:
            self._say(503, self._service.told(str(error)))
        except TimeoutError:
            self._say(503, "the server is busy: try again in a moment")
        else:
            if told is not None:
                self.finish(told)

    def _say(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish({"message": message})


def told_outputs(outputs: tuple[RunOutput, ...], error: RunError | None) -> dict[str, Any]:
    """What a run put out, as far as a page shows it: texts are cut, the traceback is left out."""
    return {
        "outputs": [
            {
                "mime": output.mime,
                "bytes": output.bytes,
                "text": None if output.text is None else output.text[:_OUTPUT_CHARACTERS],
            }
            for output in outputs[:_MOST_OUTPUTS]
        ],
        "more_outputs": max(0, len(outputs) - _MOST_OUTPUTS),
        "error": None if error is None else {"name": error.name, "message": error.message[:_OUTPUT_CHARACTERS]},
    }

"""One reader of the log per process that tells the open sockets what concerns their participant."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

from prompter_events import Event, Log, LogError, LogRestored, ParticipantId, Position
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptWithdrawn,
)
from prompter_projections.fold import body_of

from .wire.messages import Prompt, ServerMessage, Withdraw

logger = logging.getLogger(__name__)

PROMPT_TYPES = frozenset({"prompt.issued", "prompt.answered", "prompt.dismissed", "prompt.expired", "prompt.withdrawn"})
"""The events that open or end a prompt."""

_RETRY_SECONDS = 1.0

Listener = Callable[[ServerMessage], None]
Farewell = Callable[[], None]


def message_of(event: Event) -> ServerMessage | None:
    """What a page must be told when this event enters the log, if anything."""
    body = body_of(event)
    if isinstance(body, PromptAnswered | PromptDismissed | PromptExpired | PromptWithdrawn):
        return Withdraw(prompt_id=body.prompt_id)
    if not isinstance(body, PromptIssued) or body.deliver != "now":
        return None
    return Prompt(
        prompt_id=body.prompt_id,
        notebook_id=body.notebook_id,
        cell_id=body.cell_id,
        question=body.question,
        choices=body.choices,
        language=body.language,
        issued_at=body.decided_at,
    )


class Follower:
    """Reads the log once, whatever the number of sockets. ``seen`` is told of each event about a prompt."""

    def __init__(self, log: Log, start: Position, seen: Callable[[Event], None] = lambda event: None) -> None:
        self._log = log
        self._seen = seen
        self._position = start
        self._listeners: defaultdict[ParticipantId, dict[Listener, Farewell]] = defaultdict(dict)

    @property
    def position(self) -> Position:
        """Everything up to here has been told to the listeners."""
        return self._position

    def listen(self, participant_id: ParticipantId, listener: Listener, farewell: Farewell) -> Callable[[], None]:
        """Call ``listener`` for each message from here on, and ``farewell`` should the follower give up its log.

        Returns the way to stop it.
        """
        self._listeners[participant_id][listener] = farewell

        def stop() -> None:
            listeners = self._listeners[participant_id]
            listeners.pop(listener, None)
            if not listeners:
                del self._listeners[participant_id]

        return stop

    def dismiss(self) -> None:
        """Tell every listener that nothing more comes: they must begin again."""
        for listeners in list(self._listeners.values()):
            for farewell in list(listeners.values()):
                farewell()

    async def run(self) -> None:
        """Follow until cancelled. An unreachable log is asked again each second, and said once.

        Raises ``LogRestored``.
        """
        said = ""
        while True:
            try:
                await self.catch_up(await self._log.wait(self._position))
                said = ""
            except LogRestored:
                raise
            except LogError as error:
                if said != (said := str(error)):
                    logger.warning("prompts wait: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def catch_up(self, head: Position) -> None:
        """Tell what the log holds up to ``head``, and what came since."""
        async for event in self._log.read(after=self._position, types=PROMPT_TYPES):
            self._tell(event)
            self._position = event.position
        self._position = max(self._position, head)

    def _tell(self, event: Event) -> None:
        self._seen(event)
        message = message_of(event)
        if message is None:
            return
        for listener in tuple(self._listeners.get(event.participant_id, ())):
            listener(message)

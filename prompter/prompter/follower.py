"""One reader of the log per process that tells the open sockets what concerns their participant."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

from prompter_events import Event, Log, LogError, LogRestored, NotebookId, ParticipantId, Position, SessionId
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import (
    PromptAnswered,
    PromptDismissed,
    PromptExpired,
    PromptIssued,
    PromptWithdrawn,
)
from prompter_events.reader import PAGE_EVENTS
from prompter_projections.fold import body_of
from prompter_projections.reading import Read, reading

from .consents import CONSENT_TYPES, Consents
from .study import WITHOUT_STUDY
from .timetable import ENDED, TASK_TYPES, Timetable, by_others, ended
from .wire.messages import Prompt, ServerMessage, State, Withdraw

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
        multiple=body.multiple,
        text=body.text,
        issued_at=body.decided_at,
        by_hand=body.author != "rule",
    )


async def notebook_of(log: Log, session_id: SessionId) -> NotebookId | None:
    """The notebook of a session; none if the server never accepted it."""
    async for event in log.read(session=session_id, types=["session.accepted"], limit=1):
        body = body_of(event)
        if isinstance(body, SessionAccepted):
            return NotebookId(body.notebook_id)
    return None


class Follower:
    """Reads the log once, whatever the number of sockets. ``seen`` is told of each event about a prompt.

    ``read`` reads the log, where others do it together with the follower. ``consents`` and ``timetable`` are kept
    current.
    """

    def __init__(
        self,
        log: Log,
        start: Position,
        seen: Callable[[Event], None] = lambda event: None,
        *,
        read: Read | None = None,
        consents: Consents | None = None,
        timetable: Timetable | None = None,
    ) -> None:
        self._log = log
        self._read = read or reading(log)
        self._seen = seen
        self._consents = consents or Consents(None)
        self._timetable = timetable or Timetable(WITHOUT_STUDY)
        self._position = start
        self._listeners: defaultdict[ParticipantId, dict[Listener, Farewell]] = defaultdict(dict)

    @property
    def position(self) -> Position:
        """Everything up to here has been told to the listeners."""
        return self._position

    @property
    def consents(self) -> Consents:
        """Who has agreed to the study's text, up to ``position``."""
        return self._consents

    @property
    def timetable(self) -> Timetable:
        """Who works on which task, up to ``position``."""
        return self._timetable

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
        """Tell what the log holds up to ``head``."""
        while self._position < head and (events := await self._read(self._position, PAGE_EVENTS)):
            said: dict[ParticipantId, bool] = {}
            try:
                for event in events:
                    if event.type in CONSENT_TYPES and (agreed := self._consents.take(event)) is not None:
                        said[event.participant_id] = agreed
                    else:
                        await self._tell_of(event)
                    self._position = event.position
            finally:
                # Their last word alone: what they took back meanwhile is no news. Also where the log goes away on the
                # way: what was taken is not read again.
                for participant_id, agreed in said.items():
                    self._tell(participant_id, State(recording=agreed, consent=agreed))

    async def _tell_of(self, event: Event) -> None:
        if event.type in PROMPT_TYPES:
            self._seen(event)
            if message := message_of(event):
                self._tell(event.participant_id, message)
        elif event.type in TASK_TYPES and (task := self._timetable.take(event)) is not None:
            self._tell(event.participant_id, task)
        elif event.type == ENDED and event.participant_id in self._listeners and by_others(event):
            await self._tell_ended(event)

    async def _tell_ended(self, event: Event) -> None:
        message = ended(event, await notebook_of(self._log, event.session_id))
        if message is not None:
            self._tell(event.participant_id, message)

    def _tell(self, participant_id: ParticipantId, message: ServerMessage) -> None:
        for listener in tuple(self._listeners.get(participant_id, ())):
            listener(message)

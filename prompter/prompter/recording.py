"""What a socket asks of the log: greet a page, store a frame.

Here the server adds its own facts: whose a session is, which notebook it belongs to, which condition holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from prompter_events import (
    Batch,
    ForeignProducer,
    Log,
    NotebookId,
    ParticipantId,
    Position,
    ProducerId,
    Receipt,
    SessionId,
    draft,
)
from prompter_events.catalogue.notebook import NotebookRenamed, SessionAccepted
from prompter_events.event import has_type
from prompter_projections import open_prompts, waiting_reviews

from .conditions import condition_of
from .connection import Greet, Opened, Store
from .follower import PROMPT_TYPES, Follower, message_of, notebook_of
from .settings import Settings
from .timetable import ending_of
from .wire.messages import AcceptedSession, Ended, Prompt, ReviewWaits, Task

_ACCEPTING = UUID("0f6c4c5e-3b0e-5a7e-9d52-6f1f6f0b8d11")
"""Namespace of the producers that accept sessions: one for each session, so that accepting is exactly once."""

_RENAMED = "notebook.renamed"


class Recording:
    """The way of one participant's events into the log, and of their open prompts out of it."""

    def __init__(self, log: Log, follower: Follower, settings: Settings, participant_id: ParticipantId) -> None:
        self._log = log
        self._follower = follower
        self._settings = settings
        self._participant_id = participant_id
        self._notebooks: dict[SessionId, NotebookId] = {}

    @property
    def epoch(self) -> UUID:
        """The log's epoch."""
        return self._log.epoch

    async def last_seq(self, producer_id: ProducerId) -> int:
        """The producer's last durable number. Raises ``ForeignProducer``."""
        return await self._log.last_seq(producer_id, of=self._participant_id)

    async def known_sessions(self, greet: Greet) -> list[AcceptedSession]:
        """Those of the page's sessions that the log holds already. Raises ``ForeignProducer``."""
        accepted = []
        for session_id in greet.sessions:
            if await self._own(session_id) and (notebook_id := await self._notebook_of(session_id)):
                accepted.append(AcceptedSession(session_id=session_id, notebook_id=notebook_id))
        return accepted

    async def prompts(self) -> list[Prompt]:
        """What is open for this participant now, the follower's position included."""
        rows, as_of = await open_prompts(self._log, self._participant_id)
        messages: dict[UUID, Prompt] = {}
        for prompt in rows:
            if prompt.deliver == "now":
                # What else is to be known of it stands in its event.
                async for event in self._log.read(after=Position(prompt.position - 1), limit=1):
                    if isinstance(message := message_of(event), Prompt):
                        messages[message.prompt_id] = message
        # The read model may lag behind what the follower has already told to others.
        if as_of < self._follower.position:
            async for event in self._log.read(after=Position(as_of), types=PROMPT_TYPES):
                if event.participant_id == self._participant_id and (message := message_of(event)):
                    if isinstance(message, Prompt):
                        messages[message.prompt_id] = message
                    else:
                        messages.pop(message.prompt_id, None)  # type: ignore[union-attr]  # a Withdraw
        return sorted(messages.values(), key=lambda prompt: prompt.issued_at)

    async def reviews(self) -> list[ReviewWaits]:
        """The reviews that wait for this participant."""
        return [
            ReviewWaits(notebook_id=waiting.notebook_id, notebook_path=waiting.path, questions=waiting.questions)
            for waiting in await waiting_reviews(self._log, self._participant_id)
        ]

    async def course(self, sessions: Iterable[AcceptedSession]) -> list[Ended | Task]:
        """Which of a page's sessions ended while it was away, and what this participant works on."""
        told: list[Ended | Task] = []
        for session in sessions:
            ending = await ending_of(self._log, SessionId(session.session_id), NotebookId(session.notebook_id))
            if ending is not None:
                told.append(ending)
        task = self._follower.timetable.of(self._participant_id)
        return told if task is None else [*told, task]

    async def store(self, store: Store, clock_offset_ms: int) -> tuple[Receipt, list[AcceptedSession]]:
        """Append a frame; returns after COMMIT.

        Raises ``ForeignProducer`` for another person's producer or session, ``ErasedParticipant`` for somebody erased.
        """
        opened = {session.session_id: session for session in store.opened}
        for session_id in {event.session_id for event in store.events} - self._notebooks.keys():
            await self._own(session_id)
        accepting = [
            await self._accept(session, clock_offset_ms)
            for session in opened.values()
            if session.session_id not in self._notebooks
        ]
        receipt = (await self._log.append_batches([*accepting, Batch(store.producer_id, store.events)]))[-1]
        accepted = []
        for session_id in opened:
            if notebook_id := await self._notebook_of(session_id):
                accepted.append(AcceptedSession(session_id=session_id, notebook_id=notebook_id))
        await self._follow_renames(store)
        return receipt, accepted

    async def _own(self, session_id: SessionId) -> bool:
        """Whether the log holds the session. Raises ``ForeignProducer`` if it is another participant's."""
        owner = await self._log.session_owner(session_id)
        if owner is not None and owner != self._participant_id:
            raise ForeignProducer(session_id)
        return owner is not None

    async def _accept(self, session: Opened, clock_offset_ms: int) -> Batch:
        study = self._settings.study
        notebook_id = await self._log.notebook(self._participant_id, study.name, session.notebook_path)
        producer_id = ProducerId(uuid5(_ACCEPTING, str(session.session_id)))
        event = draft(
            SessionAccepted(
                participant_id=self._participant_id,
                notebook_id=notebook_id,
                condition=await condition_of(self._log, self._settings, self._participant_id),
                study=study.name,
                study_digest=study.digest,
                clock_offset_ms=clock_offset_ms,
                period=self._settings.period_in_force,
            ),
            session_id=session.session_id,
            producer_id=producer_id,
            producer_seq=1,
            participant_id=self._participant_id,
            occurred_at=session.occurred_at,
        )
        return Batch(producer_id, [event])

    async def _notebook_of(self, session_id: SessionId) -> NotebookId | None:
        if session_id not in self._notebooks and (notebook_id := await notebook_of(self._log, session_id)):
            self._notebooks[session_id] = notebook_id
        return self._notebooks.get(session_id)

    async def _follow_renames(self, store: Store) -> None:
        if not has_type(store.events, _RENAMED):
            return
        for event in store.events:
            if event.type != _RENAMED:
                continue
            body, notebook_id = event.body, await self._notebook_of(event.session_id)
            if isinstance(body, NotebookRenamed) and notebook_id is not None:
                await self._log.rename_notebook(notebook_id, body.path)

"""What a researcher may do from the monitor: ask, take a note, end a session. Each is an event like any other.

Whoever sends the same thing twice, because the answer was lost on its way, has done it once: the page gives each of
them an id of its own.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal, TypeVar
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from prompter_events import BatchRefused, LogError, ParticipantId, ProducerId, SessionId, draft
from prompter_events.catalogue import Body
from prompter_events.catalogue.prompts import PromptRequested
from prompter_events.catalogue.study import NoteAdded
from prompter_projections import UnknownSession
from prompter_projections.monitor import Person

from ..collector.researcher import ResearcherHandler
from ..conditions import NO_NAMES
from ..review import end_session
from ..roles import Role
from ..service import Running, Service
from ..settings import Condition
from .watching import Watching

_ASKING = UUID("b6a1f0de-5b6b-5d0c-8a3c-7f2f0a9d4c11")
"""Namespace of the producers that ask and of the requests themselves: one for each participant and request."""

_NOTING = UUID("2f8e6c1a-90d4-5f7e-b1c3-64a5e0d97b22")
"""Namespace of the producers that note: one for each participant and note."""

MAX_BODY = 64 * 1024
"""Bytes: a question, its choices and a note are much smaller."""

Line = Annotated[str, Meta(min_length=1, max_length=512)]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question to one participant."""

    participant: UUID
    request: UUID
    """Made by the page."""
    question: Annotated[str, Meta(max_length=2000)]
    choices: Annotated[list[Line], Meta(max_length=12)] = []
    urgent: bool = False
    override: bool = False
    multiple: bool = False
    text: Literal["optional", "required", "none"] = "optional"


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A remark at a moment."""

    participant: UUID
    request: UUID
    text: Annotated[str, Meta(max_length=10_000)]
    at: Annotated[int, Meta(ge=0, lt=2**53)]
    """The position at which the researcher began to write; 0 from a blinded one, whose page knows none."""


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of all that a participant has open."""

    participant: UUID


Said = TypeVar("Said", Ask, Note, End)


class Refused(Exception):
    """The line that a researcher reads, and the status."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class ActionHandler(ResearcherHandler):
    """POST with JSON; the answer is a line for the researcher."""

    def initialize(self, service: Service, watching: Watching) -> None:
        """``watching`` knows at which session a participant is."""
        self._service = service
        self._watching = watching

    async def post(self) -> None:
        """200, or 400, 403, 404, 409, 413 or 503; always with ``{"message": …}``."""
        self.check_xsrf_cookie()
        try:
            running = await self._service.ready()
            if running is None:
                raise Refused(503, self._service.reason)
            self._watching.look()
            message = await self.act(running)
        except Refused as refused:
            self._say(refused.status, str(refused))
        except (UnknownSession, BatchRefused):
            self._say(404, "there is no such participant any more")
        except LogError as error:
            self._service.refused(error)
            self._say(503, f"nothing was done: {error}")
        else:
            self._service.recovered()
            self._say(200, message)

    @abstractmethod
    async def act(self, running: Running) -> str:
        """Do it; what is to be said of it. Raises ``Refused``, and what the log raises."""

    def said(self, kind: type[Said]) -> Said:
        """What the page sent. Raises ``Refused`` for whatever it never sends."""
        if len(self.request.body) > MAX_BODY:
            raise Refused(413, "that is too long")
        try:
            return msgspec.json.decode(self.request.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Refused(400, f"not understood: {error}") from None

    def whom(self, participant: UUID) -> Person:
        """Somebody who is watched. Raises ``Refused``."""
        person = self._watching.person(ParticipantId(participant))
        if person is None and self._watching.footing().reading is not None:
            raise Refused(503, "the monitor still reads what was recorded today: send it again in a moment")
        if person is None:
            raise Refused(404, "there is no such participant today")
        return person

    @property
    def signature(self) -> str:
        """The researcher, as the log names them."""
        return f"researcher {self.researcher}" if self.researcher in NO_NAMES else self.researcher

    async def append(self, running: Running, session_id: SessionId, producer_id: ProducerId, body: Body) -> None:
        """Put one fact into the log, once. Raises what the log raises."""
        owner = await running.log.session_owner(session_id)
        if owner is None:
            raise UnknownSession(session_id)
        event = draft(
            body,
            session_id=session_id,
            producer_id=producer_id,
            producer_seq=1,
            participant_id=owner,
            occurred_at=self._watching.clock(),
        )
        await running.log.append(producer_id, [event])

    def _say(self, status: int, message: str) -> None:
        self.set_status(status)
        self.finish({"message": message})


class AskHandler(ActionHandler):
    """``monitor/ask``: a researcher's question. The policy decides when, as for every question."""

    async def act(self, running: Running) -> str:
        """Ask in the session that the participant is at."""
        ask = self.said(Ask)
        question = ask.question.strip()
        choices = list(dict.fromkeys(choice.strip() for choice in ask.choices if choice.strip()))
        if not question:
            raise Refused(400, "write a question")
        if ask.text == "none" and not choices:
            raise Refused(400, "give choices, or let the answer have words of its own")
        person = self.whom(ask.participant)
        name = self._watching.name(person.participant_id)
        if not person.open:
            raise Refused(409, f"{name} has no notebook open that could be asked about")
        sitting = person.open[-1]
        blinded = self.role is Role.BLINDED
        if blinded and ask.override:
            raise Refused(403, "only who may know the conditions can ask against them")
        # A blinded researcher is never refused by the condition, which they would learn so: the policy holds back.
        if sitting.condition == Condition.EXP_NONE and not ask.override and not blinded:
            raise Refused(
                409, f"{name} is in {Condition.EXP_NONE}, which asks nothing: choose to ask all the same, or ask nobody"
            )
        known = f"{person.participant_id}/{ask.request}"
        await self.append(
            running,
            sitting.session_id,
            ProducerId(uuid5(_ASKING, f"producer/{known}")),
            PromptRequested(
                request_id=uuid5(_ASKING, known),
                question=question,
                choices=choices,
                language=running.settings.study.language,
                by=self.signature,
                urgent=ask.urgent,
                override=ask.override,
                multiple=ask.multiple and len(choices) > 1,
                text=ask.text,
            ),
        )
        if blinded:
            return "Passed on; the answer is in the log for whoever may read it"
        if sitting.condition == Condition.EXP_END and not ask.override:
            return "Kept for the review at the end"
        when = "at the next moment that disturbs little" if ask.urgent else "at the next pause that has room for it"
        return f"Passed on; it is asked {when}"


class NoteHandler(ActionHandler):
    """``monitor/note``: a researcher's remark on one participant, at a position."""

    async def act(self, running: Running) -> str:
        """Note it in the session that the participant is at, or was at last."""
        note = self.said(Note)
        text = note.text.strip()
        if not text:
            raise Refused(400, "write a note")
        person = self.whom(note.participant)
        sitting = person.current
        if sitting is None:
            raise Refused(
                409, f"{self._watching.name(person.participant_id)} has not begun: there is nothing to note at"
            )
        head = await running.log.head()
        await self.append(
            running,
            sitting.session_id,
            ProducerId(uuid5(_NOTING, f"{person.participant_id}/{note.request}")),
            NoteAdded(text=text, at=min(note.at or sitting.worked_position, head.position), by=self.signature),
        )
        return "Noted"


class EndHandler(ActionHandler):
    """``monitor/end``: ends what a participant has open; the review of ``EXP_END`` begins in their page."""

    async def act(self, running: Running) -> str:
        """End every open session of theirs. To end one once more changes nothing."""
        person = self.whom(self.said(End).participant)
        name = self._watching.name(person.participant_id)
        if not person.open:
            raise Refused(409, f"{name} has no session open")
        for sitting in person.open:
            await end_session(running.log, person.participant_id, sitting.session_id, by=self.signature)
        return f"The session of {name} is ended"

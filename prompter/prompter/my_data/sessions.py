"""Which sessions a person had, up to one position of the log, and what is to be known of them before they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from prompter_events import NO_SESSION, Event, Log, ParticipantId, Position, SessionId
from prompter_events.catalogue.notebook import NotebookRenamed, SessionAccepted, SessionOpened
from prompter_events.catalogue.prompts import PromptIssued
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn
from prompter_events.transaction import Value
from prompter_projections import CurrentProjection
from prompter_projections.fold import body_of
from prompter_projections.relations import SESSION

from .seen import LOOKED_AT, Seen

_FIRST = ("session.accepted", "consent.given", "consent.withdrawn")
"""What tells of a session that no read model knows yet."""

_TELLING = frozenset({*_FIRST, "session.opened", "notebook.renamed", *LOOKED_AT})


@dataclass
class OwnSession:
    """One session of the person. Times in µs since the epoch, UTC, by the page's clock."""

    session_id: SessionId
    number: int | None = None
    """In the order in which they began, counted from 1; none where no notebook was open."""
    began: int = 0
    """The position of its first event that tells anything."""
    began_at: int = 0
    path: str = ""
    study: str = ""
    opened: bool = False
    """Whether a notebook was open in it. Consent is given and withdrawn in sessions of their own."""


@dataclass
class Own:
    """All that is known beforehand of one person."""

    sessions: list[OwnSession] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    asked: dict[UUID, PromptIssued] = field(default_factory=dict)
    """What was asked, by the prompt's id; the policy keeps such questions few."""
    assigned: bool = False
    """Whether a place in a study was given to them."""
    consents: list[tuple[int, ConsentGiven | ConsentWithdrawn]] = field(default_factory=list)
    """When, in µs since the epoch, they agreed to a text or withdrew."""

    @property
    def studies(self) -> list[str]:
        """The names of the studies that they took part in."""
        return list(dict.fromkeys(session.study for session in self.sessions if session.study))

    def later(self, session: OwnSession) -> list[OwnSession]:
        """Their later sessions on the same notebook, where questions of this one may have been answered."""
        notebook = self.seen.notebook_of(session.session_id)
        return [
            each
            for each in self.sessions
            if each.began > session.began and self.seen.notebook_of(each.session_id) == notebook
        ]


async def own_sessions(log: Log, participant_id: ParticipantId, upto: Position) -> Own:
    """One person's sessions as the log holds them up to a position. Raises what the log raises."""
    own = Own()
    async for event in log.read(session=NO_SESSION, types=["participant.assigned"]):
        own.assigned = own.assigned or (event.position <= upto and event.participant_id == participant_id)
    for session_id in await _session_ids(log, participant_id, upto):
        session = OwnSession(session_id)
        async for event in log.read(session=session_id, types=_TELLING):
            if event.position <= upto and event.participant_id == participant_id:
                _take(own, session, event)
        if session.began:
            own.sessions.append(session)
    own.sessions.sort(key=lambda session: session.began)
    own.consents.sort(key=lambda consent: consent[0])
    for number, session in enumerate([session for session in own.sessions if session.opened], 1):
        session.number = number
    return own


def _take(own: Own, session: OwnSession, event: Event) -> None:
    session.began = session.began or event.position
    own.seen.look(event)
    match body_of(event):
        case SessionOpened(notebook_path=path):
            session.path, session.opened = path, True
            session.began_at = session.began_at or event.occurred_at
        case NotebookRenamed(path=path):
            session.path = path
        case SessionAccepted(study=study):
            session.study = study
        case PromptIssued() as body:
            own.asked.setdefault(body.prompt_id, body)
        case ConsentGiven() | ConsentWithdrawn() as body:
            own.consents.append((event.occurred_at, body))
        case _:
            pass


class _Row(msgspec.Struct):
    session_id: UUID


async def _session_ids(log: Log, participant_id: ParticipantId, upto: Position) -> list[SessionId]:
    """By the read model, and by what the log holds beyond its checkpoint: nobody reads it through for one person."""
    while True:
        checkpoint = await log.checkpoint(CurrentProjection.name)
        wanted: dict[str, Value] = {"generation": checkpoint.generation, "participant_id": participant_id}
        rows = await log.rows(SESSION, wanted)
        if (await log.checkpoint(CurrentProjection.name)).generation == checkpoint.generation:
            break
    found = {SessionId(msgspec.convert(row, _Row, builtin_types=(bytes,)).session_id): None for row in rows}
    async for event in log.read(after=checkpoint.position, types=_FIRST):
        if event.position > upto:
            break
        if event.participant_id == participant_id:
            found[event.session_id] = None
    return list(found)

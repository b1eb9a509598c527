"""The first reading of a log before it is released: which sessions there are, whose, of which study, and which names.

Memory grows with the number of sessions, participants and names, not with that of events.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from prompter_events import Event, Log, ParticipantId, Position, SessionId
from prompter_events.append import Head
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import NotebookRenamed, SessionAccepted, SessionOpened
from prompter_events.catalogue.prompts import PromptIssued, PromptRequested
from prompter_events.catalogue.study import (
    ConsentGiven,
    ConsentWithdrawn,
    NoteAdded,
    ParticipantAssigned,
    ParticipantErased,
    StudyEnded,
    StudyLoaded,
)
from prompter_events.erasure import NO_PARTICIPANT
from prompter_events.event import NO_SESSION
from prompter_projections.current import BY_THE_SERVER
from prompter_projections.fold import body_of

from ..conditions import NO_NAMES
from ..study.recorded import digest_of
from .names import HOME, MOST_NAMES
from .texts import texts

Progress = Callable[[int, int], None]
"""(positions read, positions to read)."""

# In packed payloads texts stand as they are.
_MAY_BE_HOME = re.compile(rb"(?i)/home/|users[\\/]")

MOST_PATHS = 1_000
"""Of one session's notebook. More are renamings by a program."""


@dataclass
class SessionFacts:
    """One session, as far as a release must know it. Times in µs since the epoch, UTC."""

    session_id: SessionId
    participant_id: ParticipantId
    first_position: Position
    first_at: int
    began_at: int | None = None
    """Of the page's first event."""
    study: str = ""
    study_digest: bytes | None = None
    condition: str = ""
    notebook_id: UUID | None = None
    path: str = ""
    """The notebook's latest one."""
    paths: dict[str, None] = field(default_factory=dict)
    """All that it had, in their order, up to a limit."""
    erased: bool = False

    @property
    def is_of_notebook(self) -> bool:
        """Whether a notebook was open in it. Consent is told under a session of its own, before there is one."""
        return self.notebook_id is not None or bool(self.paths)

    @property
    def at(self) -> int:
        """When it began."""
        return self.first_at if self.began_at is None else self.began_at


@dataclass
class Survey:
    """What one reading found."""

    epoch: UUID
    head: Head
    people: dict[ParticipantId, str]
    """The names of participants."""
    sessions: dict[SessionId, SessionFacts] = field(default_factory=dict)
    """In the order of their first events."""
    phases: dict[bytes, str] = field(default_factory=dict)
    """``pilot`` or ``main`` by the digest of the study's file."""
    damaged_studies: list[str] = field(default_factory=list)
    """Versions whose text does not have their digest."""
    conditions: dict[str, None] = field(default_factory=dict)
    accounts: dict[str, None] = field(default_factory=dict)
    """Names of accounts whose home directories are told somewhere."""
    researchers: dict[str, None] = field(default_factory=dict)
    withdrawn: dict[ParticipantId, bool] = field(default_factory=dict)
    """Whether a participant's last word on consent was a withdrawal."""
    barred: set[ParticipantId] = field(default_factory=set)
    """Who was erased, or is being erased."""

    erased_events: int = 0
    """Without payload."""

    @property
    def paths(self) -> list[str]:
        """All notebooks' paths, each once."""
        return list(dict.fromkeys(path for session in self.sessions.values() for path in session.paths))

    @property
    def studies(self) -> dict[ParticipantId, str]:
        """The first study of each participant: what is said outside of sessions belongs to it."""
        found: dict[ParticipantId, str] = {}
        for session in self.sessions.values():
            if session.study:
                found.setdefault(session.participant_id, session.study)
        return found

    def is_pilot(self, session: SessionFacts) -> bool:
        """Whether the session's study was in its pilot phase."""
        return session.study_digest is not None and self.phases.get(session.study_digest) == "pilot"

    def take(self, event: Event) -> None:
        """The log's next event."""
        if event.session_id != NO_SESSION:
            self._seen(event)
        if event.payload is None:
            self.erased_events += 1
            return
        is_telling = event.type in _TELLING
        has_home = _MAY_BE_HOME.search(event.payload) is not None
        body = body_of(event) if is_telling or has_home else None
        if body is not None and is_telling:
            self._told(event, body)
        if body is not None and has_home and len(self.accounts) < MOST_NAMES:
            for text in texts(body):
                self.accounts.update(dict.fromkeys(found.group(1) for found in HOME.finditer(text)))

    def _seen(self, event: Event) -> None:
        session = self.sessions.get(event.session_id)
        if session is None:
            session = SessionFacts(event.session_id, event.participant_id, event.position, event.occurred_at)
            self.sessions[event.session_id] = session
        if session.began_at is None and event.type not in BY_THE_SERVER:
            session.began_at = event.occurred_at
        if event.payload is None and event.participant_id == session.participant_id:
            session.erased = True

    def _told(self, event: Event, body: Body) -> None:
        session = self.sessions.get(event.session_id)
        match body:
            case SessionAccepted() if session is not None:
                session.study, session.study_digest = body.study, body.study_digest
                session.condition, session.notebook_id = body.condition, body.notebook_id
                self.conditions[body.condition] = None
            case SessionOpened(notebook_path=path) | NotebookRenamed(path=path) if session is not None:
                session.path = path
                if len(session.paths) < MOST_PATHS:
                    session.paths[path] = None
            case StudyLoaded():
                self.phases[body.digest] = body.phase
                if body.text is not None and digest_of(body.text) != body.digest:
                    self.damaged_studies.append(body.version)
            case ParticipantAssigned():
                self.conditions[body.condition] = None
                self._acted(body.by)
            case ConsentGiven() | ConsentWithdrawn():
                self.withdrawn[event.participant_id] = isinstance(body, ConsentWithdrawn)
            case PromptIssued(author=name):
                self._acted(name)
            case NoteAdded(by=name) | PromptRequested(by=name) | StudyEnded(by=name):
                self._acted(name)
            case ParticipantErased():
                self._acted(body.by)
                self.barred.add(ParticipantId(body.participant_id))

    def _acted(self, name: str) -> None:
        if name not in NO_NAMES and len(self.researchers) < MOST_NAMES:
            self.researchers[name] = None


_TELLING = frozenset(
    {
        "session.accepted",
        "session.opened",
        "notebook.renamed",
        "study.loaded",
        "study.ended",
        "participant.assigned",
        "participant.erased",
        "consent.given",
        "consent.withdrawn",
        "prompt.issued",
        "prompt.requested",
        "note.added",
    }
)


def _place_consent(found: Survey) -> None:
    """What somebody said about consent belongs to the first study in which they opened a notebook."""
    accepted: dict[ParticipantId, SessionFacts] = {}
    for session in found.sessions.values():
        if session.is_of_notebook:
            accepted.setdefault(session.participant_id, session)
    for session in found.sessions.values():
        if not session.is_of_notebook and (first := accepted.get(session.participant_id)) is not None:
            session.study, session.study_digest = first.study, first.study_digest


async def survey(log: Log, progress: Progress = lambda done, total: None) -> Survey:
    """Read the log once, up to its head as it is now."""
    found = Survey(log.epoch, await log.head(), await log.participant_names())
    async for event in log.read():
        if event.position > found.head.position:
            break
        found.take(event)
        if event.position % 1_000 == 0:
            progress(event.position, found.head.position)
    _place_consent(found)
    people = dict.fromkeys((*found.people, *(session.participant_id for session in found.sessions.values())))
    for participant_id in people:
        if participant_id != NO_PARTICIPANT and await log.is_erased(participant_id):
            found.barred.add(participant_id)
    return found

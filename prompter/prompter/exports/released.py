"""An event as it leaves the log: under pseudonyms, without names and, if blind, without conditions. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from prompter_events import Event, ParticipantId, ProducerId, SessionId
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import (
    WITHHELD,
    CellEdited,
    NotebookRenamed,
    NotebookSaved,
    SessionAccepted,
    SessionOpened,
)
from prompter_events.catalogue.prompts import PromptIssued, PromptRequested, PromptSuppressed
from prompter_events.catalogue.runs import RunExternal, RunFinished
from prompter_events.catalogue.study import (
    CaptureInvalid,
    CaptureLost,
    NoteAdded,
    ParticipantAssigned,
    ParticipantErased,
    StudyEnded,
    StudyLoaded,
)
from prompter_events.erasure import NO_PARTICIPANT
from prompter_events.errors import EventInvalid
from prompter_projections.fold import body_of
from prompter_projections.pseudonym import keyed_id, name_of, pseudonymous_id, study_key
from prompter_projections.text import units

from ..study.names import Condition
from .names import Names
from .release import Release
from .survey import Survey
from .texts import with_texts

Tainted = Collection[tuple[SessionId, str]]
"""Cells into which a name was typed, by session and cell id."""


class Released(Event, frozen=True, kw_only=True, gc=False):
    """An event whose ids and body may leave the log. ``fold_body`` and every projection take it like any other.

    It has no salt, hash or payload digest; its payload is empty, since ``body`` is what is released.
    """

    participant: str
    """The pseudonym; the name in an identified release; empty for what is nobody's."""
    study: str
    """Empty without one."""
    released: Body | None
    """None if the payload cannot be read."""

    @property
    def body(self) -> Body:
        """The typed payload. Raises ``EventInvalid`` if it cannot be read."""
        if self.released is None:
            raise EventInvalid(f"{self.type} of version {self.schema_version} cannot be read")
        return self.released


class Releasing:
    """Makes released events of a log's."""

    def __init__(self, release: Release, found: Survey, tainted: Tainted = frozenset()) -> None:
        self._release = release
        self._found = found
        self.tainted = tainted
        self._names: dict[str, Names] = {}
        self._people: dict[tuple[ParticipantId, str], ParticipantId] = {}
        self._producers: dict[tuple[UUID, str], UUID] = {}
        self._studies = found.studies
        conditions = sorted({*Condition, *found.conditions} - {""}, key=lambda name: (-len(name), name))
        self._conditions = re.compile("|".join(map(re.escape, conditions)), re.IGNORECASE)

    def names(self, study: str) -> Names:
        """The names that are replaced, under one study's key."""
        known = self._names.get(study)
        if known is None:
            found = self._found
            known = Names(
                (*found.people.values(), *found.accounts, *found.researchers),
                found.paths,
                study_key(study, self._release.key),
            )
            self._names[study] = known
        return known

    def study_of(self, event: Event) -> str:
        """The study that an event belongs to."""
        session = self._found.sessions.get(event.session_id)
        if session is not None:
            return session.study
        if event.type == "participant.assigned":
            body = body_of(event)
            if isinstance(body, ParticipantAssigned) and body.study:
                return body.study
        if event.type == "study.loaded" and isinstance(body := body_of(event), StudyLoaded):
            return body.name
        return self._studies.get(event.participant_id, "")

    def participant(self, participant_id: ParticipantId, study: str) -> str:
        """How a participant is called."""
        if participant_id == NO_PARTICIPANT:
            return ""
        if self._release.identified:
            return self._found.people.get(participant_id, str(participant_id))
        return name_of(self.participant_id(participant_id, study))

    def participant_id(self, participant_id: UUID, study: str) -> ParticipantId:
        """The id in place of a participant's."""
        known = ParticipantId(participant_id)
        if self._release.identified or known == NO_PARTICIPANT:
            return known
        made = self._people.get((known, study))
        if made is None:
            made = self._people[known, study] = pseudonymous_id(known, study, self._release.key)
        return made

    def path(self, path: str, study: str) -> str:
        """A notebook's path, or its stand-in."""
        return path if self._release.identified else self.names(study).path(path)

    def event(self, event: Event) -> Released:
        """The event as it may leave the log."""
        study = self.study_of(event)
        body = body_of(event)
        if body is not None:
            if not self._release.identified:
                body = self._unnamed(event, body, study)
            if self._release.blind:
                body = self._blinded(body)
        return Released(
            session_id=event.session_id,
            producer_id=ProducerId(self._producer(event.producer_id, study)),
            producer_seq=event.producer_seq,
            participant_id=self.participant_id(event.participant_id, study),
            type=event.type,
            schema_version=event.schema_version,
            occurred_at=event.occurred_at,
            payload=b"",
            position=event.position,
            recorded_at=event.recorded_at,
            participant=self.participant(event.participant_id, study),
            study=study,
            released=body,
        )

    def _producer(self, producer_id: UUID, study: str) -> UUID:
        # Those of the server are made of the participant's id, by a rule that anybody can follow.
        if self._release.identified:
            return producer_id
        made = self._producers.get((producer_id, study))
        if made is None:
            made = self._producers[producer_id, study] = keyed_id(producer_id, study, self._release.key)
        return made

    def _digest(self, digest: bytes, study: str) -> bytes:
        # Equal stay equal. As they were, they would tell whether a guess at what was hidden is right.
        return blake2b(digest, digest_size=32, key=study_key(study, self._release.key)).digest()

    def _unnamed(self, event: Event, body: Body, study: str) -> Body:
        names = self.names(study)
        body = self._edited(event, body, names) if isinstance(body, CellEdited) else with_texts(body, names.text)
        if (author := getattr(body, "author", None)) is not None and isinstance(author, UUID):
            body = _with(body, author=self.participant_id(author, study))
        if isinstance(prompt_id := getattr(body, "prompt_id", None), UUID):
            # Made of the participant's id, too. Under one key for all studies: an answer may come in another session.
            body = _with(body, prompt_id=keyed_id(prompt_id, "", self._release.key))
        body = self._unnamed_study(event, body, study)
        match body:
            case SessionOpened():
                return replace(body, notebook_path=names.path(_raw(event, "notebook_path")))
            case NotebookRenamed():
                return replace(body, path=names.path(_raw(event, "path")))
            case NotebookSaved() | RunExternal():
                return _with(body, digest=self._digest(body.digest, study))
            case RunFinished():
                outputs = [replace(one, digest=self._digest(one.digest, study)) for one in body.outputs]
                return replace(body, outputs=outputs)
            case CaptureLost(producer_id=UUID() as lost):
                return replace(body, producer_id=self._producer(lost, study))
            case _:
                return body

    def _edited(self, event: Event, body: CellEdited, names: Names) -> CellEdited:
        # The most frequent event by far: not walked through field by field.
        if (event.session_id, body.cell_id) in self.tainted:
            body = withheld(body)
        elif any(names.spans(op) for _, ops in body.changes for op in ops if isinstance(op, str)):
            changes = [(dt, [names.text(op) if isinstance(op, str) else op for op in ops]) for dt, ops in body.changes]
            body = replace(body, changes=changes)
        cell_id = names.text(body.cell_id)
        return body if cell_id == body.cell_id else replace(body, cell_id=cell_id)

    def _unnamed_study(self, event: Event, body: Body, study: str) -> Body:  # noqa: PLR0911 - a table
        match body:
            case SessionAccepted():
                return replace(body, participant_id=self.participant_id(body.participant_id, study), study=study)
            case ParticipantErased():
                erased, by = self.participant_id(body.participant_id, study), self._actor(_raw(event, "by"), study)
                return replace(body, participant_id=erased, by=by)
            case ParticipantAssigned():
                return replace(body, by=self._actor(_raw(event, "by"), study), study=study)
            case StudyLoaded():
                return replace(body, name=study)
            case PromptRequested() | StudyEnded() | NoteAdded():
                return replace(body, by=self._actor(_raw(event, "by"), study))
            case PromptIssued():
                return _with(body, author=self._actor(_raw(event, "author"), study))
            case CaptureInvalid():
                return replace(body, raw=b"")
            case _:
                return body

    def _actor(self, name: str, study: str) -> str:
        return self.names(study).stand_in(name) if name in self._found.researchers else name

    def _blinded(self, body: Body) -> Body:  # noqa: PLR0911 - a table
        body = with_texts(body, self._without_conditions)
        match body:
            case SessionAccepted():
                return replace(body, condition="")
            case ParticipantAssigned():
                return replace(body, period="", condition="", by="", reason="", strata={}, place=0)
            case StudyLoaded():
                # With the seed of its blocks, who has which condition can be worked out.
                return replace(body, text=None, reason="")
            case PromptIssued():
                return _with(body, deliver="", deviation=False)
            case PromptRequested():
                return replace(body, override=False)
            case PromptSuppressed(reason="condition" | "review cap"):
                return replace(body, reason="")
            case _:
                return body

    def _without_conditions(self, text: str) -> str:
        return self._conditions.sub(lambda found: "X" * len(found.group()), text)


def withheld(body: CellEdited) -> CellEdited:
    """A burst with its text as lengths only: one ``WITHHELD`` for each UTF-16 unit."""
    changes = [(dt, [WITHHELD * units(op) if isinstance(op, str) else op for op in ops]) for dt, ops in body.changes]
    return replace(body, changes=changes, withheld=True)


def _raw(event: Event, name: str) -> str:
    """A field as the log has it: what is known to be a name is replaced whole, and once."""
    value: str = getattr(event.body, name)
    return value


def _with(body: Body, **changes: Any) -> Body:
    return msgspec.structs.replace(body, **changes)


def hidden_in_blind() -> Mapping[str, str]:
    """What a blind release leaves empty, by event type, for the codebook."""
    return {
        "session.accepted": "condition",
        "participant.assigned": "period, condition, by, reason, strata, place",
        "study.loaded": "text, reason",
        "prompt.issued": "deliver, deviation",
        "prompt.requested": "override",
        "prompt.suppressed": "reason, where it was `condition`",
    }

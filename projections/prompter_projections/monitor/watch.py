"""A study as it goes on: everybody's events folded as they come, without I/O and without a clock.

The same events in the same order make the same picture, whether it was looked at meanwhile or not. What is held grows
with the people and not with their events: a figure, half an hour of activity, some hundred questions, and the texts of
the notebook that somebody is at.
"""

from __future__ import annotations

from prompter_events.catalogue.study import NoteAdded, ParticipantAssigned, ParticipantErased
from prompter_events.event import NO_SESSION, Event, ParticipantId, SessionId

from ..fold import body_of
from .person import WITH_TEXTS, Person, Remark
from .sitting import Sitting

_NOTHING_TO_TELL = frozenset({"kernel.facts", "run.started", "run.external", "prompt.focused", "clock.jumped"})
"""Types whose payload tells the monitor nothing; that they came is taken note of all the same."""

_OPENING = frozenset({"session.opened", "session.accepted", "consent.given", "consent.withdrawn"})
"""With these a session begins; one that begins otherwise began before what was read."""


class Watch:
    """Take events in the order of their positions; look at ``people`` at any time."""

    def __init__(self, study: str) -> None:
        """``study``: the name of the study in force; sessions of others are passed over."""
        self.study = study
        self.position = 0
        self.recorded = 0
        """When the last event was recorded, µs since the epoch."""
        self.people: dict[ParticipantId, Person] = {}
        self._strange: dict[SessionId, Sitting] = {}
        """Sessions of which it is not known yet to which study they belong."""
        self._foreign: dict[SessionId, int] = {}
        """Sessions of other studies, and when they were last heard of."""

    def lacks_begin(self, event: Event) -> bool:
        """Whether the event's session began before all that was taken: its earlier events are wanted first."""
        session_id = event.session_id
        return (
            session_id != NO_SESSION
            and event.type not in _OPENING
            and session_id not in self._strange
            and session_id not in self._foreign
            and self._sitting(event) is None
        )

    def take(self, event: Event) -> None:
        """Take an event. One that its session has had already changes nothing."""
        self.position = max(self.position, event.position)
        self.recorded = max(self.recorded, event.recorded_at)
        if event.type == "participant.erased":
            body = body_of(event)
            if isinstance(body, ParticipantErased):
                self._erased(ParticipantId(body.participant_id))
            return
        if event.session_id == NO_SESSION:
            self._assigned(event)
        elif event.session_id in self._foreign:
            self._foreign[event.session_id] = event.recorded_at
        else:
            self._in_session(event)

    def forget(self, before: int) -> None:
        """Let go what was last heard of before a moment, µs since the epoch."""
        self._foreign = {known: heard for known, heard in self._foreign.items() if heard >= before}
        self._strange = {known: one for known, one in self._strange.items() if one.heard >= before}
        for participant_id, person in list(self.people.items()):
            person.sittings = {known: one for known, one in person.sittings.items() if one.heard >= before}
            questions = person.questions
            for old in [one for one in questions.asked.values() if max(one.issued, one.ended or 0) < before]:
                if old.ended is not None or old.session_id not in person.sittings:
                    del questions.asked[old.prompt_id]
            if not person.sittings and not questions.asked and person.assigned_at < before:
                del self.people[participant_id]

    def _in_session(self, event: Event) -> None:
        sitting = self._sitting(event) or self._strange.get(event.session_id)
        if sitting is None:
            sitting = self._strange[event.session_id] = Sitting(event.session_id, event.participant_id)
        if event.position <= sitting.position:
            return
        body = None if event.type in _NOTHING_TO_TELL else body_of(event)
        sitting.take(event, body)
        if event.session_id in self._strange:
            self._settle(sitting)
        person = self.people.get(event.participant_id)
        if person is None or body is None or event.session_id not in person.sittings:
            return
        if isinstance(body, NoteAdded):
            person.notes.append(Remark(body.text, body.at, body.by, event.occurred_at))
        elif event.type.startswith("prompt."):
            person.questions.take(body, sitting.moment(event), event.session_id)
        elif event.type in ("session.closed", "study.ended", "session.accepted"):
            _let_texts_go(person)

    def _sitting(self, event: Event) -> Sitting | None:
        person = self.people.get(event.participant_id)
        return None if person is None else person.sittings.get(event.session_id)

    def _settle(self, sitting: Sitting) -> None:
        """It may be known by now to which study a session belongs."""
        if sitting.study is None:
            return
        del self._strange[sitting.session_id]
        if sitting.study == self.study:
            self._person(sitting.participant_id, sitting.heard).sittings[sitting.session_id] = sitting
        else:
            self._foreign[sitting.session_id] = sitting.heard

    def _person(self, participant_id: ParticipantId, came: int) -> Person:
        person = self.people.get(participant_id)
        if person is None:
            person = self.people[participant_id] = Person(participant_id)
            person.came = came
        return person

    def _assigned(self, event: Event) -> None:
        if event.type != "participant.assigned":
            return
        body = body_of(event)
        if isinstance(body, ParticipantAssigned) and body.study == self.study:
            person = self._person(event.participant_id, event.recorded_at)
            person.assigned, person.assigned_at = body.condition, event.recorded_at

    def _erased(self, participant_id: ParticipantId) -> None:
        self.people.pop(participant_id, None)
        gone = [known for known, one in self._strange.items() if one.participant_id == participant_id]
        for session_id in gone:
            del self._strange[session_id]


def _let_texts_go(person: Person) -> None:
    """Hold the texts of the notebooks that somebody may be at, and no others."""
    going = person.open
    for sitting in person.sittings.values():
        if sitting not in going[-WITH_TEXTS:]:
            sitting.forget_texts()

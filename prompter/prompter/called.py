"""How participants are called on what is drawn and told of them: the same as in the data that leave the log."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from prompter_events import ParticipantId
from prompter_projections.pseudonym import pseudonym, pseudonymous_id
from prompter_projections.timeline import Timeline


class Called:
    """Gives timelines the participant's name, or the pseudonym that exports under the same key give."""

    def __init__(self, names: Mapping[ParticipantId, str] | None, key: bytes = b"") -> None:
        """``names`` of an identified study; none, to use pseudonyms."""
        self._names = names
        self._key = key

    def __call__(self, timeline: Timeline) -> Timeline:
        """The same timeline of somebody who is called otherwise."""
        session = timeline.session
        known = ParticipantId(session.participant_id)
        if self._names is not None:
            called, stands_for = self._names.get(known, str(known)), known
        else:
            called = pseudonym(known, session.study, self._key)
            stands_for = pseudonymous_id(known, session.study, self._key)
        return replace(timeline, session=replace(session, participant_id=stands_for, called=called))

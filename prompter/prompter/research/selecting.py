"""Which of the released sessions somebody means."""

from __future__ import annotations

from uuid import UUID

from prompter_events import SessionId

from ..errors import SettingInvalid
from ..exports import ReleasedLog, ReleasedSession

Session = str | UUID
"""A session's id, or the beginning of it."""


def released_session(released: ReleasedLog, session: Session) -> ReleasedSession:
    """A session by its id or the beginning of it. Raises ``SettingInvalid`` if none or several of the release fit."""
    wanted = str(session).lower().replace("-", "")
    found = [one for one in released.sessions if one.session_id.hex.startswith(wanted)] if wanted else []
    if len(found) > 1:
        raise SettingInvalid(f"{len(found)} sessions begin with {session!r}: give more of the id")
    if not found:
        left_out = "; those of pilots are left out unless pilots=True" if released.pilot_sessions else ""
        raise SettingInvalid(f"there is no session {str(session)!r}: sessions() lists them{left_out}")
    return found[0]


def released_sessions(released: ReleasedLog, participant: str | None) -> list[SessionId]:
    """All sessions, or those of a participant, by pseudonym or name, in the order of their first events.

    Raises ``SettingInvalid`` if there are none.
    """
    people = {name: who for who, name in released.survey.people.items()}
    found = [
        one.session_id
        for one in released.sessions
        if participant is None
        or participant == one.participant
        or released.survey.sessions[one.session_id].participant_id == people.get(participant)
    ]
    if not found:
        raise SettingInvalid(
            "there is no session yet"
            if participant is None
            else f"there is no session of {participant!r}: sessions() lists the participants"
        )
    return found

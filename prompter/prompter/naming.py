"""Finding sessions and participants by what people call them."""

from __future__ import annotations

from uuid import UUID

from prompter_events import Log, ParticipantId, SessionId

from .errors import SettingInvalid


async def find_session(log: Log, text: str) -> SessionId:
    """A session by its id or the beginning of it.

    Raises ``SettingInvalid`` if none or several fit, or if it was erased.
    """
    wanted = text.lower().replace("-", "")
    found: set[UUID] = set()
    erased: set[UUID] = set()
    async for event in log.read(types=["session.opened"]):
        if event.session_id.hex.startswith(wanted):
            found.add(event.session_id)
            if event.payload is None:
                erased.add(event.session_id)
    if not wanted or not found:
        raise SettingInvalid(f"there is no session {text!r}: `prompter sessions` lists them")
    if len(found) > 1:
        raise SettingInvalid(f"{len(found)} sessions begin with {text!r}: give more of the id")
    if erased:
        raise SettingInvalid(f"session {text!r} was erased: there is nothing left to show")
    return SessionId(found.pop())


async def find_participant(log: Log, text: str) -> ParticipantId:
    """A participant by name, else by id. Raises ``SettingInvalid``."""
    for participant_id, name in (await log.participant_names()).items():
        if text in (name, str(participant_id)):
            return participant_id
    try:
        # Somebody who was erased already has no name any more, but an id.
        return ParticipantId(UUID(text))
    except ValueError:
        raise SettingInvalid(f"the log knows no participant {text!r}: `prompter sessions` lists who there is") from None

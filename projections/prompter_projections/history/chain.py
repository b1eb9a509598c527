"""The sessions that belong together, and their moments, read from a log."""

from __future__ import annotations

from collections.abc import Sequence

from prompter_events.catalogue.notebook import SessionOpened
from prompter_events.event import ParticipantId, SessionId
from prompter_events.log import Log

from ..fold import body_of
from ..replay import UnknownSession
from .moments import Moments

MOST_SESSIONS = 100
"""A page that was loaded again more often shows the latest ones: each costs two look-ups."""


async def chain_of(log: Log, session_id: SessionId, participant_id: ParticipantId) -> list[SessionId]:
    """A session and those that it continues, oldest first, as far as they are this participant's.

    Raises ``UnknownSession``, for another participant's session as for one that is not there.
    """
    chain: list[SessionId] = []
    following: SessionId | None = session_id
    while following is not None and following not in chain and len(chain) < MOST_SESSIONS:
        if await log.session_owner(following) != participant_id:
            break
        chain.append(following)
        following = await _continued(log, following)
    if not chain:
        raise UnknownSession(session_id)
    return chain[::-1]


async def _continued(log: Log, session_id: SessionId) -> SessionId | None:
    async for event in log.read(session=session_id, types=["session.opened"], limit=1):
        body = body_of(event)
        if isinstance(body, SessionOpened) and body.continues is not None:
            return SessionId(body.continues)
    return None


async def moments(log: Log, chain: Sequence[SessionId]) -> Moments:
    """The moments of these sessions, as the log holds them now."""
    found = Moments()
    for session_id in chain:
        async for event in log.read(session=session_id):
            found.take(event)
    return found

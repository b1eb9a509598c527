"""What the follower has taken, pages are told: also where the log goes away on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest

from prompter.consents import Consents
from prompter.follower import Follower
from prompter.study import Consent
from prompter.wire.messages import ServerMessage, State
from prompter_events import Event, LogUnavailable, ParticipantId, SessionId, draft
from prompter_events.catalogue.study import ConsentGiven, ConsentWithdrawn, StudyEnded
from prompter_events.event import START
from prompter_events.memory import MemoryLog
from support.events import new_producer


class _GoesAway(MemoryLog):
    """Is there for whoever follows it, and away for whoever asks for a session's notebook."""

    def read(self, **asked: Any) -> AsyncIterator[Event]:
        if asked.get("types") == ["session.accepted"]:
            raise LogUnavailable("the log is away")
        return super().read(**asked)


async def test_news_of_a_withdrawn_consent_survives_a_log_that_goes_away() -> None:
    log, who, session = _GoesAway(), ParticipantId(uuid4()), SessionId(uuid4())
    said: list[ServerMessage] = []
    follower = Follower(log, START, consents=Consents(Consent(version="v1", text={"en": "we record"})))
    follower.listen(who, said.append, lambda: None)
    bodies: Sequence[ConsentGiven | ConsentWithdrawn | StudyEnded] = (
        ConsentGiven(version="v1"),
        ConsentWithdrawn(version="v1"),
        StudyEnded(by="ada"),
    )
    producer = new_producer()
    events = [
        draft(
            body,
            session_id=session,
            producer_id=producer,
            producer_seq=number,
            participant_id=who,
            occurred_at=number,
        )
        for number, body in enumerate(bodies, 1)
    ]
    receipt = await log.append(producer, events)
    with pytest.raises(LogUnavailable):
        await follower.catch_up(receipt.position)
    assert said == [State(recording=False, consent=False)]
    assert follower.position == receipt.position - 1

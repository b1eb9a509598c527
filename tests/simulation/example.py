"""The log of the worked example in ``docs/simulating.md``: two afternoons, with the real worker.

``python tests/simulation/example.py STUDY.yaml LOG.db`` makes it anew.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from living import MINUTE, SECOND, Clock, Life
from msgspec.structs import replace

from prompter.storage import DIRECTORIES
from prompter.study import Study, load_study
from prompter_events import Event, Log, Position, draft, open_log
from prompter_events.catalogue import Body
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.catalogue.prompts import PromptAnswered, PromptDismissed, PromptIssued, PromptShown
from prompter_events.codec import pack
from support.lifelike import lifelike

_STEP = 10 * SECOND
"""The clock moves at most so far between two turns of the worker."""

_REACTIONS = ["answer", "answer", "nothing", "answer", "skip"]


async def make(url: str, study: Study, people: Sequence[str] = ("heron", "wren")) -> None:
    """Live through the afternoons; the policy of the study runs. Same study, same log, but for the ids of people."""
    clock = Clock()
    async with open_log(url, migrate=True, migrations=DIRECTORIES, clock=clock) as log:
        life = Life(log, clock, study, [])
        for day, name in enumerate(people):
            await _afternoon(life, log, name, day)
        clock.now += 30 * MINUTE
        await life.finish()


async def _afternoon(life: Life, log: Log, name: str, day: int) -> None:
    participant_id = await log.participant(name)
    shift = day * 24 * 60 * MINUTE
    numbers: dict[object, int] = {}
    reacted = 0
    seen, prompts = Position(0), await _asked(log, participant_id)

    async def append(event: Event) -> None:
        numbers[event.producer_id] = number = numbers.get(event.producer_id, 0) + 1
        await log.append(event.producer_id, [replace(event, participant_id=participant_id, producer_seq=number)])

    def as_page(like: Event, body: Body, now: int) -> Event:
        return draft(
            body,
            session_id=like.session_id,
            producer_id=page,
            producer_seq=1,
            participant_id=participant_id,
            occurred_at=now,
        )

    story = lifelike(17 + day)
    page = story[0].producer_id
    for told in story:
        if told.type.startswith("prompt."):
            continue
        event = replace(told, occurred_at=told.occurred_at + shift, recorded_at=told.recorded_at + shift)
        if isinstance(body := event.body, SessionAccepted):
            accepted = replace(body, participant_id=participant_id, study_digest=life.study.digest)
            event = replace(event, payload=pack(accepted))
        life.clock.now = max(life.clock.now, event.recorded_at - 10 * MINUTE)
        while life.clock.now < event.recorded_at:
            life.clock.now = min(event.recorded_at, life.clock.now + _STEP)
            await life.turn()
            if (head := (await log.head()).position) != seen:
                seen, prompts = head, await _asked(log, participant_id)
            for asked in prompts:
                if asked[0] == reacted and life.clock.now > asked[1].decided_at + 15 * SECOND:
                    for body in _reaction(asked[1], _REACTIONS[reacted % len(_REACTIONS)]):
                        await append(as_page(event, body, life.clock.now))
                    reacted += 1
        await append(event)


async def _asked(log: Log, participant_id: object) -> list[tuple[int, PromptIssued]]:
    bodies = [event.body async for event in log.read(types=["prompt.issued"]) if event.participant_id == participant_id]
    return [(number, body) for number, body in enumerate(bodies) if isinstance(body, PromptIssued)]


def _reaction(prompt: PromptIssued, how: str) -> list[Body]:
    bodies: list[Body] = [PromptShown(prompt_id=prompt.prompt_id)]
    if how == "answer":
        bodies.append(PromptAnswered(prompt_id=prompt.prompt_id, text="To see.", choice=None, drafting_ms=4_000))
    elif how == "skip":
        bodies.append(PromptDismissed(prompt_id=prompt.prompt_id, reason="skip"))
    return bodies


if __name__ == "__main__":
    asyncio.run(make(f"sqlite:///{Path(sys.argv[2]).absolute()}", load_study(Path(sys.argv[1]))))

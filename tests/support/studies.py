"""A made-up study: sessions of several people on several days, in three conditions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from msgspec.structs import replace

from prompter_events import Event
from prompter_events.catalogue.notebook import SessionAccepted
from prompter_events.codec import pack
from prompter_projections.timeline import Timeline, build

from .lifelike import lifelike

DAY = 86_400_000_000
CONDITIONS = ("EXP_CTS", "EXP_END", "EXP_NONE")


def in_condition(events: Sequence[Event], condition: str, later: int = 0) -> list[Event]:
    """The same session in another condition, and so many µs later."""
    made = []
    for event in events:
        moved = replace(event, occurred_at=event.occurred_at + later, recorded_at=event.recorded_at + later)
        if event.type == "session.accepted":
            assert isinstance(event.body, SessionAccepted)
            moved = replace(moved, payload=pack(replace(event.body, condition=condition)))
        made.append(moved)
    return made


def study_sessions(count: int = 6) -> list[list[Event]]:
    """Two sessions a day, an hour apart; the first two are of one person."""
    sessions: list[list[Event]] = []
    for number in range(count):
        events = lifelike(number, 1 + number * 1_000)
        if number == 1:
            events = [replace(event, participant_id=sessions[0][0].participant_id) for event in events]
        later = number // 2 * DAY + number % 2 * 3_600_000_000
        sessions.append(in_condition(events, CONDITIONS[number % 3], later))
    return sessions


@cache
def study_timelines(count: int = 6) -> tuple[Timeline, ...]:
    """The same as timelines."""
    return tuple(build(events) for events in study_sessions(count))

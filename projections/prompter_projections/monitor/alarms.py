"""What a researcher should look at now, and why. The thresholds are those of ``docs/monitor.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ..quality.rules import LEAST_ASKED, RESPONSE
from .person import SECOND, Link, Person, State
from .questions import Question
from .sitting import Sitting

Kind = Literal["lost", "offline", "died", "diverged", "silent", "late", "low"]

ORDER: tuple[Kind, ...] = ("lost", "offline", "died", "diverged", "silent", "late", "low")
"""The worst first: what is lost cannot be had again."""

LASTING_US = 3600 * SECOND
"""What happened at one moment is an alarm for an hour; figures go on telling it."""

OFTEN, OFTEN_US = 3, 1800 * SECOND
"""A kernel that dies three times in half an hour does not die by chance."""

LATE_US = 60 * SECOND
"""A minute: whoever ends a line when their time is over is not late."""

MOST_REASON = 200
"""Characters: a page may say anything."""


class Alarm(msgspec.Struct, frozen=True):
    """One thing that is not as it should be."""

    kind: Kind
    text: str
    """What stands behind the participant's name."""
    why: str
    at: int
    """Since when, µs since the epoch."""


def alarms_of(
    person: Person, state: State, link: Link, now: int, asked: list[Question], *, blinded: bool
) -> list[Alarm]:
    """All that is to be said of somebody, the worst first. ``asked``: the questions of the time that is watched.

    For a blinded researcher no moment depends on questions.
    """
    found = [alarm for sitting in person.sittings.values() for alarm in _of_sitting(sitting, now)]
    current = person.current
    if current is not None:
        found += _of_state(current, state, link, blinded=blinded)
    if not blinded:
        found += _response(asked)
    return sorted(found, key=lambda alarm: (ORDER.index(alarm.kind), -alarm.at))


def _of_sitting(sitting: Sitting, now: int) -> Iterator[Alarm]:
    lost = [loss for loss in sitting.lost if now - loss.at < LASTING_US]
    if lost:
        count = sum(loss.count for loss in lost)
        text = f"{_counted(count, 'event')} lost"
        yield Alarm("lost", text, f"{_cut(lost[-1].reason)}; the hole is in the log", lost[-1].at)
    dead = [at for at in sitting.deaths if now - at < OFTEN_US]
    if len(dead) >= OFTEN:
        yield Alarm("died", f"kernel died {len(dead)} times", "within half an hour", dead[-1])
    if sitting.diverged_at is not None and now - sitting.diverged_at < LASTING_US:
        why = "replay differs from the file: `prompter verify` names where"
        yield Alarm("diverged", "saved otherwise than recorded", why, sitting.diverged_at)


def _of_state(sitting: Sitting, state: State, link: Link, *, blinded: bool) -> Iterator[Alarm]:
    if state == "offline":
        since = max(link.left or 0, sitting.arrived)
        yield Alarm("offline", "offline", "no connection; the page keeps its events", since)
    elif state == "silent":
        connected = "connected" if link.here else "not connected to this server"
        where = ", tab hidden" if not sitting.visible else ", idle" if sitting.idle else ""
        yield Alarm("silent", "silent", f"{connected}{where}, no event", sitting.worked if blinded else sitting.last)
    elif state != "closed" and sitting.ended is None:
        task = sitting.task
        if task is not None and task.ends is not None and sitting.worked - task.ends > LATE_US:
            yield Alarm("late", "over time", f"the time for {_cut(task.name)} is over", task.ends)


def _response(asked: list[Question]) -> Iterator[Alarm]:
    over = [one for one in asked if one.fate in ("answered", "dismissed", "expired")]
    answered = sum(one.fate == "answered" for one in over)
    if len(over) < LEAST_ASKED or answered / len(over) >= RESPONSE:
        return
    count = {fate: sum(one.fate == fate for one in over) for fate in ("dismissed", "expired")}
    why = ", ".join(f"{number} {fate}" for fate, number in count.items() if number)
    yield Alarm("low", f"answered {answered} of {len(over)}", why, max(one.ended or 0 for one in over))


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_REASON else f"{text[:MOST_REASON]}…"

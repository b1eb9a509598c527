"""What a researcher's page is told: plain values for JSON, moments in ms since the epoch.

A blinded researcher is told nothing that depends on the condition: not its name, and no question, answer, delay or
review, for who is asked what, and when, gives it away; and no position in the log, which goes on with each of them.
Fields are named one by one for either reader, so that nothing new slips into what the blinded are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from .activity import BIN_US, first_bin, together
from .alarms import Alarm, alarms_of
from .person import Link, Person, State, state_of
from .questions import Question
from .sitting import Sitting

ASKS_NOTHING = "EXP_NONE"
"""Whoever is in this condition has no figures of questions."""

_AGAINST = {
    ASKS_NOTHING: f"ask all the same: {ASKS_NOTHING} asks nothing, so this is a deviation from the study, and the log "
    "says so",
    "EXP_END": "ask now and not in the review: a deviation from the study, and the log says so",
}
"""What it means to ask against a condition."""

BUCKET_US = 600_000_000
"""Response rates are told by ten minutes of the clock."""

BUCKETS = 6

MOST_SOURCE = 20_000
"""Characters of the current cell."""

MOST_TOLD = 12
"""Of a participant's questions, the latest."""

_MOST_LINE = 300
"""Characters of what a page may say in any length, such as a path, where a line is meant."""

_AT_WORK = frozenset({"connected", "silent", "paused", "in review"})


@dataclass(frozen=True)
class Reader:
    """For whom something is told, and how much of the past counts."""

    researcher: str
    blinded: bool
    since: int
    """µs since the epoch."""


@dataclass(frozen=True)
class Called:
    """How a participant is called."""

    name: str
    """Their id in the study, such as ``p01``."""
    bird: str
    """Their pseudonym, for whoever shows the page to others."""


@dataclass(frozen=True)
class Seen:
    """A participant at one moment: what is decided once, for a row and for the figures above."""

    person: Person
    called: Called
    state: State
    sittings: Sequence[Sitting]
    asked: Sequence[Question]
    alarms: Sequence[Alarm]


def seen(person: Person, called: Called, link: Link, now: int, reader: Reader) -> Seen | None:
    """A participant as this reader sees them at ``now`` (µs since the epoch); none if their time is over."""
    sittings = [one for one in person.sittings.values() if one.heard >= reader.since]
    if not sittings and person.assigned_at < reader.since:
        return None
    state = state_of(person, link, now, blinded=reader.blinded)
    asked = list(person.questions.since(reader.since))
    alarms = alarms_of(person, state, link, now, asked, blinded=reader.blinded)
    return Seen(person, called, state, sittings, asked, alarms)


def row(one: Seen, now: int, reader: Reader) -> dict[str, Any]:
    """A participant's line in the table."""
    person, sittings, current = one.person, one.sittings, one.person.current
    first = first_bin(now)
    told: dict[str, Any] = {
        "id": str(person.participant_id),
        "order": _ms(person.came),
        "name": one.called.name,
        "bird": one.called.bird,
        "state": one.state,
        "last": None if current is None else _ms(current.worked if reader.blinded else current.last),
        "doing": "" if current is None else "ended" if current.ended is not None else current.doing,
        "task": None if current is None else _task(current),
        "runs": sum(sitting.runs for sitting in sittings),
        "errors": sum(sitting.errors for sitting in sittings),
        "lost": sum(sitting.lost_events for sitting in sittings),
        "alarms": [
            {"kind": alarm.kind, "text": alarm.text, "why": alarm.why, "at": _ms(alarm.at)} for alarm in one.alarms
        ],
        "bins": together(sitting.activity.since(first) for sitting in sittings),
    }
    return told if reader.blinded else told | _asked(one, first * BIN_US)


def totals(people: Iterable[Seen], now: int, reader: Reader) -> dict[str, Any]:
    """The figures above the table."""
    everybody = list(people)
    told: dict[str, Any] = {
        "people": len(everybody),
        "connected": sum(one.state in _AT_WORK for one in everybody),
        "runs": sum(sitting.runs for one in everybody for sitting in one.sittings),
        "errors": sum(sitting.errors for one in everybody for sitting in one.sittings),
        "ended": sum(one.state == "ended" for one in everybody),
    }
    if reader.blinded:
        return told
    asked = [(one.person, question) for one in everybody for question in one.asked]
    over = [question for _, question in asked if question.fate in ("answered", "dismissed", "expired")]
    held = sum(_is_held(person, question) for person, question in asked)
    return told | {
        "answered": sum(question.fate == "answered" for question in over),
        "over": len(over),
        "open": sum(question.ended is None for _, question in asked) - held,
        "held": held,
        "delay": _delay(over),
        "rates": _rates(over, now),
    }


def closeup(one: Seen, reader: Reader) -> dict[str, Any]:
    """What the panel of one participant shows beside their row."""
    person, current = one.person, one.person.current
    notes = [
        {"text": note.text, "by": note.by, "written": _ms(note.written)} | ({} if reader.blinded else {"at": note.at})
        for note in person.notes
        # What others wrote may name a condition.
        if not reader.blinded or note.by == reader.researcher
    ]
    told: dict[str, Any] = {
        "id": str(person.participant_id),
        "sessions": [_session(sitting) for sitting in sorted(one.sittings, key=lambda sitting: -sitting.last)[:8]],
        "cell": None if current is None else _cell(current),
        "open": len(person.open),
        "notes": notes[::-1],
        "figures": {
            "invalid": sum(sitting.invalid for sitting in one.sittings),
            "holes": sum(sitting.holes for sitting in one.sittings),
            "divergences": sum(sitting.divergences for sitting in one.sittings),
            "deaths": sum(len(sitting.deaths) for sitting in one.sittings),
        },
    }
    requests = [
        {"text": request.text, "at": _ms(request.at), "by": request.by}
        | ({} if reader.blinded else {"outcome": request.outcome, "override": request.override})
        for request in person.questions.requests
        if not reader.blinded or request.by == reader.researcher
    ]
    told["requests"] = requests[::-1]
    if not reader.blinded:
        latest = sorted(one.asked, key=lambda question: -question.issued)
        # The log's positions go on with each question, too.
        told["position"] = 0 if current is None else current.worked_position
        told["questions"] = [_question(person, question) for question in latest[:MOST_TOLD]]
        told["more"] = max(0, len(latest) - MOST_TOLD)
        told["against"] = _AGAINST.get(person.condition, "")
        told["asks"] = person.condition != ASKS_NOTHING
    return told


def _asked(one: Seen, first: int) -> dict[str, Any]:
    """The figures of somebody's questions, and their marks since ``first``."""
    person, asked = one.person, one.asked
    held = sum(_is_held(person, question) for question in asked)
    count = {fate: sum(question.fate == fate for question in asked) for fate in ("answered", "dismissed", "expired")}
    marks = [[_ms(at), "held back"] for at in person.questions.held_back if at >= first]
    for question in asked:
        at = question.ended if question.at_end and question.ended is not None else question.issued
        if at >= first and question.fate != "withdrawn":
            marks.append([_ms(at), "held" if _is_held(person, question) else _fate(question)])
    return {
        "condition": person.condition,
        "asks": person.condition != ASKS_NOTHING or bool(asked),
        "open": sum(question.ended is None for question in asked) - held,
        "held": held,
        **count,
        "delay": _delay(asked),
        "marks": marks[-60:],
    }


def _is_held(person: Person, question: Question) -> bool:
    """Whether a question waits for the end, and the end has not come."""
    return question.fate == "held" and not person.may_answer(question.session_id)


def _fate(question: Question) -> str:
    return "open" if question.ended is None else question.fate


def _delay(asked: Iterable[Question]) -> int | None:
    """The median from shown to answered, ms."""
    delays = [question.delay for question in asked if question.delay is not None]
    return round(median(delays) / 1000) if delays else None


def _rates(over: Iterable[Question], now: int) -> list[list[int]]:
    """(when the ten minutes began, answered, all that ended), the latest last."""
    last = now // BUCKET_US
    rates = {number: [0, 0] for number in range(last - BUCKETS + 1, last + 1)}
    for question in over:
        bucket = rates.get((question.ended or 0) // BUCKET_US)
        if bucket is not None:
            bucket[0] += question.fate == "answered"
            bucket[1] += 1
    return [[number * BUCKET_US // 1000, *counts] for number, counts in rates.items()]


def _question(person: Person, question: Question) -> dict[str, Any]:
    return {
        "text": question.text,
        "fate": "held" if _is_held(person, question) else _fate(question),
        "answer": question.answer,
        "choices": list(question.choices),
        "by": question.author if question.by_researcher else "",
        "deviation": question.deviation,
        "at": _ms(question.issued),
        "delay": None if question.delay is None else question.delay // 1000,
    }


def _session(sitting: Sitting) -> dict[str, Any]:
    return {
        "session": str(sitting.session_id),
        "path": _line(sitting.path),
        "began": _ms(sitting.began),
        "over": "ended" if sitting.ended is not None else "closed" if sitting.closed else "",
    }


def _cell(sitting: Sitting) -> dict[str, Any] | None:
    found = sitting.cell()
    if found is None:
        return None
    place, source = found
    cut = source if len(source) <= MOST_SOURCE else f"{source[:MOST_SOURCE]}…"
    return {"place": place, "source": cut, "since": _ms(sitting.cell_since)}


def _task(sitting: Sitting) -> dict[str, Any] | None:
    task = sitting.task
    if task is None or task.over or sitting.ended is not None:
        return None
    return {"name": _line(task.name), "ends": _ms(task.ends)}


def _line(text: str) -> str:
    return text if len(text) <= _MOST_LINE else f"{text[:_MOST_LINE]}…"


def _ms(micros: int | None) -> int | None:
    return None if micros is None else micros // 1000

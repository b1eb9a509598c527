"""One person's events as lines of JSON, and their answers as lines of a table. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from uuid import UUID

from prompter_events import Event, ParticipantId
from prompter_events.catalogue.prompts import PromptAmended, PromptAnswered, PromptIssued
from prompter_events.event import NO_SESSION
from prompter_projections.fold import body_of

from ..exports.rows import as_json
from ..exports.session import json_text
from ..exports.values import csv_field, iso
from .seen import told_fields

ANSWERS = ("time", "session", "question", "choices", "chosen", "words", "amended")
"""The columns of ``answers.csv``."""

ANSWERED = frozenset({"prompt.answered", "prompt.amended"})
"""The types of events of which its lines are made."""


def event_line(event: Event, number: int | None, own: ParticipantId) -> bytes:
    """One event. ``number`` is its session's in this archive; none where no notebook was open.

    ``own`` is the id of the person who gets it.
    """
    body = body_of(event)
    head = {
        "position": event.position,
        "session": number,
        "session_id": None if event.session_id == NO_SESSION else event.session_id,
        "type": event.type,
        "time": iso(event.occurred_at),
        "recorded": iso(event.recorded_at),
    }
    told = told_fields(event, body, own) if body is not None else {"unreadable": b64encode(event.payload or b"")}
    try:
        return f'{as_json(head)[:-1]},"body":{as_json(told)}}}\n'.encode()
    except UnicodeEncodeError:  # half an emoji
        return f'{json_text(head)[:-1]},"body":{json_text(told)}}}\n'.encode()


def answers_head() -> bytes:
    """The names of the columns."""
    return (",".join(ANSWERS) + "\r\n").encode()


def answer_line(event: Event, number: int | None, asked: Mapping[UUID, PromptIssued]) -> bytes:
    """One answer, or a later wording of it; nothing for an event that cannot be read."""
    body = body_of(event)
    if not isinstance(body, PromptAnswered | PromptAmended):
        return b""
    issued = asked.get(body.prompt_id)
    taken = body.choices or ([body.choice] if body.choice else [])
    fields = (
        csv_field(event.occurred_at, "datetime"),
        csv_field(number, "integer"),
        csv_field("" if issued is None else issued.question),
        csv_field("" if issued is None else "; ".join(issued.choices)),
        csv_field("; ".join(taken)),
        csv_field(body.text),
        csv_field(isinstance(body, PromptAmended), "boolean"),
    )
    return (",".join(fields) + "\r\n").encode()

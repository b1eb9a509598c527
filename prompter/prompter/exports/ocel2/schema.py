"""The types of events and objects of an OCEL 2.0 export, with their attributes.

Event types have the names of the log's own catalogue, so that ``docs/events.md`` says what each means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prompter_events.catalogue import CATALOGUE
from prompter_projections.text import units

from ..session import json_text
from .model import Attribute, Kind, Value


def _field(name: str, kind: Kind, field: str = "") -> Attribute:
    attribute = field or name

    def of(body: Any) -> Value | None:
        value: Value | None = getattr(body, attribute)
        return value

    return Attribute(name, kind, of)


def _json(name: str) -> Attribute:
    return Attribute(name, "string", lambda body: json_text(getattr(body, name)))


def _taken(body: Any) -> str:
    return json_text(body.choices or ([] if body.choice is None else [body.choice]))


def _inserted(body: Any) -> int:
    return sum(units(op) for _, ops in body.changes for op in ops if isinstance(op, str))


def _deleted(body: Any) -> int:
    return sum(-op for _, ops in body.changes for op in ops if isinstance(op, int) and op < 0)


_CAUSE = _field("cause", "string")
_KERNEL = (_field("name", "string"),)
_TASK = (_field("name", "string"),)
_DECIDED = (_field("decided_at", "time"),)

_OWN: Mapping[str, tuple[Attribute, ...]] = {
    "session.opened": (
        _field("kernel_name", "string"),
        Attribute("client", "string", lambda body: body.client.lab),
        Attribute("cells", "integer", lambda body: len(body.cells)),
        _field("shared", "boolean"),
    ),
    "session.accepted": (_field("clock_offset_ms", "integer"),),
    "session.closed": (_field("reason", "string"),),
    "notebook.saved": (_field("behind", "integer"),),
    "notebook.reloaded": (Attribute("cells", "integer", lambda body: len(body.cells)),),
    "cell.added": (_field("index", "integer"), _field("cell_type", "string"), _CAUSE),
    "cell.removed": (_field("index", "integer"), _CAUSE),
    "cell.moved": (_field("from", "integer", "from_"), _field("to", "integer"), _CAUSE),
    "cell.type_changed": (_field("cell_type", "string"), _CAUSE),
    "cell.edited": (
        Attribute("changes", "integer", lambda body: len(body.changes)),
        Attribute("inserted", "integer", _inserted),
        Attribute("deleted", "integer", _deleted),
        _CAUSE,
    ),
    "focus.changed": (_field("visible", "boolean"), _CAUSE),
    "idle.began": (_field("after_ms", "integer"),),
    "run.finished": (
        _field("status", "string"),
        _field("execution_count", "integer"),
        _field("duration_ms", "integer"),
        Attribute("error", "string", lambda body: None if body.error is None else body.error.name),
        Attribute("outputs", "integer", lambda body: len(body.outputs)),
        Attribute("output_bytes", "integer", lambda body: sum(output.bytes for output in body.outputs)),
    ),
    "kernel.started": _KERNEL,
    "kernel.restarted": _KERNEL,
    "kernel.interrupted": _KERNEL,
    "kernel.died": _KERNEL,
    "kernel.facts": (
        _json("read"),
        _json("bound"),
        _json("frames"),
        _json("estimators"),
        _field("figures", "integer"),
        _field("truncated", "boolean"),
    ),
    "prompt.suppressed": (_field("rule", "string"), _field("reason", "string"), _field("question", "string")),
    "prompt.issued": (_field("rule", "string"), _field("author", "string"), _field("cell_version", "integer")),
    "prompt.answered": (
        _field("text", "string"),
        Attribute("choices", "string", _taken),
        _field("drafting_ms", "integer"),
    ),
    "prompt.amended": (_field("text", "string"), Attribute("choices", "string", _taken)),
    "prompt.dismissed": (_field("reason", "string"),),
    "prompt.snoozed": (_field("until", "time"),),
    "prompt.quiet": (_field("for_ms", "integer"),),
    "prompt.expired": _DECIDED,
    "prompt.withdrawn": _DECIDED,
    "review.opened": (_field("n", "integer"),),
    "review.closed": (_field("answered", "integer"), _field("left", "integer")),
    "recording.resumed": (Attribute("cells", "integer", lambda body: len(body.cells)),),
    "consent.given": (_field("version", "string"),),
    "consent.withdrawn": (_field("version", "string"),),
    "task.began": _TASK,
    "task.ended": _TASK,
    "note.added": (_field("text", "string"), _field("at", "integer")),
    "clock.jumped": (_field("by_ms", "integer"),),
    "capture.lost": (_field("count", "integer"), _field("reason", "string")),
    "capture.invalid": (_field("reason", "string"), _field("size", "integer")),
}

_EVERY: dict[str, Kind] = {"position": "integer", "recorded_at": "time"}
"""What every event tells besides: its place in the log, and when the server recorded it."""

EVENT_ATTRIBUTES: Mapping[str, tuple[Attribute, ...]] = {name: _OWN.get(name, ()) for name in sorted(CATALOGUE)}

EVENT_TYPES: Mapping[str, Mapping[str, Kind]] = {
    name: {**_EVERY, **{attribute.name: attribute.kind for attribute in attributes}}
    for name, attributes in EVENT_ATTRIBUTES.items()
}

_OBJECTS: Mapping[str, Mapping[str, Kind]] = {
    "participant": {"study": "string", "condition": "string"},
    "notebook": {"path": "string"},
    "session": {"study": "string", "condition": "string", "kernel_name": "string", "client": "string"},
    "cell": {"cell_type": "string", "source": "string", "present": "boolean"},
    "run": {
        "version": "integer",
        "source": "string",
        "status": "string",
        "execution_count": "integer",
        "duration_ms": "integer",
        "error": "string",
        "error_message": "string",
    },
    "prompt": {
        "question": "string",
        "rule": "string",
        "author": "string",
        "language": "string",
        "deliver": "string",
        "status": "string",
        "answer": "string",
        "choices": "string",
    },
}

HIDDEN_IF_BLIND = frozenset({"condition", "deliver"})
"""Attributes of objects that a blind release does not even declare."""


def object_types(*, blind: bool) -> dict[str, dict[str, Kind]]:
    """The types of objects with their attributes."""
    hidden = HIDDEN_IF_BLIND if blind else frozenset()
    return {
        name: {attribute: kind for attribute, kind in attributes.items() if attribute not in hidden}
        for name, attributes in _OBJECTS.items()
    }


def event_attributes(name: str, body: Any) -> dict[str, Value]:
    """What a body tells under the attributes of its type."""
    told = {attribute.name: attribute.of(body) for attribute in EVENT_ATTRIBUTES.get(name, ())}
    return {attribute: value for attribute, value in told.items() if value is not None}

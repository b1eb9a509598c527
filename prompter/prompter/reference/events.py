"""``docs/reference/events.md``: every event type with its fields, from the catalogue."""

from __future__ import annotations

import ast
import inspect as python_inspect
import json
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import msgspec
from msgspec import NODEFAULT, inspect

from prompter_events.catalogue import (
    CATALOGUE,
    INTEGER_LIMIT,
    MAX_EVENT_BYTES,
    EventType,
    notebook,
    prompts,
    runs,
    study,
)

from ..connection import PAGE_SAYS
from .markdown import code, page, paragraphs, table, text
from .words import OF_ALL, OF_ONE

#: The catalogue's modules, in the order of a session.
_MODULES: tuple[ModuleType, ...] = (notebook, runs, prompts, study)

_INTRODUCTION = f"""\
What the log can hold, written from the catalogue in `prompter_events.catalogue`. What a person does to make each of
them is in [What is recorded](../events.md). A payload is one msgpack map of the fields below. Integers stay below
2<sup>{INTEGER_LIMIT.bit_length() - 1}</sup>; an event is at most {MAX_EVENT_BYTES // 1024:,} KiB packed. Offsets and
lengths of text are UTF-16 code units: an emoji is 2.

Beside its payload every event has

| field | meaning |
|---|---|
| `position` | its place in the log, 1, 2, 3 … without holes, in commit order |
| `session_id`, `participant_id` | UUIDs: one notebook open in one page; the person |
| `producer_id`, `producer_seq` | one page load, server process or projection, and its own numbers from 1 on |
| `type`, `schema_version` | a name of this page, and its version; older ones are read as if written today |
| `occurred_at` | µs since the epoch, UTC: by the page's clock, which never runs backwards within a producer |
| `recorded_at` | µs since the epoch, UTC: by the server's clock |
| `payload_digest`, `hash` | BLAKE2b of the salted payload, and the chain over all events before |
"""


def events_page() -> str:
    """The whole page."""
    return page("Events", "prompter.reference", _INTRODUCTION, *(_module(module) for module in _MODULES))


def event_types() -> Iterator[EventType]:
    """The catalogue in the order of the page."""
    for module in _MODULES:
        yield from (entry for entry in CATALOGUE.values() if entry.body.__module__ == module.__name__)


def fields_of(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    """A struct's fields, by their names on the wire."""
    kind = inspect.type_info(struct)
    if not isinstance(kind, inspect.StructType):
        raise TypeError(f"{struct.__name__} is no struct")
    return kind.fields


def parts_of(module: ModuleType) -> list[type[msgspec.Struct]]:
    """Structs that are no events, but parts of some."""
    entered = {entry.body for entry in CATALOGUE.values()}
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct)
        if value.__module__ == module.__name__ and value not in entered
    ]


def _module(module: ModuleType) -> str:
    title = (module.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    rest = (module.__doc__ or "").strip().partition("\n")[2]
    entries = [entry for entry in event_types() if entry.body.__module__ == module.__name__]
    sections = [f"## {text(title)}\n", f"{paragraphs(rest)}\n" if rest.strip() else ""]
    sections += [_event(entry) for entry in entries]
    sections += [_struct(part.__name__, part) for part in parts_of(module)]
    return "\n".join(filter(None, sections))


def _event(entry: EventType) -> str:
    speaker = "the page" if entry.name in PAGE_SAYS else "the server"
    return _struct(entry.name, entry.body, f"Version {entry.version}, said by {speaker}.")


def _struct(name: str, struct: type[msgspec.Struct], about: str = "") -> str:
    meanings = _meanings(struct)
    rows = [
        (code(field.encode_name), _type(field.type), _default(field), _meaning(name, field, meanings))
        for field in fields_of(struct)
    ]
    filled = table(["field", "type", "default", "meaning"], rows) if rows else "It has no fields.\n"
    said = "\n\n".join(filter(None, [paragraphs(struct.__doc__ or ""), about]))
    return f"### {code(name)}\n\n{said}\n\n{filled}"


def _meaning(name: str, field: inspect.Field, meanings: dict[str, str]) -> str:
    """What stands below the field in the catalogue, else what ``words`` or its type say of it. Markdown."""
    if said := meanings.get(field.name):
        return text(said)
    return OF_ONE.get((name, field.encode_name)) or text(_described(field.type)) or OF_ALL.get(field.encode_name, "")


def _described(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", "")) or _described(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next(filter(None, map(_described, kind.types)), "")
    return ""


def _type(kind: inspect.Type) -> str:  # noqa: PLR0911 - one line for each kind
    match kind:
        case inspect.Metadata(type=inner):
            return _type(inner)
        case inspect.UnionType(types=members):
            return " or ".join(_type(member) for member in _none_last(members))
        case inspect.LiteralType(values=values):
            return ", ".join(code(str(value)) for value in values)
        case inspect.StructType(cls=struct):
            return f"[{code(struct.__name__)}](#{struct.__name__.lower()})"
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"list of {_type(item)}"
        case inspect.TupleType(item_types=items):
            return f"pair of {' and '.join(_type(item) for item in items)}"
        case inspect.DictType(key_type=key, value_type=value):
            return f"map of {_type(key)} to {_type(value)}"
        case inspect.BytesType():
            return f"{kind.min_length} bytes" if kind.min_length == kind.max_length and kind.min_length else "bytes"
        case inspect.StrType():
            return "text" if kind.max_length is None else f"text, at most {kind.max_length:,} characters"
        case inspect.IntType():
            return "integer" if kind.ge is None else f"integer ≥ {kind.ge}"
    named = {inspect.BoolType: "true or false", inspect.FloatType: "number", inspect.UUIDType: "UUID"}
    return named.get(type(kind), "none" if isinstance(kind, inspect.NoneType) else type(kind).__name__)


def _none_last(members: Sequence[inspect.Type]) -> list[inspect.Type]:
    return sorted(members, key=lambda member: isinstance(member, inspect.NoneType))


def _default(field: inspect.Field) -> str:
    if field.required:
        return ""
    value: Any = field.default if field.default is not NODEFAULT else field.default_factory()
    return "none" if value is None else code(json.dumps(value, ensure_ascii=False))


@cache
def _of_module(module: str) -> dict[str, dict[str, str]]:
    """What stands below each field of each class of a module, as it is written."""
    source = python_inspect.getsource(__import__(module, fromlist=["*"]))
    return {
        statement.name: {
            field.target.id: below.value.value
            for field, below in zip(statement.body, statement.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            if isinstance(below.value.value, str)
        }
        for statement in ast.parse(source).body
        if isinstance(statement, ast.ClassDef)
    }


def _meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    return _of_module(struct.__module__).get(struct.__name__, {})

"""Generates what other languages need from the catalogue and the messages; checks that it is fresh.

``python -m prompter.wire.generate`` writes ``lab-extension/src/protocol.ts`` and
``events/prompter_events/catalogue.schema.json`` in the source tree; ``--check`` only compares and fails if stale.
"""

from __future__ import annotations

import json
import sys
import typing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from prompter_events.catalogue import CATALOGUE, MAX_EVENT_BYTES
from prompter_events.catalogue.notebook import WITHHELD
from prompter_events.catalogue.schemas import stable

from . import messages

ROOT = Path(__file__).resolve().parents[3]
TYPESCRIPT = ROOT / "lab-extension" / "src" / "protocol.ts"
JSON_SCHEMA = ROOT / "events" / "prompter_events" / "catalogue.schema.json"

_HEADER = """\
// Generated from the catalogue of events and the messages of the wire by `python -m prompter.wire.generate`.
// Do not edit: change the Python structs and generate again.
"""


def json_schema() -> str:
    """The JSON Schema of all event bodies, keyed by event type. Bytes stand as base64 text, ids as text."""
    names = list(CATALOGUE)
    schemas, components = msgspec.json.schema_components([entry.body for entry in CATALOGUE.values()])
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Prompter's catalogue of events",
        "events": {
            name: {"version": CATALOGUE[name].version, "payload": schema}
            for name, schema in zip(names, schemas, strict=True)
        },
        "$defs": components,
    }
    return json.dumps(stable(document), indent=2, ensure_ascii=False) + "\n"


def typescript() -> str:
    """The page's types: an interface for each struct, the map from event types to bodies, the messages."""
    declared: dict[str, str] = {}
    for entry in CATALOGUE.values():
        _declare(entry.body, declared)
    page = _union("PageMessage", messages.PageMessage, declared)
    server = _union("ServerMessage", messages.ServerMessage, declared)
    bodies = "\n".join(f"  '{entry.name}': {entry.body.__name__};" for entry in CATALOGUE.values())
    versions = "\n".join(f"  '{entry.name}': {entry.version}," for entry in CATALOGUE.values()).rstrip(",")
    codes = "\n".join(f"  '{meaning}': {code}," for code, meaning in messages.CLOSE_CODES.items()).rstrip(",")
    return "\n".join(
        [
            _HEADER,
            "/** 16 bytes. */\nexport type Uuid = Uint8Array;\n",
            f"export const PROTOCOL = {messages.PROTOCOL};",
            f"export const SUBPROTOCOL = '{messages.SUBPROTOCOL}';",
            "\n/** The largest packed event, in bytes. */",
            f"export const MAX_EVENT_BYTES = {MAX_EVENT_BYTES};",
            "\n/** Stands for one UTF-16 unit of text that is not recorded. */",
            f"export const WITHHELD = '{WITHHELD}';\n",
            *declared.values(),
            f"/** The body of each event type. */\nexport interface EventBodies {{\n{bodies}\n}}\n",
            "export type EventTypeName = keyof EventBodies;\n",
            "/** The schema version that this page writes. */",
            f"export const SCHEMA_VERSIONS: Record<EventTypeName, number> = {{\n{versions}\n}};\n",
            page,
            server,
            f"/** Close codes of the socket. */\nexport const CLOSE_CODES = {{\n{codes}\n}} as const;",
            "",
        ]
    )


def _union(name: str, union: Any, declared: dict[str, str]) -> str:
    members = typing.get_args(union)
    for member in members:
        _declare(member, declared)
    return f"export type {name} =\n" + "\n".join(f"  | {member.__name__}" for member in members) + ";\n"


def _declare(struct: type[msgspec.Struct], declared: dict[str, str]) -> None:
    if struct.__name__ in declared:
        return
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    declared[struct.__name__] = ""  # reserves the name: a struct may hold itself
    lines = []
    if info.tag is not None:
        lines.append(f"  {info.tag_field}: '{info.tag}';")
    for field in info.fields:
        description = _description(field.type)
        if description:
            lines.append(f"  /** {description} */")
        optional = "" if field.required else "?"
        lines.append(f"  {field.encode_name}{optional}: {_type(field.type, declared)};")
    summary = (struct.__doc__ or "").strip().splitlines()[0]
    del declared[struct.__name__]  # after the structs that it holds
    body = "\n".join(lines)
    name = struct.__name__
    declared[name] = (
        f"/** {summary} */\nexport interface {name} {{\n{body}\n}}\n"
        if lines
        else f"/** {summary} */\nexport type {name} = Record<string, never>;\n"
    )


def _description(field: inspect.Type) -> str | None:
    if isinstance(field, inspect.Metadata):
        return (field.extra_json_schema or {}).get("description")
    return None


_PLAIN: dict[type[inspect.Type], str] = {
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.StrType: "string",
    inspect.BoolType: "boolean",
    inspect.BytesType: "Uint8Array",
    inspect.UUIDType: "Uuid",
    inspect.NoneType: "null",
    inspect.AnyType: "unknown",
}


def _type(field: inspect.Type, declared: dict[str, str]) -> str:
    if plain := _PLAIN.get(type(field)):
        return plain
    match field:
        case inspect.Metadata():
            return _type(field.type, declared)
        case inspect.StructType():
            _declare(field.cls, declared)
            return field.cls.__name__
        case inspect.LiteralType():
            return " | ".join(f"'{value}'" for value in field.values)
        case inspect.UnionType():
            return " | ".join(_type(member, declared) for member in field.types)
        case inspect.TupleType():
            return "[" + ", ".join(_type(member, declared) for member in field.item_types) + "]"
        case inspect.ListType():
            item = _type(field.item_type, declared)
            return f"({item})[]" if "|" in item else f"{item}[]"
        case inspect.DictType():
            return f"Record<string, {_type(field.value_type, declared)}>"
    raise TypeError(f"no TypeScript for {field!r}")


def main(arguments: list[str]) -> int:
    """Write both files, or with ``--check`` compare them. Exit code 1 if something is stale."""
    fresh = {TYPESCRIPT: typescript(), JSON_SCHEMA: json_schema()}
    if arguments == ["--check"]:
        stale = [path for path, text in fresh.items() if not path.exists() or path.read_text("utf-8") != text]
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run `python -m prompter.wire.generate`", file=sys.stderr)
        return 1 if stale else 0
    for path, text in fresh.items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

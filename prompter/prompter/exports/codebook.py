"""The codebook: what every table and column means, for people and, as a Frictionless Data Package, for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .released import hidden_in_blind
from .stream import ReleasedLog
from .tables import TABLES, Column, Table

_TYPES = {"string": "string", "integer": "integer", "boolean": "boolean", "datetime": "datetime", "json": "string"}
_MEDIA = {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}

_WRITTEN = {
    "csv": (
        "UTF-8 without a byte order mark, commas, lines end in CR LF, texts in double quotes (RFC 4180). A missing "
        'value is an empty field without quotes; an empty text is `""`. A text that begins with `=`, `+`, `-`, `@` '
        "(also full-width), a tab, a carriage return or `'` has one `'` put before it, so that no spreadsheet "
        "takes it for a formula: take that one off to have the text as it was. A NUL is written as ␀ (U+2400). "
        "Times are ISO 8601 in UTC with µs. Columns of type json hold JSON text."
    ),
    "jsonl": (
        "UTF-8, one JSON object on each line, with all columns. A missing value is null. Times are ISO 8601 in UTC "
        "with µs. Columns of type json are part of the object. Bytes are in base64, a number that is none (NaN) is "
        "null."
    ),
    "parquet": (
        "Times are timestamps in UTC with µs, integers have 64 bits, a missing value is null, columns of type json "
        "hold JSON text. Each column carries its description and unit."
    ),
}


def write_codebook(directory: Path, name: str, released: ReleasedLog) -> None:
    """Write ``codebook.md`` and ``datapackage.json`` for the tables in the format ``name``."""
    (directory / "codebook.md").write_text(codebook(name, released), encoding="utf-8")
    package = json.dumps(datapackage(name), ensure_ascii=False, indent=2) + "\n"
    (directory / "datapackage.json").write_text(package, encoding="utf-8")


def codebook(name: str, released: ReleasedLog) -> str:
    """The codebook as Markdown."""
    parts = ["# Codebook", _WRITTEN[name], *_hidden(released), *map(_section, TABLES)]
    return "\n\n".join(parts) + "\n"


def _hidden(released: ReleasedLog) -> list[str]:
    release = released.release
    parts = ["## What is hidden"]
    if release.identified:
        parts.append("Nothing: participants, paths and texts are as they were recorded. Do not publish this.")
    else:
        parts.append(
            "Participants bear pseudonyms, the same in every export with the same key. In texts, the names of "
            "participants, accounts, researchers and notebooks' files that the log knows are replaced by other "
            "letters, the same ones each time and as many: `/home/NAME/x.csv` becomes `/home/kqzv/x.csv`. Service "
            "accounts such as `jovyan`, and names that are words of Python or shorter than three letters, stay. "
            f"Into {released.withheld_cells:,} cells a name was typed key by key: their `cell.edited` events and "
            "`edits` tell lengths only (▒), and are marked `withheld`. Digests are keyed anew: what was equal is "
            "equal, but a saved notebook's digest cannot be compared with a replay. `capture.invalid` has no raw "
            "bytes. Everything else that people typed is as they typed it: `remaining-names.csv` lists what was "
            "found, and only that."
        )
    if release.blind:
        fields = "; ".join(f"`{kind}`: {names}" for kind, names in hidden_in_blind().items())
        parts.append(
            f"The export is blind. Empty are: {fields}; and the columns made of them. Names of conditions in texts "
            "are crossed out. How people were asked still shows in what happened to them: questions that came at "
            "the end, or never."
        )
    left_out = (
        "What was erased is left out."
        if release.pilots
        else "Sessions of a pilot phase, and what was erased, are left out."
    )
    parts.append(f"{left_out} Positions have holes where events are missing.")
    parts.append(
        "The studies that were in force lie in `studies/VERSION-POSITION/study.yaml`, with the texts that people "
        "agreed to; `manifest.json` says which held from when, and `as_loaded` whether a file is byte by byte the one "
        "that was loaded."
    )
    return parts


def _section(table: Table) -> str:
    lines = [f"## {table.name}", "", table.meaning, f"Rows stand {table.order}. Key: {', '.join(table.key)}.", ""]
    lines += ["| column | type | unit | meaning | missing when |", "|---|---|---|---|---|"]
    lines += [
        f"| `{column.name}` | {column.kind} | {column.unit} | {column.meaning} | {column.missing} |"
        for column in table.columns
    ]
    return "\n".join(lines)


def datapackage(name: str) -> dict[str, Any]:
    """The same as a Frictionless Data Package, version 1."""
    return {
        "profile": "tabular-data-package" if name == "csv" else "data-package",
        "name": "prompter-export",
        "resources": [_resource(table, name) for table in TABLES],
    }


def _resource(table: Table, name: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "name": table.name,
        "path": f"{table.name}.{name}",
        "description": table.meaning,
        "format": name,
        "mediatype": _MEDIA[name],
        "schema": {
            "fields": [_field(column, name) for column in table.columns],
            "primaryKey": list(table.key),
            "foreignKeys": [
                {"fields": column, "reference": {"resource": other, "fields": column}} for column, other in table.refers
            ],
            "missingValues": [""] if name == "csv" else [],
        },
    }
    if name == "csv":
        resource |= {
            "profile": "tabular-data-resource",
            "encoding": "utf-8",
            "dialect": {
                "delimiter": ",",
                "lineTerminator": "\r\n",
                "quoteChar": '"',
                "doubleQuote": True,
                "header": True,
            },
        }
    return resource


def _field(column: Column, name: str) -> dict[str, Any]:
    kind = _TYPES[column.kind]
    field: dict[str, Any] = {"name": column.name, "type": kind, "description": column.meaning}
    if column.kind == "json":
        field |= {"type": "any"} if name == "jsonl" else {"rdfType": "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON"}
    if column.kind == "datetime":
        field["format"] = "any"
    if column.unit:
        field["unit"] = column.unit
    if column.missing:
        field["missing"] = column.missing
    elif column.kind != "string":
        # An empty text is a value, but readers of CSV take it for a missing one.
        field["constraints"] = {"required": True}
    return field

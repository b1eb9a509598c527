"""Values as text: what CSV, JSON Lines and the scan have in common. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from prompter_projections.text import well_formed

from .tables import Kind, Row, Table

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC throughout; the Z is written by hand

_OFTEN = 64
"""Texts up to this length come again and again: ids, names, words of the catalogue."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A spreadsheet takes a text that begins with one of these for a formula, or for what leads up to one."""

GUARD = "'"
"""Put before such a text, and before one that begins with itself, so that it can be taken off again."""


def iso(micros: int) -> str:
    """µs since the epoch in ISO 8601, UTC, always with six decimals: ``2026-06-09T13:02:00.000000Z``."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds") + "Z"


def csv_field(value: Any, kind: Kind = "string") -> str:
    """One field: texts are quoted and guarded, a missing value is nothing at all."""
    if value is None:
        return ""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "integer":
        return str(value)
    if kind == "datetime":
        return iso(value)
    text = str(value)
    return _known(text) if len(text) <= _OFTEN else _quoted(text)


def _quoted(text: str) -> str:
    # A NUL ends a text for many readers; its picture does not.
    text = well_formed(text).replace("\0", "\u2400")
    if text.startswith((*FORMULA, GUARD)):
        text = GUARD + text
    return '"' + text.replace('"', '""') + '"'


_known = lru_cache(maxsize=4_096)(_quoted)


def csv_line(table: Table, row: Row) -> str:
    """One record, as RFC 4180 has it."""
    return ",".join([csv_field(row[column.name], column.kind) for column in table.columns]) + "\r\n"


def json_line(table: Table, row: Row) -> bytes:
    """One object on one line; columns that hold JSON are part of it."""
    fields = [f'"{column.name}":'.encode() + _json(row[column.name], column.kind) for column in table.columns]
    return b"{" + b",".join(fields) + b"}\n"


def _json(value: Any, kind: Kind) -> bytes:
    if value is None:
        return b"null"
    if kind == "json":
        return str(value).encode()
    if kind == "datetime":
        value = iso(value)
    return msgspec.json.encode(well_formed(value) if isinstance(value, str) else value)

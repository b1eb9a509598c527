"""JSON Schemas that are the same whichever msgspec made them: what depends on them outlives its releases."""

from __future__ import annotations

import inspect
from typing import Any

_WORDS = ("title", "description")
"""What a schema says to people: to change that changes no data."""


def stable(schema: Any) -> Any:
    """A JSON Schema as every msgspec would give it, which from 0.19 to 0.23 changed two things.

    Descriptions have no indentation (until 0.22 they had that of the docstring), and ``null`` stands last among
    alternatives (in 0.20 it is the first of some).
    """
    if isinstance(schema, list):
        return [stable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    steady = {key: stable(value) for key, value in schema.items()}
    if isinstance(steady.get("description"), str):
        steady["description"] = inspect.cleandoc(steady["description"])
    if isinstance(steady.get("anyOf"), list):
        steady["anyOf"].sort(key=lambda one: one == {"type": "null"})
    return steady


def bare(schema: Any) -> Any:
    """A ``stable`` JSON Schema without its words; the keys of ``properties`` are names of fields and stay."""
    return _without_words(stable(schema))


def _without_words(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_words(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_words(field) for name, field in value.items()}
        if key == "properties"
        else _without_words(value)
        for key, value in schema.items()
        if key not in _WORDS
    }

"""Walking through every text of an event's body, but for words that the catalogue itself chose."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from prompter_events.catalogue import Body

Change = Callable[[str], str]


def with_texts(body: Body, change: Change) -> Body:
    """The body with each text changed; the same object where nothing did."""
    changed: Body = _walked(body, change)
    return changed


def texts(body: Body) -> list[str]:
    """Every text of a body."""
    found: list[str] = []

    def keep(text: str) -> str:
        found.append(text)
        return text

    with_texts(body, keep)
    return found


def _walked(value: Any, change: Change) -> Any:
    match value:
        case str():
            return change(value)
        case msgspec.Struct():
            old = {name: getattr(value, name) for name in _fields(type(value))}
            new = {name: made for name, was in old.items() if (made := _walked(was, change)) is not was}
            return msgspec.structs.replace(value, **new) if new else value
        case list() | tuple():
            made = [_walked(one, change) for one in value]
            same = all(one is was for one, was in zip(made, value, strict=True))
            return value if same else type(value)(made)
        case dict():
            pairs = {_walked(name, change): _walked(one, change) for name, one in value.items()}
            return value if pairs == value else pairs
        case _:
            return value


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that may hold a text. Words out of a list of the catalogue's own are none."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - what type_info says of a struct
    return tuple(field.name for field in described.fields if _may_hold_text(field.type))


def _may_hold_text(kind: inspect.Type) -> bool:
    match kind:
        case inspect.Metadata(type=inner) | inspect.ListType(item_type=inner) | inspect.VarTupleType(item_type=inner):
            return _may_hold_text(inner)
        case inspect.TupleType(item_types=inners) | inspect.UnionType(types=inners):
            return any(map(_may_hold_text, inners))
        case _:
            return isinstance(kind, inspect.StrType | inspect.StructType | inspect.DictType | inspect.AnyType)

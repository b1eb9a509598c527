"""Reads a YAML document by types, and says for everything that does not fit on which line it stands.

Scalars are what YAML 1.2 takes them for, as editors do: ``no`` and ``on`` are words, ``true`` is a truth value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from msgspec import inspect

from .mistakes import Mistake, Place, nearest
from .written import ENOUGH

_CORE: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_PLAIN_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")

#: Digits of a number that could mean anything in a study; Python itself refuses to read very long ones.
_DIGITS = 20

_WRONG = object()
"""Stands for a value whose mistake has been said."""


def compose(raw: bytes) -> yaml.Node | Mistake:
    """The document's nodes, or why it is not YAML."""
    try:
        # Nodes alone are made, never objects: a tag that would run code is a mistake on its line.
        node = yaml.compose(raw, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(", ".join(part for part in (error.context, error.problem) if part).split())
        return Mistake(mark.line + 1 if mark else 1, f"this is not YAML ({said}); write `key: value`")
    except yaml.reader.ReaderError as error:
        before = raw[: error.position] if isinstance(error.position, int) else b""
        return Mistake(before.count(b"\n") + 1, f"this is not YAML ({error.reason}); write the file in UTF-8")
    except RecursionError:
        return Mistake(1, "this is not a study (too deeply nested); write `key: value`")
    return node or Mistake(1, "the file is empty; a study needs at least `study:` and `capture:`")


class Reading:
    """One document, read once. What is wrong gathers in ``mistakes``; ``lines`` tells where each value stands."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.lines: dict[Place, int] = {}

    def read(self, node: yaml.Node, struct: type) -> Any:
        """The document as that type; whatever, if there are mistakes."""
        self.lines[()] = _line(node)
        return self._value(node, inspect.type_info(struct), ())

    def _value(self, node: yaml.Node, kind: inspect.Type, at: Place) -> Any:
        if node.tag not in _PLAIN_TAGS:
            return self._wrong(node, f"the tag {node.tag} means nothing here; allowed is {wanted(kind)}")
        fitting = next((member for member in _members(kind) if _fits(node, member)), None)
        match fitting:
            case inspect.StructType():
                return self._struct(node, fitting, at)
            case inspect.DictType():
                return self._dict(node, fitting, at)
            case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
                return self._list(node, fitting, item, at)
        if not isinstance(node, yaml.ScalarNode):
            found = "a list" if isinstance(node, yaml.SequenceNode) else "keys with values"
            return self._wrong(node, f"{_called(at)} is {found}; allowed is {wanted(kind)}")
        return self._scalar(node, kind, at)

    def _struct(self, node: yaml.Node, kind: inspect.StructType, at: Place) -> Any:
        known = {field.encode_name: field for field in kind.fields}
        values: dict[str, Any] = {}
        for key, key_node, value_node in self._pairs(node, at):
            if key not in known:
                self._wrong(
                    key_node, f"unknown key {_shown(key_node)}{nearest(key, known)}; known here: {', '.join(known)}"
                )
                continue
            values[known[key].name] = self._value(value_node, known[key].type, (*at, key))
        for name, field in known.items():
            if field.required and field.name not in values:
                text = f"{name} is missing{_inside(at)}; write {name}: {wanted(field.type)}"
                self.mistakes.append(Mistake(self.lines[at], text))
                values[field.name] = _WRONG
        return kind.cls(**values)

    def _dict(self, node: yaml.Node, kind: inspect.DictType, at: Place) -> dict[str, Any]:
        values = {}
        for key, key_node, value_node in self._pairs(node, at):
            self._text(key_node, key, kind.key_type, (*at, key))
            values[key] = self._value(value_node, kind.value_type, (*at, key))
        return values

    def _list(self, node: yaml.Node, kind: Any, item: inspect.Type, at: Place) -> tuple[Any, ...]:
        if len(node.value) < (kind.min_length or 0):
            self._wrong(node, f"{_called(at)} is empty; allowed is {wanted(kind)}")
        read = []
        for number, part in enumerate(node.value):
            self.lines[(*at, number)] = _line(part)
            read.append(self._value(part, item, (*at, number)))
        return tuple(read)

    def _pairs(self, node: yaml.Node, at: Place) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, "a key is a list or has keys itself; allowed is a word")
                continue
            key = str(key_node.value)
            if key in seen:
                self._wrong(
                    key_node, f"{_shown(key_node)} stands here twice (before on line {seen[key]}); keep one of them"
                )
                continue
            seen[key] = self.lines[(*at, key)] = _line(key_node)
            yield key, key_node, value_node

    def _scalar(self, node: yaml.ScalarNode, kind: inspect.Type, at: Place) -> Any:  # noqa: PLR0911 - a table
        value = _resolved(node)
        for member in _members(kind):
            match member:
                case inspect.Metadata(type=inspect.StrType()) | inspect.StrType() if isinstance(value, str):
                    return self._text(node, value, member, at)
                case inspect.LiteralType(values=allowed) if value in allowed and isinstance(value, str):
                    return value
                case inspect.BoolType() if isinstance(value, bool):
                    return value
                case inspect.NoneType() if value is None:
                    return None
                case inspect.IntType() if type(value) is int:
                    return self._number(node, value, member, at)
                case inspect.FloatType() if type(value) in (int, float):
                    return self._number(node, value, member, at)
        if value is None:
            return self._wrong(node, f"nothing is written for {_called(at)}; allowed is {wanted(kind)}")
        names = [name for member in _members(kind) if isinstance(member, inspect.LiteralType) for name in member.values]
        hint = "" if isinstance(value, str) or not _takes_text(kind) else ": in quotes if it is meant as text"
        near = nearest(str(node.value), map(str, names))
        return self._wrong(node, f"{_called(at)} is {_shown(node)}{near}; allowed is {wanted(kind)}{hint}")

    def _number(self, node: yaml.Node, value: float, kind: Any, at: Place) -> Any:
        low, high = kind.ge, kind.le if kind.le is not None else kind.lt
        if (low is not None and value < low) or (high is not None and value > high):
            return self._wrong(node, f"{_called(at)} is {_shown(node)}; allowed is {wanted(kind)}")
        return value

    def _text(self, node: yaml.Node, value: str, kind: Any, at: Place) -> Any:
        text: Any = kind.type if isinstance(kind, inspect.Metadata) else kind
        short, long = text.min_length or 0, text.max_length
        if len(value.strip()) < short:
            return self._wrong(node, f"{_called(at)} is empty; allowed is {wanted(kind)}")
        if long is not None and len(value) > long:
            return self._wrong(node, f"{_called(at)} has {len(value)} characters; allowed are at most {long}")
        if text.pattern and not re.search(text.pattern, value):
            return self._wrong(node, f"{_called(at)} is {_shown(node)}; allowed is {wanted(kind)}")
        return value

    def _wrong(self, node: yaml.Node, text: str) -> Any:
        self.mistakes.append(Mistake(_line(node), text))
        return _WRONG


def wanted(kind: inspect.Type) -> str:
    """What may stand there, in words."""
    members = [member for member in _members(kind) if not isinstance(member, inspect.NoneType)]
    return " or ".join(dict.fromkeys(_wanted(member) for member in members))


def _wanted(kind: inspect.Type) -> str:  # noqa: PLR0911 - a table
    match kind:
        case inspect.Metadata():
            return str((kind.extra_json_schema or {}).get("description", "")) or wanted(kind.type)
        case inspect.StrType():
            return "a text"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return _range("a whole number" if isinstance(kind, inspect.IntType) else "a number", kind)
        case inspect.LiteralType():
            return ", ".join(map(str, kind.values))
        case inspect.StructType():
            return "{" + ", ".join(f"{field.encode_name}: …" for field in kind.fields) + "}"
        case inspect.DictType():
            return f"{wanted(kind.value_type)} for each {'language' if 'language' in wanted(kind.key_type) else 'name'}"
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"a list of {wanted(item)}".replace("a list of a text", "a list of texts")
    raise TypeError(f"no words for {kind!r}")


def _range(noun: str, kind: Any) -> str:
    if kind.ge is not None and kind.le is not None and kind.le < ENOUGH:
        return f"{noun} from {kind.ge} to {kind.le}"
    return f"{noun}, {kind.ge} or more" if kind.ge is not None else noun


def _members(kind: inspect.Type) -> Sequence[inspect.Type]:
    if isinstance(kind, inspect.UnionType):
        return kind.types
    return (kind,)


def _fits(node: yaml.Node, kind: inspect.Type) -> bool:
    if isinstance(node, yaml.MappingNode):
        return isinstance(kind, inspect.StructType | inspect.DictType)
    if isinstance(node, yaml.SequenceNode):
        return isinstance(kind, inspect.ListType | inspect.VarTupleType)
    return False


def _takes_text(kind: inspect.Type) -> bool:
    members = (member.type if isinstance(member, inspect.Metadata) else member for member in _members(kind))
    return any(isinstance(member, inspect.StrType) for member in members)


def _resolved(node: yaml.ScalarNode) -> Any:
    written = str(node.value)
    if node.style is not None:
        return written
    if written in _CORE:
        return _CORE[written]
    if len(written) <= _DIGITS and _INTEGER.fullmatch(written):
        return int(written)
    if len(written) <= _DIGITS and _NUMBER.fullmatch(written):
        return float(written)
    return written


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _called(at: Place) -> str:
    if not at:
        return "the file"
    last = at[-1]
    return f"an item of {_called(at[:-1])}" if isinstance(last, int) else last


def _inside(at: Place) -> str:
    return f" in {_called(at)}" if at else ""


def _shown(node: yaml.Node) -> str:
    text = str(node.value)
    number = isinstance(node, yaml.ScalarNode) and not isinstance(_resolved(node), str)
    return text if number else repr(text if len(text) <= 60 else f"{text[:59]}…")

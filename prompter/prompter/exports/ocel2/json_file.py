"""OCEL 2.0 as JSON, written while events and objects come: memory holds one of them at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..session import iso_time
from .model import Kind, OcelEvent, OcelObject, Value

Types = Mapping[str, Mapping[str, Kind]]


class JsonFile:
    """An ``.json`` file with types, then events, then objects.

    Objects come between the events and stand behind them in the file, so they wait in a file beside it.
    """

    def __init__(self, path: Path, event_types: Types, object_types: Types) -> None:
        self._event_types, self._object_types = event_types, object_types
        self._waiting = path.with_name(path.name + ".objects")
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._objects = self._waiting.open("w+", encoding="utf-8", newline="\n")
        self._first_event = self._first_object = True
        self._file.write('{"eventTypes":' + _line(_types(event_types)))
        self._file.write(',\n"objectTypes":' + _line(_types(object_types)))
        self._file.write(',\n"events":[\n')

    def event(self, event: OcelEvent) -> None:
        """The next event."""
        kinds = self._event_types[event.type]
        line = {
            "id": event.event_id,
            "type": event.type,
            "time": iso_time(event.time),
            "attributes": [
                {"name": name, "value": _value(kinds[name], value)} for name, value in event.attributes.items()
            ],
            "relationships": _relationships(event.relationships),
        }
        self._file.write(("" if self._first_event else ",\n") + _line(line))
        self._first_event = False

    def object(self, told: OcelObject) -> None:
        """The next object, finished."""
        kinds = self._object_types[told.type]
        line = {
            "id": told.object_id,
            "type": told.type,
            "attributes": [
                {"name": name, "time": iso_time(at), "value": _value(kinds[name], value)}
                for name, values in told.values.items()
                for at, value in values
            ],
            "relationships": _relationships(told.relationships),
        }
        self._objects.write(("" if self._first_object else ",\n") + _line(line))
        self._first_object = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._file.write('\n],\n"objects":[\n')
                self._objects.seek(0)
                while block := self._objects.read(1 << 20):
                    self._file.write(block)
                self._file.write("\n]}\n")
        finally:
            self._objects.close()
            self._file.close()
            self._waiting.unlink(missing_ok=True)


def _types(types: Types) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": attribute, "type": kind} for attribute, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


def _relationships(pairs: Any) -> list[dict[str, str]]:
    return [{"objectId": object_id, "qualifier": qualifier} for object_id, qualifier in pairs]


def _value(kind: Kind, value: Value) -> Value:
    return iso_time(value) if kind == "time" and isinstance(value, int) else value


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

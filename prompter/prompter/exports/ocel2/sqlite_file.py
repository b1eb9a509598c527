"""OCEL 2.0 as an SQLite database: one table a type, as the standard's relational format has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from ..session import iso_time
from .json_file import Types
from .model import INITIALLY, Kind, OcelEvent, OcelObject, Value

_COLUMNS: dict[Kind, str] = {
    "string": "TEXT",
    "time": "TIMESTAMP",
    "integer": "INTEGER",
    "float": "REAL",
    "boolean": "BOOLEAN",
}

_FIXED = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
CREATE TABLE event (
    ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL, FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type)
);
CREATE TABLE object (
    ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL, FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type)
);
CREATE TABLE event_object (
    ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
    PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier),
    FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id), FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id)
);
CREATE TABLE object_object (
    ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT,
    PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier),
    FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id), FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id)
);
"""


class SqliteFile:
    """A database that is being filled in one transaction."""

    def __init__(self, path: Path, event_types: Types, object_types: Types) -> None:
        self._event_types, self._object_types = event_types, object_types
        self._database = sqlite3.connect(path, isolation_level=None)
        # Nobody else sees the file before it is whole, and a half one is thrown away.
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("BEGIN")
        for statement in filter(None, map(str.strip, _FIXED.split(";"))):
            self._database.execute(statement)
        self._make_tables("event", event_types)
        self._make_tables("object", object_types)

    def _make_tables(self, what: str, types: Types) -> None:
        for name, attributes in types.items():
            mapped = type_map(name)
            self._database.execute(f"INSERT INTO {what}_map_type VALUES (?, ?)", (name, mapped))  # noqa: S608 - ours
            key = "ocel_id TEXT PRIMARY KEY" if what == "event" else "ocel_id TEXT"
            columns = [key, "ocel_time TIMESTAMP"]
            columns += [f'"{attribute}" {_COLUMNS[kind]}' for attribute, kind in attributes.items()]
            if what == "object":
                columns.append("ocel_changed_field TEXT")
            columns.append(f"FOREIGN KEY (ocel_id) REFERENCES {what} (ocel_id)")
            self._database.execute(f'CREATE TABLE "{what}_{mapped}" ({", ".join(columns)})')

    def event(self, event: OcelEvent) -> None:
        """The next event."""
        self._database.execute("INSERT INTO event VALUES (?, ?)", (event.event_id, event.type))
        kinds = self._event_types[event.type]
        values = [_value(kind, event.attributes.get(name)) for name, kind in kinds.items()]
        self._insert(f"event_{type_map(event.type)}", [event.event_id, iso_time(event.time), *values])
        self._relate("event_object", event.event_id, event.relationships)

    def object(self, told: OcelObject) -> None:
        """The next object: a row of what it was from the beginning, then one for each change."""
        self._database.execute("INSERT INTO object VALUES (?, ?)", (told.object_id, told.type))
        kinds = self._object_types[told.type]
        table = f"object_{type_map(told.type)}"
        first = {name: values[0][1] for name, values in told.values.items() if values[0][0] == INITIALLY}
        row = [_value(kind, first.get(name)) for name, kind in kinds.items()]
        self._insert(table, [told.object_id, iso_time(INITIALLY), *row, None])
        changes = [(at, name, value) for name, values in told.values.items() for at, value in values if at != INITIALLY]
        # In the order of time; of one moment in the order of the attributes.
        for at, name, value in sorted(changes, key=lambda change: change[0]):
            row = [_value(kind, value) if name == attribute else None for attribute, kind in kinds.items()]
            self._insert(table, [told.object_id, iso_time(at), *row, name])
        self._relate("object_object", told.object_id, told.relationships)

    def _insert(self, table: str, row: list[Value | None]) -> None:
        places = ", ".join("?" * len(row))
        self._database.execute(f'INSERT INTO "{table}" VALUES ({places})', row)  # noqa: S608 - ours

    def _relate(self, table: str, source: str, pairs: Iterable[tuple[str, str]]) -> None:
        statement = f"INSERT INTO {table} VALUES (?, ?, ?)"  # noqa: S608 - one of two names of ours
        self._database.executemany(statement, [(source, target, qualifier) for target, qualifier in pairs])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._database.execute("COMMIT")
        finally:
            self._database.close()


def type_map(name: str) -> str:
    """A type's name as tables bear it: ``run.finished`` → ``RunFinished``."""
    return "".join(word.capitalize() for part in name.split(".") for word in part.split("_"))


def _value(kind: Kind, value: Value | None) -> Value | None:
    return iso_time(value) if kind == "time" and isinstance(value, int) else value

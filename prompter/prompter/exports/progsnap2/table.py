"""Tables as files: comma-separated values after RFC 4180, texts quoted and guarded as in the other exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ..tables import Kind
from ..values import csv_field

Value = str | int | bool | None


class Table:
    """A table that is being written, row by row."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = 0
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(",".join(columns) + "\r\n")

    def write(self, row: Mapping[str, Value]) -> None:
        """One row; columns that it has not are empty, and what the table has no column for is left out."""
        self._file.write(",".join(_field(row.get(column)) for column in self._columns) + "\r\n")
        self.rows += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _field(value: Value) -> str:
    kind: Kind = "string"
    if isinstance(value, int):
        kind = "boolean" if isinstance(value, bool) else "integer"
    return csv_field(value, kind)

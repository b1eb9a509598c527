"""Tables as files: CSV, JSON Lines and Parquet. Rows are written as they come; a row group is what is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from prompter_projections.text import well_formed

from .codebook import write_codebook
from .rows import rows
from .stream import ReleasedLog
from .tables import TABLES, Row, Table
from .values import csv_field, csv_line, json_line

if TYPE_CHECKING:
    import pyarrow

GROUP_ROWS = 50_000
GROUP_CHARACTERS = 16 * 1024 * 1024
"""A Parquet row group ends at so many rows or characters of text: what a reader takes at once."""


class Sink(Protocol):
    """One file of one table, open for writing."""

    def write(self, row: Row) -> None:
        """The next row."""

    def close(self) -> None:
        """Finish the file. Raises ``OSError``."""


class TableFormat:
    """All tables, one file each, with a codebook."""

    def __init__(
        self, name: str, summary: str, sink: Callable[[Path, Table], Sink], *, needs: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.summary = summary
        self.needs = needs
        self._sink = sink

    async def write(self, released: ReleasedLog, directory: Path) -> Mapping[str, int]:
        """See ``Format``."""
        counts = {f"{table.name}.{self.name}": 0 for table in TABLES}
        with ExitStack() as stack:
            sinks: dict[str, Sink] = {}
            for table in TABLES:
                sink = sinks[table.name] = self._sink(directory / f"{table.name}.{self.name}", table)
                stack.callback(sink.close)
            async for table, row in rows(released):
                sinks[table.name].write(row)
                counts[f"{table.name}.{self.name}"] += 1
        write_codebook(directory, self.name, released)
        return counts


class CsvSink:
    """UTF-8, CRLF, texts quoted."""

    def __init__(self, path: Path, table: Table) -> None:
        self._table = table
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(",".join(csv_field(name) for name in table.names) + "\r\n")

    def write(self, row: Row) -> None:
        """The next row."""
        self._file.write(csv_line(self._table, row))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class JsonLinesSink:
    """One object on each line."""

    def __init__(self, path: Path, table: Table) -> None:
        self._table = table
        self._file = path.open("wb")

    def write(self, row: Row) -> None:
        """The next row."""
        self._file.write(json_line(self._table, row))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class ParquetSink:
    """Zstandard, typed, a description and unit with each column."""

    def __init__(self, path: Path, table: Table) -> None:
        # Large, and of use to researchers alone.
        import pyarrow.parquet  # noqa: PLC0415

        self._table = table
        self._arrow = pyarrow
        self._schema = _schema(table)
        self._writer = pyarrow.parquet.ParquetWriter(str(path), self._schema, compression="zstd")
        self._columns: dict[str, list[Any]] = {name: [] for name in table.names}
        self._characters = self._rows = 0

    def write(self, row: Row) -> None:
        """The next row."""
        self._rows += 1
        for name, values in self._columns.items():
            value = row[name]
            if isinstance(value, str):
                value = well_formed(value)
                self._characters += len(value)
            values.append(value)
        if self._rows >= GROUP_ROWS or self._characters >= GROUP_CHARACTERS:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        try:
            if self._rows:
                self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        group = self._arrow.Table.from_pydict(self._columns, schema=self._schema)
        self._columns = {name: [] for name in self._table.names}
        self._characters = self._rows = 0
        self._writer.write_table(group)


def _schema(table: Table) -> pyarrow.Schema:
    import pyarrow  # noqa: PLC0415

    kinds = {
        "string": pyarrow.string(),
        "json": pyarrow.string(),
        "integer": pyarrow.int64(),
        "boolean": pyarrow.bool_(),
        "datetime": pyarrow.timestamp("us", tz="UTC"),
    }
    return pyarrow.schema(
        [
            pyarrow.field(
                column.name,
                kinds[column.kind],
                metadata={"description": column.meaning} | ({"unit": column.unit} if column.unit else {}),
            )
            for column in table.columns
        ],
        metadata={"description": table.meaning},
    )


TABLE_FORMATS = (
    TableFormat("csv", "tables as text, for any program", CsvSink),
    TableFormat("jsonl", "tables as JSON Lines, lossless", JsonLinesSink),
    TableFormat("parquet", "typed, compressed tables for pandas, polars, R, DuckDB", ParquetSink, needs=("pyarrow",)),
)

"""What names remain in the files of an export: said each time, since nobody can promise that there are none.

The names that the log knows are looked for as they are, also within words, whatever the case; besides, whatever looks
like an e-mail address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .values import csv_field

REPORT = "remaining-names.csv"

MOST_ADDRESSES = 1_000
"""Of e-mail addresses that are listed, each once per place. A data frame may print a million."""

_CHUNK = 1024 * 1024
_ADDRESS_BEFORE = re.compile(r"[a-z0-9._%+-]{1,64}\Z")
_ADDRESS_AFTER = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}")
_BEFORE = 64
"""The longest part of an address before the @ (RFC 5321)."""
_LONGEST_ADDRESS = 320
"""The whole of it."""


@dataclass(frozen=True)
class Remaining:
    """One name in one place."""

    kind: str
    """``participant``, ``account``, ``researcher``, ``path`` or ``e-mail address``."""
    name: str
    file: str
    where: str
    """The column, or the line of the first one."""
    count: int


class Scan:
    """Looks for names in texts that come piece by piece."""

    def __init__(self, names: Iterable[tuple[str, str]], ignore: Iterable[str] = ()) -> None:
        """``names`` are (kind, name) pairs; addresses in ``ignore``, such as stand-ins, are none."""
        wanted = {(kind, name, form) for kind, name in names for form in _forms(name)}
        self._names = sorted(wanted)
        self._ignored = {name.casefold() for name in ignore}
        self._reach = max([_LONGEST_ADDRESS, *(len(form) for _, _, form in self._names)])
        self._found: dict[tuple[str, str, str], list[int | str]] = {}
        self._addresses = 0

    def look(self, file: str, pieces: Iterable[str], column: str = "") -> None:
        """Look through one file, or one column of it, given in pieces."""
        line, text, begin = 1, "", 0
        for piece in pieces:
            text += piece.casefold()
            end = max(begin, len(text) - self._reach)
            self._look(text, (begin, end), file, column, line)
            # What stands before tells whether an address begins here.
            kept = max(0, end - _BEFORE)
            line += text.count("\n", 0, kept)
            text, begin = text[kept:], end - kept
        self._look(text, (begin, len(text)), file, column, line)

    def _look(self, text: str, part: tuple[int, int], file: str, column: str, line: int) -> None:
        """All that begins within a part of the text, whose first line is the file's ``line``."""
        begin, end = part
        for kind, name, form in self._names:
            at = text.find(form, begin)
            while 0 <= at < end:
                self._note(kind, name, file, column, (line, text, at))
                at = text.find(form, at + len(form))
        at = text.find("@", begin)
        while at >= 0:
            before = _ADDRESS_BEFORE.search(text, max(0, at - _BEFORE), at)
            after = _ADDRESS_AFTER.match(text, at + 1)
            if before and after and begin <= before.start() < end:
                self._address(before.group() + "@" + after.group(), file, column, (line, text, at))
            at = text.find("@", at + 1)

    def _address(self, address: str, file: str, column: str, at: tuple[int, str, int]) -> None:
        kind = "e-mail address"
        if address in self._ignored:
            return
        if (kind, address, _place(file, column)) not in self._found:
            self._addresses += 1
            if self._addresses > MOST_ADDRESSES:
                address = "(more of them)"
        self._note(kind, address, file, column, at)

    def _note(self, kind: str, name: str, file: str, column: str, at: tuple[int, str, int]) -> None:
        place = _place(file, column)
        known = self._found.get((kind, name, place))
        if known is None:
            line, text, offset = at
            where = f"column {column}" if column else f"line {line + text.count(chr(10), 0, offset):,}"
            self._found[kind, name, place] = [file, where, 1]
        else:
            known[2] = int(known[2]) + 1

    def remaining(self) -> list[Remaining]:
        """What was found, by kind, name and place."""
        return [
            Remaining(kind, name, str(file), str(where), int(count))
            for (kind, name, _), (file, where, count) in sorted(self._found.items())
        ]


def _place(file: str, column: str) -> str:
    return f"{file}\0{column}"


def _forms(name: str) -> set[str]:
    """A name as it stands in texts, in CSV and in JSON."""
    folded = name.casefold()
    return {folded, folded.replace('"', '""'), folded.replace("\\", "\\\\").replace('"', '\\"')}


def scan(directory: Path, names: Iterable[tuple[str, str]], ignore: Iterable[str] = ()) -> list[Remaining]:
    """Look through all files of a directory; Parquet column by column, others as text. Raises ``OSError``."""
    looking = Scan(names, ignore)
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        file = path.relative_to(directory).as_posix()
        if path.suffix == ".parquet":
            for column, pieces in _columns(path):
                looking.look(file, pieces, column)
        else:
            looking.look(file, _pieces(path))
    return looking.remaining()


def write_report(directory: Path, remaining: Iterable[Remaining]) -> None:
    """Write ``remaining-names.csv``."""
    lines = [("kind", "name", "file", "where", "count")]
    lines += [(one.kind, one.name, one.file, one.where, str(one.count)) for one in remaining]
    text = "".join(",".join(map(csv_field, line)) + "\r\n" for line in lines)
    (directory / REPORT).write_text(text, encoding="utf-8", newline="")


def _pieces(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _columns(path: Path) -> Iterator[tuple[str, Iterator[str]]]:
    import pyarrow.parquet  # noqa: PLC0415  # large, and here only where there is such a file

    with pyarrow.parquet.ParquetFile(path) as file:
        for field in file.schema_arrow:
            if field.type == pyarrow.string():
                yield field.name, _values(file, field.name)


def _values(file: object, column: str) -> Iterator[str]:
    for batch in file.iter_batches(batch_size=1_000, columns=[column]):  # type: ignore[attr-defined]  # a ParquetFile
        yield "\n".join(value for value in batch.column(0).to_pylist() if value is not None) + "\n"

"""A ZIP file that is made while it is sent: what was written is handed on at once, and nothing is kept of it."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

LEVEL = 6
"""Of compression, zlib's own: beyond it files hardly shrink and take twice as long."""


class _Passed(io.RawIOBase):
    """Takes what the archive writes, front to back; it cannot be sought in, so sizes stand behind their files."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(cast(bytes, data))
        self.pieces.append(piece)
        self.size += len(piece)
        return len(piece)


class Archive:
    """Write a file, take what came of it, and so on; at the end ``close`` and take the rest."""

    def __init__(self, made_at: datetime) -> None:
        """``made_at`` is the time of every file in it."""
        self._passed = _Passed()
        self._zip = ZipFile(self._passed, "w", ZIP_DEFLATED, compresslevel=LEVEL)
        self._made_at = made_at

    def file(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """One file, open for writing; only one at a time. It may become larger than 4 GiB."""
        info = ZipInfo(name, self._made_at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return self._zip.open(info, "w", force_zip64=True)

    def add(self, name: str, content: bytes) -> None:
        """A whole file."""
        with self.file(name) as file:
            file.write(content)

    def close(self) -> None:
        """The list of files, without which no reader takes it for a whole one."""
        self._zip.close()

    @property
    def waiting(self) -> int:
        """How many bytes are to be taken."""
        return self._passed.size

    def taken(self) -> bytes:
        """What came since this was last asked."""
        pieces, self._passed.pieces, self._passed.size = self._passed.pieces, [], 0
        return b"".join(pieces)

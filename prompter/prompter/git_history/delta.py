"""Differences between files as git's packs keep them.

Of a notebook of 300 kB most runs change a few hundred bytes. A thousand such notebooks in full are 120 MB and take
twenty seconds to compress; as differences they are a hundredth of that.
"""

from __future__ import annotations

from collections.abc import Sequence

# One copy takes this many bytes at most, by the format; one insertion this many.
_MOST_COPIED = 0xFFFF
_MOST_INSERTED = 0x7F

# A copy takes up to seven bytes: shorter pieces are not looked for.
_WORTHWHILE = 16


def delta(base: Sequence[bytes], target: Sequence[bytes]) -> bytes:
    """What makes one file of another, both given in pieces; pieces that both have are copied, wherever they stand.

    The form is that of git's manual gitformat-pack, "Deltified representation".
    """
    places: dict[bytes, int] = {}
    at = 0
    for piece in base:
        places.setdefault(piece, at)
        at += len(piece)
    whole = b"".join(base)
    written = _Delta(at, sum(map(len, target)))
    for piece in target:
        place = places.get(piece) if len(piece) >= _WORTHWHILE else None
        if whole.startswith(piece, written.next):
            place = written.next
        if place is None:
            written.insert(piece)
        else:
            written.copy(place, len(piece))
    return written.finished()


class _Delta:
    """A difference while it is written. What is copied or inserted in a row becomes one instruction."""

    def __init__(self, before: int, after: int) -> None:
        self.next = 0
        """Where in the base the last copy ended."""
        self._bytes = _size(before) + _size(after)
        self._length = 0
        self._new = bytearray()

    def copy(self, place: int, length: int) -> None:
        """Take a part of the base."""
        if self._new or place != self.next:
            self._flush()
        self.next, self._length = place + length, self._length + length

    def insert(self, data: bytes) -> None:
        """Take what the base does not have."""
        if self._length:
            self._flush()
        self._new += data

    def finished(self) -> bytes:
        """The whole."""
        self._flush()
        return bytes(self._bytes)

    def _flush(self) -> None:
        start = self.next - self._length
        while self._length:
            piece = min(self._length, _MOST_COPIED)
            # Bytes of offset and length that are zero are left out; the first byte says which stand.
            numbers = start.to_bytes(4, "little") + piece.to_bytes(2, "little")
            self._bytes.append(0x80 | sum(1 << bit for bit, byte in enumerate(numbers) if byte))
            self._bytes += bytes(byte for byte in numbers if byte)
            start, self._length = start + piece, self._length - piece
        for at in range(0, len(self._new), _MOST_INSERTED):
            part = self._new[at : at + _MOST_INSERTED]
            self._bytes.append(len(part))
            self._bytes += part
        self._new.clear()


def _size(size: int) -> bytearray:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    encoded = bytearray()
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    encoded.append(size)
    return encoded

"""A study file as the log keeps it: its text, whole, such that its digest can be checked."""

from __future__ import annotations

from hashlib import blake2b

from .mistakes import Mistake

#: Of the file and the texts beside it, since one event holds them all: an event has at most 1 MiB.
MOST_BYTES = 900 * 1024


def text_of(raw: bytes) -> str | Mistake:
    """The file's text, from which its bytes can be made again; or why there is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Mistake(raw.count(b"\n", 0, error.start) + 1, "this is not UTF-8; write the file in UTF-8")


def digest_of(text: str) -> bytes:
    """BLAKE2b-256 of the file whose text this is."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).digest()
